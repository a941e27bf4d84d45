"""Who wrote a text and who published it: a page's lines in; author, author_unit and publisher out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from discourse.corpus.pages import Finding, Line, Page, byline_lines
from discourse.corpus.roles import NAME, Offices, find_author_name, is_name, may_be_name, tidy_name
from discourse.corpus.wordlists import alternatives, read_sections

# how far to believe each rule: set by hand on the development half of the gold
_SURE = {
    "author_label": 0.95,
    "reporter": 0.9,
    "commentator": 0.95,
    "issuing_organ": 0.9,
    "collective_line": 0.9,
    "name_below_title": 0.75,
    "organ_below_title": 0.8,
    "byline_unit": 0.9,
    "publisher_label": 0.9,
    "dated_medium": 0.8,
    "publisher_host": 0.65,
}
_STOP = r"[^\s|｜/，,；;。（(）)\[\]【】]"  # what a name of an organisation or paper is made of
_BYLINE = 60  # a longer line is no byline of its own
_NEAR_TITLE = 6  # lines below the title in which its author may stand


@dataclass(frozen=True)
class Bylines:
    """Patterns of bylines, from ``stopwords/bylines.txt``."""

    author: re.Pattern[str]
    publisher: re.Pattern[str]
    dated_medium: re.Pattern[str]
    host: re.Pattern[str]
    reporter: re.Pattern[str]
    picture: re.Pattern[str]
    commentator: re.Pattern[str]
    collective: re.Pattern[str]
    organ: re.Pattern[str]
    title: re.Pattern[str]
    nobody: frozenset[str]
    nowhere: frozenset[str]


def find_authors(page: Page, lines: Sequence[Line], genre: str, words: Offices) -> list[Finding]:
    """Author and the author's organisation, as the page signs them; nothing where nobody signs.

    page, lines: the page. genre: its genre, or "". words: offices and family names.
    A label goes first (作者：), then a commentator's or reporter's line, the organ that issues a notice, then what
    stands alone below the title. A report or speech has no author but one that a label names: who delivers it is
    its speaker. Uploaders, editors and photographers are not authors. The organisation is the one that the author
    comes from (作者系…副部长), without the office.
    """
    forms = read_bylines()
    near = byline_lines(lines)
    author = next((found for line in near for found in _labelled(line, forms, words)), None)
    if author is None and genre not in ("report", "speech"):
        author = (
            _first(near, lambda line: _commentator(line, forms))
            or _first(lines, lambda line: _reporters(line, forms, words))
            or (_issuer(page, forms) if genre == "notice" else None)
            or _below_title(lines, genre, forms, words)
        )
    unit = _first(near, lambda line: _unit(line, forms))
    return [found for found in (author, unit) if found is not None]


def find_publisher(lines: Sequence[Line]) -> Finding | None:
    """Who published the text: the source that a label names, a paper beside the date, the host of the site."""
    forms = read_bylines()
    near = byline_lines(lines)
    labelled = (f for line, after in _with_next(near) if line.near for f in _source(line, after, forms))
    return (
        next(labelled, None)
        or _first([line for line in near if line.near], lambda line: _dated_medium(line, forms))
        or _first(near, lambda line: _host(line, forms))
    )


@cache
def read_bylines() -> Bylines:
    """Read the packaged words of bylines, once a process."""
    words = {name: alternatives(terms) for name, terms in read_sections("bylines.txt").items()}
    lists = read_sections("bylines.txt")
    colon, begin = r"\s*[:：]\s*", r"(?:^|(?<=[\s　|｜（(日】\]]))"
    name = rf"(?P<name>{_STOP}{{2,30}})"
    return Bylines(
        author=re.compile(
            rf"{begin}(?:文章|本文)?(?:{words['author label']}){colon}(?P<name>[^:：\n]{{2,40}})"
        ),
        publisher=re.compile(
            rf"{begin}(?:{words['publisher label']}){colon}(?P<name>《[^》\n]{{1,20}}》|{_STOP}{{2,20}})?"
        ),
        dated_medium=re.compile(
            rf"\d{{4}}[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}日?\s+(?P<name>[一-鿿]{{0,8}}(?:{words['medium']}))(?![一-鿿])"
        ),
        host=re.compile(rf"^(?:主办单位|主办|版权所有)(?:{colon}|\s+){name}"),
        reporter=re.compile(
            rf"(?:{words['reporter']})[\s　:：]*(?P<names>(?:{NAME})(?:[、\s　]+(?:{NAME}))*)"
        ),
        picture=re.compile(rf"[\s　]*(?:{words['picture']})"),
        commentator=re.compile(rf"[■□◆\s]*(?P<name>{words['commentator']})"),
        collective=re.compile(rf"(?P<name>(?P<unit>[一-鿿“”]{{2,24}}?)(?:{words['collective']}))"),
        organ=re.compile(rf"(?P<name>[一-鿿“”]{{2,22}}(?:{words['organ']}))"),
        title=re.compile(rf"(?:{words['title']})+$"),
        nobody=frozenset(lists["no author"]),
        nowhere=frozenset(lists["no publisher"]),
    )


def _first(lines: Iterable[Line], read: object) -> Finding | None:
    return next((found for line in lines if (found := read(line))), None)  # type: ignore[operator]


def _labelled(line: Line, forms: Bylines, words: Offices) -> Iterator[Finding]:
    """作者：王华; 作者：某县委组织部; （某县委组织部供稿）."""
    for match in forms.author.finditer(line.text):
        signed = find_author_name(line, words)
        if signed is not None:
            yield replace(signed, field="author")
            return
        value = re.split(r"[（(【\[|｜，,；;]|\s{2,}|\s(?=\d)", match["name"])[0].strip()
        if _is_organisation(value, forms):
            yield _at(line, "author", value, match.start("name"), match.end("name"), "author_label")
    provided = re.search(rf"(?:^|[（(\s])(?P<name>{_STOP}{{2,24}}?)供稿(?=[）)\s]|$)", line.text)
    if provided and _is_organisation(provided["name"], forms):
        span = provided.span("name")
        yield _at(line, "author", provided["name"], *span, "author_label")


def _is_organisation(value: str, forms: Bylines) -> bool:
    return value not in forms.nobody and bool(
        forms.organ.fullmatch(value)
        or forms.collective.fullmatch(value)
        or forms.commentator.fullmatch(value)
    )


def _commentator(line: Line, forms: Bylines) -> Finding | None:
    match = forms.commentator.fullmatch(line.text)
    if match is None or not line.near:
        return None
    return _at(line, "author", match["name"], match.start("name"), match.end("name"), "commentator")


def _reporters(line: Line, forms: Bylines, words: Offices) -> Finding | None:
    """本报记者 马丽, （记者 李明）, 记者李明近日; whoever took the picture did not write."""
    for match in forms.reporter.finditer(line.text[:160]) if line.near else ():
        is_apart = len(line.text) <= _BYLINE and line.text[match.start("names") - 1] in " 　:："
        names, width = _reporter_names(match["names"], words, is_apart=is_apart)
        after = line.text[match.start("names") + width :]
        if names and not forms.picture.match(after):
            first = match.start("names")
            return _at(line, "author", "、".join(names), first, first + width, "reporter")
    return None


def _reporter_names(text: str, words: Offices, *, is_apart: bool) -> tuple[list[str], int]:
    """Names of reporters at the head of `text`, and how many characters they take; no name runs into a verb.

    is_apart: a blank parts the word from the name, so that it may be of a rare family (记者 旦增).
    """
    names, width = [], 0
    for match in re.finditer(rf"[、\s　]*(?P<name>{NAME})", text):
        bare = re.match(r"[一-鿿]{2,3}(?=近日|日前|在|从|走|来|采|获|$)", match["name"])
        name = match["name"] if "·" in match["name"] or " " in match["name"] else bare[0] if bare else ""
        name = name.removesuffix("摄") if len(name) == 3 else name  # what follows tells that it is no author
        known = bool(name) and (is_name(name, words) or (is_apart and may_be_name(name)))
        if match.start() != width or not known or name in words.roles:
            break
        names.append(tidy_name(name))
        width = match.start("name") + len(name)
        if len(name) < len(match["name"]):
            break
    return names, width


def _issuer(page: Page, forms: Bylines) -> Finding | None:
    """Find the organ at the head of a notice's title: 某市人民政府办公室关于印发…的通知."""
    match = re.match(r"(?:中共)?[一-鿿 　、]{2,40}?(?=关于|印发)", page.title_text)
    if match is None or page.title is None or len(match[0].strip()) < 4:
        return None
    value = "、".join(match[0].split())
    start = page.title[0]
    return Finding(
        "author", value, start, start + len(match[0].rstrip()), "issuing_organ", _SURE["issuing_organ"]
    )


def _below_title(lines: Sequence[Line], genre: str, forms: Bylines, words: Offices) -> Finding | None:
    """Find what stands alone below the title: a research group, an organ, a person (■ 王华)."""
    last = max((n for n, line in enumerate(lines) if line.kind == "title"), default=-1)
    for line in lines[last + 1 : last + 1 + _NEAR_TITLE]:
        if len(line.text) > 40:
            break
        text = line.text.strip("（()） ")
        shift = line.text.index(text) if text else 0
        for pattern, rule in ((forms.collective, "collective_line"), (forms.organ, "organ_below_title")):
            match = pattern.fullmatch(text)
            if match:
                return _at(line, "author", match["name"], shift, shift + len(text), rule)
        signed = re.match(rf"(?P<mark>[■□◆●]?\s*)(?P<name>{NAME})(?=[（(]|$)", line.text)
        if signed is None:
            continue
        named = is_name(signed["name"], words) and (genre == "article" or signed["mark"])
        if named or (signed["mark"].strip() and may_be_name(signed["name"])):
            name = tidy_name(signed["name"])
            return _at(line, "author", name, signed.start("name"), signed.end("name"), "name_below_title")
    return None


def _unit(line: Line, forms: Bylines) -> Finding | None:
    """Organisation that the author comes from, named first in 作者系…, without the office."""
    match = re.search(r"作者(?:系|为|是|单位[:：]?)\s*(?P<unit>[^)）\n。]{2,60})", line.text)
    if match is None:
        return None
    first = re.split(r"[、，,；;]", match["unit"])[0].strip()
    value = forms.title.sub("", first)
    if len(value) < 3:
        return None
    start = match.start("unit")
    return _at(line, "author_unit", value, start, start + len(match["unit"]), "byline_unit")


def _with_next(lines: Sequence[Line]) -> Iterator[tuple[Line, Line | None]]:
    return zip(lines, [*lines[1:], None], strict=False)


def _source(line: Line, after: Line | None, forms: Bylines) -> Iterator[Finding]:
    """来源：某日报; the name may stand on the next line."""
    for match in forms.publisher.finditer(line.text):
        if match["name"]:
            yield from _publisher(line, match["name"], match.start("name"), forms, "publisher_label")
        elif after is not None and match.end() == len(line.text) and len(after.text) <= 20:
            yield from _publisher(after, after.text, 0, forms, "publisher_label")


def _publisher(line: Line, name: str, start: int, forms: Bylines, rule: str) -> Iterator[Finding]:
    value = name.strip('《》“”"')
    is_named = len(value) >= 2 and bool(re.search(r"[一-鿿A-Za-z]", value)) and not re.search(r"[:：]", value)
    if is_named and value not in forms.nowhere and not value.startswith(("http", "www")):
        yield _at(line, "publisher", value, start, start + len(name), rule)


def _dated_medium(line: Line, forms: Bylines) -> Finding | None:
    match = forms.dated_medium.search(line.text)
    return (
        _at(line, "publisher", match["name"], match.start("name"), match.end("name"), "dated_medium")
        if match
        else None
    )


def _host(line: Line, forms: Bylines) -> Finding | None:
    match = forms.host.search(line.text) if line.kind == "furniture" else None
    if match is None:
        return None
    return next(_publisher(line, match["name"], match.start("name"), forms, "publisher_host"), None)


def _at(line: Line, field: str, value: str, first: int, last: int, rule: str) -> Finding:
    return Finding(field, value, line.start + first, line.start + last, rule, _SURE[rule])
