"""A table that a person made beside the texts goes in; a table of words that overrides inference comes out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from discourse.corpus.archives import Budget
from discourse.corpus.columns import FIELDS, name_columns, read_value
from discourse.corpus.records import SUFFIXES, cell_text, read_frames
from discourse.errors import SourceError

_MAX_BYTES = 500_000_000
_TRANSLATED = (*FIELDS, "file", "doc_id")


def read_metadata(path: str | Path) -> pd.DataFrame:
    """Read a table of metadata (CSV in any encoding, Excel, JSON lines, Parquet), every cell as text, NA where empty.

    One row a file or document: a column `file` or `doc_id`, and any of the metadata columns of `documents`.
    Columns may bear Chinese names (文件名, 省份, 级别); levels in Chinese words (省级) come out in ours.
    Raises SourceError, in one line, where the file is missing, damaged or not a table.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise SourceError(f"{path}: is not a table ({path.suffix or 'no suffix'}); save it as .csv or .xlsx")
    try:
        frames, *_ = read_frames(path.read_bytes(), path.suffix.lower(), Budget(_MAX_BYTES))
    except FileNotFoundError:
        raise SourceError(
            f"{path}: no such metadata table; mend `metadata` in study.toml or remove it"
        ) from None
    except OSError as error:
        raise SourceError(
            f"{path}: cannot be read ({error.strerror}); check the path and its permissions"
        ) from error
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from error
    table = pd.DataFrame(
        [
            {name: cell_text(value) for name, value in record.items()}
            for _, records in frames
            for record in records
        ]
    )
    return _in_our_words(table.astype("str")) if len(table.columns) else table


def _in_our_words(table: pd.DataFrame) -> pd.DataFrame:
    """Our names for columns that are ours under another name, our words for levels."""
    ours = name_columns([name for name in table.columns if name not in _TRANSLATED])
    names = {
        column: field for field, column in ours.items() if field in _TRANSLATED and field not in table.columns
    }
    table = table.rename(columns=names)
    if "level" in table:
        table["level"] = [read_value("level", value) or value for value in table["level"]]
    return table.mask(table == "")
