"""Tables and models come in and go back out by their contract name; every file is written whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from discourse.contracts import CONTRACTS, TopicModel, check
from discourse.errors import RunError, write_error
from discourse.runs.guard import guard_arrays, guard_table, read_bounded_json
from discourse.runs.writer import TableWriter, csv_bytes, remove_quietly

_MODEL_ARRAYS = ("phi", "theta", "alpha", "lengths", "term_counts")
# what the libraries raise on files that are not what they say
DAMAGE = (pa.ArrowException, OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError,
          MemoryError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error)  # fmt: skip
_MOST_TOPICS = 100_000
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # a zip entry carries a time; a fixed one keeps the bytes the same


def save_table(folder: Path, name: str, table: pd.DataFrame) -> bool:
    """Write a table that keeps its contract as Parquet and, where people would open it, as CSV too.

    Returns whether no CSV is lacking: a table that no spreadsheet would open has none (see `TableWriter`).
    """
    check(table, name)  # before any file is touched
    with TableWriter(folder, name) as writer:
        writer.append(table)
    return writer.has_csv or not CONTRACTS[name].readable


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write CSV that Excel opens as UTF-8 (with BOM) and in which no text can act as a formula."""
    write_file(path, lambda file: file.write(csv_bytes(table)))


def load_table(folder: Path, name: str) -> pd.DataFrame:
    """Read a table back. Raises RunError where the run lacks it or the file is damaged."""
    with _open_table(folder, name) as file:
        return _refuse_wild_topics(check(_sort_terms(file.read().to_pandas()), name))


def iterate_table(folder: Path, name: str, *, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
    """Read a table row group by row group, whole or some columns of it; errors as `load_table` has them."""
    with _open_table(folder, name) as file:
        if missing := set(columns or ()) - set(file.schema_arrow.names):
            raise KeyError(missing)  # told as damage
        for number in range(file.num_row_groups):
            yield file.read_row_group(number, columns=columns).to_pandas()


def count_rows(folder: Path, name: str) -> int:
    """Number of rows of a table, without reading them; errors as `load_table` has them."""
    with _open_table(folder, name) as file:
        return int(file.metadata.num_rows)


@contextmanager
def _open_table(folder: Path, name: str) -> Iterator[pq.ParquetFile]:
    path = folder / f"{name}.parquet"
    if not path.is_file():
        raise RunError(
            f"{folder}: this run has no table {name!r}; finish it with `discourse run`, or see `discourse show`"
        )
    try:
        guard_table(path)
        with pq.ParquetFile(path) as file:
            yield file
    except DAMAGE as error:
        raise RunError(
            f"{path}: is damaged ({type(error).__name__}); delete the run folder and run the study again"
        ) from error


def _refuse_wild_topics(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers of topics become sizes of arrays, so a table from anybody may not name the millionth."""
    if "topic" in table and len(known := table["topic"].dropna()):
        if known.min() < -1 or known.max() >= _MOST_TOPICS:
            raise ValueError(f"topic {known.max()}")
    return table


def _sort_terms(table: pd.DataFrame) -> pd.DataFrame:
    """Sort the categories of `term`: row groups have their own, which are joined as they come."""
    if "term" in table and isinstance(table["term"].dtype, pd.CategoricalDtype):
        terms = table["term"].cat
        if not terms.categories.is_monotonic_increasing:
            table["term"] = terms.reorder_categories(sorted(terms.categories))
    return table


def has_table(folder: Path, name: str) -> bool:
    """Whether the run holds this table."""
    return (folder / f"{name}.parquet").is_file()


def save_model(folder: Path, model: TopicModel) -> None:
    """Write a topic model as plain arrays (`model.npz`, no pickle) and its settings (`model.json`)."""
    arrays = {name: getattr(model, name) for name in _MODEL_ARRAYS}
    arrays["passages"] = np.asarray(model.passages, dtype=str)
    arrays["vocabulary"] = np.asarray(model.vocabulary, dtype=str)
    arrays["trace"] = model.trace[["iteration", "log_likelihood"]].to_numpy(dtype=np.float64)
    write_file(folder / "model.npz", lambda file: _write_arrays(file, arrays))
    # in their own order: that of themes says which topic each of them led
    write_json(folder / "model.json", {"eta": model.eta, "settings": dict(model.settings)}, sort_keys=False)


def load_model(folder: Path) -> TopicModel:
    """Read the topic model back; pickled content is refused."""
    try:
        guard_arrays(folder / "model.npz")
        with np.load(folder / "model.npz", allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        return _build_model(arrays, read_bounded_json(folder / "model.json"))
    except FileNotFoundError:
        raise RunError(
            f"{folder}: this run has no topic model yet; run `discourse topics {folder}`"
        ) from None
    except DAMAGE as error:
        raise RunError(
            f"{folder / 'model.npz'}: is damaged ({type(error).__name__}); run `discourse topics {folder}` again"
        ) from error


def _build_model(arrays: dict[str, np.ndarray], words: dict[str, Any]) -> TopicModel:
    trace = pd.DataFrame(arrays["trace"], columns=["iteration", "log_likelihood"]).astype(
        {"iteration": "int64"}
    )
    return TopicModel(
        **{name: arrays[name] for name in _MODEL_ARRAYS},
        eta=words["eta"],
        passages=pd.Index(arrays["passages"], dtype="str"),
        vocabulary=pd.Index(arrays["vocabulary"], dtype="str"),
        settings=words["settings"],
        trace=trace,
    )


def write_json(path: Path, content: Any, *, sort_keys: bool = True) -> None:
    """Write JSON, by default with sorted keys, whole or not at all."""
    text = json.dumps(
        content, ensure_ascii=False, indent=2, sort_keys=sort_keys, allow_nan=False, default=_jsonable
    )
    write_file(path, lambda file: file.write((text + "\n").encode("utf-8")))


def read_json(path: Path) -> Any:
    """Read JSON, or raise RunError where the file is missing or broken."""
    try:
        return read_bounded_json(path)
    except FileNotFoundError:
        raise RunError(
            f"{path.parent}: is not a run folder, or not a finished one ({path.name} is missing)"
        ) from None
    except (ValueError, OSError) as error:
        raise RunError(f"{path}: is damaged ({type(error).__name__}); run the study again") from error


def write_file(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Write through a temporary name in the same folder, then rename."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        with open(temporary, "xb") as file:  # never through a link that lies there
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        remove_quietly(temporary)
        raise write_error(path, error) from error
    except BaseException:
        remove_quietly(temporary)
        raise


def hash_file(path: Path) -> str:
    """sha256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_arrays(file: IO[bytes], arrays: dict[str, np.ndarray]) -> None:
    with zipfile.ZipFile(file, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", _LONG_AGO), buffer.getvalue(), zipfile.ZIP_DEFLATED
            )


def _jsonable(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return value.as_posix()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
