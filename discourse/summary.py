"""A run folder comes in, what it holds and found comes out, as a dict or as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

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
        described |= read_json(folder / SUMMARY) | {"report": (folder / "report.html").as_posix()}
    return described


def render_summary(summary: Mapping[str, Any]) -> str:
    """The summary as lines for a terminal, Chinese and English."""
    return "\n".join(_lines(summary))


def _lines(summary: Mapping[str, Any]) -> Iterator[str]:
    if "report" not in summary:
        done = ", ".join(summary["stages"]) or "none"
        yield f"{summary['run']}: stages done 已完成: {done}; the report is not written yet"
        return
    yield ""
    counts = summary["counts"]
    yield "  ".join(f"{label} {counts[name]:,}" for name, label in _COUNTS.items() if name in counts)
    for block in summary["findings"]:
        yield f"\n{block['heading']['zh']} {block['heading']['en']}"
        for sentence in block["sentences"]:
            yield f"  · {sentence['zh']}"
            yield f"    {sentence['en']}"
    yield f"\nreport 报告: {summary['report']}"


_COUNTS = {
    "sources": "files 文件",
    "documents": "documents 文档",
    "passages": "passages 段落",
    "tokens": "tokens 词",
    "topics": "topics 主题",
    "edits": "edits 修复",
}
