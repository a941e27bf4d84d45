"""Quotations traced back to the raw text: every one, whatever was repaired on the way."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.contracts import check, empty
from discourse.corpus.aligned import AlignedText, Change, apply_edits
from discourse.errors import DataError
from discourse.evidence.listing import render_trace
from discourse.evidence.trace import find_raw_spans, trace_span


def run_of(page: AlignedText, raw_start: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Sources, documents and edits of one page, all of whose text is the document `d`."""
    documents = empty("documents")
    row = dict.fromkeys(documents.columns) | dict(
        doc_id="d", source_id="s", raw_start=raw_start, raw_end=len(page.raw), text=page.text
    )
    strings = [name for name in documents if name not in ("year", "raw_start", "raw_end")]
    documents = pd.DataFrame([row]).astype({**dict.fromkeys(strings, "str"), "year": "Int64"})
    rows = [dict(source_id="s", doc_id="d", **edit._asdict()) for edit in page.edits()]
    edits = pd.DataFrame(rows, columns=list(empty("edits").columns)) if rows else empty("edits")
    sources = pd.DataFrame(
        [dict.fromkeys(empty("sources").columns) | dict(source_id="s", path="s.txt", text=page.raw)]
    ).assign(encoding="utf-8", n_chars=len(page.raw), n_lost=0, is_segmented=False)
    return check(sources, "sources"), check(documents, "documents"), check(edits, "edits")


def damaged() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """`創(chuàng)新D的建設` + two blanks + `好` -> `创新党的建设好`."""
    page = AlignedText.of("創(chuàng)新D的建設  好")
    page = page.delete([(1, 9)], "pinyin").replace([(0, 1, "创"), (2, 3, "党"), (5, 6, "设")], "script")
    return run_of(page.delete([(6, 8)], "blank"))


def test_a_quotation_knows_its_raw_text_and_the_edits_inside():
    trace = trace_span(*damaged(), doc_id="d", start=0, end=3)
    assert (trace.quote, trace.raw, trace.raw_start, trace.raw_end) == ("创新党", "創(chuàng)新D", 0, 11)
    assert trace.edits["rule"].tolist() == ["script", "pinyin", "script"]
    assert "script" in render_trace(trace) and "創(chuàng)新D" in render_trace(trace)


def test_deletions_at_either_end_are_left_outside():
    trace = trace_span(*damaged(), doc_id="d", start=6, end=7)
    assert (trace.raw, len(trace.edits)) == ("好", 0)
    assert trace_span(*damaged(), doc_id="d", start=5, end=6).raw == "設"


def test_an_edit_that_is_cut_in_two_is_taken_whole():
    page = AlignedText.of("甲以人為本乙").replace([Change(1, 5, "以人民为中心")], "words")
    trace = trace_span(*run_of(page), doc_id="d", start=2, end=4)
    assert (trace.quote, trace.raw, trace.reading, trace.lead) == ("人民", "以人為本", "以人民为中心", 1)


def test_tables_of_different_runs_are_refused():
    sources, documents, edits = damaged()
    with pytest.raises(DataError, match="its edits do not make its text"):
        trace_span(sources, documents, edits.drop(index=1), doc_id="d", start=0, end=1)
    with pytest.raises(DataError, match="raw text and edits do not give its text"):
        trace_span(sources.assign(text="x" * 17), documents, edits, doc_id="d", start=0, end=1)
    with pytest.raises(DataError, match="sources lack 's'"):
        trace_span(sources.assign(source_id="t"), documents, edits, doc_id="d", start=0, end=1)


def test_a_document_or_stretch_that_does_not_exist_is_answered():
    with pytest.raises(DataError, match="there is no document 'e'"):
        trace_span(*damaged(), doc_id="e", start=0, end=1)
    for start, end in ((0, 0), (5, 99), (-1, 3)):
        with pytest.raises(DataError, match="is no stretch of its text"):
            trace_span(*damaged(), doc_id="d", start=start, end=end)


@st.composite
def repaired(draw: st.DrawFn) -> AlignedText:
    """A text after one to three repairs at random places, as the corpus room makes them."""
    page = AlignedText.of(draw(st.text(alphabet="创新D的建設(chu) \n", min_size=4, max_size=40)))
    for rule in ("one", "two", "three")[: draw(st.integers(0, 3))]:
        cuts = sorted(draw(st.sets(st.integers(0, len(page.text)), max_size=6)))
        changes = [
            Change(a, b, draw(st.text(alphabet="党建，", max_size=3)))
            for a, b in zip(cuts[::2], cuts[1::2], strict=False)
        ]
        page = page.replace(changes, rule)
    return page


@settings(max_examples=40, deadline=None)
@given(page=repaired(), data=st.data())
def test_raw_text_with_its_edits_gives_every_quotation_of_any_repaired_text(page, data):
    if not page.text:
        return
    sources, documents, edits = run_of(page)
    start = data.draw(st.integers(0, len(page.text) - 1))
    end = data.draw(st.integers(start + 1, len(page.text)))
    trace = trace_span(sources, documents, edits, doc_id="d", start=start, end=end)
    inside = trace.edits[["start", "end", "before", "after"]].itertuples(index=False, name=None)
    moved = [(a - trace.raw_start, b - trace.raw_start, before, after) for a, b, before, after in inside]
    reading = apply_edits(trace.raw, moved)
    assert reading == trace.reading
    assert reading[trace.lead : trace.lead + end - start] == trace.quote == page.text[start:end]
    spans = pd.DataFrame({"doc_id": ["d"], "start": [start], "end": [end]})
    assert find_raw_spans(documents, edits, spans).values.tolist() == [[trace.raw_start, trace.raw_end]]
    # the aligned text itself knows a span that is no longer and lies inside
    first, last = page.raw_span(start, end)
    assert trace.raw_start <= first < last <= trace.raw_end
