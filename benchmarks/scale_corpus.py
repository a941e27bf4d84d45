"""A corpus of any size in the manner of the seeds: words that follow each other as theirs do, on pages of a site.

``python benchmarks/scale_corpus.py DIR --documents 10000`` writes one page a file. One passage in 33 is an earlier one
again; a tenth of its letters are changed.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import jieba
import numpy as np

from discourse.corpus.documents import build_documents
from discourse.corpus.sources import read_sources
from discourse.resources import resource

PLACES = (
    "云南省昆明市五华区", "云南省曲靖市麒麟区", "宁夏回族自治区银川市金凤区", "宁夏回族自治区吴忠市利通区",
    "湖北省武汉市武昌区", "湖北省襄阳市樊城区", "福建省福州市鼓楼区", "福建省厦门市思明区",
    "浙江省杭州市上城区", "山东省青岛市市南区", "四川省成都市武侯区", "甘肃省兰州市城关区",
)  # fmt: skip
TITLES = (
    "书记在全区基层治理推进会上的讲话",
    "区长在重点工作调度会上的讲话",
    "政府工作报告",
    "党建引领基层治理工作情况",
)
CITY = re.compile(r"(?<=[省区]).*?市")
FOOT = "【字体：大 中 小】\n打印本页 关闭窗口\n版权所有：{place}人民政府办公室\n网站标识码：53010000{number:02d}\n"
N_PASSAGES, N_CHARS = 10, 100  # of a document, of a passage
FRESH = 0.1  # one word in ten is drawn afresh, else the walk would copy whole sentences of the seeds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write_corpus(options.folder, options.documents, options.seed)


def write_corpus(folder: Path, n_documents: int, seed: int, *, block: int = 2000) -> None:
    """Write pages into `folder`, a subfolder for each thousand, and a study.toml beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    words, pairs, followers, bounds = read_chain()
    rng = np.random.default_rng(seed)
    earlier: list[str] = []
    for first in range(0, n_documents, block):
        n = min(block, n_documents - first)
        passages = walk(words, pairs, followers, bounds, n * N_PASSAGES, rng)
        for row in np.flatnonzero(rng.random(len(passages)) < 0.03):
            if earlier:
                passages[row] = edit(earlier[int(rng.integers(len(earlier)))], rng)
        earlier = passages
        for i in range(n):
            write_page(folder, first + i, passages[i * N_PASSAGES : (i + 1) * N_PASSAGES])
    regions = "\n".join(f'"{p[:2]}" = "{re.match(r".*?(?:省|自治区)", p)[0]}"' for p in PLACES[::2])
    (folder / "study.toml").write_text(
        f'[study]\nname = "scale"\ndata = "data"\n\n[regions]\n{regions}\n', "utf-8"
    )


def read_chain() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Words of the repaired seeds; each pair of neighbours; the pairs that follow it; where its followers begin."""
    documents, _, _ = build_documents(read_sources(resource("seeds")))
    stream = [word for text in documents["text"] for word in jieba.lcut(text.replace("\n", ""))]
    words, ids = np.unique(np.array(stream, dtype=object), return_inverse=True)
    keys, number = np.unique(ids[:-1].astype(np.int64) * len(words) + ids[1:], return_inverse=True)
    order = np.argsort(number[:-1], kind="stable")
    bounds = np.searchsorted(number[:-1][order], np.arange(len(keys) + 1))
    return words, keys, number[1:][order], bounds


def walk(words, pairs, followers, bounds, n: int, rng: np.random.Generator) -> list[str]:
    """`n` passages, all walking at once from pair to pair of words."""
    state = rng.integers(len(pairs), size=n)
    columns = []
    for _ in range(round(N_CHARS / np.mean([len(word) for word in words[pairs % len(words)]]))):
        columns.append(words[pairs[state] % len(words)])
        counts = bounds[state + 1] - bounds[state]
        draw = bounds[state] + (rng.random(n) * counts).astype(np.int64)
        fresh = (rng.random(n) < FRESH) | (counts == 0)
        state = np.where(
            fresh, rng.integers(len(pairs), size=n), followers[np.minimum(draw, len(followers) - 1)]
        )
    return ["".join(row).lstrip("，。；、！？”）》") + "。" for row in np.stack(columns, axis=1)]


def edit(text: str, rng: np.random.Generator) -> str:
    """Change a tenth of the letters."""
    letters = np.array(list(text), dtype=object)
    places = np.flatnonzero(rng.random(len(letters)) < 0.1)
    letters[places] = letters[rng.integers(len(letters), size=len(places))]
    return "".join(letters)


def write_page(folder: Path, number: int, passages: list[str]) -> None:
    place = PLACES[number % len(PLACES)]
    city = CITY.search(place)[0]
    title = f"{place.split(city)[-1]}{TITLES[number // len(PLACES) % len(TITLES)]}"
    date = f"2025-{number % 12 + 1:02d}-{number % 28 + 1:02d} 来源：{place}人民政府\n"
    head = f"您当前的位置：首页 > 政务公开 > 重要讲话\n{title}\n{date}"
    page = head + "\n".join(passages) + "\n" + FOOT.format(place=place, number=number % len(PLACES))
    path = folder / "data" / f"{number // 1000:04d}" / f"{place}_{number:07d}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
