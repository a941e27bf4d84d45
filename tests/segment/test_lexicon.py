from __future__ import annotations

from pathlib import Path

import pytest

from discourse.errors import DataError, SettingError
from discourse.segment.lexicon import SHIELD_THEME, find_list, read_lexicon, read_stopwords


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_packaged_lexicon_has_several_hundred_terms_in_a_dozen_themes(lexicon):
    terms = lexicon[lexicon["theme"] != SHIELD_THEME]
    assert 500 <= len(terms) <= 900
    assert terms["theme"].nunique() >= 12
    assert set(lexicon["source"]) == {"governance"}


@pytest.mark.parametrize(
    "term",
    ["党建引领", "三会一课", "“3+2”书记项目", "1+3+N", "两委", "一网统管", "最后一公里", "组织部", "业委会"],
)
def test_packaged_lexicon_knows_the_terms_of_the_field(lexicon, term):
    assert term in set(lexicon["term"])


def test_every_shield_holds_a_term_or_completes_one(lexicon):
    is_shield = lexicon["theme"] == SHIELD_THEME
    terms = set(lexicon.loc[~is_shield, "term"])
    for shield in lexicon.loc[is_shield, "term"]:
        pieces = {shield[i:j] for i in range(len(shield)) for j in range(i + 1, len(shield) + 1)}
        overlaps = any(shield.endswith(term[:n]) for term in terms for n in range(1, len(term)))
        assert pieces & terms or overlaps, shield


def test_packaged_lists_say_where_they_come_from():
    for name in ("general", "official", "governance"):
        head = find_list(name).read_text(encoding="utf-8").split("\n##")[0]
        assert head.startswith("# ") and "2026" in head and "our own" in head.replace("Our own", "our own")


def test_no_term_of_the_lexicon_is_a_stop_word(lexicon):
    assert not set(lexicon["term"]) & read_stopwords()


def test_words_that_the_study_asks_about_are_no_stop_words():
    asked = (
        "引领 服务 领导 组织 参与 协商 创新 改革 治理 管理 监督 整合 融入 下沉 覆盖 动员 凝聚 统筹 联动 协同"
    )
    assert not set(asked.split()) & read_stopwords()
    assert {"的", "进一步", "切实", "不断", "加强", "推进"} <= read_stopwords()


def test_own_list_stands_beside_the_packaged_one_and_has_the_last_word(tmp_path):
    own = write(tmp_path, "mine.txt", "# mine\n## 我的\n军门社区\n党建引领\n")
    table = read_lexicon(["governance", own]).set_index("term")
    assert table.loc["军门社区", ["theme", "source"]].tolist() == ["我的", "mine.txt"]
    assert table.loc["党建引领", "theme"] == "我的"
    assert table.index.is_unique


def test_terms_before_the_first_heading_have_the_theme_of_the_file(tmp_path):
    own = write(tmp_path, "mine.txt", "\ufeff军门社区\r\n\r\n## 会\r\n议事会\r\n")
    assert read_lexicon(own)[["term", "theme"]].values.tolist() == [["军门社区", "mine"], ["议事会", "会"]]


def test_an_empty_own_list_gives_an_empty_lexicon(tmp_path):
    assert read_lexicon(write(tmp_path, "none.txt", "# nothing yet\n")).empty


@pytest.mark.parametrize(
    ("lines", "number", "rule"),
    [
        ("# a\n网格化 100 n", 2, "holds a blank"),
        ("党", 1, "one character"),
        ("“”、", 1, "neither letter nor digit"),
        ("网格员\n\n网格员", 3, "stands on line 1"),
    ],
)
def test_a_bad_line_is_named_with_its_file_number_and_rule(tmp_path, lines, number, rule):
    with pytest.raises(DataError, match=rf"^bad\.txt:{number}: .*{rule}") as error:
        read_lexicon(write(tmp_path, "bad.txt", lines))
    assert "\n" not in str(error.value)


def test_a_list_that_is_not_utf8_is_refused_with_the_line(tmp_path):
    path = tmp_path / "gbk.txt"
    path.write_bytes(b"# gbk\n" + "社区".encode("gb18030"))
    with pytest.raises(DataError, match=r"^gbk\.txt:2: is not UTF-8"):
        read_lexicon(path)


def test_an_unknown_list_is_answered_with_the_nearest_one():
    with pytest.raises(SettingError, match="Did you mean 'governance'"):
        read_lexicon("governence")
    with pytest.raises(SettingError, match="Did you mean 'general'.*Packaged: general, official;"):
        read_stopwords(["generl"])
    with pytest.raises(SettingError, match="no such file"):
        read_lexicon("lists/none.txt")


def test_one_stop_list_may_be_named_without_a_sequence(tmp_path):
    own = write(tmp_path, "mine.txt", "# mine\n汉阳区\n")
    assert read_stopwords(own) == {"汉阳区"}
    assert read_stopwords("general") < read_stopwords()
    assert read_stopwords([]) == frozenset()
