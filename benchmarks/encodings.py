"""How often the encoding of a text is found: samples re-encoded, clean and with one broken byte.

``python benchmarks/encodings.py [FOLDER ...]`` takes the packaged seeds and any folders of texts or tables,
cuts samples of several lengths, encodes each in nine ways and asks `decode_text`. Clean: the same text comes
back, character for character. One broken byte: at most four characters differ from the text. Refused: the
reader named the file instead of guessing.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator

import opencc

from discourse.corpus.encodings import decode_text
from discourse.corpus.sources import read_sources
from discourse.errors import SourceError
from discourse.resources import resource

LENGTHS = (12, 30, 100, 1000, 10_000)
SIMPLIFIED = ("utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be")
TRADITIONAL = ("cp950", "big5hkscs", "utf-8", "gb18030")
N_SAMPLES = 4


def main(folders: list[str]) -> None:
    texts = [
        text for folder in (resource("seeds"), *folders) for text in read_sources(folder)["text"] if text
    ]
    counts: Counter[tuple[int, str, str]] = Counter()
    rng = random.Random(1)
    for length in LENGTHS:
        for name, data, text in samples(texts, length, rng):
            counts[length, name, "n"] += 1
            counts[length, name, "clean"] += outcome(data, text) == 0
            place = rng.randrange(len(data))
            broken = data[:place] + bytes([rng.randrange(0x80, 0x100)]) + data[place + 1 :]
            n_wrong = outcome(broken, text)
            counts[length, name, "broken"] += n_wrong is not None and n_wrong <= 4
            counts[length, name, "refused"] += n_wrong is None
    report(counts, len(texts))


def samples(texts: list[str], length: int, rng: random.Random) -> Iterator[tuple[str, bytes, str]]:
    """Name of the way, bytes, and the text that they stand for."""
    convert = opencc.OpenCC("s2twp").convert
    for text in texts:
        for _ in range(N_SAMPLES):
            start = rng.randrange(max(1, len(text) - length))
            sample = text[start : start + length]
            for codecs, source, kind in (
                (SIMPLIFIED, sample, ""),
                (TRADITIONAL, convert(sample), ", traditional"),
            ):
                for codec in codecs:
                    data = source.encode(codec, "ignore")
                    if data.decode(codec).strip():
                        yield codec + kind, data, data.decode(codec)


def outcome(data: bytes, text: str) -> int | None:
    """How many characters of the text did not come back; None where the bytes were refused."""
    try:
        read = decode_text(data).text
    except SourceError:
        return None
    return 0 if read == text else max(1, sum((Counter(text) - Counter(read)).values()))


def report(counts: Counter[tuple[int, str, str]], n_texts: int) -> None:
    print(f"{n_texts} texts, {N_SAMPLES} samples of each length from each\n")
    print(
        "| encoding | characters | samples | clean | one broken byte | of which refused |\n|---|---|---|---|---|---|"
    )
    for length, name in sorted({key[:2] for key in counts}, key=lambda key: (key[1], key[0])):
        n, clean, broken, refused = (
            counts[length, name, what] for what in ("n", "clean", "broken", "refused")
        )
        print(f"| {name} | {length:,} | {n} | {clean} | {broken} | {refused} |")
    total = {
        what: sum(n for key, n in counts.items() if key[2] == what)
        for what in ("n", "clean", "broken", "refused")
    }
    print("\n" + ", ".join(f"{what} {n}" for what, n in total.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
