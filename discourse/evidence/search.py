"""Texts and what to look for come in; every place where it stands goes out, a bounded time later."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
import warnings
from collections.abc import Sequence

from discourse.errors import SettingError

Hit = tuple[int, int, int]  # number of the text, start, end

# A pattern of the user's can take longer than the age of the world on a text of a hundred characters, and no
# thread can be stopped inside it: it is matched in a process of its own, which is ended when its time is up.
_WORKER = """
import json, re, sys
asked = json.loads(sys.stdin.buffer.read().decode("utf-8", "surrogatepass"))
pattern, most, hits = re.compile(asked["pattern"], re.IGNORECASE), asked["most"], []
for number, text in enumerate(asked["texts"]):
    hits += [(number, *match.span()) for match in pattern.finditer(text) if match.end() > match.start()]
    if len(hits) > most:
        break
sys.stdout.write(json.dumps(hits))
"""


def find_words(texts: Sequence[str], words: str | Sequence[str]) -> list[Hit]:
    """Places of a term or phrase: exactly these characters, width and case of letters aside.

    Blanks between words stand for any blanks or none, so that ``基层 治理`` finds 基层治理.
    Raises SettingError where there is nothing to look for.
    """
    pattern = _compile_words(words)
    return [(number, *match.span()) for number, text in enumerate(texts) for match in pattern.finditer(text)]


def find_pattern(
    texts: Sequence[str], pattern: str, *, seconds: float = 10.0, most: int = 200_000
) -> list[Hit]:
    """Places that a regular expression of Python's `re` matches, case of letters aside; empty ones are no places.

    seconds: how long it may take; most: how many places it may find.
    Raises SettingError where the pattern is none, runs out of time or matches more than that.
    """
    _require_pattern(pattern)
    asked = json.dumps({"pattern": pattern, "texts": list(texts), "most": most}, ensure_ascii=False)
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _WORKER],
            input=asked.encode("utf-8", "surrogatepass"),
            capture_output=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise SettingError(
            f"the pattern {pattern!r} found no end within {seconds:g} seconds; "
            "nested repeats such as (a+)+ do that: write it with fewer of them"
        ) from None
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason given"]
        raise SettingError(f"the pattern {pattern!r} cannot be matched ({reason[0]}); write a simpler one")
    hits = json.loads(done.stdout)
    if len(hits) > most:
        raise SettingError(
            f"the pattern {pattern!r} matches more than {most:,} places; look for something rarer"
        )
    return [(number, start, end) for number, start, end in hits]


def _compile_words(words: str | Sequence[str]) -> re.Pattern[str]:
    parts = " ".join([words] if isinstance(words, str) else words).split()
    if not parts:
        raise SettingError("there is nothing to look for; give a word, a phrase or a pattern")
    return re.compile(r"\s*".join("".join(_either_width(char) for char in part) for part in parts))


def _either_width(char: str) -> str:
    """Pattern of a character in either case and width: A, a, Ａ and ａ are one letter, ( and （ one bracket."""
    narrow = unicodedata.normalize("NFKC", char)
    if len(narrow) != 1 or not "!" <= narrow <= "~":
        return re.escape(char)
    forms = {form for case in (narrow.lower(), narrow.upper()) for form in (case, chr(ord(case) + 0xFEE0))}
    return f"[{''.join(re.escape(form) for form in sorted(forms))}]"


def _require_pattern(pattern: str) -> None:
    if not pattern:
        raise SettingError("there is nothing to look for; give a word, a phrase or a pattern")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise SettingError(
            f"{pattern!r} is no regular expression ({error}); without --regex it is looked for as it stands"
        ) from None
