"""Each target: valid files to break, and what is done with a broken one. Anything but a DiscourseError is a finding."""
# ruff: noqa: E501

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from discourse.errors import DiscourseError
from tests.fuzz import seeds, texts

Try = Callable[[bytes], object]


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


def _answers(data: bytes) -> None:
    from discourse.evidence.answers import _lines, read_answers, read_key
    from discourse.evidence.form import checksum

    key, _ = seeds.key_and_answers()
    try:  # a stranger can make the checksum right
        content = json.loads(data)
        data = json.dumps(content | {"checksum": checksum(_lines(content))}).encode()
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        pass
    read_answers([("a.json", data)], read_key(key))


def _key(data: bytes) -> None:
    from discourse.evidence.answers import read_answers, read_key
    from discourse.evidence.form import hash_content

    _, answers = seeds.key_and_answers()
    try:  # a stranger can make the checksum right
        content = json.loads(data)
        content.pop("checksum", None)
        data = json.dumps(content | {"checksum": hash_content(content)}).encode()
    except (ValueError, AttributeError, TypeError, RecursionError):
        pass
    read_answers([("a.json", answers)], read_key(data))


def _in_run(name: str, read: Callable[[Path], object], *more: str) -> Callable[[Path], Try]:
    """A run folder with one file broken; more: other files that `read` needs."""

    def prepare(folder: Path) -> Try:
        for file in ("manifest.json", "summary.json", *more):
            shutil.copy(seeds.held_run() / file, folder / file)

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


TARGETS: dict[str, Target] = {
    "search": Target(seeds.search_words, _text(texts.do_search)),
    "codebook": Target(seeds.codebooks, _plain(_codebook)),
    "lexicon": Target(seeds.lists, _file("own.txt", _lexicon)),
    "stopwords": Target(seeds.lists, _file("own.txt", _stopwords)),
    "study": Target(lambda: [seeds.STUDY_TOML], _file("study.toml", _study)),
    "setting": Target(seeds.settings, _text(_setting)),
    "encodings": Target(seeds.encoded, _plain(_decode)),
    "mojibake": Target(seeds.texts, _text(texts.do_mojibake)),
    "repair": Target(seeds.texts, _text(texts.do_repair)),
    "archives": Target(seeds.archives, _plain(_archives)),
    "formats": Target(seeds.pages, _plain(_formats)),
    "tables": Target(seeds.tables, _plain(_tables)),
    "answers": Target(lambda: [seeds.key_and_answers()[1]], _plain(_answers)),
    "key": Target(lambda: [seeds.key_and_answers()[0]], _plain(_key)),
    "manifest": Target(seeds.files_of_run("manifest.json"), _in_run("manifest.json", _open)),
    "summary": Target(seeds.files_of_run("summary.json"), _in_run("summary.json", _summary)),
    "table": Target(
        seeds.files_of_run("documents.parquet", "topics.parquet"),
        _in_run("documents.parquet", _load("documents")),
    ),
    "tokens": Target(seeds.files_of_run("tokens.parquet"), _in_run("tokens.parquet", _load("tokens"))),
    "model": Target(seeds.files_of_run("model.npz"), _in_run("model.npz", _model, "model.json")),
    "facts": Target(seeds.files_of_run("model.json"), _in_run("model.json", _model, "model.npz")),
    "metadata": Target(seeds.metadata_tables, _file("m.csv", texts.do_metadata)),
    "documents": Target(seeds.texts, _text(texts.do_documents)),
    "regex": Target(seeds.search_words, _text(texts.do_regex)),
}
