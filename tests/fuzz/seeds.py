"""Valid files of every kind that we read, small ones, for the campaign to break."""
# ruff: noqa: E501

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from discourse.resources import resource

HELD_RUN = "DISCOURSE_FUZZ_RUN"  # a folder that processes of one campaign share: the run is made once
STUDY_TOML = b"""[study]
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


@cache
def key_and_answers() -> tuple[bytes, bytes]:
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


@cache
def held_run() -> Path:
    from tests.hostile import make_run

    folder = Path(os.environ.get(HELD_RUN) or tempfile.mkdtemp(prefix="discourse-fuzz-"))
    return folder / "run" if (folder / "run").is_dir() else make_run(folder)


def files_of_run(*names: str) -> Callable[[], Sequence[bytes]]:
    return lambda: [(held_run() / name).read_bytes() for name in names]


def lists() -> Sequence[bytes]:
    general = resource("stopwords", "general.txt").read_bytes()[:2000]
    governance = resource("stopwords", "lexicons", "governance.txt").read_bytes()[:2000]
    return [
        governance,
        general,
        "## 主题\n基层治理\n网格员\n“红色物业”\n# 注\n党建引领\n".encode(),
        b"\xef\xbb\xbf" + "党建\n".encode(),
    ]


def texts() -> Sequence[bytes]:
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


def encoded() -> Sequence[bytes]:
    text = "基层治理是国家治理的基石，党员要发挥先锋模范作用。一、提高认识（三）2023年“十四五”规划。\n" * 3
    codecs = ("utf-8", "utf-8-sig", "gbk", "gb18030", "big5", "utf-16", "utf-16-le", "utf-32", "utf-7", "hz")
    return [text.encode(codec, "replace") for codec in codecs]


def pages() -> Sequence[bytes]:
    from tests.corpus.files import PROSE, make_docx, make_page, make_pdf

    page = make_page(PROSE * 3)
    mail = f"MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{page}"
    return [
        page.encode(), make_page(PROSE, charset="gbk").encode("gbk"), make_docx(PROSE, [["甲", "乙"], ["1", "2"]]),
        make_pdf([[(72, 700, PROSE[0]), (72, 650, PROSE[1])]]), mail.encode(), f"# 标题\n\n**{PROSE[0]}**\n\n- {PROSE[1]}\n".encode(),
    ]  # fmt: skip


def tables() -> Sequence[bytes]:
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


def metadata_tables() -> Sequence[bytes]:
    columns = "doc_id,file,title,date,year,province,city,level,role,speaker,genre"
    return [
        f"{columns}\na,云南省委书记讲话.txt,题,2024-05-06,2024,云南省,,province,party_secretary,张三,speech\n".encode(),
        "文件名,省份,级别,日期\n云南省委书记讲话.txt,云南,省级,2024年5月\n".encode("gbk"),
        "doc_id,field,value,quote\na,level,city,武汉市\na,date,2024,\n".encode(),
    ]


def archives() -> Sequence[bytes]:
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


def search_words() -> Sequence[bytes]:
    words = ("基层 治理", "党建", "A（b）", r"党建.{0,9}治理", r"[\u4e00-\u9fff]+", r"(?P<a>党).*?(?P=a)", r"(?<=基)层|网\b",
             r"(a+)+$", r"(?i:ab)\d{1,3}", r"^.*$")  # fmt: skip
    return [word.encode() for word in words]


def settings() -> Sequence[bytes]:
    return [b"topics.lda.n_topics=30", b"segment.tokens.stopwords=['general']", b"corpus.sources.strict=true",
            b"topics.ensemble.seeds=[1, 2]", b"topics.lda.eta=0.5"]  # fmt: skip


def codebooks() -> Sequence[bytes]:
    from discourse.codebooks import draft_codebook
    from discourse.pipeline import open_run

    draft = draft_codebook(open_run(held_run()))
    filled = draft.replace('name_zh = ""', 'name_zh = "名"', 1)
    small = f'version = 2\n[model]\nhash = "{"0" * 16}"\n[model.terms.0]\n"党建" = 0.5\n[model.terms.1]\n"平台" = 0.4\n[topic.0]\nname_zh = "党建"\nmerge = [1]\n'
    return [draft.encode(), filled.encode(), small.encode()]
