"""Planted copies, an audit of what is found, and speed: ``python benchmarks/reuse.py [FOLDER] [--scale 100000]``.

FOLDER holds real texts: CSV files with a column ``full_text`` or .txt files, one document a file; without it the
packaged seeds are used. Prints Markdown.
"""

from __future__ import annotations

import argparse
import random
import re
import resource as machine
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import jieba
import pandas as pd
from rapidfuzz import fuzz

from discourse.corpus.reuse import find_reuse
from discourse.resources import resource

RATES = (0.1, 0.2, 0.3, 0.4, 0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--scale", type=int, default=0, help="passages of a synthetic corpus to time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=40, help="copies of each kind at each rate")
    options = parser.parse_args()
    documents, passages = read_texts(options.folder or resource("seeds"))
    print(f"{len(documents)} documents, {len(passages)} passages, seed {options.seed}\n")
    if options.scale:
        print_speed(passages, options.scale, options.each, options.seed)
    else:
        print_planted(documents, passages, options.each, options.seed)


def read_texts(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    texts = []
    for path in sorted(Path(folder).iterdir()):
        if path.suffix == ".csv":
            texts += [(f"{path.stem}-{i}", text) for i, text in enumerate(pd.read_csv(path)["full_text"])]
        elif path.suffix == ".txt":
            texts.append((path.stem, path.read_text(encoding="utf-8", errors="replace")))
    return build_tables(texts)


def build_tables(texts: list[tuple[str, str]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    documents = pd.DataFrame(
        {"doc_id": [name for name, _ in texts], "date": pd.Series(None, index=range(len(texts)), dtype="str")}
    )
    rows = [
        (f"{name}#{i:04d}", name, i, match.start(), match.end(), match[0])
        for name, text in texts
        for i, match in enumerate(re.finditer(r"[^\n]+", text))
    ]
    passages = pd.DataFrame(rows, columns=["passage_id", "doc_id", "position", "start", "end", "text"])
    return documents, passages


# --- planted copies -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plant:
    """A copy of a sentence: from which passage and offsets to which ones, in which way edited."""

    kind: str
    n_chars: int
    source: str
    source_start: int
    source_end: int
    host: str
    start: int
    end: int


def edit_units(units: list[str], rate: float, pool: list[str], rng: random.Random, kinds: str) -> list[str]:
    """Touch each unit with probability `rate`: substitute (s), insert behind (i) or delete (d)."""
    edited = []
    for unit in units:
        kind = rng.choice(kinds) if rng.random() < rate else ""
        edited += {"s": [rng.choice(pool)], "i": [unit, rng.choice(pool)], "d": [], "": [unit]}[kind]
    return edited


EDITS = {
    "letters substituted": (list, "s"),
    "letters inserted": (list, "i"),
    "letters deleted": (list, "d"),
    "letters, all three": (list, "sid"),
    "words, all three": (jieba.lcut, "sid"),
}


def plant(passages: pd.DataFrame, rate: float, each: int, seed: int) -> tuple[pd.DataFrame, list[Plant]]:
    """Corpus in which sentences of some passages stand, edited, inside passages of other documents."""
    rng = random.Random(seed)
    long = passages[passages["text"].str.len() >= 60].sample(frac=1, random_state=seed)
    sources, hosts = long.iloc[: len(long) // 2], long.iloc[len(long) // 2 :].to_dict("records")
    sentences = [
        (row["passage_id"], row["doc_id"], match)
        for row in sources.to_dict("records")
        for match in re.finditer(r"[^。！？;；]{30,150}[。！？;；]", row["text"])
    ]
    rng.shuffle(sentences)
    letters = [c for c in "".join(sources["text"]) if "一" <= c <= "鿿"]
    words = [w for w in jieba.lcut("".join(letters)) if w]
    plants, texts, used = [], passages.set_index("passage_id")["text"].to_dict(), set()
    for kind, (cut, letters_of_kind) in EDITS.items():
        pool = letters if cut is list else words
        for _ in range(each):
            if not hosts or not sentences:
                break
            host = hosts.pop()
            place = next(
                (i for i, s in enumerate(sentences) if s[1] != host["doc_id"] and s[0] not in used), None
            )
            if place is None:
                break
            source, _, match = sentences.pop(place)
            used.add(source)
            copy = "".join(edit_units(cut(match[0]), rate, pool, rng, letters_of_kind))
            ends = [m.end() for m in re.finditer("[。！？]", host["text"])] or [len(host["text"])]
            at = rng.choice(ends)
            texts[host["passage_id"]] = host["text"][:at] + copy + host["text"][at:]
            plants.append(
                Plant(
                    kind,
                    len(match[0]),
                    source,
                    match.start(),
                    match.end(),
                    host["passage_id"],
                    at,
                    at + len(copy),
                )
            )
    planted = passages.assign(text=passages["passage_id"].map(texts))
    planted["end"] = planted["start"] + planted["text"].str.len()
    return planted, plants


def both_ways(reuse: pd.DataFrame, passages: pd.DataFrame) -> pd.DataFrame:
    """Each span twice, once from either side, with offsets inside the passages."""
    start = passages.set_index("passage_id")["start"]
    one = pd.DataFrame(
        {
            "passage": reuse["passage_id"],
            "start": reuse["start"] - reuse["passage_id"].map(start),
            "end": reuse["end"] - reuse["passage_id"].map(start),
            "other": reuse["source_passage_id"],
            "other_start": reuse["source_start"] - reuse["source_passage_id"].map(start),
            "other_end": reuse["source_end"] - reuse["source_passage_id"].map(start),
        }
    )
    names = {"passage": "other", "start": "other_start", "end": "other_end"}
    two = one.rename(columns={**names, **{b: a for a, b in names.items()}})
    return pd.concat([one, two], ignore_index=True)


def overlap(start: int, end: int, other_start: int, other_end: int) -> int:
    return max(0, min(end, other_end) - max(start, other_start))


def judge(plants: list[Plant], spans: pd.DataFrame, passages: pd.DataFrame) -> pd.DataFrame:
    """One row a plant: found, share of the copy covered, share of the span that is copy, false spans on it.

    A span that links the copy to a third passage is right where that passage has the words of the source too
    (partial ratio of at least 60 with the unedited sentence): real texts repeat each other before we plant.
    """
    texts = passages.set_index("passage_id")["text"]
    by_passage = dict(tuple(spans.groupby("passage")))
    rows = []
    for p in plants:
        sentence = texts[p.source][p.source_start : p.source_end]
        found, covered, size, false = False, 0, 0, 0
        for s in by_passage.get(p.host, spans.iloc[:0]).itertuples():
            on_copy = overlap(s.start, s.end, p.start, p.end)
            if (
                s.other == p.source
                and on_copy
                and overlap(s.other_start, s.other_end, p.source_start, p.source_end)
            ):
                found, covered, size = True, covered + on_copy, size + s.end - s.start
            elif 2 * on_copy > s.end - s.start:
                words = texts[s.other][s.other_start : s.other_end]
                false += fuzz.partial_ratio(words, sentence) < 60
        rows.append(
            (p.kind, p.n_chars, found, covered / (p.end - p.start), covered / size if size else None, false)
        )
    return pd.DataFrame(rows, columns=["kind", "n_chars", "found", "covered", "exact", "false"])


def print_planted(documents: pd.DataFrame, passages: pd.DataFrame, each: int, seed: int) -> None:
    results = []
    for rate in RATES:
        planted, plants = plant(passages, rate, each, seed)
        spans = both_ways(find_reuse(planted, documents), planted)
        results.append(judge(plants, spans, planted).assign(rate=rate))
    table = pd.concat(results)
    print("| edits | kind | copies | recall | precision | letters covered | letters right |")
    print("|---|---|---|---|---|---|---|")
    for (rate, kind), group in table.groupby(["rate", "kind"], sort=False):
        print_row(f"{rate:.0%}", kind, group)
    for rate, group in table.groupby("rate"):
        print_row(f"{rate:.0%}", "**all kinds**", group)
    print_row("10-50%", "**all**", table)
    print("\n| letters of the sentence | edits | copies | recall |\n|---|---|---|---|")
    size = pd.cut(table["n_chars"], [30, 40, 60, 80, 152], right=False)
    for (interval, rate), group in table.groupby([size, "rate"], observed=True):
        print(
            f"| {interval.left}-{interval.right - 1} | {rate:.0%} | {len(group)} | {group['found'].mean():.3f} |"
        )
    print()


def print_row(rate: str, kind: str, group: pd.DataFrame) -> None:
    found, false = int(group["found"].sum()), int(group["false"].sum())
    precision = f"{found / (found + false):.3f}" if found + false else "-"
    print(
        f"| {rate} | {kind} | {len(group)} | {found / len(group):.3f} | {precision} "
        f"| {group.loc[group['found'], 'covered'].mean():.2f} | {group['exact'].mean():.2f} |"
    )


# --- speed --------------------------------------------------------------------------------------------------


def print_speed(passages: pd.DataFrame, n_passages: int, each: int, seed: int) -> None:
    documents, scaled = scale_up(passages, n_passages, seed)
    planted, plants = plant(scaled, 0.3, each, seed)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:  # its memory is that of find_reuse
        reuse, seconds, wall, peak = fresh.submit(measure, planted, documents).result()
    result = judge(plants, both_ways(reuse, planted), planted)
    print(
        f"{n_passages} passages, {planted['text'].str.len().sum() / 1e6:.1f} million characters: {seconds:.0f} s of "
        f"processor time, {wall:.0f} s on the clock, peak memory {peak:.0f} MB, {len(reuse)} spans; "
        f"of {len(plants)} sentences planted with 30% edits {int(result['found'].sum())} found, "
        f"{int(result['false'].sum())} false spans on them"
    )


def measure(passages: pd.DataFrame, documents: pd.DataFrame) -> tuple[pd.DataFrame, float, float, float]:
    """Reuse, processor seconds, seconds on the clock, peak memory of this process in MB."""
    seconds, wall = time.process_time(), time.perf_counter()
    reuse = find_reuse(passages, documents)
    seconds, wall = time.process_time() - seconds, time.perf_counter() - wall
    return reuse, seconds, wall, machine.getrusage(machine.RUSAGE_SELF).ru_maxrss / 1024


def scale_up(passages: pd.DataFrame, n_passages: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Passages that walk from word to word as the real ones do (two words of memory), 100 a document."""
    rng = random.Random(seed)
    following: dict[tuple[str, str], list[str]] = {}
    lengths, starts = [], []
    for text in passages["text"]:
        words = jieba.lcut(text)
        lengths.append(len(text))
        starts.append(tuple(words[:2]) if len(words) > 1 else (words[0], ""))
        for one, two, three in zip(words, words[1:], words[2:], strict=False):
            following.setdefault((one, two), []).append(three)
    pairs, texts = list(following), []
    for number in range(0, n_passages, 100):
        written = []
        for _ in range(min(100, n_passages - number)):
            length, (one, two) = rng.choice(lengths), rng.choice(starts)
            words, size = [one, two], 0
            while size < length:
                # one word in five is drawn afresh, else the walk would copy whole sentences of the real texts
                known = following.get((one, two)) if rng.random() > 0.2 else None
                one, two = (two, rng.choice(known)) if known else rng.choice(pairs)
                words.append(two)
                size += len(two)
            written.append("".join(words))
        texts.append((f"d{number:07d}", "\n".join(written)))
    return build_tables(texts)


if __name__ == "__main__":
    main()
