# ruff: noqa: E501
"""Tables, words and pages of a run that a stranger has changed."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.hostile.spoiling import Spoil, in_bytes


def _table(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Spoil:
    def spoil(run: Path, outside: Path) -> None:
        path = run / f"{name}.parquet"
        change(pd.read_parquet(path)).to_parquet(path, index=False)

    return spoil


def wide_cells(run: Path, outside: Path) -> None:
    """A megabyte of text once, and a hundred thousand rows that refer to it: a hundred gigabytes."""
    table = pq.read_table(run / "passages.parquet")
    n = 100_000
    columns = {name: pa.array([table[name][0].as_py()] * n, field.type) for name, field in zip(
        table.column_names, table.schema, strict=True)}  # fmt: skip
    columns["passage_id"] = pa.array([f"a#{number:06d}" for number in range(n)])
    once = pa.DictionaryArray.from_arrays(pa.array([0] * n, pa.int32()), pa.array(["党" * 350_000]))
    columns["text"] = once
    pq.write_table(
        pa.table(columns), run / "passages.parquet", dictionary_pagesize_limit=10_000_000, store_schema=False
    )


def _hard_link(*names: str) -> Spoil:
    """Files of the run that are the user's own as well: reading them is harmless, writing through them is not."""

    def spoil(run: Path, outside: Path) -> None:
        for name in names:
            (run / name).unlink(missing_ok=True)
            os.link(outside, run / name)

    return spoil


def _polyglot(run: Path, outside: Path) -> None:
    """A page that is a zip archive, and an archive that is a page."""
    with zipfile.ZipFile(run / "model.npz", "a") as archive:
        archive.comment = b"<script>alert(1)</script>"
    (run / "report.html").write_bytes((run / "model.npz").read_bytes())
    (run / "topics.parquet").write_bytes((run / "model.npz").read_bytes())


def _many_rows(run: Path, outside: Path) -> None:
    n = 30_000_000
    pq.write_table(pa.table({"doc_id": pa.array(np.zeros(n, dtype=np.int8))}), run / "documents.parquet")


def _swelling_workbook(run: Path, outside: Path) -> None:
    folder = run / "exports" / "excel"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "small.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(300_000_000))
    run_id = json.loads((run / "manifest.json").read_text(encoding="utf-8"))["id"]
    mark = {"target": "excel", "run": run_id, "files": {"small.xlsx": "0" * 64}}
    (folder / "made.json").write_text(json.dumps(mark), encoding="utf-8")


def _nested_cells(run: Path, outside: Path) -> None:
    pq.write_table(pa.table({"doc_id": [[["a"]]], "text": [{"a": 1}]}), run / "documents.parquet")


FILES: dict[str, Spoil] = {
    "a table that is no Parquet": in_bytes("passages.parquet", b"PAR1" + b"\xff" * 5000 + b"PAR1"),
    "a table that is a pickle": in_bytes("documents.parquet", b"\x80\x04c__builtin__\neval\n(S'1'\ntR."),
    "a table cut short": lambda run, outside: (run / "passages.parquet").write_bytes(
        (run / "passages.parquet").read_bytes()[:-100]
    ),
    "a table of 30 million rows": _many_rows,
    "a table whose cells swell": wide_cells,
    "a table of tables": _nested_cells,
    "a table without its columns": _table("documents", lambda table: table[["doc_id"]]),
    "a table of numbers": _table("passages", lambda table: table.assign(text=range(len(table)))),
    "a table that repeats a key": _table("documents", lambda table: pd.concat([table, table])),
    "places beyond the text": _table("passages", lambda table: table.assign(start=10**15, end=2**62)),
    "places before the text": _table("edits", lambda table: table.assign(start=-5, end=-(2**40))),
    "passages of no document": _table("passages", lambda table: table.assign(doc_id="nowhere")),
    "tokens of no passage": _table("tokens", lambda table: table.assign(
        passage_id=pd.Series(["x"] * len(table)).astype("category"), position=range(len(table)))),
    "topics by the million": _table("topics", lambda table: table.assign(topic=table["topic"] + 10**12)),
    "a summary that is a list": in_bytes("summary.json", b"[]"),
    "a summary without its counts": in_bytes("summary.json", b"{}"),
    "a codebook that is none": in_bytes("codebook.toml", b"\xff" * 100),
    "a model that is a page as well": _polyglot,
    "a CSV file of a million columns": lambda run, outside: (run / "documents.csv").write_text(",".join(map(str, range(10**6))) + "\n"),
    "a CSV file of one endless cell": lambda run, outside: (run / "topics.csv").write_text('topic\n"' + "a" * 20_000_000),
    "a page of 20 MB in one line": in_bytes("pyldavis.html", b"<p>" * 7_000_000),
    "a summary nested too deep": in_bytes("summary.json", b"[" * 100_000 + b"]" * 100_000),
    "answers that are none": in_bytes("asked.json", b"[]"),
    "answers that climb out": in_bytes("asked.json", b'{"files": {"../../home/secret.txt": "00000000", "/etc/passwd": "00000000"}}'),
    "answers nested too deep": in_bytes("asked.json", b'{"files":' + b"[" * 100_000),
    "an export that names files outside": lambda run, outside: (
        (run / "exports" / "csv").mkdir(parents=True), (run / "exports" / "csv" / "made.json").write_text(
            '{"target": "csv", "run": "0", "files": {"../../../../home/secret.txt": "00", "/etc/passwd": "00"}}')),
    "a workbook that swells": _swelling_workbook,
    "a copy of a list that is endless": lambda run, outside: (run / "inputs" / "lists" / "general.txt").write_bytes(b"a\n" * 10_000_000),
    "an identity that is none": in_bytes("inputs/identity.json", b"[]"),
    "an identity nested too deep": in_bytes("inputs/identity.json", b"[" * 100_000),
    "hard links to a file of the user's": _hard_link(
        "documents.csv", ".edits.parquet.tmp", ".topics.csv.tmp", ".report.html.tmp", ".asked.json.tmp"),
    "a lock that is a hard link to a file of the user's": _hard_link("../.run.lock"),
    "scores of coders that are none": lambda run, outside: (
        (run / "coding").mkdir(), (run / "coding" / "coding.json").write_bytes(b"[]"),
        (run / "coding" / "coding_scores.parquet").write_bytes(b"PAR1PAR1")),
    "an export marked as ours": lambda run, outside: (
        (run / "exports" / "csv").mkdir(parents=True), (run / "exports" / "csv" / "made.json").write_bytes(b"[]")),
}  # fmt: skip
