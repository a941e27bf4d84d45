"""Damage made on purpose: what a byte-wise search for full-width marks does to a text in GBK."""

from __future__ import annotations

_MARKS = b"!,.:;?()"


def damage_bytes(text: str, place: int) -> str | None:
    """Damage `text` at a mark found across the characters at `place` and behind; None where there is none.

    The second byte of the one and the first byte of the other are read as a full-width mark and become its
    ASCII twin; what follows is read one byte out of step until an ASCII byte mends it.
    """
    first, second = text[place].encode("gb18030"), text[place + 1].encode("gb18030")
    if len(first) != 2 or len(second) != 2 or first[1] != 0xA3 or second[0] - 0x80 not in _MARKS:
        return None
    data = text[place + 1 :].encode("gb18030")
    out, k = ["?", chr(data[0] - 0x80)], 1
    while k < len(data) and data[k] >= 0x80:
        pair = data[k : k + 2]
        if len(pair) < 2 or pair[1] < 0x40 or pair[1] in (0x7F, 0xFF) or pair[0] in (0x80, 0xFF):
            out.append("?")
            k += 2 if len(pair) == 2 and pair[1] < 0x40 else 1
            break
        out.append(pair.decode("gb18030"))
        k += 2
    return text[:place] + "".join(out) + data[k:].decode("gb18030", errors="replace")


def damaged_versions(text: str) -> list[tuple[int, str]]:
    """Every way to damage `text` once: the place and what becomes of the text."""
    tries = ((place, damage_bytes(text, place)) for place in range(len(text) - 1))
    return [(place, damaged) for place, damaged in tries if damaged is not None]
