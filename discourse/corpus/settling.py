"""Which of the evidence for a text's own place wins: evidence and the units named in, findings out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from discourse.corpus.gazetteer import PLACE_FIELDS, Gazetteer, Unit
from discourse.corpus.pages import Finding

# How far to believe each kind of evidence: set by hand on the seeds, checked on provincial reports.
_SURE = {
    "byline": 0.97,
    "title": 0.95,
    "congress": 0.95,
    "represents": 0.95,
    "self_reference": 0.9,
    "opening_subject": 0.88,
    "own_organ": 0.75,
    "most_named": 0.75,
    "our_units": 0.65,
    "subject": 0.55,
}
DECISIVE = 0.9  # evidence of this strength is not weighed against rivals
_RIVAL = 0.5  # share of the best rival's confidence that weaker evidence loses
_SUPPORT, _MOST_SUPPORT = 0.03, 3  # what each further mention inside the place adds, and how many count
REACH = {"central": 0, "province": 1, "city": 2}  # how many of province, city, district a level may own


@dataclass(frozen=True)
class Evidence:
    """Words that show the text's own place: units that bear the name, units named with it, the rule."""

    units: tuple[Unit, ...]
    named: frozenset[str]
    rule: str
    start: int
    end: int

    @property
    def sure(self) -> float:
        """How far to believe this kind of evidence, 0-1."""
        return _SURE[self.rule]


def settle_places(
    evidence: Sequence[Evidence], inside: Sequence[Unit], gazetteer: Gazetteer, level: str
) -> list[Finding]:
    """From the province down: the best unit of each level inside the one above it, less its rivals."""
    findings: list[Finding] = []
    above: list[float] = []  # no place is surer than the one in which it lies
    for field in PLACE_FIELDS:
        if field == "district" and level in REACH:
            evidence = [item for item in evidence if item.rule != "our_units"]
        scored: dict[str, Evidence] = {}
        for item in sorted(evidence, key=lambda item: (-item.sure, item.start)):
            code = _only_unit(item, field, gazetteer)
            if code is not None:
                scored.setdefault(code, item)
        if scored:
            code, best = next(iter(scored.items()))
            sure = min([_confidence(code, list(scored.values()), inside, gazetteer), *above])
            above = [sure]
            findings.append(_finding(field, gazetteer.units[code], best, sure))
            evidence = [kept for item in evidence if (kept := _inside(item, field, code, gazetteer)).units]
    return findings


def _only_unit(evidence: Evidence, field: str, gazetteer: Gazetteer) -> str | None:
    """Code of the unit of that level in which all bearers of the name lie, if there is exactly one."""
    codes = {up.code if (up := gazetteer.lineage(unit).get(field)) else "" for unit in evidence.units}
    return codes.pop() or None if len(codes) == 1 else None


def _inside(evidence: Evidence, field: str, code: str, gazetteer: Gazetteer) -> Evidence:
    units = [
        unit for unit in evidence.units if (up := gazetteer.lineage(unit).get(field)) and up.code == code
    ]
    return replace(evidence, units=tuple(units))


def _confidence(code: str, ranked: Sequence[Evidence], inside: Sequence[Unit], gazetteer: Gazetteer) -> float:
    support = sum(code in {up.code for up in gazetteer.lineage(unit).values()} for unit in inside) - 1
    sure = min(0.99, ranked[0].sure + _SUPPORT * max(0, min(support, _MOST_SUPPORT)))
    if ranked[0].sure >= DECISIVE or len(ranked) == 1:
        return sure
    return sure - _RIVAL * ranked[1].sure


def _finding(field: str, unit: Unit, evidence: Evidence, confidence: float) -> Finding:
    """Name the rule; a unit that the quote does not name is derived from the one in it: city_in_province."""
    derived = unit.code not in evidence.named
    rule = f"{evidence.units[0].level}_in_{field}" if derived else f"place_{evidence.rule}"
    return Finding(field, unit.name, evidence.start, evidence.end, rule, round(confidence, 2))
