"""Terms planted in running text are found, and a candidate file is a lexicon."""

from __future__ import annotations

from collections import Counter
from functools import cache
from math import log, log2

import numpy as np
import pandas as pd
import pytest

from discourse.contracts import empty
from discourse.errors import SettingError
from discourse.segment.discovery import discover_terms, list_candidates, render_candidates
from discourse.segment.lexicon import read_lexicon
from discourse.segment.tokenizer import Tokenizer, build_tokenizer

FILLERS = "经济 文化 教育 科学 历史 城市 农村 工业 商业 交通 旅游 音乐 体育 环境 海洋 森林".split()


def passages_of(texts: list[str], per_document: int = 4) -> pd.DataFrame:
    doc_ids = [f"d{number // per_document}" for number in range(len(texts))]
    return pd.DataFrame(
        {
            "passage_id": pd.Series([f"{d}#{n:04d}" for n, d in enumerate(doc_ids)], dtype="str"),
            "doc_id": pd.Series(doc_ids, dtype="str"),
            "position": range(len(texts)),
            "start": 0,
            "end": [len(text) for text in texts],
            "text": pd.Series(texts, dtype="str"),
            "reuse_id": pd.Series([None] * len(texts), dtype="str"),
        }
    )


def lexicon_of(*terms: str) -> pd.DataFrame:
    rows = {"term": list(terms), "theme": ["x"] * len(terms), "source": ["test"] * len(terms)}
    return pd.DataFrame(rows).astype("str")


@pytest.fixture(scope="module")
def planted() -> pd.DataFrame:
    """40 passages of shuffled words; 网格治理 stands in every second one, 一核多元 in quotation marks."""
    rng = np.random.default_rng(1)
    texts = []
    for number in range(40):
        words = rng.choice(FILLERS, 12).tolist()
        if number % 2:
            words.insert(int(rng.integers(1, 11)), "网格治理")
        if number % 5 == 0:
            words.insert(int(rng.integers(1, 11)), "“一核多元”")
        joints = rng.choice(list("和与及的在对"), len(words)).tolist()
        texts.append("".join(word + joint for word, joint in zip(words, joints, strict=True)) + "。")
    return passages_of(texts)


@cache
def tokenizer_of(terms: tuple[str, ...]) -> Tokenizer:
    return build_tokenizer(lexicon_of(*terms), hmm=False)


def discover(passages: pd.DataFrame, lexicon: pd.DataFrame, **options) -> pd.DataFrame:
    return discover_terms(passages, lexicon, tokenizer_of(tuple(lexicon["term"])), **options)


def test_a_planted_term_comes_first_with_its_counts(planted):
    found = discover(planted, lexicon_of("党建引领"))
    assert found.loc[0, "term"] == "网格治理"
    assert (found.loc[0, "n"], found.loc[0, "n_documents"]) == (20, 10)
    assert found["rank"].tolist() == list(range(len(found)))
    assert found["score"].is_monotonic_decreasing


def test_what_stands_in_quotation_marks_may_begin_with_a_number(planted):
    assert "一核多元" in set(discover(planted, lexicon_of("党建引领"))["term"])
    plain = planted.assign(text=planted["text"].str.replace("[“”]", "", regex=True).astype("str"))
    assert "一核多元" not in set(discover(plain, lexicon_of("党建引领"))["term"])


def test_terms_of_the_lexicon_are_no_candidates(planted):
    assert "网格治理" not in set(discover(planted, lexicon_of("网格治理"))["term"])


def test_statistics_equal_counting_by_hand():
    texts = [
        "甲 网格治理 乙".replace(" ", ""),
        "丙网格治理丁",
        "丙网格治理。",
        "网格管理",
        "治理",
        "丙网格治理丁",
        "网格治理",
    ]
    lexicon = lexicon_of("党建引领")
    tokenizer = build_tokenizer(lexicon, hmm=False)
    words = [[word for word, _ in tokenizer.cut(text)] for text in texts]
    found = (
        discover_terms(passages_of(texts, 1), lexicon, tokenizer, min_count=5)
        .set_index("term")
        .loc["网格治理"]
    )
    single = Counter(word for line in words for word in line if word != "。")
    total = sum(single.values())
    assert found["n"] == 5
    assert found["pmi"] == pytest.approx(log(5 * total / (single["网格"] * single["治理"])))
    # left: 甲 丙 丙 丙 and a boundary; right: 乙 丁 丁 and two boundaries, each a neighbour of its own
    assert found["left_entropy"] == pytest.approx(-(3 / 5 * log(3 / 5) + 2 * (1 / 5) * log(1 / 5)))
    assert found["right_entropy"] == pytest.approx(-(2 / 5 * log(2 / 5) + 3 * (1 / 5) * log(1 / 5)))
    assert found["c_value"] == pytest.approx(log2(2) * 5)


def test_c_value_takes_off_what_belongs_to_longer_candidates():
    texts = ["，".join(["网格治理文化"] * 5 + ["网格治理"] * 4)] * 2
    found = discover(passages_of(texts, 1), lexicon_of("党建引领"), min_count=5).set_index("term")
    assert found.loc["网格治理", "n"] == 18
    assert found.loc["网格治理", "c_value"] == pytest.approx(18 - 10)
    assert found.loc["网格治理文化", "c_value"] == pytest.approx(log2(3) * 10)


def test_candidates_that_end_like_terms_of_the_lexicon_rank_higher():
    texts = [f"{a}，{b}。" for a, b in zip(["海洋治理"] * 6, ["海洋旅游"] * 6, strict=True)] * 2
    knows = discover(passages_of(texts, 2), lexicon_of("社区治理", "乡村治理", "城市治理")).set_index("term")
    assert knows.loc["海洋治理", "rank"] < knows.loc["海洋旅游", "rank"]
    assert knows.loc["海洋治理", "likeness"] > knows.loc["海洋旅游", "likeness"]
    none = discover(passages_of(texts, 2), empty("lexicon"))
    assert (none["likeness"] == 0).all()


@pytest.mark.parametrize(
    ("option", "term"), [({"min_count": 21}, "网格治理"), ({"max_chars": 3}, "网格治理")]
)
def test_limits_are_kept(planted, option, term):
    assert term not in set(discover(planted, lexicon_of("党建引领"), **option)["term"])


def test_one_document_is_not_enough(planted):
    alone = planted.assign(doc_id=pd.Series(["d"] * len(planted), dtype="str"))
    assert discover(alone, lexicon_of("党建引领")).empty
    assert not discover(alone, lexicon_of("党建引领"), min_documents=1).empty


def test_examples_are_places_where_the_term_stands(planted):
    texts = planted.set_index("passage_id")["text"]
    found = discover(planted, lexicon_of("党建引领"), min_count=1, min_documents=1, n_terms=5)
    assert 2 <= len(found) <= 5
    for row in found.itertuples():
        assert texts[row.passage_id][row.start : row.start + len(row.term)] == row.term
        assert row.term in row.example


def test_order_of_passages_does_not_matter(planted):
    columns = ["term", "n", "n_documents", "c_value", "rank"]
    pd.testing.assert_frame_equal(
        discover(planted, lexicon_of("党建引领"))[columns],
        discover(planted[::-1], lexicon_of("党建引领"))[columns],
    )


def test_the_file_is_a_lexicon_as_it_stands(planted, tmp_path):
    found = discover(planted, lexicon_of("党建引领"))
    path = tmp_path / "mine.txt"
    path.write_text(render_candidates(found, theme="新词"), encoding="utf-8")
    lexicon = read_lexicon(path)
    assert lexicon["term"].tolist() == found["term"].tolist()
    assert set(lexicon["theme"]) == {"新词"}


def test_the_list_shows_the_best_first(planted):
    lines = list_candidates(discover(planted, lexicon_of("党建引领")), n_shown=3).splitlines()
    assert len(lines) == 4 and "网格治理" in lines[1]


def test_empty_passages_give_an_empty_table():
    assert discover(empty("passages"), lexicon_of("党建引领")).empty


def test_settings_that_allow_nothing_are_refused(planted):
    with pytest.raises(SettingError, match="max_words=1"):
        discover(planted, lexicon_of("党建引领"), max_words=1)


def test_hidden_terms_of_the_lexicon_come_back_from_the_seeds(seed_lines):
    """A third of the lexicon is hidden; most terms that fall to pieces without it come back as candidates."""
    lexicon = read_lexicon()
    passages = passages_of(seed_lines, 20)
    whole = count_tokens(seed_lines, build_tokenizer(lexicon))
    left = lexicon[np.arange(len(lexicon)) % 3 != 0]
    tokenizer = build_tokenizer(left)
    parted = count_tokens(seed_lines, tokenizer)
    hidden = set(lexicon["term"]) - set(left["term"])
    lost = [term for term in sorted(hidden) if whole[term] >= 6 and parted[term] == 0]
    found = set(discover_terms(passages, left, tokenizer, min_documents=1)["term"])
    assert len(lost) >= 5
    assert sum(term in found for term in lost) >= 0.6 * len(lost), sorted(set(lost) - found)


def count_tokens(lines: list[str], tokenizer: Tokenizer) -> Counter[str]:
    return Counter(word for line in lines for word, _ in tokenizer.cut(line))
