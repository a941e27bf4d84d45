"""Tables of a run and its payload come in, one Excel workbook goes out: a cover, then a sheet a table.

No text can act as a formula, nothing depends on the clock: same run, same bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from discourse.contracts import CONTRACTS
from discourse.report.exports.glossary import explain_column, explain_table
from discourse.terminal import stop_turns

MAX_ROWS = 1_048_576  # Excel's own limits
MAX_CHARACTERS = 32_767
WIDEST = 60
_SAMPLE = 200  # rows by which a column's width is judged
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_ACTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # Excel would read _x0041_ as A


def write_workbook(
    tables: Mapping[str, pd.DataFrame], payload: Mapping[str, Any], path: Path, *, max_rows: int = MAX_ROWS
) -> None:
    """Write every table as a sheet of its contract's name, behind a cover that explains all of them.

    tables: by contract name. payload: title, counts and findings, for the cover. Text longer than a cell may
    hold and rows beyond `max_rows` are cut, and the cell or the cover says so; control characters become the
    signs that picture them.
    """
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    notes = {name: _note(name, table, max_rows) for name, table in tables.items()}
    _write_cover(workbook, tables, payload, notes)
    for name, table in tables.items():
        _write_sheet(workbook, name, _shown(name, table), max_rows)
    buffer = io.BytesIO()
    workbook.save(buffer)
    _write_timeless(buffer, path)


def _shown(name: str, table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns=list(CONTRACTS[name].hidden), errors="ignore")


def _note(name: str, table: pd.DataFrame, max_rows: int) -> str:
    """What the sheet leaves out of a table, or nothing."""
    cut = len(table) - (max_rows - 1)
    left_out = [f"后 {cut} 行未列 last {cut} rows left out"] if cut > 0 else []
    hidden = [column for column in CONTRACTS[name].hidden if column in table]
    left_out += [f"未列 left out: {', '.join(hidden)}"] if hidden else []
    return "；".join(left_out)


def _write_cover(
    workbook: Any, tables: Mapping[str, pd.DataFrame], payload: Mapping[str, Any], notes: Mapping[str, str]
) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    sheet = workbook.create_sheet("cover")
    for letter, width in zip("ABCDE", (22, 44, 60, 12, 30), strict=True):
        sheet.column_dimensions[letter].width = width
    for words, *cells in _cover_lines(tables, payload, notes):
        row = []
        for place, text in enumerate(cells):
            cell = WriteOnlyCell(sheet)
            _fill(cell, text)
            cell.alignment = Alignment(wrap_text=len(cells) > 1 and place > 0, vertical="top")
            cell.font = Font(bold=words == "head", size=16 if words == "title" else 11)
            if words == "sheet" and place == 0:
                cell.hyperlink = f"#'{text}'!A1"
                cell.font = Font(underline="single", color="1F4E79")
            row.append(cell)
        sheet.append(row)


def _cover_lines(
    tables: Mapping[str, pd.DataFrame], payload: Mapping[str, Any], notes: Mapping[str, str]
) -> Iterator[tuple[Any, ...]]:
    """Lines of the cover: what kind of line, then its cells."""
    yield "title", str(payload["title"])
    counts = payload["counts"]
    yield "text", "  ·  ".join(f"{_COUNTS[name]} {counts[name]:,}" for name in _COUNTS if name in counts)
    yield ("text",)
    for block in payload["findings"]:
        yield "head", f"{block['heading']['zh']} {block['heading']['en']}"
        for sentence in block["sentences"]:
            yield "text", sentence["zh"]
            yield "text", sentence["en"]
    yield ("text",)
    yield "head", "怎样读 How to read"
    yield from (("text", line) for line in _HOW_TO_READ)
    yield ("text",)
    yield "head", "表 Sheet", "内容", "What it holds", "行 Rows", "说明 Remarks"
    for name, table in tables.items():
        about = explain_table(name)
        yield "sheet", name, about["zh"], about["en"], len(table), notes[name]
    yield ("text",)
    yield "head", "表 · 列 Sheet · column", "含义", "Meaning"
    for name, table in tables.items():
        for column in _shown(name, table).columns:
            about = explain_column(name, str(column))
            yield "text", f"{name} · {column}", about["zh"], about["en"]


def _write_sheet(workbook: Any, name: str, table: pd.DataFrame, max_rows: int) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = workbook.create_sheet(name[:31])
    sheet.freeze_panes = "A2"
    last = min(len(table), max_rows - 1)
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(table.columns), 1))}{last + 1}"
    for number, column in enumerate(table.columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = _width(str(column), table[column])
    head = [WriteOnlyCell(sheet, str(column)) for column in table.columns]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    cells = [WriteOnlyCell(sheet) for _ in table.columns]  # one a column, filled again for every row
    safe = [WriteOnlyCell(sheet) for _ in table.columns]  # the same, for text that could act as a formula
    for column, cell in zip(table.columns, cells, strict=True):
        cell.number_format = _format(str(column), table[column])
    for cell in safe:
        cell.quotePrefix = True
    for row in _rows(table.iloc[:last]):
        sheet.append(
            [_filled(pair, value) for pair, value in zip(zip(cells, safe, strict=True), row, strict=True)]
        )


def _rows(table: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    columns = []
    for name in table.columns:
        values = table[name].astype(object)
        columns.append(values.where(table[name].notna(), None).tolist())
    return zip(*columns, strict=True)


def _filled(pair: tuple[Any, Any], value: Any) -> Any:
    cell = pair[1] if isinstance(value, str) and value.startswith(_ACTS) else pair[0]
    _fill(cell, value)
    return cell


def _fill(cell: Any, value: Any) -> None:
    """Give a cell its value; text is stored as text, whatever it begins with."""
    if isinstance(value, str):
        cell.value = clean_text(value)
        cell.data_type = "s"
    else:
        cell.value = value


def clean_text(text: str) -> str:
    """Text that Excel can hold: control characters as the signs for them, cut with a note at its limit.

    Signs that turn the direction of reading are shown as U+FFFD. The limit counts UTF-16 units, as Excel does.
    """
    text = _ESCAPE.sub("_x005F_", _FORBIDDEN.sub(_picture, stop_turns(text)))
    n_units = len(text.encode("utf-16-le")) // 2
    if n_units <= MAX_CHARACTERS:
        return text
    note = f" …〔截断：共 {len(text)} 字 cut: {len(text)} characters in all〕"
    kept = text.encode("utf-16-le")[: 2 * (MAX_CHARACTERS - len(note))]
    return kept.decode("utf-16-le", errors="ignore") + note


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


def _format(name: str, values: pd.Series) -> str:
    if pd.api.types.is_float_dtype(values.dtype):
        return "[<0.0001]0.0E+00;0.0000" if name in _P_VALUES else "0.0000"
    return "0" if pd.api.types.is_integer_dtype(values.dtype) else "General"


def _width(name: str, values: pd.Series) -> float:
    """Width in letters, where a Chinese character takes two; text that is longer is seen in the cell."""
    shown = values.iloc[:_SAMPLE].dropna()
    if pd.api.types.is_float_dtype(values.dtype):
        return max(len(name) + 4, 9)
    lengths = [sum(2 if ord(c) > 0x2E7F else 1 for c in str(value)[:WIDEST]) for value in shown]
    return min(max([len(name) + 4, *lengths]) + 1, WIDEST)


def _write_timeless(buffer: io.BytesIO, path: Path) -> None:
    """Copy the archive with one fixed time in place of the clock's."""
    stamp = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = stamp.sub(rb"\g<1>1980-01-01T00:00:00Z", content)
            copy.writestr(zipfile.ZipInfo(name, _LONG_AGO), content, zipfile.ZIP_DEFLATED)


_P_VALUES = ("p", "p_adjusted", "q", "p_permutation", "p_smallest")
_COUNTS = {
    "sources": "文件 files",
    "documents": "文档 documents",
    "passages": "段落 passages",
    "tokens": "词次 tokens",
    "topics": "主题 topics",
    "edits": "修复 repairs",
}
_HOW_TO_READ = (
    "每张表对应下面的一个工作表；首行是列名，可筛选；空格即未知或无法估计，从不填零。",
    "One sheet a table; the first row names the columns and filters them. An empty cell is unknown or cannot be "
    "estimated; it is never a zero.",
    "份额、差异与概率都在 0 与 1 之间（0.1 即 10% 或 10 个百分点）；low 与 high 是 95% 区间的两端。",
    "Shares, differences and probabilities lie between 0 and 1 (0.1 is 10 % or 10 points); low and high end a "
    "95 % interval.",
    "推断的单位是文档，不是段落。校正后 p ≤ .05 才称为发现；只有 1 篇文档的组没有区间也没有 p。",
    "The unit of inference is the document, not the passage. A finding has an adjusted p of at most .05; a group of "
    "1 document has no interval and no p.",
    "主题编号从 0 起，与报告、pyLDAvis 及一切导出文件相同。文本开头若像公式，一律按文字存放。",
    "Topics count from 0, as in the report, in pyLDAvis and in every export. Text that looks like a formula is "
    "stored as text.",
)
