"""Values of tables in, bilingual labels out; the value itself where no label is known."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd

from discourse.resources import resource

ASSETS = Path(__file__).resolve().parent / "assets"

_ONE_DOCUMENT = re.compile(r"group '(?P<group>.*?)' has 1 (?P<unit>\w+)")


class Text(TypedDict):
    """One sentence or label in both languages."""

    zh: str
    en: str


class Sentence(Text, total=False):
    """A sentence and where its numbers stand: ``cell`` [factor, topic] or ``contrast`` [factor, list, row]."""

    at: dict[str, list[int]]


def label(kind: str, value: object) -> Text:
    """Label a value: ``("level", "city")`` is 市级 / city; rules ``a+b`` and factors ``a:b`` part by part."""
    known = _labels().get(kind, {})
    mark = {"rule": "+", "factor": ":"}.get(kind)
    parts = str(value).split(mark) if mark else [str(value)]
    pairs = [known.get(part, (part, part)) for part in parts]
    joint = " × " if kind == "factor" else " + "
    return Text(zh=joint.join(pair[0] for pair in pairs), en=joint.join(pair[1] for pair in pairs))


def group_label(factor: str, group: object) -> Text:
    """Label of a group: the values of level, role and genre have names, other values stand for themselves.

    Crossed factors (``region:level``) are labelled part by part; ``rest`` is all other groups.
    """
    if group == "rest":
        return Text(zh="其余各组", en="all other groups")
    factors, parts = factor.split(":"), str(group).split(":")
    if len(factors) == len(parts) > 1:
        texts = [group_label(*pair) for pair in zip(factors, parts, strict=True)]
        return Text(zh=" · ".join(text["zh"] for text in texts), en=" · ".join(text["en"] for text in texts))
    return (
        label(factor, group) if factor in ("level", "role", "genre") else Text(zh=str(group), en=str(group))
    )


def flag_texts(flags: str) -> list[Text]:
    """Sentences for the flags of a contrast, which stand in one string, separated by semicolons."""
    return [_flag_text(flag.strip()) for flag in flags.split(";") if flag.strip()]


def _flag_text(flag: str) -> Text:
    one_document = _ONE_DOCUMENT.search(flag)
    if one_document:
        unit = {"document": "篇文档"}.get(one_document["unit"], f"个单位（{one_document['unit']}）")
        return Text(zh=f"“{one_document['group']}”组只有 1 {unit}", en=one_document.group())
    name, colon, number = flag.rpartition(": ")
    if colon and number.isdecimal():  # "strata dropped: 2"
        text = label("flag", name)
        return Text(zh=f"{text['zh']}：{number}", en=f"{text['en']}: {number}")
    return label("flag", flag)


def _labels() -> dict[str, dict[str, tuple[str, str]]]:
    labels: dict[str, dict[str, tuple[str, str]]] = json.loads((ASSETS / "labels.json").read_text("utf-8"))
    lines = resource("stopwords", "roles.tsv").read_text("utf-8").splitlines()
    offices = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
    return labels | {"role": {row["value"]: (row["label_zh"], row["label_en"]) for row in offices}}


def plain(value: Any) -> Any:
    """Turn a value into what JSON knows: plain numbers and words, None where it is missing or not finite."""
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
