"""Words that keep a word's company: counted as one would by hand."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest

from discourse.compare.collocates import render_collocates, score_collocates
from discourse.contracts import check, empty
from discourse.errors import SettingError

WORDS = ["党建", "引领", "治理", "网格", "社区", "服务", "群众"]


def texts_to_tables(*documents: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tokens and passages of documents, each a list of passages whose words are parted by blanks."""
    tokens, passages = [], []
    for number, texts in enumerate(documents):
        place = 0
        for position, text in enumerate(texts):
            name = f"d{number}#{position:04d}"
            passages.append((name, f"d{number}", position, place, place + len(text), text, None))
            words = re.finditer(r"[^\s，。]+", text)
            tokens += [(name, i, match.start(), match[0]) for i, match in enumerate(words)]
            place += len(text) + 1
    columns = ["passage_id", "doc_id", "position", "start", "end", "text", "reuse_id"]
    table = pd.DataFrame(passages, columns=columns).astype({"reuse_id": "str"})
    tokens = pd.DataFrame(tokens, columns=["passage_id", "position", "start", "term"])
    return tokens.astype({"passage_id": "category", "term": "category"}), check(table, "passages")


def hits_of(passages: pd.DataFrame, pattern: str) -> pd.DataFrame:
    rows = [
        (pattern, p.passage_id, p.doc_id, None, p.start + m.start(), p.start + m.end(), 0, 0, "", m[0], "")
        for p in passages.itertuples()
        for m in re.finditer(pattern, p.text)
    ]
    columns = list(empty("concordance").columns)
    return pd.DataFrame(rows, columns=columns).astype({"group": "str"}) if rows else empty("concordance")


def score(*documents: list[str], word: str = "治理", **options: object) -> pd.DataFrame:
    tokens, passages = texts_to_tables(*documents)
    return score_collocates(hits_of(passages, word), tokens, passages, **{"min_count": 1, **options})


def counts(table: pd.DataFrame) -> dict[str, tuple[int, int, int, int]]:
    return {r.term: (r.n_before, r.n_after, r.n, r.n_away) for r in table.itertuples()}


def test_a_window_counts_tokens_before_and_after_and_each_once():
    table = score(["甲 乙 丙 治理 丁 戊 己"], window=2)
    assert counts(table) == {"乙": (1, 0, 1, 0), "丙": (1, 0, 1, 0), "丁": (0, 1, 1, 0), "戊": (0, 1, 1, 0)}
    between = score(["治理 甲 治理"], window=5)
    assert counts(between) == {"甲": (1, 1, 1, 0)} and between["n_hits"].tolist() == [2]


def test_a_window_ends_with_its_sentence_or_its_passage():
    text = ["甲。乙 治理 丙。丁", "戊"]
    assert set(score(text)["term"]) == {"乙", "丙"}
    assert set(score(text, within="passage")["term"]) == {"甲", "乙", "丙", "丁"}


def test_what_the_word_covers_is_neither_near_nor_away():
    table = score(["基层治理 甲", "治理体系 基层治理 甲"], word="治理")
    assert set(table["term"]) == {"甲"}


def test_a_collocate_of_one_document_is_marked():
    table = score(["甲 治理 乙", "甲 治理"], ["乙 治理"]).set_index("term")
    assert table["n_documents"].to_dict() == {"甲": 1, "乙": 2}
    assert table["flags"].to_dict() == {"甲": "one document", "乙": ""}
    assert "one document only" in render_collocates(score(["甲 治理", "甲 治理", "乙"], min_count=2))


def slow_collocates(documents: list[list[str]], word: str, window: int) -> dict[str, tuple[float, ...]]:
    """The same counts, token by token; G2 and log ratio from the formulas as printed."""
    near: dict[str, int] = {}
    away: dict[str, int] = {}
    for texts in documents:
        for text in texts:
            for sentence in text.split("。"):
                words = sentence.split()
                for i, term in enumerate(words):
                    if term == word:
                        continue
                    around = words[max(0, i - window) : i] + words[i + 1 : i + 1 + window]
                    side = near if word in around else away
                    side[term] = side.get(term, 0) + 1
    n_near, n_away = sum(near.values()), sum(away.values())
    found = {}
    for term, a in near.items():
        b = away.get(term, 0)
        total = n_near + n_away
        cells = [(a, n_near, a + b), (b, n_away, a + b)]
        cells += [(n_near - a, n_near, total - a - b), (n_away - b, n_away, total - a - b)]
        g2 = 2 * sum(o * math.log(o / (column * row / total)) for o, column, row in cells if o)
        ratio = math.log2((a or 0.5) / n_near) - math.log2((b or 0.5) / n_away)
        found[term] = (a, b, g2, ratio, (a + b) * n_near / total)
    return found


@pytest.mark.parametrize("window", [1, 2, 5])
def test_counts_g2_and_log_ratio_are_those_of_the_slow_twin(window):
    rng = np.random.default_rng(window)
    documents = [
        ["。".join(" ".join(rng.choice(WORDS, size=rng.integers(1, 9))) for _ in range(4)) for _ in range(5)]
        for _ in range(4)
    ]
    table = score(*documents, window=window)
    expected = slow_collocates(documents, "治理", window)
    assert set(table["term"]) == set(expected)
    for row in table.itertuples():
        own = (row.n, row.n_away, row.g2, row.log_ratio, row.expected)
        assert own == pytest.approx(expected[row.term])


def test_a_planted_companion_comes_first_and_attracted_terms_before_the_others():
    rng = np.random.default_rng(1)
    plain = [" ".join(rng.choice(WORDS[3:], size=12)) for _ in range(30)]
    planted = [f"{text} 引领 治理" for text in plain[:10]] + plain[10:]
    table = score(planted, plain, window=3)
    assert table["term"].iloc[0] == "引领" and table["rank"].tolist() == list(range(1, len(table) + 1))
    attracted = (table["log_ratio"] > 0).to_numpy()
    assert (np.diff(attracted.astype(int)) <= 0).all()


def test_the_order_of_rows_does_not_matter():
    tokens, passages = texts_to_tables(["甲 治理 乙 丙"] * 3, ["丙 治理 甲"])
    hits = hits_of(passages, "治理")
    first = score_collocates(hits, tokens, passages, min_count=1)
    shuffled = [table.sample(frac=1, random_state=2) for table in (hits, tokens, passages)]
    pd.testing.assert_frame_equal(first, score_collocates(*shuffled, min_count=1))


def test_without_hits_or_frequent_company_there_is_an_empty_table():
    assert score(["甲 乙"]).empty
    table = score(["甲 治理 乙"], min_count=2)
    assert table.empty and "no word stands near" in render_collocates(check(table, "collocates"))


def test_a_corpus_that_is_all_window_has_no_contrast_to_score():
    table = score(["甲 治理 乙"])
    assert (table[["g2", "log_ratio"]] == 0).all(axis=None)


@pytest.mark.parametrize(("option", "value"), [("window", 0), ("min_count", 0), ("within", "sentense")])
def test_settings_out_of_range_are_answered(option, value):
    with pytest.raises(SettingError, match=option):
        score(["甲 治理"], **{option: value})
