"""Estimates and ranks of one row under four segmentations in; whether it holds, and what moves it, out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

SETTINGS = ("both", "no_hmm", "no_lexicon", "neither")


def judge_row(
    estimates: Mapping[str, float],
    ranks: Mapping[str, float | None],
    in_top: Mapping[str, bool],
    declared: str,
) -> dict[str, Any]:
    """What becomes of one row under the four settings."""
    present = {name: not np.isnan(estimate) for name, estimate in estimates.items()}
    same = {name: present[name] and estimates[name] * estimates[declared] > 0 for name in SETTINGS}
    turned = any(present[name] and estimates[name] * estimates[declared] < 0 for name in SETTINGS)
    if not in_top[declared]:
        moves, verdict = dict(in_top), "enters"
    else:
        moves = {name: not (same[name] and in_top[name]) for name in SETTINGS}
        verdict = "turns" if turned else "absent" if not all(present.values()) else "slips"
        verdict = verdict if any(moves.values()) else "holds"
    return {
        **{f"estimate_{name}": estimates[name] for name in SETTINGS},
        **{f"rank_{name}": ranks[name] for name in SETTINGS},
        "same_sign": all(same.values()),
        "in_top": all(in_top.values()),
        "verdict": verdict,
        "moved_by": _mover(moves, declared),
    }


def _mover(moves: Mapping[str, bool], declared: str) -> str:
    """Which change moves a row, each made alone, else both together."""
    hmm, lexicon, both = _neighbours(declared)
    alone = [name for name, moved in (("hmm", moves[hmm]), ("lexicon", moves[lexicon])) if moved]
    return ", ".join(alone) or ("hmm with lexicon" if moves[both] else "")


def _neighbours(declared: str) -> tuple[str, str, str]:
    """Settings that differ from the declared one in the HMM, in the lexicon, in both."""
    place = SETTINGS.index(declared)  # bit 0: no HMM, bit 1: no lexicon
    return SETTINGS[place ^ 1], SETTINGS[place ^ 2], SETTINGS[place ^ 3]
