"""Valid bytes and a number come in; the bytes with some of them broken as that number says go out."""
# ruff: noqa: E501

from __future__ import annotations

import random
from collections.abc import Sequence

_ODD = (
    b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\r", b"\n", b"\r\n", b"\t", b" ", "\u3000".encode(), "\u2028".encode(),
    "\u202e".encode(), "\ue000".encode(), "\U0002a6d6".encode(), "é".encode(), "党".encode(), "習(xí)".encode(),
    "党".encode("gbk"), b"\xed\xa0\x80", b"[", b"]", b"{", b"}", b'"', b"'", b'"""', b"=", b",", b":", b";", b"#", b"##",
    b"-", b"-1", b"0", b"1e400", b"nan", b"inf", b"NaN", b"Infinity", b"9" * 30, b"1e-400", b"true", b"null", b"[[[[[[[[",
    b"../..", b"<script>", b"</script>", b"<!DOCTYPE a>", b"&#x0;", b"&#1114112;", b"&lt;", b"%s", b"\\u0000",
    b"\\ud800", b"\xa3\xbb", b"D", b"K", b"_", b"(a+)+", b"\\x", b"PK\x03\x04", b"\x80\x04", b"\x7f\xff\xff\xff", b"\x80" * 8,
)  # fmt: skip


def mutate(data: bytes, number: int, others: Sequence[bytes] = ()) -> bytes:
    """Break `data` at one to six places; the same number breaks it in the same way."""
    draw = random.Random(number)
    broken = bytearray(data)
    for _ in range(draw.randint(1, 6)):
        _break(broken, draw, others)
    return bytes(broken[:200_000])


def draw_case(seeds: Sequence[bytes], number: int) -> bytes:
    """A broken seed, and one time in eight bytes, or words, that nobody broke; the same for the same number."""
    draw = random.Random(number)
    way = draw.randrange(16)
    if way == 0:
        return draw.randbytes(draw.randrange(61))
    if way == 1:
        return "".join(_sign(draw) for _ in range(draw.randrange(61))).encode("utf-8", "surrogatepass")
    return mutate(seeds[draw.randrange(len(seeds))], draw.getrandbits(64), seeds)


def _sign(draw: random.Random) -> str:
    """Any character: of ASCII, of Chinese, or of all there are."""
    first, last = draw.choice(((0, 0x7F), (0x20, 0x7E), (0x4E00, 0x9FFF), (0x80, 0x3000), (0xD800, 0x10FFFF)))
    return chr(draw.randint(first, last))


def _break(broken: bytearray, draw: random.Random, others: Sequence[bytes]) -> None:
    start = draw.randint(0, len(broken))
    end = min(len(broken), start + draw.choice((1, 1, 2, 3, 8, 40, 400)))
    way = draw.randrange(8)
    if way == 0 and start < len(broken):
        broken[start] ^= 1 << draw.randrange(8)
    elif way == 1:
        broken[start:start] = draw.randbytes(draw.choice((1, 2, 5)))
    elif way == 2:
        del broken[start:end]
    elif way == 3:
        broken[start:start] = bytes(broken[start:end]) * draw.choice((1, 2, 50))
    elif way == 4:
        broken[start:end] = draw.choice(_ODD)
    elif way == 5:
        broken[start:start] = draw.choice(_ODD)
    elif way == 6 and draw.random() < 0.2:
        del broken[start:]
    elif others:
        other = draw.choice(list(others))
        place = draw.randint(0, len(other))
        broken[start:end] = other[place : place + draw.choice((1, 8, 100))]
