"""Repairs in, edits out: whatever is done to a text, its edits rebuild it from the raw text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.corpus.aligned import AlignedText, Change, apply_edits

_TEXT = st.text("党D建員(dǎng)\n ，。", min_size=1, max_size=30)


@st.composite
def repaired(draw) -> AlignedText:
    """A raw text after up to four rounds of changes."""
    text = AlignedText.of(draw(_TEXT))
    for rule in draw(st.lists(st.sampled_from("abcd"), max_size=4)):
        cuts = draw(st.lists(st.integers(0, len(text.text)), unique=True, max_size=6).map(sorted))
        pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
        text = text.replace([Change(a, b, draw(st.text("党xy", max_size=3))) for a, b in pairs], rule)
    return text


def _quadruples(text: AlignedText) -> list[tuple[int, int, str, str]]:
    return [(edit.start, edit.end, edit.before, edit.after) for edit in text.edits()]


@given(repaired())
@settings(max_examples=60, deadline=None)
def test_edits_rebuild_the_text_from_the_raw_text(text):
    assert apply_edits(text.raw, _quadruples(text)) == text.text


@given(repaired())
@settings(max_examples=40, deadline=None)
def test_edits_are_sorted_do_not_overlap_and_quote_the_raw_text(text):
    edits = text.edits()
    assert all(text.raw[edit.start : edit.end] == edit.before for edit in edits)
    assert all(one.end <= two.start for one, two in zip(edits, edits[1:], strict=False))


@given(repaired(), st.data())
@settings(max_examples=40, deadline=None)
def test_any_single_edit_can_be_undone(text, data):
    edits = _quadruples(text)
    if edits:
        undone = data.draw(st.sampled_from(edits))
        others = apply_edits(text.raw, [edit for edit in edits if edit != undone])
        assert apply_edits(text.raw, edits) == text.text
        assert others.count(undone[2]) >= 1
        assert len(others) - len(text.text) == len(undone[2]) - len(undone[3])


@given(repaired())
@settings(max_examples=40, deadline=None)
def test_every_character_knows_a_raw_span_and_spans_never_go_back(text):
    for i in range(len(text.text)):
        start, end = text.raw_span(i, i + 1)
        assert 0 <= start < end <= len(text.raw)
    assert (text.starts[1:] >= text.starts[:-1]).all() and (text.ends[1:] >= text.ends[:-1]).all()


def test_rules_that_touch_the_same_characters_are_named_together_in_their_order():
    text = (
        AlignedText.of("領(lǐng)導").delete([(1, 7)], "pinyin").replace([Change(0, 2, "领导")], "traditional")
    )
    (edit,) = text.edits()
    assert (edit.before, edit.after, edit.rule) == ("領(lǐng)導", "领导", "pinyin+traditional")


def test_one_to_one_changes_stay_apart_from_a_deletion_beside_them():
    text = AlignedText.of("領(lǐng)導").delete([(1, 7)], "pinyin")
    text = text.replace([Change(0, 1, "领"), Change(1, 2, "导")], "traditional")
    assert [edit.rule for edit in text.edits()] == ["traditional", "pinyin", "traditional"]
    assert text.raw_span(1, 2) == (7, 8)


def test_a_mark_changes_nothing_and_is_listed():
    text = AlignedText.of("確?;鶎").replace([Change(1, 4, "?;鶎", 0.2)], "lost_bytes_doubtful")
    (edit,) = text.edits()
    assert text.text == text.raw and edit.before == edit.after and edit.confidence == 0.2


@pytest.mark.parametrize("changes", [[(0, 2, ""), (1, 3, "")], [(0, 0, "x")], [(2, 9, "")]])
def test_changes_that_overlap_are_empty_or_leave_the_text_are_refused(changes):
    with pytest.raises(ValueError, match="change"):
        AlignedText.of("四个字符").replace(changes, "rule")


def test_edits_that_do_not_fit_the_raw_text_are_refused():
    with pytest.raises(ValueError, match="does not fit"):
        apply_edits("原文", [(0, 1, "別", "别")])
