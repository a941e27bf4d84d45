"""Terms that mark a target, on small planted corpora."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from discourse import score_keyness
from discourse.errors import DataError, SettingError
from tests.compare import reference_stats
from tests.compare.worlds import make_documents

Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def tabulate(texts: list[list[str]], levels: list[str | None]) -> Tables:
    """Tokens, passages and documents of texts that are lists of terms, two passages a text."""
    documents = make_documents(level=levels)
    passages, tokens = [], []
    for doc_id, terms in zip(documents["doc_id"], texts, strict=True):
        for part, piece in enumerate((terms[::2], terms[1::2])):
            passage_id = f"{doc_id}#{part:04d}"
            passages.append((passage_id, doc_id, part, part, part + 1, "", None))
            tokens += [(passage_id, place, place, term) for place, term in enumerate(piece)]
    return (
        pd.DataFrame(tokens, columns=["passage_id", "position", "start", "term"]).astype(
            {"passage_id": "category", "term": "category"}
        ),
        pd.DataFrame(
            passages, columns=["passage_id", "doc_id", "position", "start", "end", "text", "reuse_id"]
        ).astype({"reuse_id": "str"}),
        documents,
    )


def draw_texts(n_target: int, n_reference: int, seed: int = 0) -> list[list[str]]:
    """Texts of 300 to 600 tokens from 40 terms; 党建 is three times as frequent in the target."""
    rng = np.random.default_rng(seed)
    terms = np.array(["党建", *(f"词{i:02d}" for i in range(39))])
    rates = np.r_[0.03, rng.dirichlet(np.full(39, 2.0)) * 0.97]
    raised = np.r_[0.09, rates[1:] * 0.91 / 0.97]
    return [
        rng.choice(terms, rng.integers(300, 600), p=raised if i < n_target else rates).tolist()
        for i in range(n_target + n_reference)
    ]


def two_levels(n_target: int, n_reference: int, seed: int = 0) -> Tables:
    levels = ["city"] * n_target + ["district"] * n_reference
    return tabulate(draw_texts(n_target, n_reference, seed), levels)


def score(tables: Tables, **options) -> pd.DataFrame:
    return score_keyness(*tables, **({"by": "level", "target": "city", "n_permutations": 499} | options))


def test_counts_rates_and_effects_equal_the_slow_twin():
    texts = draw_texts(2, 3)
    table = score(tabulate(texts, ["city"] * 2 + ["district"] * 3)).set_index("term")
    target, reference = (Counter(t for text in part for t in text) for part in (texts[:2], texts[2:]))
    lengths = [len(text) for text in texts]
    for term, row in table.iterrows():
        assert (row["n_target"], row["n_reference"]) == (target[term], reference[term])
        assert row["rate_target"] == pytest.approx(1e4 * target[term] / sum(lengths[:2]))
        assert row["log_odds"] == pytest.approx(reference_stats.monroe_log_odds(target, reference, term))
        occurrences = [text.count(term) for text in texts]
        assert row["dp"] == pytest.approx(reference_stats.deviation_of_proportions(occurrences, lengths))
        assert row["burst"] == (max(occurrences) > sum(occurrences) / 2)
        assert row["n_documents_target"] == sum(n > 0 for n in occurrences[:2])
    ratio = np.log2(table["rate_target"] / table["rate_reference"])
    np.testing.assert_allclose(table["log_ratio"], ratio)


def test_t_is_students_on_square_roots_of_rates():
    texts = draw_texts(4, 5)
    table = score(tabulate(texts, ["city"] * 4 + ["district"] * 5)).set_index("term")
    for term in ("党建", "词05"):
        r = np.array([np.sqrt((text.count(term) + 0.375) / len(text)) for text in texts])
        assert table.loc[term, "t"] == pytest.approx(stats.ttest_ind(r[:4], r[4:]).statistic)


def test_p_is_that_of_all_relabellings_of_documents():
    texts = draw_texts(3, 4)
    table = score(tabulate(texts, ["city"] * 3 + ["district"] * 4)).set_index("term")
    r = np.array([np.sqrt((text.count("词05") + 0.375) / len(text)) for text in texts])
    exact = stats.permutation_test(
        (r[:3], r[3:]),
        lambda x, y, axis: np.abs(x.mean(axis=axis) - y.mean(axis=axis)),
        alternative="greater",
        n_resamples=np.inf,
    )
    assert table.loc["词05", "p"] == pytest.approx(exact.pvalue)


def test_a_planted_word_comes_first_and_is_found():
    table = score(two_levels(12, 12))
    assert table.loc[0, "term"] == "党建"
    assert table.loc[0, "q"] <= 0.05 and table.loc[0, "log_odds"] > 0
    assert (table["flags"] == "").all()
    assert table["rank"].tolist() == list(range(len(table)))
    tested = table[table["t"].notna()]
    assert tested["t"].is_monotonic_decreasing


def test_swapping_target_and_reference_flips_the_signs():
    tables = two_levels(4, 5)
    one = score(tables, reference="district").set_index("term")
    other = score(tables, target="district", reference="city").set_index("term").loc[one.index]
    for column in ("log_ratio", "log_odds", "t"):
        np.testing.assert_allclose(one[column], -other[column], atol=1e-9)
    for column in ("g2", "p", "q", "dp"):
        np.testing.assert_allclose(one[column], other[column], atol=1e-9)


def test_order_of_rows_and_of_categories_does_not_matter():
    tokens, passages, documents = two_levels(11, 11)
    shuffled = tokens.sample(frac=1, random_state=3).astype({"term": "str", "passage_id": "str"})
    shuffled = shuffled.astype({"term": "category"})
    pd.testing.assert_frame_equal(
        score((tokens, passages, documents)), score((shuffled, passages[::-1], documents[::-1]))
    )


def test_one_document_in_a_group_gets_effect_sizes_only():
    table = score(two_levels(1, 4))
    assert table[["t", "p", "q"]].isna().all(axis=None)
    assert (table["flags"] == "effect sizes only").all()
    assert table["log_odds"].is_monotonic_decreasing
    assert table[["log_odds", "log_ratio", "g2", "dp"]].notna().all(axis=None)


def test_ten_documents_a_group_are_a_ranking_and_not_a_test():
    assert (score(two_levels(10, 12))["flags"] == "ranking, not a test").all()
    assert (score(two_levels(11, 12))["flags"] == "").all()


def test_rare_words_are_listed_but_not_tested_and_rarer_ones_are_not_listed():
    texts = draw_texts(3, 3)
    texts[0] += ["独有"] * 25 + ["少见"] * 6 + ["一次"]
    table = score(tabulate(texts, ["city"] * 3 + ["district"] * 3)).set_index("term")
    assert "一次" not in table.index
    for term in ("独有", "少见"):
        assert table.loc[term, ["t", "p", "q"]].isna().all()
        assert table.loc[term, "burst"] and table.loc[term, "n_documents_target"] == 1
    tested = table["t"].notna()
    assert table.loc[tested, "rank"].max() < table.loc[~tested, "rank"].min()
    assert np.isfinite(table["log_ratio"]).all()


def test_the_rest_is_every_other_document_that_has_a_group():
    texts = draw_texts(4, 4)
    levels = ["city", "city", "city", "city", "district", "village", None, "district"]
    table = score(tabulate(texts, levels), min_listed=1)
    assert (table["reference"] == "rest").all()
    total = sum(
        len(text) for text, level in zip(texts, levels, strict=True) if level in ("district", "village")
    )
    assert table["n_reference"].sum() == total


def test_longer_documents_of_the_same_words_change_no_rate():
    texts = draw_texts(3, 3)
    once = score(tabulate(texts, ["city"] * 3 + ["district"] * 3)).set_index("term")
    twice = score(tabulate([text * 2 for text in texts], ["city"] * 3 + ["district"] * 3)).set_index("term")
    for column in ("rate_target", "rate_reference", "log_ratio", "dp"):
        np.testing.assert_allclose(once[column], twice.loc[once.index, column], atol=1e-9)
    np.testing.assert_allclose(2 * once["g2"], twice.loc[once.index, "g2"], atol=1e-9)


def test_groups_that_do_not_exist_are_answered():
    tables = two_levels(2, 2)
    with pytest.raises(SettingError, match="'citi' is not a group of by='level'. Did you mean 'city'"):
        score(tables, target="citi")
    with pytest.raises(SettingError, match="two groups, both are 'city'"):
        score(tables, reference="city")
    with pytest.raises(SettingError, match="by='levle'.*Did you mean 'level'"):
        score(tables, by="levle")


def test_tokens_of_unknown_passages_and_sides_without_tokens_are_refused():
    tokens, passages, documents = two_levels(2, 2)
    with pytest.raises(DataError, match="tokens name passage 'd003#0001'"):
        score((tokens, passages[:-1], documents))
    district = passages["doc_id"].isin(["d002", "d003"])
    left = tokens[~tokens["passage_id"].isin(passages.loc[district, "passage_id"])]
    with pytest.raises(DataError, match="no document of 'rest' has tokens"):
        score((left, passages, documents))
