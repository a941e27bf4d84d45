"""A user's metadata wins over what was read, and a study's regions are administrative units."""

import pandas as pd
import pytest

from discourse.contracts import empty
from discourse.corpus.attribution import assign_regions, override_attributions
from discourse.errors import DataError, SettingError


@pytest.fixture
def documents() -> pd.DataFrame:
    rows = [
        dict(
            doc_id="a",
            source_id="a",
            province="福建省",
            city="福州市",
            district=None,
            level="city",
            year=2019,
        ),
        dict(
            doc_id="b.1",
            source_id="b",
            province="江苏省",
            city="南京市",
            district="鼓楼区",
            level="district",
            year=None,
        ),
        dict(doc_id="b.2", source_id="b", province="云南省", city=None, district=None, level=None, year=None),
    ]
    table = pd.DataFrame([row | dict(raw_start=0, raw_end=1, text="文") for row in rows])
    for column in (
        "title",
        "date",
        "region",
        "role",
        "speaker",
        "author",
        "author_unit",
        "publisher",
        "genre",
    ):
        table[column] = pd.Series([pd.NA] * len(table), dtype="str")
    words = ["province", "city", "district", "level"]
    return table.astype({column: "str" for column in words} | {"year": "Int64"})


@pytest.fixture
def attributions() -> pd.DataFrame:
    row = dict(
        doc_id="a",
        field="city",
        value="福州市",
        quote="适合福州实际",
        start=3,
        end=9,
        rule="r",
        confidence=0.9,
    )
    table = pd.DataFrame([row, row | dict(field="level", value="city", quote="市委")])
    return table.astype({"start": "Int64", "end": "Int64"})


def metadata(**columns: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype="str")


def test_what_the_user_says_wins_and_shows_that_the_user_said_it(documents, attributions):
    changed, table = override_attributions(
        documents, attributions, metadata(doc_id=["a"], city=["厦门市"], role=["press"])
    )
    assert changed.set_index("doc_id").loc["a", ["city", "role"]].tolist() == ["厦门市", "press"]
    row = table.set_index(["doc_id", "field"]).loc[("a", "city")]
    assert (row["value"], row["quote"], row["rule"], row["confidence"]) == (
        "厦门市",
        "厦门市",
        "given",
        1.0,
    )
    assert pd.isna(row["start"]) and pd.isna(row["end"])


def test_an_empty_cell_changes_nothing_and_na_clears(documents, attributions):
    changed, table = override_attributions(
        documents, attributions, metadata(doc_id=["a"], city=[None], level=["NA"])
    )
    row = changed.set_index("doc_id").loc["a"]
    assert row["city"] == "福州市" and pd.isna(row["level"])
    assert table[["field", "rule"]].to_numpy().tolist() == [["city", "r"]]


@pytest.mark.parametrize("file", ["b", "b.txt", "data/b.txt", r"data\b.txt"])
def test_a_file_stands_for_all_its_documents(documents, attributions, file):
    sources = pd.DataFrame({"source_id": ["a", "b"], "path": ["/x/data/a.txt", "/x/data/b.txt"]})
    changed, _ = override_attributions(
        documents, attributions, metadata(file=[file], speaker=["王华"]), sources=sources
    )
    assert changed["speaker"].fillna("").tolist() == ["", "王华", "王华"]


def test_a_row_for_a_document_wins_over_the_row_for_its_file(documents, attributions):
    rows = metadata(doc_id=["b.2", None], file=[None, "b"], genre=["article", "speech"])
    changed, _ = override_attributions(documents, attributions, rows)
    assert changed["genre"].fillna("").tolist() == ["", "speech", "article"]


def test_a_new_date_brings_its_year_unless_the_row_says_another(documents, attributions):
    changed, table = override_attributions(documents, attributions, metadata(doc_id=["a"], date=["2021-07"]))
    assert changed.loc[0, "year"] == 2021
    assert set(table.loc[table["rule"] == "given", "field"]) == {"date", "year"}
    changed, _ = override_attributions(
        documents, attributions, metadata(doc_id=["a"], date=["2021-07"], year=["2020"])
    )
    assert changed.loc[0, "year"] == 2020


def test_a_new_place_brings_the_units_above_it_and_drops_those_outside_it(documents, attributions):
    rows = metadata(doc_id=["a", "b.1"], city=["杭州市", "福州市"])
    changed, _ = override_attributions(documents, attributions, rows)
    places = changed[["province", "city", "district"]].fillna("").to_numpy().tolist()
    assert places[0] == ["浙江省", "杭州市", ""]
    assert places[1] == ["福建省", "福州市", "鼓楼区"]  # there is one in 福州, too
    changed, _ = override_attributions(documents, attributions, metadata(doc_id=["b.1"], city=["杭州市"]))
    assert pd.isna(changed.loc[1, "district"])


def test_the_tables_given_are_left_as_they_were(documents, attributions):
    before = documents.copy(), attributions.copy()
    override_attributions(documents, attributions, metadata(doc_id=["a"], year=["2001"], level=["village"]))
    pd.testing.assert_frame_equal(documents, before[0])
    pd.testing.assert_frame_equal(attributions, before[1])


def test_metadata_alone_fills_a_corpus_of_which_nothing_is_known(documents):
    changed, table = override_attributions(
        documents, empty("attributions"), metadata(file=["b"], level=["village"])
    )
    assert changed["level"].tolist() == ["city", "village", "village"]
    assert len(table) == 2


@pytest.mark.parametrize(
    "columns, message",
    [
        (dict(doc_id=["a"], provnce=["福建省"]), "'provnce'.*Did you mean 'province'"),
        (dict(city=["福州市"]), "'doc_id' or 'file'"),
        (dict(doc_id=["b.3"], city=["福州市"]), "'b.3' matches no document.*Did you mean 'b"),
        (dict(doc_id=[None], city=["福州市"]), "matches no document"),
        (dict(file=["c.txt"], city=["福州市"]), "'c.txt' matches no document"),
        (dict(doc_id=["a"], level=["town"]), "the level 'town'.*Levels: central"),
        (dict(doc_id=["a"], year=["去年"]), "the year '去年'"),
        (dict(doc_id=["a", "a"], city=["福州市", "厦门市"]), "'a' has two rows"),
    ],
)
def test_a_mistake_in_the_metadata_is_named_in_one_line(documents, attributions, columns, message):
    with pytest.raises(DataError, match=message) as caught:
        override_attributions(documents, attributions, metadata(**columns))
    assert "\n" not in str(caught.value)


def test_the_most_specific_unit_names_the_region(documents):
    labels = {"江苏": "江苏省", "南京": "南京市", "云南": "云南省"}
    assert assign_regions(documents, labels)["region"].fillna("").tolist() == ["", "南京", "云南"]


def test_an_ambiguous_district_is_a_region_only_with_its_city(documents):
    assert assign_regions(documents, {"鼓楼": "南京市鼓楼区"})["region"].fillna("").tolist() == [
        "",
        "鼓楼",
        "",
    ]
    assert assign_regions(documents, {"鼓楼": "福州市鼓楼区"})["region"].isna().all()
    with pytest.raises(SettingError, match="鼓楼区.*several.*市鼓楼区"):
        assign_regions(documents, {"鼓楼": "鼓楼区"})


def test_without_regions_the_province_is_the_region(documents):
    assert assign_regions(documents, None)["region"].tolist() == ["福建省", "江苏省", "云南省"]


def test_a_region_from_the_metadata_stays(documents):
    documents["region"] = pd.Series(["沿海", pd.NA, pd.NA], dtype="str")
    assert assign_regions(documents, {"南京": "南京市"})["region"].fillna("").tolist() == ["沿海", "南京", ""]


@pytest.mark.parametrize("unit", ["云南", "福洲市", "XX市", ""])
def test_an_unknown_unit_is_refused_with_the_next_step(documents, unit):
    with pytest.raises(SettingError, match="no administrative unit's full name.*Did you mean") as caught:
        assign_regions(documents, {"区域": unit})
    assert "\n" not in str(caught.value)
    if unit == "云南":
        assert "云南省" in str(caught.value)
