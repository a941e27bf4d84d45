"""Numbers, names and lists in; the way a sentence prints them, in either language, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def percent(number: float) -> str:
    """Write a share as it is read aloud: 0.123 is 12.3%."""
    return f"{100 * number:.1f}%"


def points(number: float) -> str:
    """Write a difference of shares in percentage points, with its sign."""
    return f"{100 * number:+.1f}".replace("-", "\u2212")


def join(words: Sequence[str], language: str) -> str:
    """Join words to a list in a sentence."""
    if language == "zh":
        return "、".join(words)
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def count(number: int, noun: str) -> str:
    """Write a number with its noun: 1 file, 2 files."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def name_topic(topic: Mapping[str, Any]) -> str:
    """Number and label of a topic: T4「社区治理」."""
    return f"T{topic['topic']}「{topic['label']}」"
