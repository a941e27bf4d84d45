"""A run comes in; a folder of its figures goes out: SVG, PNG, PDF, and a caption beside each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pandas as pd

from discourse.errors import SettingError, suggest
from discourse.report.figures.canvas import Figure, Language
from discourse.report.figures.drawing import (
    FORMATS,
    choose_faces,
    draw_figures,
    render_caption,
    render_pdf,
    render_png,
    render_svg,
)
from discourse.report.fonts import Face
from discourse.runs.folders import refuse_foreign, replace_folder
from discourse.runs.lock import lock_folder
from discourse.runs.store import has_table
from discourse.stages import Run, tell_payload

Progress = Callable[[int, int, str], None]


def draw_run(
    run: Run,
    out: Path | None = None,
    *,
    formats: Sequence[str] = FORMATS,
    language: Language = "zh",
    width: float = 170.0,
    font: Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Draw every figure that a run has numbers for into one folder; returns it.

    out: default ``figures`` in the run folder; a folder that is not ours, or that somebody has changed, is
    refused. formats: of svg, png, pdf. width: millimetres. font: a font file for PNG and PDF; without one a
    Chinese font of the machine is found. progress: called with figures done, all figures, name.

    Raises SettingError for a format that there is none of, or where no font has the characters.
    """
    for name in formats:
        if name not in FORMATS:
            raise SettingError(
                f"--format {name!r} is none. {suggest(name, FORMATS)}Formats: {', '.join(FORMATS)}."
            )
    folder = out or run.path / "figures"
    refuse_foreign(folder)
    figures = draw_figures(tell_payload(run), sizes=_sizes(run), language=language, width=width)
    faces = choose_faces(figures, font=font) if set(formats) - {"svg"} else []

    def fill(path: Path) -> None:
        for done, figure in enumerate(figures, start=1):
            _write(figure, path, formats, faces, language, title=run.study.title or run.study.name)
            if progress is not None:
                progress(done, len(figures), figure.name)

    about: dict[str, Any] = {
        "study": run.study.name,
        "run": run.manifest["id"],
        "language": language,
        "width_mm": width,
    }
    about["fonts"] = [face.family for face in faces]
    with lock_folder(run.path) if out is None else nullcontext():
        return replace_folder(folder, fill, about=about)


def _write(
    figure: Figure,
    folder: Path,
    formats: Sequence[str],
    faces: Sequence[Face],
    language: Language,
    *,
    title: str,
) -> None:
    (folder / f"{figure.name}.txt").write_bytes(render_caption(figure, title=title).encode("utf-8"))
    if "svg" in formats:
        (folder / f"{figure.name}.svg").write_bytes(render_svg(figure, language=language).encode("utf-8"))
    if "png" in formats:
        (folder / f"{figure.name}.png").write_bytes(render_png(figure, faces, language=language))
    if "pdf" in formats:
        (folder / f"{figure.name}.pdf").write_bytes(render_pdf(figure, faces, language=language))


def _sizes(run: Run) -> pd.DataFrame | None:
    return run.table("sizes") if has_table(run.path, "sizes") else None
