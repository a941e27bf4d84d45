"""Keyword in context: every hit, in order, at its exact place."""

from __future__ import annotations

import re
import time

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.contracts import check, empty
from discourse.errors import SettingError
from discourse.evidence.concordance import find_concordance
from discourse.evidence.listing import render_concordance
from discourse.evidence.search import find_pattern, find_words

COLUMNS = list(empty("documents").columns)


def corpus(*texts: str, region: list[str | None] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Passages (the lines of each text) and documents `a`, `b`, ... read from raw texts that needed no repair."""
    names = [chr(ord("a") + i) for i in range(len(texts))]
    rows, places = [], []
    for name, text in zip(names, texts, strict=True):
        row = dict.fromkeys(COLUMNS)
        rows.append(row | dict(doc_id=name, source_id=name, raw_start=0, raw_end=len(text), text=text))
        lines = [match for match in re.finditer(r"[^\n]+", text)]
        places += [
            dict(
                passage_id=f"{name}#{i:04d}", doc_id=name, position=i, start=m.start(), end=m.end(), text=m[0]
            )
            for i, m in enumerate(lines)
        ]
    documents = pd.DataFrame(rows, columns=COLUMNS)
    documents = documents.assign(region=pd.Series(region or [None] * len(texts), dtype="str"))
    strings = [name for name in COLUMNS if name not in ("year", "raw_start", "raw_end")]
    documents = documents.astype({**dict.fromkeys(strings, "str"), "year": "Int64"})
    passages = pd.DataFrame(places).assign(reuse_id=pd.Series([None] * len(places), dtype="str"))
    return check(passages, "passages"), check(documents, "documents")


def search(
    tables: tuple[pd.DataFrame, pd.DataFrame], words: str | list[str], **options: object
) -> pd.DataFrame:
    return find_concordance(*tables, empty("edits"), words, **options)


def test_every_hit_is_found_where_it_stands():
    tables = corpus("党建引领基层治理，治理有方。\n社区治理", "没有")
    hits = search(tables, "治理", width=3)
    assert hits[["passage_id", "start", "end"]].values.tolist() == [
        ["a#0000", 6, 8],
        ["a#0000", 9, 11],
        ["a#0001", 17, 19],
    ]
    assert hits[["left", "node", "right"]].values.tolist() == [
        ["领基层", "治理", "，治理"],
        ["治理，", "治理", "有方。"],
        ["社区", "治理", ""],
    ]


def test_a_hit_never_goes_over_the_end_of_a_passage():
    tables = corpus("基层\n治理，基层治理")
    assert search(tables, ["基层", "治理"])["start"].tolist() == [6]
    assert search(tables, "基层.?治理", regex=True)["start"].tolist() == [6]


def test_several_words_are_a_phrase_with_blanks_or_none_between():
    tables = corpus("基层治理与基层 治理与基层和治理")
    assert search(tables, ["基层", "治理"])["node"].tolist() == ["基层治理", "基层 治理"]
    assert search(tables, "基层 治理")["node"].tolist() == ["基层治理", "基层 治理"]


def test_width_and_case_of_letters_are_aside_and_signs_are_themselves():
    tables = corpus("ＡＰＰ与app与App，“1+3+N”与“１＋３＋Ｎ”。a.c不是abc")
    assert search(tables, "APP")["node"].tolist() == ["ＡＰＰ", "app", "App"]
    assert search(tables, "1+3+n")["node"].tolist() == ["1+3+N", "１＋３＋Ｎ"]
    assert search(tables, "a.c")["node"].tolist() == ["a.c"]


def test_hits_sort_by_what_stands_outward_from_the_word():
    tables = corpus("丙甲党乙，乙甲党丙，甲乙党，甲。")  # 丙 before 乙 before 甲
    assert search(tables, "党", sort="left", width=2)["left"].tolist() == ["甲乙", "丙甲", "乙甲"]
    assert search(tables, "党", sort="right", width=2)["right"].tolist() == ["丙，", "乙，", "，甲"]


def test_groups_are_counted_filtered_and_sorted_with_unknown_ones_last():
    tables = corpus("党一", "党二", "党三", region=["武汉", None, "云南"])
    assert search(tables, "党", by="region", sort="group")["doc_id"].tolist() == ["c", "a", "b"]
    own = search(tables, "党", by="region", group="云南")
    assert own["doc_id"].tolist() == ["c"] and own["group"].tolist() == ["云南"]
    lines = render_concordance(search(tables, "党", by="region"), by="region", n_shown=2)
    assert "unknown 不明 1 (1)" in lines and "1 more" in lines


@pytest.mark.parametrize(
    ("words", "options", "message"),
    [
        (" ", {}, "nothing to look for"),
        ("(a", {"regex": True}, "no regular expression"),
        ("党", {"by": "regoin"}, "Did you mean 'region'"),
        ("党", {"by": "region", "group": "云"}, "'云' is not a group of by='region'"),
        ("党", {"group": "云南"}, "a group needs the column"),
        ("党", {"sort": "lift"}, "Did you mean 'left'"),
        ("党", {"width": -1}, "number of characters"),
    ],
)
def test_what_cannot_be_looked_for_is_answered(words, options, message):
    with pytest.raises(SettingError, match=re.escape(message)):
        search(corpus("党", region=["云南"]), words, **options)


def test_a_pattern_that_never_ends_is_stopped():
    start = time.monotonic()
    with pytest.raises(SettingError, match="found no end within 1 seconds"):
        find_pattern(["a" * 60 + "!"], "(a+)+$", seconds=1)
    assert time.monotonic() - start < 30


def test_a_pattern_that_matches_everything_is_refused_and_empty_matches_are_none():
    with pytest.raises(SettingError, match="matches more than 10 places"):
        find_pattern(["党建" * 20], ".", most=10)
    assert find_pattern(["党建"], "x*") == []


def test_a_pattern_finds_what_python_finds_case_aside():
    texts = ["“三会一课”与“四个意识”\ud7a3", "PM2.5 and pm10", ""]
    own = find_pattern(texts, r"“[^”]+”|pm\d+")
    assert own == [
        (i, *m.span()) for i, text in enumerate(texts) for m in re.finditer(r"“[^”]+”|pm\d+", text, re.I)
    ]
    assert len(own) == 4


def test_a_word_that_stands_nowhere_is_an_empty_table():
    hits = search(corpus("党"), "无")
    assert hits.empty and "no hits" in render_concordance(check(hits, "concordance"))


def slow_find(text: str, word: str) -> list[tuple[int, int]]:
    """Every place of `word`, found by looking at each character in turn."""
    found, place = [], 0
    while place + len(word) <= len(text):
        if text[place : place + len(word)] == word:
            found.append((place, place + len(word)))
            place += len(word)
        else:
            place += 1
    return found


han = st.text(alphabet="党建引领基层治理，。", max_size=60)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(han, max_size=4), word=st.text(alphabet="党建引领，", min_size=1, max_size=3))
def test_words_are_found_as_by_looking_at_every_character(texts, word):
    assert find_words(texts, word) == [
        (i, *span) for i, text in enumerate(texts) for span in slow_find(text, word)
    ]


@settings(max_examples=20, deadline=None)
@given(texts=st.lists(han.filter(str.strip), min_size=1, max_size=4), width=st.integers(0, 9))
def test_left_node_and_right_stand_side_by_side_in_the_document(texts, width):
    passages, documents = corpus(*texts)
    whole = dict(zip(documents["doc_id"], documents["text"], strict=True))
    for hit in search((passages, documents), "党", width=width).itertuples():
        text = whole[hit.doc_id]
        assert text[hit.start : hit.end] == hit.node
        assert text[hit.start - len(hit.left) : hit.end + len(hit.right)] == hit.left + hit.node + hit.right
        assert (hit.raw_start, hit.raw_end) == (hit.start, hit.end)  # nothing was repaired
