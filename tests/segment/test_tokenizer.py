from __future__ import annotations

import marshal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.errors import DataError, SettingError
from discourse.segment.tokenizer import Tokenizer, build_tokenizer

TERMS = [
    "党建引领",
    "“3+2”书记项目",
    "1+3+N",
    "自治、法治、德治",
    "政协",
    "AI",
    "12345",
    "基层治理",
    "行政协",
]
PIECES = [
    *TERMS,
    "行政协调",
    "MAIN",
    "PM2.5",
    "“两委”",
    "３月",
    " ",
    "\n",
    "𠮷",
    "〇",
    "2024年",
    "1.24万个",
    "街道",
    "的",
    "，",
]
MIXED_TEXT = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)


def small_lexicon(*terms: str, shields: tuple[str, ...] = ()) -> pd.DataFrame:
    rows = [(term, "t", "s") for term in terms] + [(shield, "护词", "s") for shield in shields]
    return pd.DataFrame(rows, columns=["term", "theme", "source"], dtype="str")


def words(tokenizer: Tokenizer, text: str) -> list[str]:
    return [word for word, _ in tokenizer.cut(text)]


@settings(max_examples=150, deadline=None)
@given(text=MIXED_TEXT)
def test_tokens_follow_one_another_without_gap(tokenizer, text):
    tokens = tokenizer.cut(text)
    assert "".join(word for word, _ in tokens) == text
    assert all(text[start : start + len(word)] == word and word for word, start in tokens)


@settings(max_examples=150, deadline=None)
@given(text=MIXED_TEXT | st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FD5), max_size=30))
def test_both_engines_cut_any_text_alike(tokenizer, jieba_tokenizer, text):
    assert tokenizer.cut(text) == jieba_tokenizer.cut(text)


def test_both_engines_cut_the_seeds_alike(tokenizer, jieba_tokenizer, seed_lines):
    assert len(seed_lines) > 100
    for line in seed_lines:
        assert tokenizer.cut(line) == jieba_tokenizer.cut(line)


def test_both_engines_cut_the_seeds_alike_without_hidden_markov_model(seed_lines):
    fast, slow = (build_tokenizer(None, engine=engine, hmm=False) for engine in ("rjieba", "jieba"))
    assert [fast.cut(line) for line in seed_lines] == [slow.cut(line) for line in seed_lines]


def test_hidden_markov_model_finds_a_name_that_the_dictionary_lacks():
    assert "马泽江" in words(build_tokenizer(None, hmm=True), "区委书记马泽江指出")
    assert "马泽江" not in words(build_tokenizer(None, hmm=False), "区委书记马泽江指出")


@pytest.mark.parametrize(
    "term", ["“3+2”书记项目", "1+3+N", "共建、共治、共享", "互联网+", "5G", "党群360工作法"]
)
def test_terms_with_signs_digits_and_latin_stay_whole(tokenizer, term):
    assert words(tokenizer, f"推行{term}的做法").count(term) == 1


def test_the_leftmost_then_the_longest_term_wins():
    tokenizer = build_tokenizer(small_lexicon("基层治理", "治理体系", "党建", "党建引领"))
    assert words(tokenizer, "党建引领基层治理体系") == ["党建引领", "基层治理", "体系"]


def test_a_term_is_not_cut_out_of_a_longer_latin_word():
    tokenizer = build_tokenizer(small_lexicon("AI", "5G"))
    assert "AI" not in words(tokenizer, "MAIN") and "5G" not in words(tokenizer, "55GWh")
    assert words(tokenizer, "用AI和5G")[1::2] == ["AI", "5G"]


def test_a_shield_keeps_a_term_from_splitting_a_word():
    assert "政协" in words(build_tokenizer(small_lexicon("政协")), "加强行政协调")
    shielded = build_tokenizer(small_lexicon("政协", shields=("行政协",)))
    assert words(shielded, "加强行政协调") == ["加强", "行政", "协调"]
    assert "政协" in words(shielded, "省政协委员")
    assert shielded.terms == {"政协"}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("加强行政协调", "政协"),
        ("新疆维吾尔自治区", "自治"),
        ("全党组织生活会", "党组织"),
        ("经济社会科学发展", "科学发展"),
    ],
)
def test_packaged_shields_work(tokenizer, text, word):
    assert word not in words(tokenizer, text)


def test_tokenizers_share_no_state():
    with_term = build_tokenizer(small_lexicon("军门社区工作法"))
    without = build_tokenizer(None)
    assert words(with_term, "军门社区工作法") == ["军门社区工作法"]
    assert "军门社区工作法" not in words(without, "军门社区工作法")


def test_words_added_to_the_engines_own_module_do_not_reach_us():
    import rjieba

    made_up = "蓬荜岭垚"
    own = build_tokenizer(None, hmm=False)
    before = words(own, made_up)
    rjieba.add_word(made_up, 1000, "n")
    assert rjieba.cut(made_up) == [made_up]
    assert words(own, made_up) == words(build_tokenizer(None, hmm=False), made_up) == before != [made_up]


def test_a_deleted_word_of_jieba_stops_its_tokenizers_but_not_rjieba(monkeypatch, tokenizer, jieba_tokenizer):
    from jieba import finalseg

    monkeypatch.setattr(finalseg, "Force_Split_Words", {"马泽江"})
    with pytest.raises(DataError, match="del_word"):
        jieba_tokenizer.cut("马泽江")
    assert words(tokenizer, "马泽江") == ["马泽江"]


def test_loading_jieba_neither_reads_nor_writes_a_cache_and_says_nothing(tmp_path):
    """In a process of its own, with a poisoned cache where jieba looks for one."""
    poison = marshal.dumps(({"基": 1, "基层": 0, "基层治": 0, "基层治理": 9}, 10))
    (tmp_path / "jieba.cache").write_bytes(poison)
    code = (
        "import logging\n"
        "from discourse.segment.tokenizer import build_tokenizer\n"
        "print(build_tokenizer(None, engine='jieba').cut('基层治理'), logging.getLogger().handlers)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"TMPDIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode("utf-8").strip() == "[('基层', 0), ('治理', 2)] []"
    assert done.stderr == b""
    assert [path.name for path in tmp_path.iterdir()] == ["jieba.cache"]
    assert (tmp_path / "jieba.cache").read_bytes() == poison


def test_an_unknown_engine_is_answered_with_the_nearest_one():
    with pytest.raises(SettingError, match="Did you mean 'jieba'.*rjieba, jieba"):
        build_tokenizer(None, engine="jeiba")
