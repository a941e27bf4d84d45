"""A run folder comes in, what it holds and found comes out, as a dict or as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from discourse.errors import RunError
from discourse.runs.manifest import read_manifest
from discourse.runs.store import read_json

SUMMARY = "summary.json"


def describe_run(folder: Path) -> dict[str, Any]:
    """What a run holds: stages done, files, and, once the report is written, counts and findings."""
    manifest = read_manifest(folder)
    done = {stage: record["seconds"] for stage, record in manifest["stages"].items()}
    described = {
        "run": folder.as_posix(),
        "name": manifest["name"],
        "stages": done,
        "settings": manifest["settings"],
    }
    if "report" in done:
        described |= _read_summary(folder / SUMMARY) | {"report": (folder / "report.html").as_posix()}
    return described


def _read_summary(path: Path) -> dict[str, Any]:
    """What `summarise` wrote; the file of a run folder may come from anybody."""

    def told(sentences: Any) -> bool:
        return isinstance(sentences, list) and all(map(in_both, sentences))

    def in_both(words: Any) -> bool:
        return isinstance(words, dict) and all(
            isinstance(words.get(language), str) for language in ("zh", "en")
        )

    def is_block(block: Any) -> bool:
        return isinstance(block, dict) and in_both(block.get("heading")) and told(block.get("sentences"))

    words = read_json(path)
    if (
        not isinstance(words, dict)
        or not isinstance(words.get("counts"), dict)
        or not all(isinstance(count, int) for count in words["counts"].values())
        or not told(words.get("answer", []))
        or not isinstance(words.get("findings"), list)
        or not all(map(is_block, words["findings"]))
    ):
        raise RunError(f"{path}: is not the summary of a report; write it again with `discourse report`")
    return words


def summarise(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What of a report's payload a script or a terminal is told: title, counts, the answer and all findings."""

    def words(sentence: Mapping[str, Any]) -> dict[str, str]:
        return {language: sentence[language] for language in ("zh", "en")}

    return {
        "title": payload["title"],
        "counts": payload["counts"],
        "answer": [words(sentence) for sentence in payload["answer"]],
        "findings": [
            {"heading": block["heading"], "sentences": [words(sentence) for sentence in block["sentences"]]}
            for block in payload["findings"]
        ],
    }


def render_summary(summary: Mapping[str, Any], *, in_full: bool = True) -> str:
    """The summary as lines for a terminal, Chinese and English: the answer, then all findings if `in_full`."""
    return "\n".join(_lines(summary, in_full))


def _lines(summary: Mapping[str, Any], in_full: bool) -> Iterator[str]:
    if "report" not in summary:
        done = ", ".join(summary["stages"]) or "none"
        yield f"{summary['run']}: stages done 已完成: {done}; the report is not written yet"
        return
    yield ""
    counts = summary["counts"]
    yield "  ".join(f"{label} {counts[name]:,}" for name, label in _COUNTS.items() if name in counts)
    if summary.get("answer"):  # a run of an earlier version has none
        yield from _told("结论 The answer", summary["answer"])
    if in_full or not summary.get("answer"):
        for block in summary["findings"]:
            yield from _told(f"{block['heading']['zh']} {block['heading']['en']}", block["sentences"])
    yield f"\nreport 报告: {summary['report']}"
    if not in_full:
        yield f"all findings 全部发现: discourse show {summary['run']}"


def _told(heading: str, sentences: Iterable[Mapping[str, str]]) -> Iterator[str]:
    yield f"\n{heading}"
    for sentence in sentences:
        yield f"  · {sentence['zh']}"
        yield f"    {sentence['en']}"


_COUNTS = {
    "sources": "files 文件",
    "documents": "documents 文档",
    "passages": "passages 段落",
    "tokens": "tokens 词",
    "topics": "topics 主题",
    "edits": "edits 修复",
}
