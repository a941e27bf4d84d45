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


def long(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["doc_id", "field", "value"]).astype("str")


def test_a_column_of_the_users_own_becomes_a_column_of_documents(documents, attributions):
    table = metadata(
        doc_id=["a", "b.1", "b.2"], period=["1", "2", None], index=["0.5", "2", None], code=["007"] * 3
    )
    changed, rows = override_attributions(documents, attributions, table)
    assert changed["period"].dtype == "Int64" and changed["period"].fillna(0).tolist() == [1, 2, 0]
    assert changed["index"].dtype == "float64" and changed["index"].tolist()[:2] == [0.5, 2.0]
    assert changed["code"].tolist() == ["007"] * 3
    assert set(rows.loc[rows["field"] == "period", "rule"]) == {"given"}


@pytest.mark.parametrize("name", ["period", "province_en", "city_tier", "时期", "theme"])
def test_a_column_of_another_name_is_no_misspelling(documents, attributions, name):
    changed, _ = override_attributions(documents, attributions, metadata(doc_id=["a"], **{name: ["x"]}))
    assert changed[name].tolist()[0] == "x"


@pytest.mark.parametrize(
    "name, meant",
    [
        ("regoin", "region"),
        ("levels", "level"),
        ("yaer", "year"),
        ("Publisher ", "publisher"),
        ("doc-id", "doc_id"),
    ],
)
def test_a_misspelt_column_is_asked_about(documents, attributions, name, meant):
    with pytest.raises(DataError, match=f"Did you mean '{meant}'"):
        override_attributions(documents, attributions, metadata(doc_id=["a"], **{name: ["x"]}))


def test_only_the_corrected_rows_of_attributions_need_to_stay(documents, attributions):
    changed, table = override_attributions(
        documents, attributions, long(("a", "city", "厦门市"), ("b.1", "period", "2"))
    )
    assert changed.set_index("doc_id")["city"].fillna("").to_dict() == {
        "a": "厦门市",
        "b.1": "南京市",
        "b.2": "",
    }
    row = table.set_index(["doc_id", "field"]).loc[("a", "city")]
    assert (row["rule"], row["confidence"]) == ("given", 1.0)
    assert changed["period"].isna().tolist() == [True, False, True]


def test_the_whole_file_with_one_correction_gives_that_correction_alone(documents, attributions):
    passed_back = attributions.assign(value=["泉州市", "city"]).astype("str")
    _, table = override_attributions(documents, attributions, passed_back)
    rules = table.set_index("field")["rule"].to_dict()
    assert rules["city"] == "given" and rules["level"] == "r"


def test_passing_back_what_a_corrected_run_wrote_changes_nothing_more(documents, attributions):
    once = override_attributions(
        documents, attributions, long(("a", "city", "厦门市"), ("b.2", "date", "2021-07"))
    )
    again = override_attributions(documents, attributions, once[1].astype("str"))
    for one, other in zip(once, again, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_an_emptied_value_of_a_long_table_clears(documents, attributions):
    changed, table = override_attributions(documents, attributions, long(("a", "level", None)))
    assert pd.isna(changed.set_index("doc_id").loc["a", "level"]) and "level" not in set(table["field"])


@pytest.mark.parametrize(
    "rows, message",
    [
        ([("a", "regoin", "x")], "Did you mean 'region'"),
        ([("a", "text", "x")], "cannot be changed"),
        ([("c", "city", "厦门市")], "'c' matches no document"),
        ([("a", "city", "厦门市"), ("a", "city", "泉州市")], "two values of 'city'"),
        ([("a", "date", "去年")], "the date '去年'"),
    ],
)
def test_a_mistake_in_a_long_table_is_named(documents, attributions, rows, message):
    with pytest.raises(DataError, match=message):
        override_attributions(documents, attributions, long(*rows))


def test_short_names_dates_of_a_spreadsheet_and_words_for_levels_are_read(documents, attributions):
    table = metadata(doc_id=["a"], province=["云南"], date=["2021/3/5"], level=["省级"])
    row = override_attributions(documents, attributions, table)[0].set_index("doc_id").loc["a"]
    assert (row["province"], row["date"], row["year"], row["level"]) == (
        "云南省",
        "2021-03-05",
        2021,
        "province",
    )


def test_the_mark_against_formulas_in_our_own_csv_is_taken_off(documents, attributions):
    changed, _ = override_attributions(documents, attributions, metadata(doc_id=["a"], note=["'=1+1"]))
    assert changed["note"].tolist()[0] == "=1+1"


def test_a_file_name_in_two_folders_is_asked_for_with_its_folder(documents, attributions):
    sources = pd.DataFrame({"source_id": ["a", "b"], "path": ["2020/one.txt", "2021/one.txt"]})
    with pytest.raises(DataError, match="'one.txt' is the name of 2 files.*write more of the path"):
        override_attributions(
            documents, attributions, metadata(file=["one.txt"], level=["city"]), sources=sources
        )
    table = metadata(path=["2021/one.txt"], level=["village"])
    changed, _ = override_attributions(documents, attributions, table, sources=sources)
    assert changed["level"].fillna("").tolist() == ["city", "village", "village"]


def test_a_text_inside_an_archive_is_named_by_its_path_in_there(documents, attributions):
    sources = pd.DataFrame(
        {"source_id": ["a", "b"], "path": ["all.zip"] * 2, "member": ["x/one.txt", "x/two.txt"]}
    )
    changed, _ = override_attributions(
        documents, attributions, metadata(file=["two"], level=["village"]), sources=sources
    )
    assert changed["level"].fillna("").tolist() == ["city", "village", "village"]
