"""A table that a person made beside the texts goes in; a table of words that overrides inference comes out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from discourse.errors import SourceError


def read_metadata(path: str | Path) -> pd.DataFrame:
    """Read a CSV of metadata (UTF-8, with or without BOM, or GB18030), every cell as text, NA where empty.

    One row a file or document: a column `file` or `doc_id`, and any of the metadata columns of `documents`.
    Raises SourceError, in one line, where the file is missing, not text or not a table.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
        encoding = "utf-8-sig" if _is_utf8(data) else "gb18030"
        return pd.read_csv(path, encoding=encoding, dtype="str", keep_default_na=False, na_values=[""])
    except FileNotFoundError:
        raise SourceError(f"{path}: no such metadata table; mend `metadata` in study.toml or remove it") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    except (UnicodeDecodeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise SourceError(f"{path}: is not a CSV table ({reason}); save it as CSV UTF-8") from error


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True
