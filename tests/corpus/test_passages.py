"""Passages are exact spans of their document, in order, and together they hold all of its text."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.corpus.passages import split_passages
from discourse.errors import DataError, SettingError


def _documents(*texts: str) -> pd.DataFrame:
    return pd.DataFrame({"doc_id": [f"d{i}" for i in range(len(texts))], "text": list(texts)}).astype("str")


_TEXT = st.lists(st.text("党建，。！？”治理", min_size=1, max_size=30), min_size=1, max_size=8).map("\n".join)


_UNITS = st.sampled_from(["paragraph", "sentence", "window", "document"])


@given(_TEXT, _UNITS, st.integers(0, 20), st.sampled_from([0, 20, 35]), st.integers(1, 60))
@settings(max_examples=100, deadline=None)
def test_passages_are_exact_spans_and_rebuild_the_document(text, unit, min_chars, max_chars, window_chars):
    options = dict(unit=unit, min_chars=min_chars, max_chars=max_chars, window_chars=window_chars)
    passages = split_passages(_documents(text), **options)
    assert all(text[p.start : p.end] == p.text for p in passages.itertuples())
    assert (passages.start.to_numpy()[1:] >= passages.end.to_numpy()[:-1]).all()
    assert "".join("".join(passages.text).split()) == "".join(text.split())
    assert list(passages.position) == list(range(len(passages)))


def test_a_heading_joins_the_paragraph_that_follows_and_a_last_line_the_one_before():
    text = "\n".join(["一、提高认识", "这是第一段，" * 10, "这是第二段，" * 10, "谢谢大家。"])
    passages = split_passages(_documents(text), min_chars=40)
    assert [p.count("\n") for p in passages.text] == [1, 1]
    assert passages.text[0].startswith("一、提高认识\n") and passages.text[1].endswith("\n谢谢大家。")
    assert list(passages.passage_id) == ["d0#0001", "d0#0002"]


def test_a_document_of_short_lines_is_one_passage_and_nothing_crosses_documents():
    passages = split_passages(_documents("短句。\n又一句。", "第三句。"), min_chars=40)
    assert list(passages.text) == ["短句。\n又一句。", "第三句。"]
    assert list(passages.doc_id) == ["d0", "d1"]


def test_an_exact_repeat_carries_the_id_of_the_first_marks_and_widths_aside():
    passages = split_passages(_documents("要抓好落实。\n别的话", "要抓好落实！", "要抓好，落实"), min_chars=0)
    assert list(passages.reuse_id.fillna("")) == ["", "", "d0#0001", "d0#0001"]


def test_passages_of_marks_only_repeat_nothing():
    assert split_passages(_documents("……\n——"), min_chars=0).reuse_id.isna().all()


def test_a_long_passage_is_cut_after_sentences_into_equal_pieces():
    text = "这是一句话，说完了。" * 20
    passages = split_passages(_documents(text), max_chars=60)
    assert passages.text.str.len().max() <= 60 and passages.text.str.len().min() >= 40
    assert all(piece.endswith("。") for piece in passages.text)


def test_the_unit_may_be_the_document():
    assert list(split_passages(_documents("一段。\n二段。"), unit="document").text) == ["一段。\n二段。"]


def test_shuffled_documents_give_the_same_passages(seed_corpus):
    documents = seed_corpus[0]
    one = split_passages(documents).drop(columns="reuse_id").set_index("passage_id").sort_index()
    shuffled = documents.sample(frac=1.0, random_state=1)
    two = split_passages(shuffled).drop(columns="reuse_id").set_index("passage_id").sort_index()
    pd.testing.assert_frame_equal(one, two)


def test_sentences_keep_their_closing_marks_and_end_with_their_paragraph():
    text = "他说：“好。”大家都笑了！\n一、提高认识\n真的吗？！是的……"
    sentences = list(split_passages(_documents(text), unit="sentence", min_chars=0).text)
    assert sentences == ["他说：“好。”", "大家都笑了！", "一、提高认识", "真的吗？！", "是的……"]


def test_short_sentences_join_until_they_are_long_enough_together():
    text = "一句话。" * 10 + "\n完。"
    passages = split_passages(_documents(text), unit="sentence", min_chars=12)
    assert list(passages.text) == ["一句话。" * 3] * 2 + ["一句话。" * 4 + "\n完。"]


def test_windows_run_over_paragraphs_and_have_about_the_length_asked_for():
    text = "\n".join("这句话正好十个字啊。" * n for n in (1, 5, 2, 9, 4, 3))
    passages = split_passages(_documents(text), unit="window", min_chars=0, window_chars=50)
    assert passages.text.str.len().between(40, 60).all()
    assert all(piece.endswith("。") for piece in passages.text)


@pytest.mark.parametrize(
    "options",
    [dict(unit="clause"), dict(window_chars=0), dict(min_chars=-1), dict(min_chars=50, max_chars=20)],
)
def test_impossible_settings_are_refused(options):
    with pytest.raises(SettingError):
        split_passages(_documents("一段。"), **options)


def test_no_documents_is_an_error():
    with pytest.raises(DataError, match="no documents"):
        split_passages(_documents())
