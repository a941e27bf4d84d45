"""The table of administrative units and the mentions that it finds."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.corpus.gazetteer import Gazetteer, read_gazetteer
from discourse.errors import DataError


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return read_gazetteer()


def names_in(gazetteer: Gazetteer, text: str) -> list[str]:
    return [text[mention.start : mention.end] for mention in gazetteer.find_mentions(text)]


def test_the_table_holds_all_units_of_the_official_count(gazetteer):
    counts = Counter(unit.level for unit in gazetteer.units.values())
    # Ministry of Civil Affairs, end of 2024: 34, 333, 2,846; 重庆 has made one of two since; 加格达奇 is ours
    assert counts == {"province": 34, "city": 333, "district": 2846 - 1 + 1}


def test_every_unit_lies_in_a_unit_of_the_level_above_and_carries_its_code(gazetteer):
    for unit in gazetteer.units.values():
        assert re.fullmatch(r"\d{6}", unit.code)
        if unit.level == "province":
            assert unit.parent == "" and unit.code.endswith("0000")
            continue
        above = gazetteer.units[unit.parent]
        assert above.level == ("province" if unit.level == "city" else above.level)
        assert unit.code.startswith(above.code[:2] if above.level == "province" else above.code[:4])


def test_names_are_unique_inside_their_parent(gazetteer):
    counts = Counter((unit.parent, unit.name) for unit in gazetteer.units.values())
    assert max(counts.values()) == 1


def test_units_have_the_suffix_of_their_level(gazetteer):
    for unit in gazetteer.units.values():
        suffixes = {
            "province": ("省", "市", "自治区", "特别行政区"),
            "city": ("市", "自治州", "地区", "盟"),
            "district": ("区", "县", "市", "旗"),
        }
        assert unit.name.endswith(suffixes[unit.level]), unit
        assert unit.name.startswith(unit.short) and len(unit.short) >= 2, unit


@pytest.mark.parametrize(
    "name, cities", [("鼓楼区", 4), ("江北区", 2), ("朝阳区", 2), ("清河区", 2), ("隆阳区", 1)]
)
def test_a_name_knows_all_units_that_bear_it(gazetteer, name, cities):
    # one 江北区 is in 宁波, one was in 重庆 until 两江新区 took it in; one 清河区 is in 铁岭, one was in 淮安
    assert len({unit.parent for unit in gazetteer.find_units(name)}) == cities


@pytest.mark.parametrize(
    "former, now",
    [
        ("郧县", "十堰市郧阳区"),
        ("白下区", "南京市秦淮区"),
        ("下关区", "南京市鼓楼区"),
        ("下城区", "杭州市拱墅区"),
        ("江干区", "杭州市上城区"),
        ("莱芜市", "济南市莱芜区"),
        ("沙县", "三明市沙县区"),
        ("余江县", "鹰潭市余江区"),
        ("襄樊市", "襄阳市"),
    ],
)
def test_a_former_name_leads_to_the_unit_of_today(gazetteer, former, now):
    units = gazetteer.find_units(former)
    lineages = [reversed(gazetteer.lineage(unit).values()) for unit in units]
    assert ["".join(unit.name for unit in chain if unit.level != "province") for chain in lineages] == [now]


def test_a_former_district_is_found_inside_its_city(gazetteer):
    (city, district) = gazetteer.find_mentions("重庆市江北区")
    assert district.unit is not None and district.unit.name == "两江新区"
    assert gazetteer.find_mentions("宁波市江北区")[-1].unit.code == "330205"


def test_units_in_a_row_are_read_as_one_place(gazetteer):
    mentions = gazetteer.find_mentions("湖北省十堰市张湾区和福州市鼓楼区")
    assert [mention.chained for mention in mentions] == [False, True, True, False, True]
    assert mentions[-1].unit is not None and mentions[-1].unit.code == "350102"


def test_an_ambiguous_name_alone_names_no_unit(gazetteer):
    (mention,) = gazetteer.find_mentions("以鼓楼区为试点")
    assert mention.unit is None and len(mention.units) == 4


def test_words_that_look_like_places_are_none_unless_the_unit_above_stands_before_them(gazetteer):
    assert names_in(gazetteer, "长治久安，宾客来宾，文山会海，老城区与新城区，孙中山，日照充足") == []
    assert names_in(gazetteer, "西安市新城区") == ["西安市", "新城区"]


def test_masked_places_are_no_places(gazetteer):
    assert names_in(gazetteer, "XX街道、**区、某市、××县和XX省") == []


def test_a_broken_table_is_named_in_one_line(tmp_path):
    table = tmp_path / "units.tsv"
    table.write_text("code\tname\n110000\t北京市\n", encoding="utf-8")
    with pytest.raises(DataError, match="units.tsv.*2 fields.*7"):
        read_gazetteer(table)
    header = "code\tname\tshort\tlevel\tparent\tformer\tsince\n"
    table.write_text(header + "110101\t东城区\t东城\tdistrict\t110000\t\t\n", encoding="utf-8")
    with pytest.raises(DataError, match="东城区.*110000"):
        read_gazetteer(table)


def slow_mentions(gazetteer: Gazetteer, text: str) -> list[tuple[int, str]]:
    """Every position, every name, the longest first: the slow twin of the search by two characters."""
    names = sorted(gazetteer.names, key=lambda name: -len(name))
    found, position = [], 0
    while position < len(text):
        name = next((name for name in names if text.startswith(name, position)), None)
        if name is not None:
            found.append((position, name))
        position += len(name) if name else 1
    return found


_WORDS = [
    "南京市",
    "鼓楼区",
    "鼓楼",
    "长治",
    "久安",
    "西安市新城区",
    "吉林",
    "省",
    "市",
    "区",
    "，",
    "京",
    "𠀀",
    "\ud800",
    "A",
]


@given(st.lists(st.sampled_from(_WORDS), max_size=12).map("".join))
@settings(max_examples=25, deadline=None)
def test_mentions_are_those_of_the_slow_search(text):
    gazetteer = read_gazetteer()
    slow = slow_mentions(gazetteer, text)
    found = [(mention.start, text[mention.start : mention.end]) for mention in gazetteer.find_mentions(text)]
    assert [pair for pair in slow if pair in found] == found
    assert {name for start, name in slow if (start, name) not in found} <= gazetteer.nouns


@pytest.mark.parametrize(
    "name, city",
    [
        ("临平区", "杭州市"),
        ("钱塘区", "杭州市"),
        ("和安县", "和田地区"),
        ("和康县", "和田地区"),
        ("米林市", "林芝市"),
        ("错那市", "山南市"),
        ("长清区", "济南市"),
        ("建邺区", "南京市"),
        ("长乐区", "福州市"),
        ("蔡甸区", "武汉市"),
        ("晋宁区", "昆明市"),
    ],
)
def test_units_are_those_of_today(gazetteer, name, city):
    (unit,) = gazetteer.find_units(name)
    assert gazetteer.lineage(unit)["city"].name == city


def test_districts_of_the_four_cities_are_complete(gazetteer):
    counts = Counter(gazetteer.units[unit.parent].name for unit in gazetteer.units.values() if unit.parent)
    assert (counts["南京市"], counts["福州市"], counts["武汉市"], counts["杭州市"]) == (11, 13, 13, 13)
    assert counts["昆明市"] == 14
