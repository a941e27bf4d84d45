"""Quotations in, the places on the page where the passages behind a number stand out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Anchors = Mapping[tuple[int, str, str], list[int]]


def place_quotations(quotations: Sequence[Mapping[str, Any]]) -> dict[tuple[int, str, str], list[int]]:
    """Give every topic and group with passages its place, ``[topic, number of the group]``.

    Places are numbers and nothing else, so that no word of data becomes part of an address on the page.
    """
    return {
        (topic["topic"], group["factor_name"], group["group"]): [topic["topic"], number]
        for topic in quotations
        for number, group in enumerate(topic["groups"])
        if group["exemplars"]
    }
