"""Keyness of several groups over one vocabulary, of pairs and themes, and an error rate that holds for all."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from discourse.compare import _permutation
from discourse.compare._familywise import relabel_groups
from discourse.compare.group_keyness import score_group_keyness
from discourse.compare.listing import render_keyness
from discourse.compare.wordings import OTHER_THEME, build_bigrams, build_themes, recount_tokens
from discourse.errors import DataError, SettingError
from tests.compare.test_keyness import tabulate


def draw_texts(groups: list[str], *, raised: dict[str, str], seed: int = 0) -> list[list[str]]:
    """Texts of 400 tokens from 20 terms; each group has `raised` one term four times as often."""
    rng = np.random.default_rng(seed)
    terms = np.array([f"词{i:02d}" for i in range(20)])
    texts = []
    for group in groups:
        rates = np.full(20, 1.0)
        rates[terms == raised.get(group)] = 4.0
        # documents differ in their words, whatever their group
        texts.append(rng.choice(terms, 400, p=rng.dirichlet(rates * 20)).tolist())
    return texts


def three_levels(size: int, seed: int = 0, **raised: str):
    levels = [level for level in ("province", "city", "district") for _ in range(size)]
    return tabulate(draw_texts(levels, raised=raised, seed=seed), levels)


def score(tables, **options) -> pd.DataFrame:
    return score_group_keyness(*tables, **({"by": "level", "n_permutations": 399} | options))


def test_each_group_finds_its_own_term_over_one_vocabulary():
    table = score(three_levels(6, province="词01", city="词07", district="词12"))
    assert list(dict.fromkeys(table["target"])) == ["province", "city", "district"]
    first = table[table["rank"] == 0].set_index("target")
    assert first["term"].to_dict() == {"province": "词01", "city": "词07", "district": "词12"}
    assert (first["p_adjusted"] <= 0.05).all()
    vocabularies = {target: set(rows["term"]) for target, rows in table.groupby("target")}
    assert len({frozenset(terms) for terms in vocabularies.values()}) == 1


def test_adjusted_p_equals_the_slow_twin_over_all_relabellings():
    levels = ["city"] * 3 + ["district"] * 3 + ["province"]
    texts = draw_texts(levels, raised={"city": "词03"}, seed=4)
    table = score(tabulate(texts, levels), min_documents=1)
    terms = sorted({t for text in texts for t in text})
    rates = np.array([[np.sqrt((text.count(t) + 0.375) / len(text)) for t in terms] for text in texts])
    ways = sorted(set(permutations(levels)))
    assert len(ways) == 140

    def statistics(way):
        return np.array(
            [
                abs(slow_t(rates[:, k], np.array(way) == g))
                for g in ("city", "district")
                for k in range(len(terms))
            ]
        )

    observed = statistics(levels)
    permuted = np.array([statistics(way) for way in ways])
    order = np.argsort(-observed)
    adjusted, running = np.empty(len(observed)), 0.0
    for place, column in enumerate(order):
        largest = permuted[:, order[place:]].max(axis=1)
        running = max(running, (largest >= observed[column] * (1 - 1e-8)).mean())
        adjusted[column] = running
    expected = dict(zip([(g, t) for g in ("city", "district") for t in terms], adjusted, strict=True))
    for row in table[table["p_adjusted"].notna()].itertuples():
        assert row.p_adjusted == pytest.approx(expected[(row.target, row.term)])
    assert table.loc[table["target"] == "province", "p_adjusted"].isna().all()


def slow_t(values: np.ndarray, target: np.ndarray) -> float:
    a, b = values[target], values[~target]
    pooled = (((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()) / (len(values) - 2)
    return (a.mean() - b.mean()) / np.sqrt(pooled * (1 / len(a) + 1 / len(b)))


def test_adjusted_p_is_never_below_p_and_grows_with_the_rank():
    table = score(three_levels(4, city="词02"))
    known = table[table["p_adjusted"].notna()]
    assert (known["p_adjusted"] >= known["p"] - 0.05).all()
    for _, rows in known.groupby("target"):
        by_size = rows.assign(size=rows["t"].abs()).sort_values("size", ascending=False)
        assert by_size["p_adjusted"].is_monotonic_increasing


def test_in_worlds_without_effect_a_finding_is_rare():
    """Bursty words, no group differs: at most 5 % of worlds may have a finding, 30 worlds allow up to five."""
    found = [
        (score(three_levels(4, seed=seed), n_permutations=199)["p_adjusted"] <= 0.05).any()
        for seed in range(30)
    ]
    assert sum(found) <= 5


def test_groups_too_small_to_reach_significance_have_no_adjusted_p():
    table = score(three_levels(1))
    assert table["p_adjusted"].isna().all() and (table["flags"] == "effect sizes only").all()


def test_every_relabelling_is_dealt_once_and_the_observed_one_is_among_them():
    groups = np.array(["a", "a", "b", "c"], dtype=object)
    ways = np.concatenate(list(relabel_groups(groups, 10, 1)))
    assert len({tuple(way) for way in ways}) == len(ways) == 12
    assert tuple(groups) in {tuple(way) for way in ways}
    many = np.repeat(np.array(["a", "b", "c"], dtype=object), 6)
    drawn = np.concatenate(list(relabel_groups(many, 10, 1, block=4)))
    assert drawn.shape == (11, 18) and (drawn[0] == many).all()
    assert all(sorted(way) == sorted(many) for way in drawn)


def test_the_size_of_blocks_does_not_matter(monkeypatch):
    groups = np.repeat(np.array(["a", "b"], dtype=object), 9)
    assert _permutation.MAX_RELABELLINGS < 48_620
    one = np.concatenate(list(relabel_groups(groups, 50, 3, block=50)))
    several = np.concatenate(list(relabel_groups(groups, 50, 3, block=7)))
    assert (one == several).all()


def test_one_group_is_nothing_to_compare():
    with pytest.raises(DataError, match="two groups of documents with tokens, found 'city' only"):
        score(tabulate([["甲", "乙"]] * 3, ["city"] * 3))


def make_tokens(*passages: list[tuple[str, int]]) -> pd.DataFrame:
    rows = [
        (f"d#{number:04d}", position, start, term)
        for number, words in enumerate(passages)
        for position, (term, start) in enumerate(words)
    ]
    table = pd.DataFrame(rows, columns=["passage_id", "position", "start", "term"])
    return table.astype({"passage_id": "category", "term": "category"})


def test_bigrams_are_words_that_touch_in_one_passage():
    tokens = make_tokens([("党建引领", 0), ("基层治理", 4), ("网格", 9)], [("社区", 0), ("物业", 2)])
    pairs = build_bigrams(tokens)
    assert pairs["term"].tolist() == ["党建引领 基层治理", "社区 物业"]
    assert pairs["start"].tolist() == [0, 0] and pairs["position"].tolist() == [0, 0]
    shuffled = build_bigrams(tokens.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(pairs.astype("str"), shuffled.astype("str"))


def test_themes_keep_every_token_and_shields_are_no_theme():
    tokens = make_tokens([("党建", 0), ("行政协", 2), ("天气", 5)])
    rows = {"term": ["党建", "行政协"], "theme": ["党的建设", "护词"], "source": ["x", "x"]}
    themes = build_themes(tokens, pd.DataFrame(rows).astype("str"))
    assert themes["term"].tolist() == ["党的建设", OTHER_THEME, OTHER_THEME]


def test_an_unknown_grain_is_answered():
    with pytest.raises(SettingError, match="of='bigram'.*Did you mean 'bigrams'"):
        recount_tokens(make_tokens([("甲", 0)]), pd.DataFrame(), of="bigram")


def test_the_listing_says_how_far_the_numbers_carry():
    table = score(three_levels(3, city="词07"))
    lines = render_keyness(table, target="city", n_shown=2).splitlines()
    assert "ranking, not a test" in lines[1] and "词07" in lines[2] and len(lines) == 4
    with pytest.raises(SettingError, match="'citi' is no group here. Did you mean 'city'"):
        render_keyness(table, target="citi")
