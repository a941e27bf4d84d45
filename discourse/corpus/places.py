"""Which place a text is about as its own: a page, mentions of places and the speaker's level in; three findings out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from discourse.corpus.gazetteer import PLACE_FIELDS, Gazetteer, Mention, Unit, read_rows
from discourse.corpus.pages import Finding, Line, Page, alternatives, body_lines
from discourse.resources import resource

# How far each kind of evidence is to be believed; set by hand on the seeds, checked on the provincial reports.
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
    "subject": 0.6,
}
_DECISIVE = 0.9  # evidence of this strength is not weighed against rivals
_SUPPORT, _MOST_SUPPORT = 0.03, 3  # what each further mention inside the place adds, and how many count
_REACH = {"central": 0, "province": 1, "city": 2}
_ORGAN = r"(?:(?:省|市|州|盟|区|县|旗)?(?:党委|委|人民政府|政府)(?:[、和](?=省|市|州|盟|区|县|旗|人民|政))?){0,2}"
_MUNICIPALITIES = ("110000", "120000", "310000", "500000")


@dataclass(frozen=True)
class _Evidence:
    unit: Unit
    rule: str
    start: int
    end: int

    @property
    def sure(self) -> float:
        return _SURE[self.rule]


@dataclass(frozen=True)
class _Contexts:
    """Patterns of what stands around a place; `abbreviations` are codes by character."""

    away_before: re.Pattern[str]
    away_after: re.Pattern[str]
    self_before: re.Pattern[str]
    self_after: re.Pattern[str]
    time: str
    verb: str
    abbreviations: dict[str, str]


def find_places(
    page: Page,
    lines: Sequence[Line],
    gazetteer: Gazetteer,
    *,
    level: str,
    office: tuple[int, int] | None,
    told: bool,
) -> list[Finding]:
    """The text's own province, city and district, as far as the words show them.

    Only title, body and the speaker's byline are read: places in page furniture belong to the site. A place counts
    where it governs or speaks (title, byline, 结合云南实际, 南京市委深入贯彻…), not where it is visited, a venue or a part of a
    name. A name that several units bear never decides. `level` is the speaker's: nothing below it is taken.

    Parameters
    ----------
    page, lines
        The page and its lines.
    gazetteer
        All units.
    level
        Level of the speaker's office, or "".
    office
        Span of the words that name the office.
    told
        Whether the text reports on somebody else (press): then the place that it names most is its own.
    """
    contexts = _read_contexts()
    groups = _groups(page, lines, gazetteer, office)
    evidence = [found for group in groups if (found := _judge(page, group, contexts, lines, office))]
    if told:
        evidence += _most_named(page, groups, contexts)
    evidence = [item for item in evidence if _within(item, level)]
    inside = [unit for group in groups for unit in group[-1].units] + _garrisons(page, gazetteer, contexts)
    return _settle(evidence, inside, gazetteer, level)


def own_level(level: str, places: Iterable[Finding]) -> str:
    """Level of an office whose organ is called 市: a municipality is a province, a county-level city a district."""
    values = {place.field: place.value for place in places}
    if level != "city":
        return level
    if values.get("district", "").endswith("市"):
        return "district"
    municipal = values.get("province", "").endswith("市") and "city" not in values
    return "province" if municipal else level


def _read_contexts() -> _Contexts:
    rows = {side: words.split() for side, words in read_rows(resource("stopwords", "place_contexts.tsv"))}
    either = {side: alternatives(words) for side, words in rows.items()}
    abbreviations = dict(read_rows(resource("stopwords", "place_abbreviations.tsv")))
    return _Contexts(
        re.compile(f"(?:{either['away_before']})$"),
        re.compile(f"(?:市|省)?(?:{either['away_after']})"),
        re.compile(f"(?:{either['self_before']})$"),
        re.compile(f"的?(?:{either['self_after']})"),
        either["time"],
        either["verb"],
        {character: code for character, code in abbreviations.items()},
    )


def _groups(
    page: Page, lines: Sequence[Line], gazetteer: Gazetteer, office: tuple[int, int] | None
) -> list[list[Mention]]:
    """Mentions of title, body and byline, those that stand directly one after the other (湖北省|十堰市|张湾区) together."""
    groups: list[list[Mention]] = []
    for mention in gazetteer.find_mentions(page.text):
        in_office = office is not None and office[0] <= mention.start < office[1]
        if not in_office and not _in_text(mention.start, lines):
            continue
        if mention.chained and groups and groups[-1][-1].end == mention.start:
            groups[-1].append(mention)
        else:
            groups.append([mention])
    return groups


def _in_text(position: int, lines: Sequence[Line]) -> bool:
    return any(line.start <= position < line.end and line.kind != "furniture" for line in lines)


def _judge(
    page: Page, group: list[Mention], contexts: _Contexts, lines: Sequence[Line], office: tuple[int, int] | None
) -> _Evidence | None:
    """What one mention says about the text's own place, if anything."""
    unit, start, end = group[-1].unit, group[0].start, group[-1].end
    if unit is None:
        return None
    line = next(line for line in lines if line.start <= start < line.end)
    before, after = page.text[line.start : start], page.text[end : line.end]
    if office is not None and office[0] <= start < office[1]:
        return _Evidence(unit, "title" if line.kind == "title" else "byline", *office)
    congress = re.match(r"第?[一二三四五六七八九十\d]{1,3}届人民代表大会", after)
    if congress:
        early = line.kind == "title" or line.start < body_lines(lines)[0].start + 600 if body_lines(lines) else True
        return _Evidence(unit, "congress", start, end + congress.end()) if early else None
    represents = re.search(r"我代表(?:中共)?$", before)
    if represents:
        return _Evidence(unit, "represents", start - len(represents[0]), end)
    return _self_reference(unit, group, before, after, contexts) or _subject(unit, group, before, after, contexts, line, lines)


def _self_reference(
    unit: Unit, group: list[Mention], before: str, after: str, contexts: _Contexts
) -> _Evidence | None:
    start, end = group[0].start, group[-1].end
    left, right = contexts.self_before.search(before), contexts.self_after.match(after)
    if left and (right or left[0] == "我们"):
        return _Evidence(unit, "self_reference", start - len(left[0]), end + (len(right[0]) if right else 0))
    ours = re.search(r"我们的[一-鿿]{1,12}[和、与]$", before)
    if ours and group[-1].form == "full":
        return _Evidence(unit, "our_units", start - len(ours[0]), end)
    return None


def _subject(
    unit: Unit,
    group: list[Mention],
    before: str,
    after: str,
    contexts: _Contexts,
    line: Line,
    lines: Sequence[Line],
) -> _Evidence | None:
    """The place as the one who acts: at the head of a sentence, with or without its organ, before a verb of governing."""
    start, end, form = group[0].start, group[-1].end, group[-1].form
    if contexts.away_before.search(before) or contexts.away_after.match(after):
        return None
    if line.kind == "title":
        return _Evidence(unit, "title", start, end) if _heads_title(before, after) and form != "short" else None
    if unit.level == "district" and form == "short":
        return None
    organ = re.match(rf"{_ORGAN}", after)
    organ_text = organ[0] if organ else ""
    goes_on = re.match(rf"(?:{contexts.verb})", after[len(organ_text) :].lstrip("，,"))
    if not re.search(rf"(?:^|[。！？；;：:”\s])(?:[^。！？；;\n]{{0,6}}(?:{contexts.time})[，,]?|中共)?$", before) and not (
        organ_text and re.search(rf"(?:[，,、]|{contexts.time})$", before)
    ):
        return None
    if not goes_on and not organ_text:
        return None
    if not goes_on:
        return None if re.match(r"[一-鿿]{0,4}(?:书记|部|常委|办|纪|市长|区长|县长)", after[len(organ_text) :]) else (
            _Evidence(unit, "subject", start, end + len(organ_text))
        )
    opening = line.start == next(item.start for item in body_lines(lines) if len(item.text) > 40) if len(line.text) > 40 else False
    rule = "opening_subject" if opening else "own_organ" if organ_text else "subject"
    return _Evidence(unit, rule, start, end + len(organ_text))


def _heads_title(before: str, after: str) -> bool:
    """Whether a place in the title is its own: at the head, or after a year or a dash; not the place of the occasion."""
    return bool(re.fullmatch(r"(?:(?:19|20)\d\d年(?:度)?|中共|[—\-\s《“]*)*", before)) and not after.startswith(("会议", "论坛"))


def _most_named(page: Page, groups: Sequence[list[Mention]], contexts: _Contexts) -> list[_Evidence]:
    """The unit of each level that a told text names at least five times and more often than all others together."""
    found = []
    for level in PLACE_FIELDS:
        named = [
            mention
            for group in groups
            for mention in group
            if mention.unit and mention.unit.level == level and not contexts.away_after.match(page.text, mention.end)
        ]
        ranked = Counter(mention.unit for mention in named if mention.unit).most_common(1)
        if ranked and ranked[0][1] >= 5 and 2 * ranked[0][1] > len(named):
            first = next(m for m in named if m.unit == ranked[0][0] and m.form != "short" or len(named) == 1)
            found.append(_Evidence(ranked[0][0], "most_named", first.start, first.end))
    return found


def _within(evidence: _Evidence, level: str) -> bool:
    """Nothing below the speaker's level is the speaker's own, but for a county-level city, which calls itself 市 too."""
    if level not in _REACH or evidence.rule == "our_units":
        return True
    if PLACE_FIELDS.index(evidence.unit.level) < _REACH[level]:
        return True
    county_city = level == "city" and evidence.unit.level == "district" and evidence.unit.name.endswith("市")
    return county_city and evidence.sure >= _DECISIVE


def _garrisons(page: Page, gazetteer: Gazetteer, contexts: _Contexts) -> list[Unit]:
    """Units that 驻宁单位 and the like mean: support, never evidence."""
    pattern = rf"驻({'|'.join(contexts.abbreviations)})(?:单位|部队|机关|企业|高校|官兵)"
    return [gazetteer.units[contexts.abbreviations[match[1]]] for match in re.finditer(pattern, page.text)]


def _settle(
    evidence: Sequence[_Evidence], inside: Sequence[Unit], gazetteer: Gazetteer, level: str
) -> list[Finding]:
    """From the province down: the best unit of each level inside the one above it, less what speaks for its rivals."""
    findings: list[Finding] = []
    for field in PLACE_FIELDS:
        scored: dict[str, _Evidence] = {}
        for item in evidence:
            unit = gazetteer.lineage(item.unit).get(field)
            if unit and (unit.code not in scored or item.sure > scored[unit.code].sure):
                scored[unit.code] = item
        if field == "district" and _REACH.get(level, 3) < 3:
            scored = {code: item for code, item in scored.items() if item.rule != "our_units"}
        ranked = sorted(scored.items(), key=lambda pair: (-pair[1].sure, pair[1].start))
        if not ranked:
            continue
        code, best = ranked[0]
        findings.append(_finding(field, gazetteer.units[code], best, _confidence(code, ranked, inside, gazetteer)))
        evidence = [item for item in evidence if _agrees(item, field, code, gazetteer)]
    return findings


def _confidence(
    code: str, ranked: Sequence[tuple[str, _Evidence]], inside: Sequence[Unit], gazetteer: Gazetteer
) -> float:
    best = ranked[0][1].sure
    support = sum(code in {up.code for up in gazetteer.lineage(unit).values()} for unit in inside) - 1
    raised = min(0.99, best + _SUPPORT * max(0, min(support, _MOST_SUPPORT)))
    if best >= _DECISIVE or len(ranked) == 1:
        return raised
    return raised - 0.5 * ranked[1][1].sure


def _finding(field: str, unit: Unit, evidence: _Evidence, confidence: float) -> Finding:
    derived = evidence.unit.level != field
    rule = f"{evidence.unit.level}_in_{field}" if derived else f"place_{evidence.rule}"
    return Finding(field, unit.name, evidence.start, evidence.end, rule, round(confidence, 2))


def _agrees(evidence: _Evidence, field: str, code: str, gazetteer: Gazetteer) -> bool:
    above = gazetteer.lineage(evidence.unit).get(field)
    return above is not None and above.code == code
