"""Word lists come in; the terms to keep whole and the words to leave out go out, with who said so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import pandas as pd

from discourse.contracts import check
from discourse.errors import DataError, SettingError, suggest
from discourse.resources import resource

SHIELD_THEME = "护词"
_BLANK = re.compile(r"\s")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


def read_lexicon(name: str | Path | Sequence[str | Path] = "governance") -> pd.DataFrame:
    """Terms to keep whole, of one list or several.

    Parameters
    ----------
    name
        A packaged lexicon (``"governance"``), the path of a list of your own, or several of them. A term that
        stands in two lists takes its theme from the later one, so that your own list has the last word.

    Returns
    -------
    pandas.DataFrame
        `lexicon`: term, theme, source (the packaged name, or the file name of your list), in the order of the
        lists. Terms of the theme ``护词`` are shields: longer strings that hold a term by accident
        (``行政协`` in 行政协调 holds 政协) and are left to the engine. Format: ``stopwords/README.md``.

    Raises
    ------
    SettingError
        If a list does not exist.
    DataError
        If a line breaks the format; names the file, the line and the rule.
    """
    rows: dict[str, tuple[str, str, str]] = {}
    for choice in _several(name):
        path = find_list(choice, "lexicons")
        rows |= {term: (term, theme, _source(choice)) for term, theme in _read_terms(path).items()}
    table = pd.DataFrame(list(rows.values()), columns=["term", "theme", "source"], dtype="str")
    return check(table, "lexicon")


def read_stopwords(names: str | Path | Sequence[str | Path] = ("general", "official")) -> frozenset[str]:
    """Words to leave out, of packaged lists (``"general"``, ``"official"``) or paths of your own.

    Raises SettingError if a list does not exist, DataError if a line holds more than one word.
    """
    words = set()
    for path in (find_list(name, "") for name in _several(names)):
        for number, line in _read_lines(path):
            if not line.startswith("#"):
                _refuse_blank(path, number, line)
                words.add(line)
    return frozenset(words)


def find_list(choice: str | Path, *folders: Literal["lexicons", ""]) -> Path:
    """Path of a word list: a bare word names a packaged one, anything that looks like a path the user's own.

    folders: where among the packaged lists to look; by default among the lexicons, then the stop lists.
    Raises SettingError if there is no such list.
    """
    path = Path(choice)
    if path.suffix or len(path.parts) > 1:
        if not path.is_file():
            raise SettingError(f"word list {str(choice)!r}: no such file; give a UTF-8 text, one term a line")
        return path
    packaged = {p.stem: p for folder in folders or ("lexicons", "") for p in _packaged_lists(folder)}
    if path.name not in packaged:
        near = suggest(path.name, packaged)
        raise SettingError(
            f"there is no packaged word list {str(choice)!r}. {near}Packaged: {', '.join(packaged)}; "
            f"for a list of your own give a path that ends in .txt"
        )
    return packaged[path.name]


def _packaged_lists(folder: str) -> list[Path]:
    """Word lists of a folder; beside the stop lists lie lists for other uses, which say otherwise."""
    paths = sorted(resource("stopwords", folder).glob("*.txt"))
    return [path for path in paths if folder or path.read_text("utf-8").startswith("# Stop words")]


def _several(name: str | Path | Sequence[str | Path]) -> list[str | Path]:
    return [name] if isinstance(name, str | Path) else list(name)


def _source(choice: str | Path) -> str:
    return Path(choice).name


def _read_terms(path: Path) -> dict[str, str]:
    """Term -> theme, in the order of the file; before the first heading the theme is the file's stem."""
    themes: dict[str, str] = {}
    lines: dict[str, int] = {}
    theme = path.stem
    for number, line in _read_lines(path):
        if line.startswith("##"):
            theme = line.lstrip("#").strip() or path.stem
        elif not line.startswith("#"):
            _check_term(path, number, line)
            if line in lines:
                raise DataError(f"{path.name}:{number}: {line!r} stands on line {lines[line]} too; keep one")
            themes[line], lines[line] = theme, number
    return themes


def _check_term(path: Path, number: int, term: str) -> None:
    _refuse_blank(path, number, term)
    if len(term) < 2:
        raise DataError(
            f"{path.name}:{number}: {term!r} has one character and would be cut out of every word "
            f"that holds it; write the words in full"
        )
    if not _LETTER_OR_DIGIT.search(term):
        raise DataError(f"{path.name}:{number}: {term!r} has neither letter nor digit; remove the line")


def _refuse_blank(path: Path, number: int, line: str) -> None:
    if _BLANK.search(line):
        raise DataError(
            f"{path.name}:{number}: {line!r} holds a blank; "
            f"write one term a line, without frequency, tag or comment"
        )


def _read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 and stripped lines that are not empty."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        bad_line = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"{path.name}:{bad_line}: is not UTF-8; save the list as UTF-8 text") from None
    except OSError as error:
        reason = f"cannot be read ({error.strerror}); check its permissions"
        raise SettingError(f"word list {path.name!r} {reason}") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if stripped := line.strip():
            yield number, stripped
