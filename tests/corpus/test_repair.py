"""Pinyin, traditional characters and masked 党 go; what only looks like them stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from discourse.corpus.aligned import AlignedText, apply_edits
from discourse.corpus.repair import (
    Repairer,
    changed_characters,
    strip_pinyin,
    traditional_share,
    unmask_party,
)
from discourse.corpus.wordlists import read_terms

_FORMS = read_terms("masked_party.txt")
_TRADITIONAL = changed_characters(OpenCC("t2s").convert)


@pytest.fixture(scope="module")
def repairer() -> Repairer:
    return Repairer([])


def test_pinyin_goes_also_with_blanks_inside_and_real_brackets_stay():
    text = (
        "習(xí)近平領(lǐng)導(dǎo)會(huì )創(chuàng )新,市、縣(市)區、鎮(zhèn)(街道)PPP(政府和社会资本合作)"
    )
    done = strip_pinyin(AlignedText.of(text)).text
    assert done == "習近平領導會創新,市、縣(市)區、鎮(街道)PPP(政府和社会资本合作)"


def test_a_gloss_or_two_on_rare_names_stays():
    text = "仉(zhǎng)先生说,这里是泐(lè)马村。"
    assert strip_pinyin(AlignedText.of(text)).text == text


def test_latin_in_brackets_that_is_no_syllable_stays():
    text = "習(xí)近平領(lǐng)導(dǎo),会议(app)时长(km)和系统(gdp)"
    assert strip_pinyin(AlignedText.of(text)).text == "習近平領導,会议(app)时长(km)和系统(gdp)"


def test_traditional_text_becomes_simplified_and_simplified_text_is_not_touched(repairer):
    assert (
        repairer.repair("著力推動黨組織戰鬥堡壘建設,效果顯著。").text
        == "着力推动党组织战斗堡垒建设,效果显著。"
    )
    simplified = "成效显著,他是著名学者,乾隆年间的著作。"
    assert repairer.repair(simplified).text == simplified


@pytest.mark.parametrize(
    ("masked", "right"),
    [
        ("D员、D组织、D的领导、主题D日、各D(工)委", "党员、党组织、党的领导、主题党日、各党(工)委"),
        ("街道D委+D建联盟,D员是D的活力源泉", "街道党委+党建联盟,党员是党的活力源泉"),
        ("D员住在D座,D组织用3D打印,D建R&D、VD、PM2.5", "党员住在D座,党组织用3D打印,党建R&D、VD、PM2.5"),
        (
            "D员D组织D建,1+x+1、1+3+N、APP、QQ群、维生素D的作用",
            "党员党组织党建,1+x+1、1+3+N、APP、QQ群、维生素D的作用",
        ),
    ],
)
def test_a_masked_party_is_unmasked_and_other_latin_stays(masked, right):
    assert unmask_party(AlignedText.of(masked), _FORMS).text == right


def test_one_stray_d_is_no_evidence():
    text = "请看D的部分和3D打印,以及D座。"
    assert unmask_party(AlignedText.of(text), _FORMS).text == text


_PIECES = st.sampled_from(
    ["習(xí)", "領(lǐng)導(dǎo)", "D员", "D组织", "D座", "党", "3D", "顯著", "着力", "(街道)", "里面", "?!"]
    + ["確?;鶎又卫碚\ue41d_方向", "\n", "，", "K"]
)


@given(st.lists(_PIECES, max_size=25).map("".join))
@settings(max_examples=60, deadline=None)
def test_repairing_twice_is_repairing_once_and_edits_rebuild_the_text(repairer, raw):
    once = repairer.repair(raw)
    edits = [(edit.start, edit.end, edit.before, edit.after) for edit in once.edits()]
    assert apply_edits(raw, edits) == once.text
    assert repairer.repair(once.text).text == once.text


@settings(max_examples=50, deadline=None)
@given(st.text("党黨国國建设設甲乙，。A1", max_size=40))
def test_the_traditional_share_is_that_of_characters_converted_one_by_one(text):
    convert = OpenCC("t2s").convert
    han = [char for char in text if "\u4e00" <= char <= "\u9fff"]
    expected = sum(convert(char) != char for char in han) / len(han) if han else 0.0
    assert traditional_share(text, _TRADITIONAL) == expected
