"""Tables of finished batches, and finished models, come in and are found again after an interruption, whole or not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pandas as pd

from discourse.contracts import TopicModel
from discourse.errors import RunError
from discourse.runs.guard import guard_table
from discourse.runs.store import load_model, save_model, write_file


class FolderParts:
    """Keeps the tables of finished batches as files of a folder until the stage that made them is done.

    names: the tables of a batch; only a batch of which all can be read counts as kept.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._folder, self._names = folder, tuple(names)

    def load(self, key: str) -> dict[str, pd.DataFrame] | None:
        """Read the tables that were kept under this key; what cannot be read is taken as missing."""
        try:
            return {name: self._read(key, name) for name in self._names}
        except (OSError, ValueError):  # pyarrow's own errors are of these kinds
            return None

    def save(self, key: str, tables: Mapping[str, pd.DataFrame]) -> None:
        """Write each table under a temporary name, then rename it."""
        for name in self._names:
            write_file(self._path(key, name), partial(tables[name].to_parquet, index=False))

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give an empty folder for what lives as long as the stage; what a killed run left there goes first."""
        folder = self._folder / "scratch"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def remove(self) -> None:
        """Throw all of them away."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _read(self, key: str, name: str) -> pd.DataFrame:
        path = self._path(key, name)
        guard_table(path)
        return pd.read_parquet(path)

    def _path(self, key: str, name: str) -> Path:
        return self._folder / f"{key}.{name}.parquet"


class FolderModels:
    """Keeps finished models, a folder each, until the stage that fitted them is done."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, key: str) -> TopicModel | None:
        """Read the model that was kept under this key; one that cannot be read is taken as missing."""
        try:
            return load_model(self._folder / key)
        except RunError:
            return None

    def save(self, key: str, model: TopicModel) -> None:
        """Write its files under temporary names, then rename them; the model is there when the last one is."""
        save_model(self._folder / key, model)
