"""Text that was decoded with the wrong table: stretches of it go in, what their bytes say comes out.

Four ways to go wrong are known by the form of the bytes: UTF-8 read as GBK (``鍩哄眰`` for 基层), UTF-8 read as
Latin-1 or cp1252 (``åŸºå±‚``), that done twice (``Ã¥ÂŸÂº``), GBK read as Latin-1 (``»ù²ã``). Whole texts of Big5
read as GBK, and the reverse, are known by the rarity of their characters. What the wrong reading lost (``锟斤拷``,
a question mark for half a character) stays lost: U+FFFD stands there, with a confidence below 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from discourse.corpus.aligned import AlignedText, Change

_LOST = "\ufffd"
# The reading must be text: characters, marks, and the Latin that stands among them.
_READABLE = re.compile(
    r"[\u4e00-\u9fff\u3000-\u3011\uff00-\uff5e\u2010-\u2026\u00b7\u2460-\u2473\u0020-\u007e\n]"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
# Hard to avoid in prose of some length, of either script.
_COMMON = frozenset("的一是在和了不有人这這为為以大中国國会會发發展工作要我们們上年经經民党黨，。、：；")
# cp1252 where it has a character, Latin-1 elsewhere: what browsers and Windows mean by Latin-1.
_WINDOWS = {
    bytes([byte]).decode("cp1252"): byte
    for byte in range(0x80, 0xA0)
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_BYTE_LIKE = f"\x80-\xff{''.join(_WINDOWS)}"
_LATIN_RUN = re.compile(rf"[{_BYTE_LIKE}](?:[{_BYTE_LIKE}]|[ \t](?=[{_BYTE_LIKE}]))*[{_BYTE_LIKE}]{{2}}")
# Fewer characters than this are no proof that bytes were GBK.
_MIN_PAIRS = 3
_MIN_TEXT = 40


def repair_mojibake(text: AlignedText) -> AlignedText:
    """Read wrongly decoded stretches again, as often as that was done to them (at most three times)."""
    for _ in range(3):
        changes = list(_utf8_read_as_gbk(text.text))
        changes += list(_half_marks(text.text, changes))
        taken = {place for change in changes for place in range(change.start, change.end)}
        changes += [
            change
            for change in _read_as_latin(text.text)
            if taken.isdisjoint(range(change.start, change.end))
        ]
        changes = changes or _swapped_tables(text.text)
        if not changes:
            break
        text = text.replace(changes, "mojibake")
    return text


def find_lost(text: str) -> list[tuple[int, int]]:
    """Spans of ``锟斤拷``: what stood there is gone for good."""
    return [match.span() for match in re.finditer("锟斤拷(?:锟斤拷)*锟?|烫烫{3,}|屯屯{3,}", text)]


@cache
def _gbk_pattern() -> re.Pattern[str]:
    """A stretch of UTF-8 read as GBK: two characters (six bytes) make three, ``E5 9F | BA E5 | B1 82``.

    Byte 80 leads no character: it stands as a euro sign, or is lost as a question mark.
    """
    leads, rest = [*range(0xE2, 0xEA), 0xEF], range(0x80, 0xC0)
    first = _decoded((lead, trail) for lead in leads for trail in rest)
    second = _decoded((trail, lead) for trail in rest for lead in leads)
    third = _decoded((one, two) for one in rest for two in rest)
    opening = f"[{first}](?:[{second}][{third}€?{_LOST}]|[€?{_LOST}](?=[{first}]))"
    inner = f"{first}{second}{third}€{_LOST}"
    return re.compile(f"{opening}(?:[{inner}]|[?](?=[{inner}]|$)|(?<=[{first}{second}])[?])*")


def _decoded(pairs: Iterator[tuple[int, int]]) -> str:
    chars = (bytes(pair).decode("gb18030", errors="ignore") for pair in pairs)
    return "".join(sorted({re.escape(char) for char in chars if len(char) == 1}))


def _utf8_read_as_gbk(text: str) -> Iterator[Change]:
    for match in _gbk_pattern().finditer(text):
        before = match[0]
        after = _read_utf8(before)
        while after.endswith(_LOST) and before[-1] not in f"?{_LOST}" and len(before) > 3:
            before = before[:-1]  # what follows the stretch may look like a part of it
            after = _read_utf8(before)
        han = _HAN.findall(after)
        # two characters could be chance: names of rivers and herbs are written with rare ones
        if (
            len(han) >= 2
            and _is_readable(after)
            and sum(char in _frequent() for char in han) >= 0.7 * len(han)
        ):
            yield from _aligned_changes(match.start(), before, after)


def _half_marks(text: str, found: list[Change]) -> Iterator[Change]:
    """Single marks between ASCII that lost a byte, ``锛?``, where the text is known to be damaged so."""
    taken = {place for change in found for place in range(change.start, change.end)}
    for match in re.finditer(r"[锛銆鈥]\?", text if found else ""):
        if match.start() not in taken:
            yield Change(*match.span(), _LOST, 0.5)


def _read_utf8(chars: str) -> str:
    """The bytes of `chars` in GBK read as UTF-8, with one U+FFFD for every character that lost bytes."""
    lost = {"€": b"\x80", _LOST: b"\xff"}
    data = b"".join(lost.get(char) or char.encode("gb18030") for char in chars)
    return re.sub(rf"(?:{_LOST}+\??)+", _LOST, data.decode("utf-8", errors="replace"))


def _aligned_changes(start: int, before: str, after: str) -> Iterator[Change]:
    """One change for every two characters where nothing was lost, else one for the whole."""
    if _LOST in after or len(before) % 3 or 2 * len(before) != 3 * len(after):
        yield Change(start, start + len(before), after, 0.5 if _LOST in after else 1.0)
        return
    for k in range(0, len(before), 3):
        yield Change(start + k, start + k + 3, after[2 * k // 3 : 2 * k // 3 + 2])


def _read_as_latin(text: str) -> Iterator[Change]:
    for match in _LATIN_RUN.finditer(text):
        data = bytes(_WINDOWS.get(char, ord(char)) for char in match[0])
        after = _decode_any(data)
        if after is not None and after != match[0]:
            yield Change(match.start(), match.end(), after)


def _decode_any(data: bytes) -> str | None:
    """UTF-8, UTF-8 of such bytes once more, or GBK of common characters; None where it is none of them."""
    try:
        after = data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_gbk(data)
    if _HAN.search(after) or re.fullmatch(r"[\u2010-\u2026\u3000-\u3011\uff00-\uff5e]+", after):
        return after if _is_readable(after) else None
    inner = [_WINDOWS.get(char, ord(char)) for char in after]
    if max(inner) > 0xFF:
        return None
    again = _decode_any(bytes(inner)) if len(inner) < len(data) else None
    return again


def _decode_gbk(data: bytes) -> str | None:
    try:
        after = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    n_common = sum(char in _frequent() or not _HAN.match(char) for char in after)
    is_text = len(_HAN.findall(after)) >= _MIN_PAIRS and _is_readable(after) and n_common >= 0.8 * len(after)
    return after if is_text else None


def _swapped_tables(text: str) -> list[Change]:
    """A whole text of Big5 read as GBK, or the reverse: none of its characters is common, its bytes' are."""
    if sum(map(text.count, "的，。")) >= 0.02 * len(text):  # as nearly every text
        return []
    wide = "".join(char for char in text if ord(char) > 0x7F)
    if len(wide) < _MIN_TEXT or _common_share(wide) >= 0.02:
        return []
    for wrong, right in (("gb18030", "big5hkscs"), ("big5hkscs", "gb18030")):
        changes = list(_recoded(text, wrong, right))
        if _common_share("".join(change.after for change in changes)) >= 0.1:
            return changes
    return []


def _recoded(text: str, wrong: str, right: str) -> Iterator[Change]:
    for match in re.finditer(r"[^\x00-\x7f]+", text):
        try:
            after = match[0].encode(wrong).decode(right)
        except UnicodeError:
            continue
        yield Change(match.start(), match.end(), after)


def _common_share(chars: str) -> float:
    return sum(char in _COMMON for char in chars) / len(chars) if chars else 0.0


def _is_readable(text: str) -> bool:
    return len(_READABLE.findall(text)) + text.count(_LOST) >= 0.95 * len(text) and 3 * text.count(
        _LOST
    ) <= len(text)


@cache
def _frequent() -> frozenset[str]:
    """The 3,755 characters that GB2312 calls frequent, and their traditional forms."""
    from opencc import OpenCC

    rows = range(0xB0, 0xD8)
    chars = "".join(
        bytes((row, cell)).decode("gb2312", errors="ignore") for row in rows for cell in range(0xA1, 0xFF)
    )
    return frozenset(chars) | frozenset(OpenCC("s2t").convert(chars))
