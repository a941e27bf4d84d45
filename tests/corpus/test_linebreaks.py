"""Breaks that a printer put in go, those of the author stay."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discourse.corpus import linebreaks
from discourse.corpus.aligned import AlignedText
from discourse.corpus.linebreaks import mend_lines

_ONE = "街道是城市的基础，居民委员会是群众自己的组织，工作做得好不好，关系到每一户居民的生活，也关系到城市的安定。"
_TWO = "各级领导都要重视这项工作，经常研究，及时解决困难，让在基层工作的同志有职有权、有劲头，把群众的事情办得更好。"


def _mend(text: str) -> str:
    return mend_lines(AlignedText.of(text)).text


@pytest.mark.parametrize("width", [20, 26, 37])
@pytest.mark.parametrize("indent", ["", "\u3000\u3000"])
def test_paragraphs_set_in_lines_of_one_width_come_back(width, indent):
    paragraphs = [
        indent + _ONE + _TWO,
        indent + _TWO + "三是抓落实。",
        indent + _TWO + _ONE,
        indent + _ONE + "这很重要，要抓。",
    ]
    lines = [
        line for paragraph in paragraphs for line in textwrap.wrap(paragraph, width, drop_whitespace=False)
    ]
    mended = _mend("\n".join(lines))
    assert [line.strip() for line in mended.split("\n")] == [
        paragraph.strip() for paragraph in paragraphs
    ] or not indent
    assert mended.replace("\n", "").replace("\u3000", "") == "".join(lines).replace("\u3000", "")


def test_paragraphs_that_are_lines_stay_as_they_are():
    text = "\n".join(["一、提高认识", _ONE, "二、加强领导", _TWO, _ONE, "三、狠抓落实", _TWO])
    assert _mend(text) == text


@pytest.mark.parametrize("number", ["12", "- 12 -", "－ 7 －", "·12·", "第 3 页 共 9 页", "3/9"])
def test_the_number_of_a_page_inside_a_sentence_goes(number):
    one, two = _ONE[:30], _ONE[30:]
    assert _mend(f"{_TWO}{one}\n{number}\n{two}") == _TWO + _ONE


def test_a_heading_before_the_number_of_a_page_does_not_run_on():
    text = f"一、提高认识，加强领导\n- 12 -\n{_ONE}"
    assert _mend(text) == text


def test_a_verse_and_a_list_of_names_stay():
    text = "\n".join(["春风又绿江南岸", "明月何时照我还", "张三 李四 王五", "赵六 孙七 周八"])
    assert _mend(text) == text


def test_a_sentence_that_markup_broke_is_one_again():
    assert _mend("起好步十分重要。今年经济社会发展的\n主要目标\n是：增长百分之五。") == (
        "起好步十分重要。今年经济社会发展的主要目标是：增长百分之五。"
    )


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ("云江市人民政府办公室关于印发", "社区治理能力提升行动方案的通知"),
        ("我校举办“基层治理与", "社会工作”学术研讨会"),
        ("单位制解体之后：", "城市社区的组织再造"),
        ("以法治思维", "破解基层治理难题"),
    ],
)
def test_a_title_set_in_two_lines_is_one(upper, lower):
    page = f"首页\n{upper}\n{lower}\n来源：某报 2020-01-02\n{_ONE}\n{_TWO}"
    assert f"{upper}{lower}\n" in mend_lines(AlignedText.of(page)).text


@pytest.mark.parametrize(
    "page",
    [
        "首页\n关于我们\n联系方式一览\n来源：某报",
        "各位代表：\n现在向大会报告工作\n2020-01-02",
        "同志们：\n今天的会议很重要\n2020-01-02",
        "关于加强社区治理的意见\n关于开展走访工作的通知\n2020-01-02",
        "白云镇召开会议\n黑水镇召开会议\n2020-01-02",
    ],
)
def test_lines_that_only_stand_one_above_the_other_stay_two(page):
    assert mend_lines(AlignedText.of(page)).text == page


@given(st.text("的与文件是。，：；《》（“” \n\t\u3000PM25", max_size=60))
def test_soft_breaks_are_those_that_a_search_from_every_character_finds(text):
    slow = [match.span() for match in linebreaks._SOFT_BREAK.finditer(text)]
    assert list(linebreaks._soft_breaks(text)) == slow
