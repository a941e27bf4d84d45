"""What a document tells about itself: a page in; place, level, role, speaker, date and genre out."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from discourse.corpus.dates import find_date
from discourse.corpus.gazetteer import Gazetteer, read_gazetteer
from discourse.corpus.genres import find_genre
from discourse.corpus.overrides import assign_regions, override_attributions
from discourse.corpus.pages import Finding, Line, Page, byline_lines, split_lines
from discourse.corpus.places import find_places, own_level
from discourse.corpus.roles import Office, find_masked_level, find_office, read_offices

__all__ = ["FIELDS", "Page", "assign_regions", "attribute_document", "override_attributions"]

FIELDS = ("province", "city", "district", "level", "role", "speaker", "date", "year", "genre")


def attribute_document(
    page: Page, *, min_confidence: float = 0.6, gazetteer: Gazetteer | None = None
) -> pd.DataFrame:
    """Read off a page what it tells about its document, nothing guessed.

    Parameters
    ----------
    page
        Text of one document with its page furniture.
    min_confidence
        Findings below this confidence (0-1) are left out: unknown stays unknown.
    gazetteer
        Units to recognise; the packaged table if nothing is given. Read it once for many documents.

    Returns
    -------
    pandas.DataFrame
        At most one row a field: field, value, quote, start, end (where the quote stands in ``page.text``),
        rule, confidence. Dates are ISO and as long as the text is; roles: ``stopwords/roles.tsv``.
    """
    gazetteer = gazetteer or read_gazetteer()
    findings = [found for found in _findings(page, gazetteer) if found.confidence >= min_confidence]
    rows = [
        (f.field, f.value, page.text[f.start : f.end], f.start, f.end, f.rule, f.confidence)
        for field in FIELDS
        for f in findings
        if f.field == field
    ]
    return _table(rows)


def _findings(page: Page, gazetteer: Gazetteer) -> list[Finding]:
    lines, words = split_lines(page), read_offices()
    page, lines = _with_title(page, lines)
    genre = find_genre(page, lines, words)
    told = genre is not None and genre.value == "press"
    office, speaker = (None, None) if told else find_office(page, lines, words)
    level = office.level if office else ""
    span = (office.start, office.end) if office else None
    places = find_places(page, lines, gazetteer, level=level, office=span, told=told)
    authors = _office_findings(office, places) if office else _author_findings(page, genre, places, lines)
    genre = genre or next(
        (Finding("genre", "summary", f.start, f.end, f.rule, f.confidence) for f in authors), None
    )
    found = [*places, *authors, speaker, *find_date(byline_lines(lines)), genre]
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


def _office_findings(office: Office, places: Sequence[Finding]) -> list[Finding]:
    level = own_level(office.level, places)
    found = [Finding("role", office.role, office.start, office.end, office.rule, office.confidence)]
    if level:
        found.append(Finding("level", level, office.start, office.end, office.rule, office.confidence))
    return [finding for finding in found if finding.value]


def _author_findings(
    page: Page, genre: Finding | None, places: Sequence[Finding], lines: Sequence[Line]
) -> list[Finding]:
    """Level and role of a text without an office: press, a unit that tells its own work, a masked unit."""
    if genre is not None and genre.value == "press":
        shown = (genre.start, genre.end, genre.rule, genre.confidence)
        return [Finding("level", "other", *shown), Finding("role", "press", *shown)]
    if genre is not None and genre.value != "summary":
        return []
    level = _own_summary(page, places) or find_masked_level(lines)
    if level is None:
        return []
    return [level, Finding("role", "author_collective", level.start, level.end, level.rule, level.confidence)]


def _own_summary(page: Page, places: Sequence[Finding]) -> Finding | None:
    """Level of the unit that opens the text with its work: after 近年来, or in a text with 我市, 我区."""
    own = next((place for place in reversed(places) if place.rule == "place_opening_subject"), None)
    if own is None:
        return None
    dated = re.search(r"(?:年来|以来)[，,]?(?:中共)?$", page.text[: own.start])
    ours = re.search(r"我(?:省|市|州|区|县|旗)(?!们)", page.text)
    return Finding("level", own.field, own.start, own.end, "own_summary", 0.75) if dated or ours else None


def _table(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    columns = ["field", "value", "quote", "start", "end", "rule", "confidence"]
    table = pd.DataFrame(list(rows), columns=columns)
    kinds = {"start": "int64", "end": "int64", "confidence": "float64"}
    return table.astype({column: kinds.get(column, "str") for column in columns})
