"""A run and some words come in; where they stand in its documents and in the bytes of its raw files goes out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from discourse.corpus.originals import find_bytes, read_member
from discourse.errors import DataError, SourceError
from discourse.evidence.listing import render_trace
from discourse.evidence.search import find_words
from discourse.evidence.trace import Trace, trace_span
from discourse.pipeline import Run
from discourse.runs.store import hash_file

MOST_TRACED = 10
_SPAN = re.compile(r"(?P<doc_id>.+):(?P<start>\d+):(?P<end>\d+)")


def trace_words(run: Run, words: str) -> list[dict[str, Any]]:
    """Trace a passage, a span or a quotation of a run back to its raw files.

    words: a passage_id (``000_cbfef18ec0e9d1aa#0003``), a span ``DOC_ID:START:END`` of a document, or words as
    they stand in the documents, blanks, width and case aside. Words that stand in more than ten places are
    traced in the first ten.

    Returns
    -------
    list of dict
        One a place: trace (`Trace`), n_places, and what `locate_in_file` says of the file.

    Raises
    ------
    DataError
        The words stand nowhere in the documents.
    """
    sources, documents, edits = (run.table(name) for name in ("sources", "documents", "edits"))
    places = _find_places(run, documents, words)
    if not places:
        raise DataError(
            f"{words!r} stands in no document of this run, nor is it a passage_id or DOC_ID:START:END: "
            "quote a few words exactly"
        )
    found = []
    for doc_id, start, end in places[:MOST_TRACED]:
        trace = trace_span(sources, documents, edits, doc_id=doc_id, start=start, end=end)
        found.append({"trace": trace, "n_places": len(places), **locate_in_file(run, sources, trace)})
    return found


def locate_in_file(run: Run, sources: pd.DataFrame, trace: Trace) -> dict[str, Any]:
    """Where a traced stretch stands in its file: path, member, row, encoding, byte_start, byte_end, remark.

    Bytes count in the file on disk, or in the member of an archive; they are None where the format keeps no
    text as bytes, or the file is gone or has changed since the run: remark then says which.
    """
    source = sources[sources["source_id"] == trace.source_id].iloc[0]
    place = {
        name: None if pd.isna(source[name]) else source[name]
        for name in ("path", "member", "row", "encoding", "sha256")
    }
    place |= {"byte_start": None, "byte_end": None}
    file = _find_file(run, str(source["path"]))
    if file is None:
        return place | {"remark": "the raw file is not where the run read it: the stored text was used"}
    if hash_file(file) != source["sha256"]:
        return place | {"remark": "the raw file has changed since the run: the stored text was used"}
    try:
        data = read_member(file.read_bytes(), str(source["path"]), place["member"])
    except SourceError as error:
        return place | {"remark": str(error)}
    span = find_bytes(data, str(source["encoding"]), str(source["text"]), trace.raw_start, trace.raw_end)
    if span is None:
        return place | {"remark": _no_bytes(place)}
    remark = "the only place in the file that reads so" if span.is_only else ""
    return place | {"byte_start": span.start, "byte_end": span.end, "remark": remark}


def render_traces(found: list[dict[str, Any]]) -> str:
    """Traced places as lines for a terminal."""
    return "\n".join(line for number, place in enumerate(found) for line in _lines(place, number))


def describe_traces(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Traced places as JSON has them."""
    return [_plain(place) for place in found]


def _find_places(run: Run, documents: pd.DataFrame, words: str) -> list[tuple[str, int, int]]:
    passages = run.table("passages")
    named = passages[passages["passage_id"] == words.strip()]
    if len(named):
        return [tuple(row) for row in named[["doc_id", "start", "end"]].itertuples(index=False)]
    span = _SPAN.fullmatch(words.strip())
    if span and (documents["doc_id"] == span["doc_id"]).any():
        return [(span["doc_id"], int(span["start"]), int(span["end"]))]
    texts, names = documents["text"].tolist(), documents["doc_id"].tolist()
    exact = [
        (names[number], match.start(), match.end())
        for number, text in enumerate(texts)
        for match in re.finditer(re.escape(words), text)
    ]
    return exact or [(names[number], start, end) for number, start, end in find_words(texts, words)]


def _find_file(run: Run, path: str) -> Path | None:
    data = run.study.data
    base = data if data.is_dir() else data.parent
    file = base / path
    return file if file.is_file() else None


def _no_bytes(place: Mapping[str, Any]) -> str:
    if place["row"] is not None:
        return f"row {place['row']} of a table, written there with signs of the format: no bytes of its own"
    return (
        f"a file of format {place['encoding']}: its words have no bytes of their own; "
        "characters count in the text read from it"
    )


def _lines(place: dict[str, Any], number: int) -> Iterator[str]:
    if number:
        yield ""
    elif place["n_places"] > 1:
        more = (
            f", the first {MOST_TRACED} follow 只列前 {MOST_TRACED} 处"
            if place["n_places"] > MOST_TRACED
            else ""
        )
        yield f"{place['n_places']} places 处{more}\n"
    yield render_trace(place["trace"])
    inner = f" / {place['member']}" if place["member"] else ""
    row = f", row 行 {place['row']}" if place["row"] is not None else ""
    yield f"file 文件       {place['path']}{inner}{row}  ({place['encoding']})"
    if place["byte_start"] is not None:
        yield f"bytes 字节      {place['byte_start']}:{place['byte_end']}"
    if place["remark"]:
        yield f"note 说明       {place['remark']}"


def _plain(place: dict[str, Any]) -> dict[str, Any]:
    trace = place["trace"]
    edits = trace.edits[["start", "end", "before", "after", "rule", "confidence"]].to_dict("records")
    names = "doc_id start end quote source_id raw_start raw_end raw reading lead".split()
    rest = {name: value for name, value in place.items() if name != "trace"}
    row = None if rest["row"] is None else int(rest["row"])
    return {name: getattr(trace, name) for name in names} | {"edits": edits} | rest | {"row": row}
