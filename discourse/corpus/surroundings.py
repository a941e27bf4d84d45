"""What may stand around the name of a place: the packaged word lists in, patterns out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from discourse.corpus.gazetteer import read_rows
from discourse.corpus.wordlists import alternatives
from discourse.resources import resource


@dataclass(frozen=True)
class Contexts:
    """Patterns of what stands around a place, and the units that one-character names mean."""

    away_before: re.Pattern[str]
    away_after: re.Pattern[str]
    self_before: re.Pattern[str]
    self_after: re.Pattern[str]
    sentence_head: re.Pattern[str]
    clause_head: re.Pattern[str]
    time_before: re.Pattern[str]
    verb: re.Pattern[str]
    area: re.Pattern[str]
    abbreviations: Mapping[str, str]


@cache
def read_contexts() -> Contexts:
    """Read the packaged word lists of what stands around places, once a process."""
    rows = {
        side: alternatives(words.split())
        for side, words in read_rows(resource("stopwords", "place_contexts.tsv"))
    }
    return Contexts(
        away_before=re.compile(f"(?:{rows['away_before']})$"),
        away_after=re.compile(f"(?!人民|人大)(?:市|省)?(?:{rows['away_after']})"),
        self_before=re.compile(f"(?:{rows['self_before']})$"),
        self_after=re.compile(f"的?(?:{rows['self_after']})"),
        sentence_head=re.compile(
            rf"(?:^|[。！？；;：:”\s])(?:[^。！？；;]{{0,6}}(?:{rows['time']})[，,]?|中共)?$"
        ),
        clause_head=re.compile(rf"(?:[，,、]|{rows['time']}|中共)$"),
        time_before=re.compile(rf"(?:{rows['time']})[，,]?(?:中共)?$"),
        area=re.compile(rf"[一-鿿]{{0,4}}?(?:{rows['area']})"),
        verb=re.compile(f"[，,]?(?:{rows['verb']})"),
        abbreviations=dict(map(tuple, read_rows(resource("stopwords", "place_abbreviations.tsv")))),  # type: ignore[arg-type]
    )
