"""Tables of a run come in batch by batch; Parquet in row groups, and CSV beside it, go out, whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from discourse.contracts import CONTRACTS, check, empty
from discourse.errors import write_error

_ROWS = (
    20_000  # of a row group, whatever the batches; one with categories holds a batch, which has its own ones
)
CSV_ROWS, CSV_BYTES = 1_048_575, 400_000_000  # what spreadsheets open; a larger table has no CSV copy


class TableWriter:
    """Writes one table; the files get their names when the last batch is in.

    Use it as a context: an error inside leaves no file. A table whose copy for people would have more than
    1,048,575 rows (Excel's limit) or 400 MB has none; `has_csv` says so afterwards.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self.has_csv = CONTRACTS[name].readable
        self.n_rows = 0
        self._waiting: list[pa.Table] = []
        self._schema: pa.Schema | None = None
        self._parquet: pq.ParquetWriter | None = None
        self._files: dict[str, IO[bytes]] = {}

    def __enter__(self) -> TableWriter:
        with _named_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            for ending in ["parquet", *(["csv"] if self.has_csv else [])]:
                self._temporary(ending).unlink(missing_ok=True)
                self._files[ending] = open(
                    self._temporary(ending), "xb"
                )  # never through a link that lies there
        return self

    def append(self, table: pd.DataFrame) -> None:
        """Add the rows of a table that keeps the contract; its columns are those of the first one."""
        check(table, self._name)
        table = table.reset_index(drop=True)
        is_first = self._schema is None
        rows = pa.Table.from_pandas(table, schema=self._schema, preserve_index=False)
        self._schema = rows.schema
        with _named_errors(self._folder / f"{self._name}.parquet"):
            self._parquet = self._parquet or pq.ParquetWriter(self._files["parquet"], rows.schema)
            self._write_groups(self._parquet, rows)
            self.n_rows += len(table)
            if self.has_csv:
                self._write_csv(table.drop(columns=list(CONTRACTS[self._name].hidden)), header=is_first)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            if self._parquet is not None:
                with contextlib.suppress(OSError, ValueError):
                    self._parquet.close()
            for ending, file in self._files.items():
                with contextlib.suppress(OSError):  # what is buffered may find no room either
                    file.close()
                remove_quietly(self._temporary(ending))

    def _write_groups(self, parquet: pq.ParquetWriter, rows: pa.Table) -> None:
        if any(pa.types.is_dictionary(field.type) for field in rows.schema):
            parquet.write_table(rows)
            return
        self._waiting.append(rows)
        n_waiting = sum(len(part) for part in self._waiting)
        if n_waiting >= _ROWS:
            joined, n_whole = pa.concat_tables(self._waiting), n_waiting - n_waiting % _ROWS
            parquet.write_table(joined.slice(0, n_whole), row_group_size=_ROWS)
            self._waiting = [joined.slice(n_whole)] if n_waiting > n_whole else []

    def _write_csv(self, table: pd.DataFrame, *, header: bool) -> None:
        file = self._files["csv"]
        for part in (table.iloc[start : start + _ROWS] for start in range(0, max(1, len(table)), _ROWS)):
            file.write(csv_bytes(part, header=header))
            header = False
            if self.n_rows > CSV_ROWS or file.tell() > CSV_BYTES:
                self.has_csv = False
                self._files.pop("csv").close()
                self._temporary("csv").unlink()
                return

    def _finish(self) -> None:
        if self._parquet is None:
            self.append(empty(self._name))
        path = self._folder / f"{self._name}.parquet"
        with _named_errors(path):
            if self._parquet is not None:
                self._close_parquet(self._parquet)
            for file in self._files.values():
                file.flush()
                os.fsync(file.fileno())
                file.close()
            for ending in ("csv", "parquet"):
                if ending in self._files:
                    os.replace(self._temporary(ending), path.with_suffix(f".{ending}"))
                else:
                    path.with_suffix(f".{ending}").unlink(missing_ok=True)

    def _close_parquet(self, parquet: pq.ParquetWriter) -> None:
        if self._waiting:
            parquet.write_table(pa.concat_tables(self._waiting), row_group_size=_ROWS)
        parquet.close()

    def _temporary(self, ending: str) -> Path:
        return self._folder / f".{self._name}.{ending}.tmp"


def csv_bytes(table: pd.DataFrame, *, header: bool = True) -> bytes:
    """CSV that Excel opens as UTF-8 and in which no text can act as a formula."""
    safe = table.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column].dtype):
            text = safe[column].astype("str")
            marked = text.where(~text.str.match(r"[=+\-@\t\r]", na=False), "'" + text)
            # a lone \r would begin a row, unquoted, and a formula could stand there
            safe[column] = marked.str.replace(r"\r\n?", "\n", regex=True)
    words = safe.to_csv(index=False, lineterminator="\n", header=header)
    return words.encode("utf-8-sig" if header else "utf-8")


@contextlib.contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise write_error(path, error) from error


def remove_quietly(path: Path) -> None:
    """Remove a temporary file if it is there; what forbids that is told by the error that led here."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
