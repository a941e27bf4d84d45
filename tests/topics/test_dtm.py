import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.errors import ContractError, DataError, SettingError
from discourse.topics.dtm import build_dtm, document_of
from tests.topics.planted import planted_tokens, tokens_of

ALL = {"min_df": 1, "max_df": 1.0, "min_documents": 1}


def test_every_cell_counts_one_term_in_one_passage():
    dtm = build_dtm(tokens_of([("a#0000", ["乙", "甲", "乙"]), ("b#0000", ["甲"])]), **ALL)
    assert list(dtm.vocabulary) == sorted(["甲", "乙"])
    assert list(dtm.passages) == ["a#0000", "b#0000"]
    assert dtm.counts.toarray().tolist() == [[2, 1], [0, 1]]
    assert dtm.counts.dtype == np.int32 and dtm.counts.has_canonical_format


def test_min_df_counts_passages_not_occurrences():
    tokens = tokens_of(
        [
            ("a#0000", ["甲", "乙", "乙", "乙"]),
            ("b#0000", ["甲"]),
            ("b#0001", ["甲", "丙"]),
            ("a#0001", ["丙"]),
        ]
    )
    assert list(build_dtm(tokens, min_df=2, max_df=1.0, min_documents=1).vocabulary) == sorted(["甲", "丙"])


def test_a_term_of_one_document_is_left_out_however_often_it_occurs():
    tokens = tokens_of(
        [("a#0000", ["甲", "乙"]), ("a#0001", ["甲", "乙"]), ("b#0000", ["乙"]), ("b#0001", ["丙"])]
    )
    assert list(build_dtm(tokens, min_df=1, max_df=1.0).vocabulary) == ["乙"]


def test_a_corpus_of_one_document_keeps_its_terms():
    tokens = tokens_of([("a#0000", ["甲", "乙"]), ("a#0001", ["甲"]), ("a#0002", ["丙"])])
    assert list(build_dtm(tokens, max_df=1.0).vocabulary) == ["甲"]


def test_max_df_leaves_out_what_stands_in_more_than_that_share_of_passages():
    tokens = tokens_of(
        [(f"{d}#{i:04d}", ["常", "半"] if i % 2 else ["常", "别"]) for d in "ab" for i in range(4)]
    )
    assert list(build_dtm(tokens, max_df=0.5).vocabulary) == sorted(["半", "别"])
    assert "常" in build_dtm(tokens, max_df=1.0).vocabulary


def test_max_df_of_three_tenths_allows_three_passages_of_ten():
    tokens = tokens_of([(f"{'ab'[i % 2]}#{i:04d}", ["三", "十"] if i < 3 else ["十"]) for i in range(10)])
    assert list(build_dtm(tokens, max_df=0.3).vocabulary) == ["三"]


def test_passages_without_a_kept_term_have_no_row():
    tokens = tokens_of([("a#0000", ["甲"]), ("a#0001", ["独"]), ("b#0000", ["甲"])])
    assert list(build_dtm(tokens, max_df=1.0).passages) == ["a#0000", "b#0000"]


def test_rows_follow_the_first_appearance_of_passages():
    tokens = planted_tokens()
    reversed_tokens = tokens.iloc[::-1].reset_index(drop=True)
    there, back = build_dtm(tokens), build_dtm(reversed_tokens)
    assert list(back.passages) == list(there.passages)[::-1]
    assert (back.counts.toarray()[::-1] == there.counts.toarray()).all()


def test_categories_give_the_same_matrix_as_words_and_unused_ones_no_row():
    tokens = planted_tokens()
    categories = tokens.astype({"passage_id": "category", "term": "category"})
    categories["passage_id"] = categories["passage_id"].cat.add_categories(["empty#0000"])
    plain, categorical = build_dtm(tokens), build_dtm(categories)
    assert plain.passages.equals(categorical.passages) and plain.vocabulary.equals(categorical.vocabulary)
    assert (plain.counts != categorical.counts).nnz == 0


def test_the_document_is_read_from_the_last_mark_of_the_passage_name():
    dtm = build_dtm(tokens_of([("a#b#0000", ["甲"]), ("c#0001", ["甲"])]), **ALL)
    assert list(document_of(dtm.passages)) == ["a#b", "c"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.lists(st.sampled_from("甲乙丙丁"), min_size=1)),
        min_size=1,
        max_size=8,
    )
)
def test_without_limits_no_token_is_lost(texts):
    tokens = tokens_of([(f"{document}#{i:04d}", terms) for i, (document, terms) in enumerate(texts)])
    dtm = build_dtm(tokens, **ALL)
    assert dtm.counts.sum() == len(tokens)
    assert dtm.counts.sum(axis=1).ravel().tolist()[0] == [len(terms) for _, terms in texts]


@pytest.mark.parametrize(
    "limit", [{"min_df": 0}, {"min_df": 1.5}, {"max_df": 0}, {"max_df": 2}, {"min_documents": 0}]
)
def test_a_limit_out_of_range_is_one_line_that_names_it(limit):
    with pytest.raises(SettingError, match=next(iter(limit))) as error:
        build_dtm(planted_tokens(), **limit)
    assert "\n" not in str(error.value)


def test_no_term_left_says_how_many_there_were_and_what_to_do():
    tokens = tokens_of([("a#0000", ["甲"]), ("b#0000", ["乙"])])
    with pytest.raises(DataError, match="of 2 terms in 2 passages of 2 documents .* Lower min_df"):
        build_dtm(tokens)


def test_no_token_at_all_is_an_error():
    with pytest.raises(DataError, match="empty"):
        build_dtm(planted_tokens().iloc[:0])


def test_a_table_that_is_not_tokens_is_refused():
    with pytest.raises(ContractError, match="term"):
        build_dtm(planted_tokens().drop(columns="term"))


def test_tables_one_after_another_count_as_one_table():
    tokens = planted_tokens()
    whole = build_dtm(tokens, max_df=1.0)
    for cuts in ([7], [100, 101, 350], list(range(50, len(tokens), 50))):
        bounds = [0, *cuts, len(tokens)]
        parts = (tokens.iloc[a:b].reset_index(drop=True) for a, b in zip(bounds, bounds[1:], strict=False))
        joined = build_dtm(parts, max_df=1.0)
        assert (joined.counts != whole.counts).nnz == 0 and joined.counts.has_canonical_format
        assert joined.passages.equals(whole.passages) and joined.vocabulary.equals(whole.vocabulary)
        assert joined.counts.dtype == whole.counts.dtype
