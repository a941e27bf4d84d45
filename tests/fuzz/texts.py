"""What the campaign does with broken texts, tables about them, and words to look for in them."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
import zlib
from functools import cache
from pathlib import Path


@cache
def _repairer():
    from discourse.corpus.repair import Repairer

    return Repairer(["党建引领基层治理，服务群众，社区网格。" * 20])


def do_repair(text: str) -> None:
    from discourse.corpus.aligned import apply_edits

    repaired = _repairer().repair(text)
    edits = [(edit.start, edit.end, edit.before, edit.after) for edit in repaired.edits()]
    assert apply_edits(text, edits) == repaired.text


def do_mojibake(text: str) -> None:
    from discourse.corpus.aligned import AlignedText, apply_edits
    from discourse.corpus.mojibake import repair_mojibake

    read = repair_mojibake(AlignedText.of(text))
    edits = [(edit.start, edit.end, edit.before, edit.after) for edit in read.edits()]
    assert apply_edits(text, edits) == read.text


@cache
def _cleaner():
    """The cleaner of pages with a model of neighbours at hand, as the second pass of a damaged corpus has it."""
    from discourse.corpus.batches import PageWorker
    from discourse.corpus.wordmodel import build_word_model

    return PageWorker(build_word_model(["党建引领基层治理，服务群众，社区网格。" * 20]))


def do_documents(text: str) -> None:
    """The whole walk from one text to its documents, edits, attributions and passages; as tables one in sixteen."""
    from discourse.corpus.aligned import apply_edits
    from discourse.corpus.attribution import attribute_document
    from discourse.corpus.batches import Raw
    from discourse.corpus.passages import _divide

    raw = Raw("a", text.replace("\0", "") or "空", False)
    edges = _cleaner()(("survey", [raw]))[0]
    n_head, n_tail = len(edges.head) // 4, len(edges.tail) // 4  # as if other pages began and ended with them
    raw = raw._replace(n_head=n_head, n_tail=n_tail)
    if zlib.crc32(text.encode("utf-8", "replace")) % 16 == 0:
        _tabulated(raw)
    page = _cleaner()._clean(raw)
    for found in page.texts:
        start, end = found.row["raw_start"], found.row["raw_end"]
        inside = [edit for edit in page.edits if start <= edit.start and edit.end <= end]
        edits = [(edit.start - start, edit.end - start, edit.before, edit.after) for edit in inside]
        assert apply_edits(raw.text[start:end], edits) == found.row["text"]
        for fact in attribute_document(found.page, gazetteer=_cleaner()._gazetteer):
            assert 0 <= found.raw_span(fact.start, fact.end)[0] <= len(raw.text)
        for unit in ("paragraph", "sentence", "window", "document"):
            for first, last in _divide(
                found.row["text"], unit=unit, min_chars=40, max_chars=300, window_chars=200
            ):
                assert 0 <= first < last <= len(found.row["text"])


def _tabulated(raw) -> None:
    from discourse.corpus.passages import split_passages

    cleaned = _cleaner()(("clean", [raw]))
    for row in cleaned.attributions.itertuples():
        assert 0 <= row.start <= row.end <= len(raw.text)
    if len(cleaned.documents):
        texts = dict(zip(cleaned.documents["doc_id"], cleaned.documents["text"], strict=True))
        for row in split_passages(cleaned.documents).itertuples():
            assert texts[row.doc_id][row.start : row.end] == row.text


@cache
def _two_documents():
    """Sources, documents and attributions that a table of metadata may speak of."""
    import pandas as pd

    from discourse.contracts import empty
    from discourse.corpus.documents import build_documents

    text = "在基层治理工作会议上的讲话\n\n我们要坚持党建引领。" * 3
    facts = {
        "encoding": "utf-8",
        "n_chars": len(text),
        "n_lost": 0,
        "is_segmented": False,
        "text": text,
        "sha256": "0",
    }
    names = {"a": "云南省委书记讲话.txt", "b": "2024/武汉市政府工作报告.txt"}
    like = empty("sources")
    rows = [{"source_id": key, "path": path, **facts} for key, path in names.items()]
    sources = pd.DataFrame(rows, columns=list(like.columns)).astype(like.dtypes.to_dict())
    documents, _, attributions = build_documents(sources)
    return sources, documents, attributions


def do_metadata(path: Path) -> None:
    from discourse.corpus.attribution import override_attributions
    from discourse.corpus.metadata import read_metadata

    table = read_metadata(path)
    sources, documents, attributions = _two_documents()
    override_attributions(documents, attributions, table, sources=sources)


def do_search(text: str) -> None:
    from discourse.evidence.search import find_words

    find_words(["党建引领基层治理", text], text)


def do_regex(text: str) -> None:
    """The pattern is matched by the same words of code, in a fork; one in a hundred in the process that users get."""
    from discourse.evidence import search

    is_whole = zlib.crc32(text.encode("utf-8", "replace")) % 100 == 0
    search.subprocess = subprocess if is_whole else Forks
    search.find_pattern(["党建引领基层治理" * 50, text], text, seconds=2 if is_whole else 0.5)


class Forks:
    """Stands in for `subprocess`: what ``python -c`` would do is done by a fork, in a tenth of the time."""

    TimeoutExpired = subprocess.TimeoutExpired

    @staticmethod
    def run(command, *, input, capture_output, timeout):
        """Answer as `subprocess.run` does, with what the code of ``-c`` writes."""
        (asked, asking), (told, telling), (wrong, complaining) = os.pipe(), os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            _be(command[-1], asked, telling, complaining, asking)
        for end in (asked, telling, complaining):
            os.close(end)
        with os.fdopen(asking, "wb") as pipe:
            pipe.write(input)
        out, is_late = _read_until(told, time.monotonic() + timeout)
        if is_late:
            os.kill(child, signal.SIGKILL)
        with os.fdopen(wrong, "rb") as pipe:
            err = pipe.read()
        _, status = os.waitpid(child, 0)
        if is_late:
            raise subprocess.TimeoutExpired(command, timeout)
        return subprocess.CompletedProcess(command, os.waitstatus_to_exitcode(status), out, err)


def _be(code: str, asked: int, telling: int, complaining: int, asking: int) -> None:
    """Run the code with these ends of pipes as its streams, and end the process."""
    os.close(asking)
    signal.setitimer(signal.ITIMER_PROF, 0)
    status = 1
    try:
        for place, end in enumerate((asked, telling, complaining)):
            os.dup2(end, place)
        sys.stdin = open(0, encoding="utf-8", closefd=False)
        sys.stdout, sys.stderr = (open(place, "w", encoding="utf-8", closefd=False) for place in (1, 2))
        exec(code, {"__name__": "__main__"})  # the words of our own module, no text of a case
        sys.stdout.flush()
        status = 0
    except BaseException as error:  # noqa: BLE001 - it is told as the interpreter would
        os.write(2, f"{type(error).__name__}: {error}".encode("utf-8", "replace")[:1000])
    finally:
        os._exit(status)


def _read_until(told: int, end: float) -> tuple[bytes, bool]:
    """All that is told, and whether the time was up before."""
    parts = []
    with os.fdopen(told, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(0.0, end - time.monotonic()))[0]:
            parts.append(pipe.read(1 << 16))
            if not parts[-1]:
                return b"".join(parts), False
    return b"", True
