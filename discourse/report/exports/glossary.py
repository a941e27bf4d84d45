"""A table or column name comes in, what it holds goes out, in Chinese and English."""

from __future__ import annotations

import re
from functools import lru_cache

from discourse.report.labels import ASSETS, Text

_UNKNOWN = Text(zh="", en="")


def explain_table(name: str) -> Text:
    """What one row of a table is; empty for a table that the glossary lacks."""
    return _glossary().get(f"[{name}]", _UNKNOWN)


def explain_column(table: str, column: str) -> Text:
    """What a column of a table holds; the table's own meaning goes before the general one."""
    topic = re.fullmatch(r"topic_(\d+)", column)
    if topic:
        return Text(zh=f"主题 {topic[1]} 的份额，0 至 1", en=f"share of topic {topic[1]}, 0 to 1")
    known = _glossary()
    return known.get(f"{table}.{column}", known.get(column, _UNKNOWN))


@lru_cache(maxsize=1)
def _glossary() -> dict[str, Text]:
    """Lines of glossary.tsv: ``[table]``, ``column`` or ``table.column``, then both languages."""
    lines = (ASSETS / "glossary.tsv").read_text("utf-8").splitlines()
    words = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {name: Text(zh=zh, en=en) for name, zh, en in words}
