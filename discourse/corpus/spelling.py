"""Whether a name is nearly another one: a word and the known ones in, the one that was meant out."""

from __future__ import annotations

from collections.abc import Iterable


def near_misspelling(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` misspells: one slip away in a short name, two in one of six letters or more.

    A slip is a letter lost, added, changed, or swapped with its neighbour (optimal string alignment). Names of
    other words, such as ``period`` or ``province_en``, misspell nothing.
    """
    name = name.strip().casefold()
    distances = [
        (slips, word)
        for word in known
        if (slips := _slips(name, word)) <= (2 if min(len(word), len(name)) >= 6 else 1)
    ]
    return min(distances, default=(0, None))[1]


def _slips(one: str, other: str) -> int:
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
