"""A machine comes in; what a study needs of it and finds there goes out, down to whether it counts as others do."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pandas as pd

from discourse.config import change_study, read_study
from discourse.errors import DiscourseError
from discourse.resources import resource
from discourse.runs.scratch import make_scratch
from discourse.runs.store import load_model, read_json
from discourse.terminal import pad

EXPECTED = Path(__file__).with_name("doctor.json")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "firefox")
LEAST_DISK = 2.0  # GB: an installation takes one, a study of ten thousand documents another
PACKAGES = ("gensim", "jieba", "numba", "numpy", "opencc", "pandas", "pyarrow", "pyLDAvis", "rjieba", "scipy")
OPTIONAL = {"tomotopy": "engine gibbs", "pyspark": "engine spark"}
_TEXTS = {
    "documents": ["doc_id", "title", "region", "level", "text"],
    "edits": ["source_id", "start", "end", "before", "after", "rule"],
    "passages": ["passage_id", "start", "end"],
    "tokens": ["passage_id", "start", "term"],
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what, in what state (``ok``, ``note``, ``fault``), and in which words."""

    what: str
    state: str
    words: str


def examine_machine(*, compute: bool = True) -> list[Finding]:
    """Look at everything that a study needs: versions, fonts, browser, Java, threads, disk, and a small run.

    compute: run the packaged seeds, too (some ten seconds), and hold the results against those that every
    machine should get. Nothing is written outside a temporary folder and nothing asks for the network.
    """
    checks: list[Callable[[], Iterator[Finding]]] = [
        _python,
        _packages,
        _lists,
        _fonts,
        _browser,
        _java,
        _machine,
    ]
    found = [finding for check in checks for finding in check()]
    return [*found, *_small_run()] if compute else found


def hash_small_run(folder: Path) -> dict[str, str]:
    """Run the seeds into `folder` as far as topics; hashes of what every machine should get.

    Texts, repairs, passages and tokens are hashed as they are. `topics` is the ten most probable terms of each
    topic: processors may differ in the last digits of a probability, and those must not matter.
    """
    from discourse.pipeline import open_run, run_corpus, run_stage

    study = change_study(
        read_study(resource("seeds", "study.toml")), ["multiverse.n_seeds=1", "multiverse.sizes=[1.0]"]
    )
    run_corpus(study, folder, say=_quiet)
    for stage in ("segment", "topics"):
        run_stage(open_run(folder), stage, say=_quiet)
    run = open_run(folder)
    hashes = {name: _hash_table(run.table(name)[columns]) for name, columns in _TEXTS.items()}
    model = load_model(folder)
    tops = model.vocabulary.to_numpy()[(-model.phi).argsort(axis=1, kind="stable")[:, :10]]
    topics = "\n".join(sorted(" ".join(sorted(map(str, row))) for row in tops))
    return hashes | {"topics": hashlib.sha256(topics.encode()).hexdigest()[:16]}


def render_examination(findings: list[Finding]) -> str:
    """Findings as lines for a terminal, and one sentence that sums them up in both languages."""
    marks = {"ok": "✓", "note": "·", "fault": "✗"}
    lines = [f"{marks[f.state]} {pad(f.what, 22)}{f.words}" for f in findings]
    n_faults = sum(f.state == "fault" for f in findings)
    end = (
        "ready 一切就绪"
        if not n_faults
        else f"{n_faults} {'thing needs' if n_faults == 1 else 'things need'} attention 有 {n_faults} 项需要处理"
    )
    return "\n".join([*lines, "", end])


def _python() -> Iterator[Finding]:
    version = platform.python_version()
    known = (3, 11) <= sys.version_info[:2] <= (3, 13)
    words = version if known else f"{version}: discourse is tested with 3.11, 3.12 and 3.13"
    yield Finding("Python", "ok" if known else "note", words)
    utf8 = sys.getfilesystemencoding().lower().replace("-", "") == "utf8"
    yield Finding("file names 文件名编码", "ok" if utf8 else "note", sys.getfilesystemencoding())


def _packages() -> Iterator[Finding]:
    for name in ("discourse-zh", *PACKAGES):
        version = _version(name)
        yield Finding(name, "ok" if version else "fault", version or f"is not installed: pip install {name}")
    for name, use in OPTIONAL.items():
        version = _version(name)
        yield Finding(
            name, "ok" if version else "note", version or f"is not installed; needed for {use} only"
        )


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _lists() -> Iterator[Finding]:
    try:
        words = sorted(path.name for path in resource("stopwords").rglob("*.t*"))
        yield Finding("word lists 词表", "ok", f"{len(words)} files")
    except DiscourseError as error:
        yield Finding("word lists 词表", "fault", str(error))


def _fonts() -> Iterator[Finding]:
    from discourse.report.fonts import find_faces

    try:
        yield Finding("Chinese font 中文字体", "ok", find_faces("党建引领基层治理，。《》")[0].family)
    except DiscourseError as error:
        yield Finding("Chinese font 中文字体", "note", f"figures need one; the report does not. {error}")


def _browser() -> Iterator[Finding]:
    found = next((name for name in BROWSERS if shutil.which(name)), None)
    system = found or {"darwin": "the system's own", "win32": "the system's own"}.get(sys.platform)
    words = system or "none on the PATH; the report opens in any browser of the last years, by double-click"
    yield Finding("browser 浏览器", "ok" if system else "note", words)


def _java() -> Iterator[Finding]:
    java = shutil.which("java")
    if java is None:
        yield Finding("Java", "note", "is not installed; needed for engine spark only (17 or newer)")
        return
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=20)
    yield Finding("Java", "ok", (answer.stderr or answer.stdout).splitlines()[0])


def _machine() -> Iterator[Finding]:
    yield Finding("processors 处理器", "ok", f"{os.cpu_count()}")
    folder = Path.cwd()
    free = shutil.disk_usage(folder).free / 1e9
    words = f"{free:.1f} GB" if free >= LEAST_DISK else f"{free:.1f} GB: a study may need {LEAST_DISK:g} GB"
    yield Finding("free disk 可用磁盘", "ok" if free >= LEAST_DISK else "fault", words)
    writable = os.access(folder, os.W_OK)
    yield Finding(
        "this folder 当前目录",
        "ok" if writable else "note",
        "writable" if writable else "read-only: use --out",
    )


def _small_run() -> Iterator[Finding]:
    expected = read_json(EXPECTED)
    with make_scratch("doctor") as scratch:
        try:
            hashes = hash_small_run(scratch / "run")
        except DiscourseError as error:
            yield Finding("small run 小型试算", "fault", str(error))
            return
    for name, digest in expected.items():
        same = hashes[name] == digest
        words = (
            "as expected" if same else f"differs from what other machines get ({hashes[name]}, not {digest})"
        )
        yield Finding(f"small run: {name}", "ok" if same else "fault", words)


def _hash_table(table: pd.DataFrame) -> str:
    text = table.astype("str").to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def _quiet(message: str) -> None:
    pass
