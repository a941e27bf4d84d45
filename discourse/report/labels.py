"""Values of tables in, bilingual labels out: ``{"zh": ..., "en": ...}``, the value itself where no label is known."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd

ASSETS = Path(__file__).resolve().parent / "assets"

_ONE_DOCUMENT = re.compile(r"group '(?P<group>.*?)' has 1 document\b")


class Text(TypedDict):
    """One sentence or label in both languages."""

    zh: str
    en: str


def label(kind: str, value: object) -> Text:
    """Label of a value: ``label("level", "city")`` is 市级 / city. Combined rules (``a+b``) are labelled by part."""
    known = _labels().get(kind, {})
    parts = str(value).split("+") if kind == "rule" else [str(value)]
    pairs = [known.get(part, (part, part)) for part in parts]
    return Text(zh=" + ".join(pair[0] for pair in pairs), en=" + ".join(pair[1] for pair in pairs))


def group_label(factor: str, group: object) -> Text:
    """Label of a group: the values of level, role and genre have names, other values stand for themselves."""
    return label(factor, group) if factor in ("level", "role", "genre") else Text(zh=str(group), en=str(group))


def flag_texts(flags: str) -> list[Text]:
    """Sentences for the flags of a contrast, which stand in one string, separated by semicolons."""
    return [_flag_text(flag.strip()) for flag in flags.split(";") if flag.strip()]


def _flag_text(flag: str) -> Text:
    one_document = _ONE_DOCUMENT.search(flag)
    if one_document:
        return Text(zh=f"“{one_document['group']}”组只有 1 篇文档", en=one_document.group())
    return label("flag", flag)


def _labels() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    read: Mapping[str, Mapping[str, tuple[str, str]]] = json.loads((ASSETS / "labels.json").read_text("utf-8"))
    return read


def plain(value: Any) -> Any:
    """The value as JSON knows it: plain numbers and words, None where it is missing or not finite."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or pd.isna(value):
        return None
    if hasattr(value, "item"):  # a NumPy scalar
        value = value.item()
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return None
    return value if isinstance(value, bool | int | float | str) else str(value)


def rows(table: pd.DataFrame, *columns: str) -> list[dict[str, Any]]:
    """Rows of a table as plain dicts, only the columns named (None for one that the table lacks)."""
    present = table.reindex(columns=list(columns)).astype(object)
    return [plain(dict(zip(columns, row, strict=True))) for row in present.itertuples(index=False, name=None)]
