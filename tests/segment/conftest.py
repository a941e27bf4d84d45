from __future__ import annotations

import pandas as pd
import pytest

from discourse.resources import resource
from discourse.segment.lexicon import read_lexicon
from discourse.segment.tokenizer import Tokenizer, build_tokenizer

from . import passages_of


@pytest.fixture(scope="session")
def lexicon() -> pd.DataFrame:
    return read_lexicon()


@pytest.fixture(scope="session")
def tokenizer(lexicon: pd.DataFrame) -> Tokenizer:
    return build_tokenizer(lexicon)


@pytest.fixture(scope="session")
def jieba_tokenizer(lexicon: pd.DataFrame) -> Tokenizer:
    return build_tokenizer(lexicon, engine="jieba")


@pytest.fixture(scope="session")
def seed_lines() -> list[str]:
    """Lines of the raw seed texts, traditional and damaged ones included."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(resource("seeds").glob("*.txt"))]
    return [line for text in texts for line in text.splitlines() if line.strip()]


@pytest.fixture
def two_passages() -> pd.DataFrame:
    return passages_of("党建引领基层治理，2024年有31个街道。", "XX社区的“两委”和党群服务中心")
