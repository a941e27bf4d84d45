"""The seeds, read and repaired once for all tests of the corpus room."""

from __future__ import annotations

import pandas as pd
import pytest

from discourse.corpus.documents import build_documents
from discourse.corpus.sources import read_sources
from discourse.resources import resource


@pytest.fixture(scope="session")
def seed_sources() -> pd.DataFrame:
    return read_sources(resource("seeds"))


@pytest.fixture(scope="session")
def seed_corpus(seed_sources: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return build_documents(seed_sources)
