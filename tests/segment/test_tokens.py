from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from discourse.contracts import check
from discourse.errors import SettingError
from discourse.segment.lexicon import read_stopwords
from discourse.segment.tokens import segment_passages

from . import passages_of


def terms(tokenizer, text: str, **options) -> list[str]:
    return segment_passages(passages_of(text), tokenizer, **options)["term"].tolist()


def test_offsets_lead_back_to_the_text(tokenizer, seed_lines):
    passages = passages_of(*seed_lines)
    tokens = check(segment_passages(passages, tokenizer), "tokens")
    text = passages.set_index("passage_id")["text"]
    assert len(tokens) > 3000
    for passage, start, term in zip(tokens["passage_id"], tokens["start"], tokens["term"], strict=True):
        assert text[passage][start : start + len(term)] == term


def test_positions_count_kept_tokens_from_nought_in_every_passage(tokenizer, seed_lines):
    tokens = segment_passages(passages_of(*seed_lines), tokenizer)
    by_passage = tokens.groupby("passage_id", observed=True)
    assert (tokens["position"] == by_passage.cumcount()).all()
    assert by_passage["start"].apply(lambda start: start.is_monotonic_increasing).all()


def test_a_short_text_gives_these_tokens(tokenizer, two_passages):
    tokens = segment_passages(two_passages, tokenizer)
    assert list(zip(tokens["passage_id"], tokens["start"], tokens["term"], strict=True)) == [
        ("d#0000", 0, "党建引领"),
        ("d#0000", 4, "基层治理"),
        ("d#0000", 18, "街道"),
        ("d#0001", 2, "社区"),
        ("d#0001", 6, "两委"),
        ("d#0001", 10, "党群服务中心"),
    ]


def test_every_passage_is_a_category_even_without_a_token(tokenizer):
    tokens = segment_passages(passages_of("社区", "", "的", "街道"), tokenizer)
    assert tokens["passage_id"].cat.categories.tolist() == ["d#0000", "d#0001", "d#0002", "d#0003"]
    assert tokens["passage_id"].tolist() == ["d#0000", "d#0003"]


def test_passages_without_any_token_give_an_empty_table_of_the_same_kind(tokenizer):
    empty = segment_passages(passages_of("", "。"), tokenizer)
    assert empty.empty
    assert (
        empty.dtypes.map(str).tolist()
        == segment_passages(passages_of("社区"), tokenizer).dtypes.map(str).tolist()
    )


@pytest.mark.parametrize(
    "word",
    [
        "2024",
        "65%",
        "3.5",
        "二十",
        "第三",
        "两个",
        "三年",
        "万亿元",
        "一百多项",
        "XX",
        "X",
        "xx",
        "**",
        "××",
        "某某",
        "，",
        "　",
        "_",
    ],
)
def test_numbers_placeholders_and_signs_are_left_out(tokenizer, word):
    assert terms(tokenizer, f"社区{word}街道", stopwords=[]) == ["社区", "街道"]


def test_words_that_only_look_like_numbers_stay(tokenizer):
    assert terms(tokenizer, "“十四五”期间的三农，电话12345，一线干部用APP") == [
        "十四五",
        "三农",
        "电话",
        "12345",
        "一线",
        "干部",
        "APP",
    ]


def test_short_words_are_left_out_unless_asked_for(tokenizer):
    assert terms(tokenizer, "抓社区", stopwords=[]) == ["社区"]
    assert terms(tokenizer, "抓社区", stopwords=[], min_chars=1) == ["抓", "社区"]
    with pytest.raises(SettingError, match="min_chars=0"):
        terms(tokenizer, "抓社区", min_chars=0)


def test_no_stop_word_is_kept(tokenizer, seed_lines):
    tokens = segment_passages(passages_of(*seed_lines), tokenizer, min_chars=1)
    assert not set(tokens["term"].cat.categories) & read_stopwords()


def test_a_stop_list_of_ones_own_removes_even_lexicon_terms(tokenizer, tmp_path):
    own = tmp_path / "mine.txt"
    own.write_text("基层治理\n", encoding="utf-8")
    assert terms(tokenizer, "党建引领基层治理", stopwords=["general", own]) == ["党建引领"]


def test_a_passage_has_the_same_tokens_in_any_company(tokenizer, seed_lines):
    passages = passages_of(*seed_lines)
    tokens = segment_passages(passages, tokenizer)
    backwards = segment_passages(passages[::-1], tokenizer)
    keys = ["passage_id", "position"]
    pd.testing.assert_frame_equal(
        tokens.astype({"passage_id": "str"}).sort_values(keys, ignore_index=True),
        backwards.astype({"passage_id": "str"}).sort_values(keys, ignore_index=True),
    )


def test_the_order_of_sets_leaves_no_trace():
    code = (
        "from discourse.segment.lexicon import read_lexicon\n"
        "from discourse.segment.tokenizer import build_tokenizer\n"
        "from discourse.segment.tokens import segment_passages\n"
        "from discourse.segment.audit import audit_lexicon\n"
        "from tests.segment import passages_of\n"
        "t = build_tokenizer(read_lexicon())\np = passages_of('党建引领基层治理，共建、共治、共享', '社区')\n"
        "print(segment_passages(p, t).to_json(), audit_lexicon(p, t).to_json())"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code]
    printed = {
        subprocess.run(
            command, env={"PYTHONHASHSEED": seed}, cwd=root, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1 and len(printed.pop()) > 1000
