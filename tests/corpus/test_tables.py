"""Tables whose rows are texts: every row is a source, and what its columns say wins over what was inferred."""

from __future__ import annotations

import io
import json

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.corpus.archives import Budget
from discourse.corpus.columns import complete_places, find_columns, read_value
from discourse.corpus.documents import build_documents
from discourse.corpus.metadata import read_metadata
from discourse.corpus.passages import split_passages
from discourse.corpus.segmented import is_segmented
from discourse.corpus.sources import read_sources
from discourse.corpus.tables import read_table
from discourse.errors import SourceError
from discourse.segment.tokenizer import build_tokenizer
from discourse.segment.tokens import segment_passages
from tests.corpus.files import PROSE, make_zip

_PROSE = "".join(PROSE) * 3
_ROWS = [
    {"province": "云南", "year": 2024, "title": "工作报告", "full_text": _PROSE, "source_url": "x"},
    {"province": "江苏省", "year": 2025, "title": "讲话", "full_text": _PROSE[::-1], "source_url": "y"},
]


def _excel(rows, head=()):
    book = openpyxl.Workbook()
    sheet = book.active
    for line in [*head, list(rows[0]), *[list(row.values()) for row in rows]]:
        sheet.append(line)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _parquet(rows):
    buffer = io.BytesIO()
    pd.DataFrame(rows).to_parquet(buffer)
    return buffer.getvalue()


def _tables():
    frame = pd.DataFrame(_ROWS)
    return {
        ".csv": frame.to_csv(index=False).encode("utf-8-sig"),
        ".tsv": frame.to_csv(index=False, sep="\t").encode("gb18030"),
        ".xlsx": _excel(_ROWS, head=[["各省报告汇总"], []]),
        ".jsonl": "\n".join(json.dumps(row, ensure_ascii=False) for row in _ROWS).encode(),
        ".json": json.dumps({"data": _ROWS}).encode(),
        ".parquet": _parquet(_ROWS),
    }


@pytest.mark.parametrize("suffix", list(_tables()))
def test_every_kind_of_table_gives_the_same_rows(suffix):
    table = read_table(_tables()[suffix], suffix, Budget(10**8))
    assert [row.text for row in table.rows] == [row["full_text"] for row in _ROWS]
    assert [dict(row.fields) for row in table.rows] == [
        {"province": "云南省", "title": "工作报告", "year": "2024"},
        {"province": "江苏省", "title": "讲话", "year": "2025"},
    ]


def test_columns_win_over_what_the_text_says(tmp_path):
    text = "在昆明市基层治理工作会议上的讲话\n云南省昆明市市长 张三\n（2019年3月2日）\n" + "\n".join(
        [_PROSE] * 3
    )
    rows = [{"省份": "江苏", "年份": "2024", "讲话人": "李四", "正文": text}, {"省份": "", "正文": text}]
    pd.DataFrame(rows).to_csv(tmp_path / "a.csv", index=False)
    documents, _, attributions = build_documents(read_sources(tmp_path))
    given, inferred = documents.set_index("doc_id").loc[["a/1", "a/2"]].to_dict("records")
    assert (given["province"], given["year"], given["speaker"]) == ("江苏省", 2024, "李四")
    assert pd.isna(given["city"]) and pd.isna(given["date"])  # of another province, of another year
    assert (inferred["province"], inferred["city"], inferred["year"]) == ("云南省", "昆明市", 2019)
    rules = attributions[attributions["doc_id"] == "a/1"].set_index("field")["rule"]
    assert set(rules[["province", "year", "speaker"]]) == {"table"}


def test_a_day_of_publication_fills_only_what_is_missing(tmp_path):
    dated = "关于治理的讲话\n（2024年3月2日）\n" + "\n".join([_PROSE] * 3)
    rows = [{"publish_date": "2024-05-01", "text": dated}, {"publish_date": "2024/5/1", "text": _PROSE}]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    documents, _, attributions = build_documents(read_sources(tmp_path))
    assert list(documents["date"]) == ["2024-03-02", "2024-05-01"]
    assert attributions.set_index(["doc_id", "field"]).loc[("a/2", "date"), "confidence"] < 1


def test_bad_rows_are_listed_and_the_others_are_read(tmp_path):
    lines = [
        json.dumps({"text": _PROSE}),
        '{"text": "\\ud800 half"}',
        "{not json",
        '{"text": "a\\u0000b"}',
        '{"text": ""}',
        "[1]",
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.warns(UserWarning, match="5 of 6 texts"):
        sources = read_sources(tmp_path)
    errors = " ".join(sources["error"].dropna())
    for words in (
        "lone surrogate",
        "line 3 is no JSON",
        "zero bytes",
        "no text in this row",
        "line 6 is no JSON object",
    ):
        assert words in errors
    assert list(sources["text"][sources["error"].isna()]) == [_PROSE]


def test_a_line_with_too_many_cells_is_named(tmp_path):
    (tmp_path / "a.csv").write_text(
        f"year,text\n2024,{_PROSE}\n2025,一,二,三\n2026,{_PROSE}\n", encoding="utf-8"
    )
    with pytest.warns(UserWarning, match="line 3 has 4 cells, the header 2"):
        assert read_sources(tmp_path)["error"].isna().sum() == 2


def test_the_column_of_text_is_named_by_hand_or_found_by_its_length(tmp_path):
    frame = pd.DataFrame([{"编号": "1", "东西": _PROSE}, {"编号": "2", "东西": _PROSE}])
    frame.to_csv(tmp_path / "a.csv", index=False)
    with pytest.warns(UserWarning, match="'东西', the one of long cells"):
        assert len(read_sources(tmp_path)) == 2
    assert len(read_sources(tmp_path, text_column="东西")) == 2
    with pytest.raises(SourceError, match="no column is named '内容物': found '编号', '东西'"):
        read_sources(tmp_path, text_column="内容物")


@pytest.mark.parametrize(
    ("data", "suffix", "words"),
    [
        (make_zip({"xl/workbook.xml": b"<a/>", "xl/vbaProject.bin": b"x"}), ".xlsx", "macros"),
        (make_zip({"xl/workbook.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'}), ".xlsx", "entities"),
        (make_zip({"xl/workbook.xml": bytes(40_000_000)}), ".xlsx", "bomb"),
        (
            make_zip({"xl/worksheets/sheet1.xml": b'<c r="A1"/><c r="XFD1048576"/>'}),
            ".xlsx",
            "nearly all empty",
        ),
        (b"\xd0\xcf\x11\xe0" + "_VBA_PROJECT".encode("utf-16-le"), ".xls", "macros"),
        (b"PAR1 nothing PAR1", ".parquet", "damaged"),
        (b"[" * 100_000, ".json", "nested too deeply|damaged"),
        (b'text\n"never closed', ".csv", "damaged"),
        (b"a,b\n1,2\n", ".csv", "no column is named text"),
        (b"," * 100_000, ".csv", "has 100,001 columns"),
        (b"text" + b"," * 5_000 + b"\na" * 10_000, ".csv", "delete empty columns"),
    ],
    ids=[
        "macros",
        "entities",
        "bomb",
        "sparse",
        "old-macros",
        "parquet",
        "deep",
        "quote",
        "no-text",
        "wide",
        "padded",
    ],  # fmt: skip
)
def test_hostile_and_broken_tables_are_refused(data, suffix, words):
    with pytest.raises(SourceError, match=words):
        read_table(data, suffix, Budget(10**8))


@pytest.mark.parametrize(
    ("data", "words"), [(b"", "is empty"), (b"\xd0\xcf\x11\xe0" + bytes(600), "locked by a password")]
)
def test_empty_and_locked_workbooks_are_called_so(data, words):
    with pytest.raises(SourceError, match=words):
        read_table(data, ".xlsx", Budget(10**6))


def test_a_parquet_file_that_swells_is_met_before_it_has_filled_the_memory():
    data = _parquet([{"text": _PROSE}] * 20_000)
    assert len(data) < 100_000
    with pytest.raises(SourceError, match="unpacks to more than"):
        read_table(data, ".parquet", Budget(3_000_000))


def test_words_that_a_person_parted_pass_untouched_to_the_tokens(tmp_path):
    words = "坚持 党建引领基层治理 ， 网格员 走家串户 服务 群众 。".split() * 6
    rows = [{"tokens": " ".join(words)}, {"tokens": str(words)}]
    pd.DataFrame(rows).to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "b.txt").write_text(" ".join(words), encoding="utf-8")
    (tmp_path / "c.txt").write_text(_PROSE, encoding="utf-8")
    sources = read_sources(tmp_path)
    assert list(sources["is_segmented"]) == [True, True, True, False]
    documents, _, _ = build_documents(sources)
    assert list(documents["text"])[:3] == [" ".join(words)] * 3
    passages = split_passages(documents)
    tokens = segment_passages(passages, build_tokenizer(None), stopwords=[])
    mine = tokens[tokens["passage_id"] == "b#0001"]
    assert list(mine["term"].astype(str)) == [word for word in words if word not in "，。"]


def test_spaced_out_letters_and_ordinary_prose_are_not_taken_for_words():
    assert not is_segmented(_PROSE) and not is_segmented(" ".join(_PROSE)) and not is_segmented("")


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("level", "省级", "province"),
        ("level", "city", "city"),
        ("level", "未知", ""),
        ("date", "2024年3月2日", "2024-03-02"),
        ("date", "20240302", "2024-03-02"),
        ("date", "2024-03-02 09:00", "2024-03-02"),
        ("year", "2024年度", "2024"),
        ("year", "nan", ""),
        ("speaker", " 张三 ", "张三"),
    ],
)
def test_cells_are_read_in_the_words_of_documents(field, cell, value):
    assert read_value(field, cell) == value


def test_places_are_completed_inside_the_place_above_them_only():
    assert complete_places({"province": "江苏", "city": "南京", "district": "鼓楼区"}) == {
        "province": "江苏省",
        "city": "南京市",
        "district": "鼓楼区",
    }
    assert complete_places({"province": "某地"}) == {"province": "某地"}


def test_columns_are_known_by_other_names():
    columns = find_columns(["序号", "省份（全称）", "Publish Date", "Full Text", "标题"])
    assert columns.text == "Full Text"
    assert columns.fields == {"title": "标题", "province": "省份（全称）", "published": "Publish Date"}


def test_a_table_of_metadata_may_be_excel_in_chinese(tmp_path):
    (tmp_path / "m.xlsx").write_bytes(
        _excel([{"文件名": "a.txt", "级别": "市级", "年份": 2024, "备注": "x"}])
    )
    table = read_metadata(tmp_path / "m.xlsx")
    assert table.to_dict("records") == [{"file": "a.txt", "level": "city", "year": "2024", "备注": "x"}]
    with pytest.raises(SourceError, match="no such metadata table"):
        read_metadata(tmp_path / "n.csv")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_any_cells_of_json_lines_come_back_or_are_listed(cells):
    data = "\n".join(json.dumps({"text": cell}) for cell in cells).encode()
    table = read_table(data, ".jsonl", Budget(10**8))
    assert [row.text or row.error for row in table.rows] == [
        cell if cell.strip() and "\0" not in cell else row.error
        for cell, row in zip(cells, table.rows, strict=True)
    ]
