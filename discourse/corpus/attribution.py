"""What a document tells about itself: a page in; place, level, role, speaker, author, publisher, date, genre out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from discourse.corpus.bylines import find_authors, find_publisher
from discourse.corpus.central import find_central
from discourse.corpus.dates import find_date
from discourse.corpus.gazetteer import Gazetteer, read_gazetteer
from discourse.corpus.genres import find_genre
from discourse.corpus.overrides import override_attributions
from discourse.corpus.pages import Finding, Line, Page, byline_lines, split_lines
from discourse.corpus.places import find_own_work, find_places, own_level
from discourse.corpus.regions import assign_regions
from discourse.corpus.roles import Office, Offices, find_masked_level, find_office, organ_level, read_offices

__all__ = [
    "FIELDS",
    "Attribution",
    "Page",
    "assign_regions",
    "attribute_document",
    "override_attributions",
]

FIELDS = (
    *("province", "city", "district", "level", "role", "speaker", "author", "author_unit", "publisher"),
    *("date", "year", "genre"),
)


class Attribution(NamedTuple):
    """A field of one document: its value, the words that show it and where they stand, the rule, the confidence."""

    field: str
    value: str
    quote: str
    start: int
    end: int
    rule: str
    confidence: float


def attribute_document(page: Page, *, gazetteer: Gazetteer | None = None) -> list[Attribution]:
    """Read off a page what it tells about its document, nothing guessed.

    Parameters
    ----------
    page
        Text of one document with its page furniture.
    gazetteer
        Units to recognise; the packaged table if nothing is given.

    Returns
    -------
    list of Attribution
        At most one a field, in the order of `FIELDS`, however doubtful: `build_documents` leaves out what lies
        under its `min_confidence`. start, end: where the quote stands in ``page.text``. Dates are ISO and as
        long as the text is; roles: ``stopwords/roles.tsv``.
    """
    findings = _findings(page, gazetteer or read_gazetteer())
    return [
        Attribution(f.field, f.value, page.text[f.start : f.end], f.start, f.end, f.rule, f.confidence)
        for field in FIELDS
        for f in findings
        if f.field == field
    ]


def _findings(page: Page, gazetteer: Gazetteer) -> list[Finding]:
    lines, words = split_lines(page), read_offices()
    page, lines = _with_title(page, lines)
    genre = find_genre(page, lines, words)
    signed = find_authors(page, lines, genre.value if genre else "", words)
    author = next((found for found in signed if found.field == "author"), None)
    genre = genre or _genre_of_author(author)
    told = genre is not None and genre.value == "press"
    office, speaker = (None, None) if told else find_office(page, lines, words)
    level = office.level if office else ""
    span = (office.start, office.end) if office else None
    places = find_places(page, lines, gazetteer, level=level, office=span, told=told)
    standing = (
        _office_findings(office, places)
        if office
        else _author_findings(page, genre, author, places, lines, words, gazetteer)
    )
    if genre is None and office is None and standing:
        genre = replace(standing[0], field="genre", value="summary")
    speaker = speaker or _author_speaks(author, genre)
    found = [
        *places,
        *standing,
        speaker,
        *signed,
        find_publisher(lines),
        *find_date(byline_lines(lines)),
        genre,
    ]
    return [item for item in found if item is not None]


def _with_title(page: Page, lines: list[Line]) -> tuple[Page, list[Line]]:
    """Take the heading that names a report for the title of a page that has none."""
    if page.title is not None:
        return page, lines
    for line in lines[:20]:
        if len(line.text) <= 40 and line.text.endswith("政府工作报告"):
            page = Page(page.text, page.body, (line.start, line.end))
            return page, split_lines(page)
    return page, lines


def _genre_of_author(author: Finding | None) -> Finding | None:
    """Genre of a text that only its author tells: a reporter's is press, a commentator's or a group's an article."""
    genres = {"reporter": "press", "commentator": "article", "collective_line": "article"}
    if author is None or author.rule not in genres:
        return None
    return replace(author, field="genre", value=genres[author.rule], confidence=0.75)


def _author_speaks(author: Finding | None, genre: Finding | None) -> Finding | None:
    """Whoever signs an article speaks in it; organs, groups, papers and reporters have no name to speak in."""
    personal = author is not None and author.rule in ("author_label", "name_below_title")
    if author is None or not personal or genre is None or genre.value != "article":
        return None
    return replace(author, field="speaker") if 2 <= len(author.value) <= 4 or "·" in author.value else None


def _office_findings(office: Office, places: Sequence[Finding]) -> list[Finding]:
    level = own_level(office.level, places)
    found = [Finding("role", office.role, office.start, office.end, office.rule, office.confidence)]
    if level:
        found.append(Finding("level", level, office.start, office.end, office.rule, office.confidence))
    return [finding for finding in found if finding.value]


def _author_findings(
    page: Page,
    genre: Finding | None,
    author: Finding | None,
    places: Sequence[Finding],
    lines: Sequence[Line],
    words: Offices,
    gazetteer: Gazetteer,
) -> list[Finding]:
    """Level and role of a text without an office: press, a group or organ that signs, a unit at its own work."""
    if genre is not None and genre.value == "press":
        return _standing(genre, "other", "press")
    if author is not None and author.rule == "commentator":
        return _standing(author, "other", "press")
    if genre is not None and genre.value in ("report", "speech") and not places:
        if central := find_central(lines):
            return central
    level = organ_level(author.value, words) if author is not None else ""
    if author is not None and level:
        return _standing(author, own_level(level, places), "author_collective")
    if genre is not None and genre.value != "summary":
        return []
    own = find_own_work(page, lines, places, gazetteer) or find_masked_level(lines)
    return _standing(own, own.value, "author_collective") if own is not None else []


def _standing(shown: Finding, level: str, role: str) -> list[Finding]:
    return [replace(shown, field="level", value=level), replace(shown, field="role", value=role)]
