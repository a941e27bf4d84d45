"""Who speaks: a page's title, bylines and opening in; level, role, speaker and genre out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from discourse.contracts import LEVELS
from discourse.corpus.gazetteer import read_rows, read_words
from discourse.corpus.pages import Finding, Line, Page, body_lines, byline_lines
from discourse.corpus.wordlists import alternatives
from discourse.resources import resource

NAME = r"[一-鿿]{2,4}|[一-鿿][ 　]{1,3}[一-鿿]|[一-鿿]{1,8}(?:·[一-鿿]{1,8})+"
_MASK = r"(?:XX|xx|××|[X×*＊]{1,3}|某某?)"
_MASKED_LEVELS = {"街道": "township", "镇": "township", "乡": "township", "社区": "village", "村": "village",
                  "区": "district", "县": "district", "市": "city", "省": "province"}  # fmt: skip
_CITES = re.compile(
    "学习|贯彻|落实|传达|关于|听取|收看"
)  # before an office: its words are cited, it does not speak


@dataclass(frozen=True)
class Offices:
    """Word lists of offices: roles by word, levels by organ, family names, patterns by (genre, where)."""

    roles: dict[str, str]
    organs: dict[str, str]
    surnames: frozenset[str]
    genres: dict[tuple[str, str], str]

    @cached_property
    def any_role(self) -> str:
        """Pattern of every word that names an office."""
        return alternatives(self.roles)

    @cached_property
    def any_organ(self) -> str:
        """Pattern of every word that names an organ."""
        return alternatives(self.organs)

    @cached_property
    def any_head(self) -> str:
        """Pattern of the offices of officials."""
        others = ("press", "expert", "author_collective")
        return alternatives(word for word, value in self.roles.items() if value not in others)

    @cached_property
    def in_title(self) -> re.Pattern[str]:
        """An office at the head of a title, with what follows it."""
        name = rf"(?:[{''.join(sorted(self.surnames))}][一-鿿]{{1,2}})?"
        after = rf"(?:同志)?{name}(?:同志)?(?=在|于|关于|就|[的（(：:—\s]|讲话|发言|致辞|述职|$)"
        return re.compile(rf"(?P<office>[^\n在赴]{{0,30}}?(?:{self.any_role})){after}")

    @cached_property
    def author_name(self) -> re.Pattern[str]:
        """作者：王华, with or without an office before the name."""
        return re.compile(
            r"(?:^|[\s(（|])(?:文章)?(?:作者|署名|撰文)\s*[:：]\s*"
            rf"(?:[一-鿿]{{2,24}}(?:{self.any_head})[ 　]+)?(?P<name>{NAME})(?=[(（\s|]|$)"
        )

    @cached_property
    def office_and_name(self) -> re.Pattern[str]:
        """省长　王予波, at the end of a line."""
        return re.compile(
            rf"(?:^|[\s　])(?P<office>[一-鿿]{{0,16}}(?:{self.any_head}))[ 　]+(?P<name>{NAME})\s*$"
        )


@dataclass(frozen=True)
class Office:
    """One office that the page names as the speaker's: role, level of its organ ("" if none), span."""

    role: str
    level: str
    start: int
    end: int
    rule: str
    confidence: float


@cache
def read_offices() -> Offices:
    """Read the packaged word lists of offices and genres, once a process."""
    roles = {word: row[0] for row in _rows("roles.tsv") for word in row[1].split()}
    organs = {word: row[0] for row in _rows("organs.tsv") for word in row[1].split()}
    surnames = frozenset(" ".join(read_words(resource("stopwords", "surnames.txt"))).split())
    genres = {(row[0], row[1]): alternatives(row[2].split()) for row in _rows("genres.tsv")}
    return Offices(roles, organs, surnames, genres)


def find_office(page: Page, lines: Sequence[Line], words: Offices) -> tuple[Office | None, Finding | None]:
    """Find the office of whoever speaks, and the name if the page gives it.

    The title goes first, then the byline. People whom the body quotes, uploaders and editors do not speak.
    """
    office = _title_office(page, words)
    byline, speaker = _byline(byline_lines(lines), page.text, words)
    speaker = _title_speaker(page, office, words) or speaker
    return office or byline or find_represented(page, lines), speaker


def find_masked_level(lines: Sequence[Line]) -> Finding | None:
    """Level of a text whose own unit is masked and speaks of its year's work (今年以来，XX街道…)."""
    pattern = rf"(?:以来|月份?)[，,、]?(?P<mask>{_MASK}(?P<kind>{alternatives(_MASKED_LEVELS)}))(?!的|辖)"
    found = [(line, match) for line in body_lines(lines) for match in re.finditer(pattern, line.text)]
    if len(found) < 2:
        return None
    levels = [_MASKED_LEVELS[match["kind"]] for _, match in found]
    highest = min(levels, key=LEVELS.index)
    line, match = found[levels.index(highest)]
    start = line.start + match.start("mask")
    return Finding("level", highest, start, start + len(match["mask"]), "masked_unit", 0.75)


def parse_office(text: str, words: Offices) -> tuple[str, str]:
    """Role and level of an office in words: ``中共南京市委常委、组织部部长`` -> organisation_head, city.

    A head of office goes before a deputy, an office before "other_official"; the level is that of the last
    organ named up to the office (省委常委、武汉市委书记 is a city's). Either may be "".
    """
    offices = list(re.finditer(words.any_role, text))
    if not offices:
        return "", ""
    chosen = min(offices, key=lambda match: _precedence(words.roles[match[0]]))
    organs = re.finditer(words.any_organ, text[: chosen.end()])
    return words.roles[chosen[0]], ([words.organs[match[0]] for match in organs] or [""])[-1]


def organ_level(name: str, words: Offices) -> str:
    """Level of the organ or group that signs a text: 某县委组织部 -> district, 某大学课题组 -> other, else ""."""
    if re.search(r"大学|学院|研究院|研究所|社科院|社会科学院|党校|学会", name):
        return "other"
    organs = re.findall(words.any_organ, name)
    return words.organs[organs[-1]] if organs else ""


def _precedence(role: str) -> tuple[bool, bool]:
    return role == "other_official", "deputy" in role


def _rows(name: str) -> list[list[str]]:
    return read_rows(resource("stopwords", name))


def _title_office(page: Page, words: Offices) -> Office | None:
    """Find the office at the head of a title (市委书记在…会议上的讲话), not one in the occasion's name."""
    match = words.in_title.match(page.title_text)
    if match is None or page.title is None or _CITES.search(match["office"]):
        return None
    role, level = parse_office(match["office"], words)
    if role == "author_collective":
        level = organ_level(match["office"], words)
    start = page.title[0]
    return Office(role, level, start, start + match.end("office"), "title_office", 0.95)


def _title_speaker(page: Page, office: Office | None, words: Offices) -> Finding | None:
    if office is None or page.title is None or office.rule != "title_office":
        return None
    match = re.match(
        r"(?:同志)?([一-鿿]{2,3}?)(?:同志)?(?=在|于|的讲话|关于)", page.text[office.end : page.title[1]]
    )
    if match is None or not is_name(match[1], words):
        return None
    start = office.end + match.start(1)
    return Finding("speaker", match[1], start, start + len(match[1]), "title_name", 0.85)


def _byline(lines: Iterable[Line], text: str, words: Offices) -> tuple[Office | None, Finding | None]:
    office: Office | None = None
    speaker: Finding | None = None
    for line in lines:
        office = office or find_author_office(line, words)
        speaker = speaker or find_author_name(line, words)
        for read in (_office_and_name, _name_alone):
            if line.near and office is None and speaker is None:
                office, speaker = read(line, text, words)
    return office, speaker


def find_author_office(line: Line, words: Offices) -> Office | None:
    """（作者系市委组织部副部长）."""
    match = re.search(r"作者(?:系|为|是|单位[:：]?)\s*(?P<office>[^)）\n。]{2,60})", line.text)
    if match is None:
        return None
    role, level = parse_office(match["office"], words)
    if role in ("expert", "press"):
        level = "other"
    start = line.start + match.start("office")
    return (
        Office(role, level, start, line.start + match.end("office"), "byline_author", 0.95) if role else None
    )


def find_author_name(line: Line, words: Offices) -> Finding | None:
    """作者：王华."""
    match = words.author_name.search(line.text)
    if match is None or not is_name(match["name"], words):
        return None
    start = line.start + match.start("name")
    return Finding(
        "speaker", tidy_name(match["name"]), start, start + len(match["name"]), "byline_author", 0.95
    )


def _office_and_name(line: Line, text: str, words: Offices) -> tuple[Office | None, Finding | None]:
    """省长　王予波, alone on a line or after the occasion."""
    match = words.office_and_name.search(line.text)
    if match is None or not (is_name(match["name"], words) or _is_rare_name(line, match["name"])):
        return None, None
    role, level = parse_office(match["office"], words)
    first, last = line.start + match.start("office"), line.start + match.end("office")
    start = line.start + match.start("name")
    speaker = Finding(
        "speaker", tidy_name(match["name"]), start, start + len(match["name"]), "byline_office", 0.9
    )
    return Office(role, level, first, last, "byline_office", 0.9), speaker


def _name_alone(line: Line, text: str, words: Offices) -> tuple[Office | None, Finding | None]:
    """Find a name alone on its line, to which the next lines give an office (省长毛伟明作政府工作报告)."""
    if not re.fullmatch(NAME, line.text) or not is_name(line.text, words):
        return None, None
    first, last = line.end, line.end + 300
    if text.find(line.text, first, last) < 0:  # so that no pattern is compiled for it
        return None, None
    pattern = rf"(?P<office>[一-鿿]{{0,8}}(?:{words.any_role})){re.escape(line.text)}(?=作|在|代表|同志)"
    match = re.compile(pattern).search(text, first, last)
    if match is None:
        return None, None
    role, level = parse_office(match["office"], words)
    speaker = Finding("speaker", tidy_name(line.text), line.start, line.end, "byline_name", 0.85)
    return Office(role, level, match.start("office"), match.end("office"), "byline_name", 0.85), speaker


def find_represented(page: Page, lines: Sequence[Line]) -> Office | None:
    """我代表省人民政府，向大会报告工作: the head of that government speaks."""
    kind = "省|自治区|市|自治州|州|区|县|旗|镇|乡"
    pattern = rf"我代表(?P<organ>[^，,。\n]{{0,12}}?(?P<kind>{kind})(?:人民)?政府)[^。\n]{{0,14}}报告"
    for line in body_lines(lines)[:20]:
        match = re.search(pattern, line.text)
        if match:
            kinds = {"省": "province", "自治区": "province", "市": "city", "自治州": "city", "州": "city",
                     "镇": "township", "乡": "township"}  # fmt: skip
            level = kinds.get(match["kind"], "district")
            start = line.start + match.start("organ")
            return Office(
                "government_head", level, start, line.start + match.end("organ"), "represents_government", 0.9
            )
    return None


def is_name(name: str, words: Offices) -> bool:
    """Whether characters look like a person's name: a family name first, or a transcribed name with a dot."""
    personal = (
        2 <= len(tidy_name(name)) <= 4
        and name[0] in words.surnames
        and name[-1] not in "报网社部委办局组院校台"
    )
    return "·" in name or personal


def _is_rare_name(line: Line, name: str) -> bool:
    """Whether two or three characters behind an office that fills its line are a name of a rare family."""
    return re.fullmatch(r"[一-鿿]{2,16}[ 　]+[一-鿿]{2,3}", line.text) is not None and may_be_name(name)


def may_be_name(name: str) -> bool:
    """Whether nothing speaks against two or three characters, alone behind an office, being a name."""
    return bool(re.fullmatch(r"[一-鿿]{2,3}", name)) and not re.search(
        r"话|辞|言|报|告|摄|要|讲|稿|志|室|局|部|会|委|组|办", name
    )


def tidy_name(name: str) -> str:
    """Name without the blanks inside it."""
    return re.sub(r"[ 　]", "", name)
