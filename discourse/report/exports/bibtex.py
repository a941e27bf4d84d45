"""The payload of a run in, a BibTeX file of the works that its methods rest on out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from discourse.report.references import Reference, list_references

_SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


def write_bibtex(payload: Mapping[str, Any], path: Path) -> None:
    """Write the works that this run used, and the software itself, as BibTeX in UTF-8 (biber, bibtex8, upbibtex).

    Keys are fixed: a paper that cites ``blei2003`` finds it in the next run's file too.
    """
    entries = [render_entry(reference) for reference in list_references(payload)]
    path.write_bytes(("\n".join([_head(payload), *entries, _software(payload)])).encode("utf-8"))


def render_entry(reference: Reference) -> str:
    """One entry; the title in double braces, so that its capitals stay."""
    fields = {
        "author": " and ".join(reference.authors),
        "title": reference.title,
        "year": str(reference.year),
        **reference.fields,
    }
    lines = [f"  {name} = {{{_field(name, value)}}}," for name, value in fields.items()]
    return "\n".join([f"@{reference.type}{{{reference.key},", *lines, "}", ""])


def _field(name: str, value: str) -> str:
    safe = "".join(_SPECIAL.get(character, character) for character in value)
    return f"{{{safe}}}" if name == "title" else safe


def _head(payload: Mapping[str, Any]) -> str:
    """A comment: BibTeX ignores what stands outside entries, but for the sign that begins one."""
    title = " ".join(str(payload["title"]).split()).replace("@", "＠")
    return f"% {title}\n% 本次运行所用方法的文献 Works that the methods of this run rest on\n"


def _software(payload: Mapping[str, Any]) -> str:
    version = dict(payload["versions"]).get("discourse-zh", "")
    fields = {
        "author": "{The discourse developers}",
        "title": "{discourse: Comparing how regions and levels of government talk}",
        "note": f"Python package discourse-zh, version {version}",
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join(["@misc{discourse,", *lines, "}", ""])
