"""Each target: valid files to break, and what is done with a broken one. Anything but a DiscourseError is a finding."""
# ruff: noqa: E501

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from discourse.errors import DiscourseError
from discourse.resources import resource

Try = Callable[[bytes], object]
HELD_RUN = "DISCOURSE_FUZZ_RUN"  # a folder that processes of one campaign share: the run is made once
_TOML = b"""[study]
name = "a"
title = "t"
data = "data"
by = ["region", "level"]
metadata = "m.csv"
[regions]
"\xe4\xba\x91\xe5\x8d\x97" = "\xe4\xba\x91\xe5\x8d\x97\xe7\x9c\x81"
[topics.lda]
n_topics = 6
eta = 0.1
[segment.tokens]
stopwords = ["general", "own.txt"]
[topics.ensemble]
seeds = [1, 2, 3]
[multiverse]
sizes = [0.75, 1.0]
"""


@dataclass(frozen=True)
class Target:
    """seeds: valid bytes; prepare: given a folder of its own, what to do with broken ones."""

    seeds: Callable[[], Sequence[bytes]]
    prepare: Callable[[Path], Try]


def attempt(work: Try, data: bytes) -> None:
    """Do it; a refusal in one of our errors is an answer, and it is one line that says something."""
    try:
        work(data)
    except DiscourseError as error:
        assert str(error).strip(), "an error without words"


def _file(name: str, read: Callable[[Path], object]) -> Callable[[Path], Try]:
    """Read what lies in a file of this name."""

    def prepare(folder: Path) -> Try:
        path = folder / name

        def work(data: bytes) -> None:
            path.write_bytes(data)
            read(path)

        return work

    return prepare


def _plain(read: Callable[[bytes], object]) -> Callable[[Path], Try]:
    return lambda folder: read


def _text(read: Callable[[str], object]) -> Callable[[Path], Try]:
    return lambda folder: lambda data: read(data.decode("utf-8", "replace"))


def _lexicon(path: Path) -> object:
    from discourse.segment.lexicon import read_lexicon

    return read_lexicon(path)


def _stopwords(path: Path) -> object:
    from discourse.segment.lexicon import read_stopwords

    return read_stopwords(path)


def _study(path: Path) -> None:
    from discourse.config import SECTIONS, read_study

    study = read_study(path)
    for section in SECTIONS:
        study.options(section)


def _setting(text: str) -> None:
    from discourse.config import change_study, default_study

    change_study(default_study(Path("data")), [text])


def _codebook(data: bytes) -> None:
    from discourse.topics.codebook import parse_codebook

    parse_codebook(data)


def _decode(data: bytes) -> None:
    from discourse.corpus.encodings import decode_text

    decoded = decode_text(data)
    decoded.text.encode("utf-8")  # no half characters come out


def _formats(data: bytes) -> None:
    """Read the bytes under every name that they could have."""
    from discourse.corpus.formats import find_format, read_content

    kinds = {b"PK": ".docx", b"%P": ".pdf", b"<!": ".html", b"MI": ".mhtml", b"# ": ".md"}
    suffix = kinds.get(data[:2], ".txt")
    if find_format("a" + suffix, data) in ("text", "office"):
        read_content(data, "a" + suffix, 20_000_000)


def _tables(data: bytes) -> None:
    from discourse.corpus.archives import Budget
    from discourse.corpus.tables import read_table

    kinds = {b"PK": ".xlsx", b"PA": ".parquet", b'{"': ".jsonl", b"[{": ".json", b"\xd0\xcf": ".xls"}
    read_table(data, kinds.get(data[:2], ".csv"), Budget(20_000_000))


def _archives(data: bytes) -> None:
    from discourse.corpus.archives import Budget, read_archive

    for member in read_archive(data, Budget(20_000_000), lambda name: True):
        assert ".." not in member.path.split("/") or member.error


@cache
def _repairer():
    from discourse.corpus.repair import Repairer

    return Repairer(["党建引领基层治理，服务群众，社区网格。" * 20])


def _repair(text: str) -> None:
    from discourse.corpus.aligned import apply_edits

    repaired = _repairer().repair(text)
    edits = [(edit.start, edit.end, edit.before, edit.after) for edit in repaired.edits()]
    assert apply_edits(text, edits) == repaired.text


def _mojibake(text: str) -> None:
    from discourse.corpus.aligned import AlignedText, apply_edits
    from discourse.corpus.mojibake import repair_mojibake

    read = repair_mojibake(AlignedText.of(text))
    edits = [(edit.start, edit.end, edit.before, edit.after) for edit in read.edits()]
    assert apply_edits(text, edits) == read.text


def _documents(text: str) -> None:
    """The whole walk from a text to its documents, attributions and passages."""
    from discourse.corpus.documents import build_documents
    from discourse.corpus.passages import split_passages

    sources = _source_table(text.replace("\0", "") or "空")
    documents, edits, _ = build_documents(sources)
    passages = split_passages(documents)
    texts = documents.set_index("doc_id")["text"]
    for row in passages.itertuples():
        assert texts[row.doc_id][row.start : row.end] == row.text


def _source_table(text: str):
    import pandas as pd

    from discourse.contracts import empty

    row = {"source_id": "a", "path": "云南省委书记讲话.txt", "encoding": "utf-8", "n_chars": len(text), "n_lost": 0,
           "is_segmented": False, "text": text, "sha256": "0"}  # fmt: skip
    like = empty("sources")
    return pd.DataFrame([row], columns=list(like.columns)).astype(like.dtypes.to_dict())


def _metadata(path: Path) -> None:
    from discourse.corpus.documents import build_documents
    from discourse.corpus.metadata import read_metadata

    table = read_metadata(path)
    build_documents(_source_table("在基层治理工作会议上的讲话\n\n我们要坚持党建引领。" * 3), metadata=table)


def _search(text: str) -> None:
    from discourse.evidence.search import find_words

    find_words(["党建引领基层治理", text], text)


def _regex(text: str) -> None:
    from discourse.evidence.search import find_pattern

    find_pattern(["党建引领基层治理" * 50, text], text, seconds=3)


@cache
def _key_and_answers() -> tuple[bytes, bytes]:
    from discourse.evidence.coding import plan_coding
    from discourse.evidence.form import build_key
    from tests.evidence.coding_world import (
        RUN,
        answer,
        perfect,
        planted_model,
        planted_passages,
        planted_topics,
    )

    model = planted_model()
    items = plan_coding(model, planted_passages(model), planted_topics(model), seed=1).items
    key = build_key(items, run=RUN, seed=1)
    return json.dumps(key, ensure_ascii=False).encode(), answer(items, "甲", perfect(items))


def _answers(data: bytes) -> None:
    from discourse.evidence.answers import _lines, read_answers, read_key
    from discourse.evidence.form import checksum

    key, _ = _key_and_answers()
    try:  # a stranger can make the checksum right
        content = json.loads(data)
        data = json.dumps(content | {"checksum": checksum(_lines(content))}).encode()
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        pass
    read_answers([("a.json", data)], read_key(key))


def _key(data: bytes) -> None:
    from discourse.evidence.answers import read_answers, read_key
    from discourse.evidence.form import hash_content

    _, answers = _key_and_answers()
    try:  # a stranger can make the checksum right
        content = json.loads(data)
        content.pop("checksum", None)
        data = json.dumps(content | {"checksum": hash_content(content)}).encode()
    except (ValueError, AttributeError, TypeError, RecursionError):
        pass
    read_answers([("a.json", answers)], read_key(data))


@cache
def _run() -> Path:
    from tests.hostile import make_run

    folder = Path(os.environ.get(HELD_RUN) or tempfile.mkdtemp(prefix="discourse-fuzz-"))
    return folder / "run" if (folder / "run").is_dir() else make_run(folder)


def _in_run(name: str, read: Callable[[Path], object], *more: str) -> Callable[[Path], Try]:
    """A run folder with one file broken; more: other files that `read` needs."""

    def prepare(folder: Path) -> Try:
        for file in ("manifest.json", "summary.json", *more):
            shutil.copy(_run() / file, folder / file)

        def work(data: bytes) -> None:
            (folder / name).write_bytes(data)
            read(folder)

        return work

    return prepare


def _open(folder: Path) -> None:
    from discourse.config import SECTIONS
    from discourse.pipeline import open_run
    from discourse.runs.manifest import altered_inputs, altered_outputs
    from discourse.summary import describe_run, render_summary

    run = open_run(folder)
    for section in SECTIONS:
        if section in run.study.settings:
            run.study.options(section)
    list(altered_outputs(folder, run.manifest))
    list(altered_inputs(folder, run.manifest))
    render_summary(describe_run(folder))


def _summary(folder: Path) -> None:
    from discourse.summary import describe_run, render_summary

    render_summary(describe_run(folder))


def _load(name: str) -> Callable[[Path], object]:
    def load(folder: Path) -> object:
        from discourse.runs.store import load_table

        return load_table(folder, name)

    return load


def _model(folder: Path) -> object:
    from discourse.runs.store import load_model

    return load_model(folder)


def _held(*names: str) -> Callable[[], Sequence[bytes]]:
    return lambda: [(_run() / name).read_bytes() for name in names]


def _lists() -> Sequence[bytes]:
    general = resource("stopwords", "general.txt").read_bytes()[:2000]
    governance = resource("stopwords", "lexicons", "governance.txt").read_bytes()[:2000]
    return [
        governance,
        general,
        "## 主题\n基层治理\n网格员\n“红色物业”\n# 注\n党建引领\n".encode(),
        b"\xef\xbb\xbf" + "党建\n".encode(),
    ]


def _seed_texts() -> Sequence[bytes]:
    """Pieces of the seeds, some of them damaged in the ways that are repaired."""
    found = []
    for path in sorted(resource("seeds").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        found += [text[start : start + 400].encode() for start in range(0, min(len(text), 8000), 2000)]
    clean = "基层治理是国家治理的基石，党员要发挥先锋模范作用。"
    damaged = [
        clean.encode().decode("gb18030", "replace"), clean.encode().decode("latin-1"), clean.encode("gbk").decode("latin-1"),
        "習(xí)近平領(lǐng)導(dǎo)、會(huì )創(chuàng )新,縣(市)區", "D员、D组织、D的领导、主题D日、各D(工)委", "職責?!兑庖?jiàn)》",
        "云南省委书记 在全省基层治理会议上的讲话\n（2024年5月6日）\n同志们：\n" + clean * 3 + "\n责任编辑：张三",
    ]  # fmt: skip
    return found + [text.encode() for text in damaged]


def _encoded() -> Sequence[bytes]:
    text = "基层治理是国家治理的基石，党员要发挥先锋模范作用。一、提高认识（三）2023年“十四五”规划。\n" * 3
    codecs = ("utf-8", "utf-8-sig", "gbk", "gb18030", "big5", "utf-16", "utf-16-le", "utf-32", "utf-7", "hz")
    return [text.encode(codec, "replace") for codec in codecs]


def _files() -> Sequence[bytes]:
    from tests.corpus.files import PROSE, make_docx, make_page, make_pdf

    page = make_page(PROSE * 3)
    mail = f"MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{page}"
    return [
        page.encode(), make_page(PROSE, charset="gbk").encode("gbk"), make_docx(PROSE, [["甲", "乙"], ["1", "2"]]),
        make_pdf([[(72, 700, PROSE[0]), (72, 650, PROSE[1])]]), mail.encode(), f"# 标题\n\n**{PROSE[0]}**\n\n- {PROSE[1]}\n".encode(),
    ]  # fmt: skip


def _table_files() -> Sequence[bytes]:
    import io

    import pandas as pd

    table = pd.DataFrame(
        {
            "title": ["甲", "乙"],
            "text": ["党建引领基层治理。" * 9, "服务群众，数字平台。" * 9],
            "年份": ["2023", "2024"],
        }
    )
    buffers = [io.BytesIO(), io.BytesIO()]
    table.to_excel(buffers[0], index=False)
    table.to_parquet(buffers[1], index=False)
    lines = table.to_json(orient="records", lines=True, force_ascii=False).encode()
    listed = table.to_json(orient="records", force_ascii=False).encode()
    return [table.to_csv(index=False).encode(), table.to_csv(index=False, sep="\t").encode("gbk"), lines, listed,
            *(buffer.getvalue() for buffer in buffers)]  # fmt: skip


def _metadata_files() -> Sequence[bytes]:
    columns = "doc_id,file,title,date,year,province,city,level,role,speaker,genre"
    return [
        f"{columns}\na,云南省委书记讲话.txt,题,2024-05-06,2024,云南省,,province,party_secretary,张三,speech\n".encode(),
        "文件名,省份,级别,日期\n云南省委书记讲话.txt,云南,省级,2024年5月\n".encode("gbk"),
        "doc_id,field,value,quote\na,level,city,武汉市\na,date,2024,\n".encode(),
    ]


def _archive_files() -> Sequence[bytes]:
    import io
    import tarfile

    from tests.corpus.files import PROSE, make_zip

    inner = {"a.txt": PROSE[0].encode(), "b/c.txt": PROSE[1].encode("gbk")}
    tars = []
    for mode in ("w", "w:gz", "w:bz2", "w:xz"):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode=mode) as archive:
            for name, data in inner.items():
                about = tarfile.TarInfo(name)
                about.size = len(data)
                archive.addfile(about, io.BytesIO(data))
        tars.append(buffer.getvalue())
    return [make_zip(inner), make_zip(inner, 0), *tars]


def _words() -> Sequence[bytes]:
    words = ("基层 治理", "党建", "A（b）", r"党建.{0,9}治理", r"[\u4e00-\u9fff]+", r"(?P<a>党).*?(?P=a)", r"(?<=基)层|网\b",
             r"(a+)+$", r"(?i:ab)\d{1,3}", r"^.*$")  # fmt: skip
    return [word.encode() for word in words]


def _settings() -> Sequence[bytes]:
    return [b"topics.lda.n_topics=30", b"segment.tokens.stopwords=['general']", b"corpus.sources.strict=true",
            b"topics.ensemble.seeds=[1, 2]", b"topics.lda.eta=0.5"]  # fmt: skip


def _codebooks() -> Sequence[bytes]:
    from discourse.codebooks import draft_codebook
    from discourse.pipeline import open_run

    draft = draft_codebook(open_run(_run()))
    filled = draft.replace('name_zh = ""', 'name_zh = "名"', 1)
    small = f'version = 2\n[model]\nhash = "{"0" * 16}"\n[model.terms.0]\n"党建" = 0.5\n[model.terms.1]\n"平台" = 0.4\n[topic.0]\nname_zh = "党建"\nmerge = [1]\n'
    return [draft.encode(), filled.encode(), small.encode()]


TARGETS: dict[str, Target] = {
    "search": Target(_words, _text(_search)),
    "codebook": Target(_codebooks, _plain(_codebook)),
    "lexicon": Target(_lists, _file("own.txt", _lexicon)),
    "stopwords": Target(_lists, _file("own.txt", _stopwords)),
    "study": Target(lambda: [_TOML], _file("study.toml", _study)),
    "setting": Target(_settings, _text(_setting)),
    "encodings": Target(_encoded, _plain(_decode)),
    "mojibake": Target(_seed_texts, _text(_mojibake)),
    "repair": Target(_seed_texts, _text(_repair)),
    "archives": Target(_archive_files, _plain(_archives)),
    "formats": Target(_files, _plain(_formats)),
    "tables": Target(_table_files, _plain(_tables)),
    "answers": Target(lambda: [_key_and_answers()[1]], _plain(_answers)),
    "key": Target(lambda: [_key_and_answers()[0]], _plain(_key)),
    "manifest": Target(_held("manifest.json"), _in_run("manifest.json", _open)),
    "summary": Target(_held("summary.json"), _in_run("summary.json", _summary)),
    "table": Target(
        _held("documents.parquet", "topics.parquet"), _in_run("documents.parquet", _load("documents"))
    ),
    "tokens": Target(_held("tokens.parquet"), _in_run("tokens.parquet", _load("tokens"))),
    "model": Target(_held("model.npz"), _in_run("model.npz", _model, "model.json")),
    "facts": Target(_held("model.json"), _in_run("model.json", _model, "model.npz")),
    "metadata": Target(_metadata_files, _file("m.csv", _metadata)),
    "documents": Target(_seed_texts, _text(_documents)),
    "regex": Target(_words, _text(_regex)),
}
