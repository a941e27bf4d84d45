"""Passages chosen for quotation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.contracts import TopicModel, check, empty
from discourse.errors import ContractError, SettingError
from discourse.evidence.exemplars import find_exemplars

VOCABULARY = ["党组织", "支部", "小区", "物业"]
PARTY, HOUSING = "党组织和支部要带头。", "小区和物业要协商。"


def study(
    *passages: tuple[str, float, str], lengths: list[int] | None = None, repeats: dict[str, str] | None = None
):
    """Model, passages and documents from (doc_id, theta of topic 0, text); 0 is the party, 1 is housing."""
    rows, position = [], {}
    for doc_id, _, text in passages:
        n, start = position.get(doc_id, (0, 0))
        rows.append((f"{doc_id}#{n:04d}", doc_id, n, start, start + len(text), text))
        position[doc_id] = (n + 1, start + len(text) + 1)
    table = pd.DataFrame(rows, columns=["passage_id", "doc_id", "position", "start", "end", "text"])
    table["reuse_id"] = table["passage_id"].map(repeats or {}).astype("str")
    theta = np.array([[share, 1 - share] for _, share, _ in passages])
    model = TopicModel(
        phi=np.array([[0.5, 0.4, 0.05, 0.05], [0.05, 0.05, 0.5, 0.4]]),
        theta=theta,
        alpha=np.full(2, 0.1),
        eta=0.1,
        passages=pd.Index(table["passage_id"]),
        vocabulary=pd.Index(VOCABULARY),
        lengths=np.array(lengths or [30] * len(table)),
        term_counts=np.full(4, 10),
    )
    texts = table.groupby("doc_id", sort=False)["text"].agg("\n".join)
    documents = pd.DataFrame({"doc_id": texts.index, "text": texts.to_numpy()})
    return model, check(table, "passages"), documents


def quoted(exemplars: pd.DataFrame, topic: int = 0, role: str = "exemplar") -> list[str]:
    chosen = exemplars[(exemplars["topic"] == topic) & (exemplars["role"] == role)]
    assert list(chosen["rank"]) == list(range(1, len(chosen) + 1))
    return list(chosen["passage_id"])


def test_the_highest_theta_comes_first():
    model, passages, _ = study(("a", 0.6, PARTY + "一"), ("b", 0.9, PARTY + "二"), ("c", 0.7, PARTY + "三"))
    assert quoted(find_exemplars(model, passages)) == ["b#0000", "c#0000", "a#0000"]


def test_every_document_is_quoted_once_before_any_is_quoted_twice():
    model, passages, _ = study(
        ("a", 0.9, PARTY + "一"), ("a", 0.8, PARTY + "二"), ("a", 0.7, PARTY + "三"), ("b", 0.5, PARTY + "四")
    )  # fmt: skip
    assert quoted(find_exemplars(model, passages, n=2)) == ["a#0000", "b#0000"]
    assert quoted(find_exemplars(model, passages, n=5)) == ["a#0000", "b#0000", "a#0001"]


def test_a_passage_that_repeats_another_is_quoted_once():
    same_words = study(("a", 0.9, PARTY), ("b", 0.8, PARTY.replace("。", "！")), ("c", 0.7, PARTY + "完"))
    marked = study(("a", 0.9, PARTY), ("b", 0.8, PARTY + "了"), repeats={"b#0000": "a#0000"})
    assert quoted(find_exemplars(*same_words[:2])) == ["a#0000", "c#0000"]
    assert quoted(find_exemplars(*marked[:2])) == ["a#0000"]


def shared(*pairs: tuple[str, str, int]) -> pd.DataFrame:
    """Table `reuse` of pairs of passages that share so many letters."""
    rows = [
        (copy, source, copy[0], source[0], 0, n, 0, n, n, 1.0, 1.0, None, "", "") for copy, source, n in pairs
    ]
    return pd.DataFrame(rows, columns=list(empty("reuse").columns)).astype({"earlier": "str"})


def test_near_copies_are_quoted_once_and_by_the_best_of_them():
    model, passages, _ = study(
        ("a", 0.6, PARTY + "一二三四五六"), ("b", 0.9, "上下左右" + PARTY), ("c", 0.5, PARTY + "天地")
    )
    assert quoted(find_exemplars(model, passages)) == ["b#0000", "a#0000", "c#0000"]
    near = shared(("b#0000", "a#0000", 9))
    assert quoted(find_exemplars(model, passages, reuse=near)) == ["b#0000", "c#0000"]
    little = shared(("b#0000", "a#0000", 4))  # of 13 letters
    assert quoted(find_exemplars(model, passages, reuse=little)) == ["b#0000", "a#0000", "c#0000"]


def test_copies_of_copies_are_one_and_a_copy_gives_way_to_the_next_of_its_document():
    chain = study(
        ("a", 0.7, PARTY + "一"), ("b", 0.9, PARTY + "二"), ("c", 0.8, PARTY + "三"), ("c", 0.6, HOUSING),
        repeats={"b#0000": "a#0000", "c#0000": "b#0000"},
    )  # fmt: skip
    assert quoted(find_exemplars(*chain[:2])) == ["b#0000", "c#0001"]


def test_every_group_quotes_its_own_best_passage_even_where_another_group_said_it_first():
    model, passages, documents = study(("a", 0.9, PARTY), ("b", 0.8, PARTY))
    documents["level"] = pd.Series(["city", "district"], dtype="str")
    exemplars = find_exemplars(model, passages, documents, by="level")
    own = exemplars[(exemplars["role"] == "exemplar") & (exemplars["topic"] == 0)]
    assert own["passage_id"].tolist() == ["a#0000", "b#0000"]


def test_no_document_is_quoted_three_times_however_many_passages_qualify():
    model, passages, _ = study(*(("a", 0.9, PARTY + sign) for sign in "一二三四五"), ("b", 0.5, PARTY + "六"))
    assert quoted(find_exemplars(model, passages, n=9)) == ["a#0000", "b#0000", "a#0001"]


def test_short_or_weak_passages_are_not_quoted():
    model, passages, _ = study(
        ("a", 0.9, PARTY + "一"), ("b", 0.8, PARTY + "二"), ("c", 0.2, PARTY + "三"), lengths=[19, 20, 30]
    )
    assert quoted(find_exemplars(model, passages)) == ["b#0000"]


def test_equal_passages_are_taken_in_the_order_of_their_ids_whatever_the_order_of_rows():
    model, passages, _ = study(("b", 0.9, PARTY + "一"), ("a", 0.9, PARTY + "二"))
    shuffled = passages.iloc[::-1].reset_index(drop=True)
    assert quoted(find_exemplars(model, passages)) == ["a#0000", "b#0000"]
    pd.testing.assert_frame_equal(find_exemplars(model, passages), find_exemplars(model, shuffled))


def test_a_counter_example_holds_the_words_where_the_topic_is_low():
    model, passages, _ = study(
        ("a", 0.9, PARTY), ("b", 0.05, HOUSING + PARTY), ("c", 0.05, HOUSING), ("d", 0.5, PARTY + "半")
    )
    assert quoted(find_exemplars(model, passages, n_terms=2), role="counter") == ["b#0000"]


def test_without_such_a_passage_there_is_no_counter_example():
    model, passages, _ = study(("a", 0.9, PARTY), ("c", 0.05, HOUSING))
    assert quoted(find_exemplars(model, passages, n_terms=2), role="counter") == []


def test_groups_are_quoted_from_their_own_documents_and_unknown_ones_left_out():
    model, passages, documents = study(
        ("a", 0.9, PARTY + "一"), ("b", 0.8, PARTY + "二"), ("c", 0.7, PARTY + "三")
    )
    documents["level"] = pd.Series(["district", "city", None], dtype="str")
    exemplars = find_exemplars(model, passages, documents, by="level")
    own = exemplars[exemplars["role"] == "exemplar"]
    assert list(zip(own["group"], own["passage_id"], strict=True)) == [
        ("city", "b#0000"),
        ("district", "a#0000"),
    ]
    assert (exemplars["factor"] == "level").all()


def test_without_a_factor_there_is_no_group():
    model, passages, _ = study(("a", 0.9, PARTY))
    assert find_exemplars(model, passages)[["factor", "group"]].isna().all(axis=None)


def test_nothing_to_quote_is_an_empty_table_of_the_contract():
    model, passages, _ = study(("a", 0.9, PARTY), lengths=[1])
    exemplars = find_exemplars(model, passages)
    assert exemplars.empty
    check(exemplars, "exemplars")


def test_a_long_passage_is_quoted_by_the_sentences_that_hold_the_topic():
    text = "天气很好。" * 30 + PARTY * 2 + "天气很好。" * 30
    model, passages, _ = study(("a", 0.9, text))
    quote = find_exemplars(model, passages, max_characters=40)["quote"].iloc[0]
    assert PARTY * 2 in quote
    assert len(quote) <= 40


text = st.text(alphabet="党组织支部小区物业，。！？…”\n 1a", min_size=1, max_size=120).filter(str.strip)


@settings(max_examples=15, deadline=None)
@given(texts=st.lists(text, min_size=1, max_size=4), max_characters=st.integers(1, 60))
def test_every_quotation_is_the_document_word_for_word(texts, max_characters):
    model, passages, documents = study(*(("a", 0.9 - i / 10, text) for i, text in enumerate(texts)))
    whole = documents["text"].iloc[0]
    exemplars = find_exemplars(model, passages, max_characters=max_characters)
    assert len(exemplars)
    for row in exemplars.itertuples():
        assert whole[row.start : row.end] == row.quote
        assert 0 < len(row.quote) <= max_characters


def test_a_factor_that_is_no_column_is_answered_with_the_nearest():
    model, passages, documents = study(("a", 0.9, PARTY))
    with pytest.raises(SettingError, match="Did you mean 'text'"):
        find_exemplars(model, passages, documents, by="texts")
    with pytest.raises(SettingError, match="needs the table of documents"):
        find_exemplars(model, passages, by="level")


@pytest.mark.parametrize("setting", ["n", "n_terms", "max_characters"])
def test_a_number_out_of_range_is_refused(setting):
    model, passages, _ = study(("a", 0.9, PARTY))
    with pytest.raises(SettingError, match=f"{setting}=0 is too small"):
        find_exemplars(model, passages, **{setting: 0})


def test_passages_of_another_study_are_refused():
    model, passages, _ = study(("a", 0.9, PARTY), ("b", 0.9, PARTY))
    with pytest.raises(ContractError, match="lacks 1 passages of the model, such as 'b#0000'"):
        find_exemplars(model, passages.iloc[:1])
