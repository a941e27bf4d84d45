"""Which place is a text's own: a page, a gazetteer, the speaker's level in; province, city, district out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from discourse.corpus.gazetteer import PLACE_FIELDS, Gazetteer, Mention, Unit
from discourse.corpus.pages import Finding, Line, Page
from discourse.corpus.settling import DECISIVE, REACH, Evidence, settle_places
from discourse.corpus.surroundings import Contexts, read_contexts

_MOST_NAMED = 5  # mentions that a told text must give its place
_CONGRESS = r"第?[一二三四五六七八九十\d]{1,3}届\n?人民代表大会"
_ORGAN = re.compile(
    r"(?:(?:省|市|州|盟|区|县|旗)?(?:党工委|管委会|工委|党委|委|人民政府|政府)(?:[、和](?=(?:省|市|州|盟|区|县|旗)?(?:人民)?政))?){1,2}"
)
_PARAGRAPH = 40  # a body line of more characters is a paragraph
_BELOW = re.compile(r"[一-鿿]{1,6}?(?P<kind>街道|镇|乡|苏木|社区|村|嘎查)")
_BELOW_LEVELS = {"街道": "township", "镇": "township", "乡": "township", "苏木": "township",
                 "社区": "village", "村": "village", "嘎查": "village"}  # fmt: skip
_SPOKESMAN = re.compile(r"[一-鿿]{0,4}(?:书记|部|常委|办|纪|宣|统|政法|市长|区长|县长|省长|主任)")


@dataclass(frozen=True)
class _Site:
    """One mention with the units directly before it, its line, and the words around it on that line."""

    mentions: tuple[Mention, ...]
    line: Line
    before: str
    after: str

    def evidence(self, rule: str, *, left: int = 0, right: int = 0) -> Evidence:
        """Evidence whose quote is the place with `left` characters before and `right` characters after it."""
        named = frozenset(unit.code for mention in self.mentions for unit in mention.units)
        start, end = self.mentions[0].start - left, self.mentions[-1].end + right
        return Evidence(self.mentions[-1].units, named, rule, start, end)


def find_places(
    page: Page,
    lines: Sequence[Line],
    gazetteer: Gazetteer,
    *,
    level: str,
    office: tuple[int, int] | None,
    told: bool,
) -> list[Finding]:
    """Find the text's own province, city and district, as far as the words show them.

    Only title, body and the speaker's byline are read: places in page furniture belong to the site. A
    place counts where it governs or speaks (title, byline, 结合云南实际, 南京市委深入贯彻), not where it
    is visited, a venue or part of a name. A name that several units bear decides nothing above itself,
    and itself only inside a city that other words show.

    Parameters
    ----------
    page, lines
        The page and its lines.
    gazetteer
        All units.
    level
        Level of the speaker's office, or "": nothing below it is taken.
    office
        Span of the words that name the office.
    told
        Whether the text reports on somebody else (press): then the place that it names most may be its own.
    """
    contexts = read_contexts()
    sites = _sites(page, lines, gazetteer, office)
    opening = next((line.start for line in lines if line.kind == "body" and len(line.text) > 40), -1)
    evidence = [found for site in sites if (found := _judge(site, contexts, opening, office))]
    if told:
        evidence += _most_named(sites, contexts)
    inside = [unit for site in sites for unit in site.mentions[-1].units] + _garrisons(
        page, gazetteer, contexts
    )
    return settle_places([item for item in evidence if _within(item, level)], inside, gazetteer, level)


def own_level(level: str, places: Iterable[Finding]) -> str:
    """Level of an office whose organ is called 市: a municipality is a province, 昆山市 a district."""
    values = {place.field: place.value for place in places}
    if level == "city" and values.get("district", "").endswith("市"):
        return "district"
    if level == "city" and values.get("province", "").endswith("市") and "city" not in values:
        return "province"
    return level


def find_own_work(
    page: Page, lines: Sequence[Line], places: Sequence[Finding], gazetteer: Gazetteer
) -> Finding | None:
    """Level of the unit that opens the text with its own work: after 近年来, or in a text with 我市, 我区.

    A street, town or village below the place is lower than the place (江岸区百步亭街道); an area such as a
    high-tech zone is of no level.
    """
    lowest = places[-1] if places else None
    ours = re.search(r"我(?:省|市|州|区|县|旗|镇|乡|街道|社区|村)(?!们)", page.text)
    contexts = read_contexts()
    opening = [line for line in lines if line.kind == "body" and len(line.text) > _PARAGRAPH][:1]
    for site in _rows(page, opening, gazetteer):
        dated = contexts.time_before.search(site.before)
        is_lowest = lowest is not None and any(u.name == lowest.value for u in site.mentions[-1].units)
        heads = dated or (ours and contexts.sentence_head.search(site.before))
        if lowest is None or not is_lowest or not heads or contexts.area.match(site.after):
            continue
        below = _BELOW.match(site.after)
        rest = site.after[below.end() :] if below else site.after
        organ = _ORGAN.match(rest)
        if contexts.verb.match(rest) or (organ and not _SPOKESMAN.match(rest[organ.end() :])):
            level = _BELOW_LEVELS[below["kind"]] if below else lowest.field
            end = site.mentions[-1].end + (below.end() if below else 0)
            return Finding("level", level, site.mentions[0].start, end, "own_summary", 0.75)
    return None


def _sites(
    page: Page, lines: Sequence[Line], gazetteer: Gazetteer, office: tuple[int, int] | None
) -> list[_Site]:
    """Mentions in title, body, byline and occasion; units in a row (湖北省|十堰市|张湾区) are one."""
    return _rows(
        page, [line for line in lines if line.kind != "furniture" or _speaks(line, office)], gazetteer
    )


def _rows(page: Page, lines: Iterable[Line], gazetteer: Gazetteer) -> list[_Site]:
    """Mentions of some lines; no name goes over the end of a line, so they are searched at once."""
    lines = list(lines)
    if not lines:
        return []
    sites: list[_Site] = []
    mentions = gazetteer.find_mentions(page.text, lines[0].start, lines[-1].end)
    starts = [mention.start for mention in mentions]
    for line in lines:
        row: list[Mention] = []
        for mention in mentions[bisect_left(starts, line.start) : bisect_left(starts, line.end)]:
            row = [*row, mention] if mention.chained else [mention]
            if mention.chained:
                sites.pop()
            sites.append(_site(page, line, row))
    return sites


def _speaks(line: Line, office: tuple[int, int] | None) -> bool:
    in_byline = office is not None and line.start <= office[0] < line.end
    return in_byline or (line.near and bool(re.search(rf"在[一-鿿]{{2,12}}{_CONGRESS}", line.text)))


def _site(page: Page, line: Line, row: Sequence[Mention]) -> _Site:
    rest = page.text[row[-1].end : line.end + 8]  # an occasion may run on into the next line
    return _Site(tuple(row), line, line.text[: row[0].start - line.start], rest)


def _judge(site: _Site, contexts: Contexts, opening: int, office: tuple[int, int] | None) -> Evidence | None:
    """Return what one mention says about the text's own place, if anything."""
    start = site.mentions[0].start
    away = contexts.away_after.match(site.after)  # 北京大学教授 does not speak for 北京
    if office is not None and office[0] <= start < office[1] and not (away or _is_word_like(site)):
        found = site.evidence("title" if site.line.kind == "title" else "byline")
        return replace(found, start=office[0], end=office[1])
    congress = re.match(_CONGRESS, site.after)
    if congress and site.line.near:
        return site.evidence("congress", right=congress.end())
    represents = re.search(r"我代表(?:中共)?$", site.before)
    if represents:
        return site.evidence("represents", left=len(represents[0]))
    if site.line.kind == "title":
        return site.evidence("title") if _heads_title(site, contexts) else None
    return _self_reference(site, contexts) or _subject(site, contexts, opening)


def _heads_title(site: _Site, contexts: Contexts) -> bool:
    """Whether a place in the title is its own: at the head or after a year, not that of the occasion."""
    headed = re.fullmatch(r"(?:(?:19|20)\d\d年度?|中共|[—\-\s《“]+)*", site.before)
    named = (
        site.mentions[-1].form != "short"
        or re.match("[：:|丨]", site.after)
        or (contexts.area.match(site.after) and not _is_word_like(site))
    )
    return bool(headed and named) and not contexts.away_after.match(site.after)


def _self_reference(site: _Site, contexts: Contexts) -> Evidence | None:
    """结合云南实际, 我们福州; and, weaker, 我们的城建部门和隆阳区."""
    left, right = contexts.self_before.search(site.before), contexts.self_after.match(site.after)
    if left and (right or (left[0] == "我们" and not _is_word_like(site))):
        return site.evidence("self_reference", left=len(left[0]), right=len(right[0]) if right else 0)
    ours = re.search(r"我们的[一-鿿]{1,12}[和、与]$", site.before)
    if ours and site.mentions[-1].form == "full" and site.mentions[-1].unit:
        return site.evidence("our_units", left=len(ours[0]))
    return None


def _subject(site: _Site, contexts: Contexts, opening: int) -> Evidence | None:
    """Find the place as the one who acts: first in its sentence, before a verb of governing."""
    last = site.mentions[-1]
    if contexts.away_before.search(site.before) or contexts.away_after.match(site.after):
        return None
    if last.unit is None or _is_word_like(site):
        return None
    area = contexts.area.match(site.after)
    width = area.end() if area else 0
    organ = _ORGAN.match(site.after[width:])
    width += organ.end() if organ else 0
    acts = contexts.verb.match(site.after[width:]) or (organ and not _SPOKESMAN.match(site.after[width:]))
    heads = contexts.sentence_head.search(site.before) or (organ and contexts.clause_head.search(site.before))
    if not acts or not heads:
        return None
    first = site.line.start == opening and (organ or contexts.time_before.search(site.before))
    rule = "opening_subject" if first else "own_organ" if organ else "subject"
    return site.evidence(rule, right=width)


def _is_word_like(site: _Site) -> bool:
    """Whether a place is the short name of a county alone: 解放思想 is not 焦作市解放区, 雄安新区 not 安新县."""
    last = site.mentions[-1]
    return last.form == "short" and last.units[0].level == "district"


def _most_named(sites: Sequence[_Site], contexts: Contexts) -> list[Evidence]:
    """Units that a told text names five times at least and more often than all others of their level."""
    found = []
    for level in PLACE_FIELDS:
        named = [
            replace(site, mentions=(mention,))
            for site in sites
            if not contexts.away_after.match(site.after)
            for mention in site.mentions
            if mention.unit and mention.unit.level == level
        ]
        counts = Counter(site.mentions[0].units for site in named)
        for units, count in counts.most_common(1):
            if count >= _MOST_NAMED and 2 * count > len(named):
                found.append(
                    next(site for site in named if site.mentions[0].units == units).evidence("most_named")
                )
    return found


def _garrisons(page: Page, gazetteer: Gazetteer, contexts: Contexts) -> list[Unit]:
    """Units that 驻宁单位 and the like mean: support, never evidence."""
    pattern = rf"驻({'|'.join(contexts.abbreviations)})(?:单位|部队|机关|企业|高校|官兵)"
    return [gazetteer.units[contexts.abbreviations[match[1]]] for match in re.finditer(pattern, page.text)]


def _within(evidence: Evidence, level: str) -> bool:
    """Nothing below the speaker's level is its own; but a county-level city calls itself 市, too."""
    if level not in REACH or evidence.rule == "our_units":
        return True
    unit = evidence.units[0]
    if PLACE_FIELDS.index(unit.level) < REACH[level]:
        return True
    county_city = level == "city" and unit.level == "district" and unit.name.endswith("市")
    return county_city and evidence.sure >= DECISIVE
