"""Exports and figures of a run: whole folders or none, never over somebody's work, the same bytes again."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from discourse.cli import app
from discourse.contracts import CONTRACTS
from discourse.errors import RunError, SettingError
from discourse.exporting import TARGETS, export_run
from discourse.figures import draw_run
from discourse.pipeline import open_run
from discourse.runs.folders import MARK, replace_folder
from discourse.runs.store import has_table

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.fixture(scope="module")
def exported(demo_run, tmp_path_factory):
    out = tmp_path_factory.mktemp("handed over")
    export_run(open_run(demo_run), list(TARGETS), out)
    return out


def test_every_target_has_its_folder_with_the_hash_of_every_file(exported, demo_run):
    assert {path.name for path in exported.iterdir()} == set(TARGETS)
    for target in TARGETS:
        mark = json.loads((exported / target / MARK).read_text("utf-8"))
        files = {p.relative_to(exported / target).as_posix() for p in (exported / target).rglob("*")}
        assert set(mark["files"]) == files - {MARK}
        assert mark["run"] == open_run(demo_run).manifest["id"]


def test_the_workbook_has_a_sheet_a_table_with_as_many_rows(exported, demo_run):
    from openpyxl import load_workbook

    book = load_workbook(exported / "excel" / "seeds.xlsx", read_only=True)
    tables = {name for name in CONTRACTS if has_table(demo_run, name)}
    assert set(book.sheetnames) == tables | {"cover"}
    for name in tables:
        table = open_run(demo_run).table(name)
        rows = list(book[name].iter_rows(values_only=True))
        assert len(rows) == len(table) + 1, name
        kept = [column for column in table.columns if column not in CONTRACTS[name].hidden]
        assert list(rows[0]) == kept
    contrasts = open_run(demo_run).table("contrasts")
    place = list(contrasts.columns).index("difference")
    shown = [row[place] for row in book["contrasts"].iter_rows(min_row=2, values_only=True)]
    assert shown == pytest.approx(contrasts["difference"].tolist(), rel=1e-14)  # Excel keeps 15 digits


def test_csv_of_the_run_is_copied_and_the_other_tables_join_it(exported, demo_run):
    assert (exported / "csv" / "topics.csv").read_bytes() == (demo_run / "topics.csv").read_bytes()
    tokens = pd.read_csv(exported / "csv" / "tokens.csv")
    assert len(tokens) == len(open_run(demo_run).table("tokens"))
    assert (exported / "csv" / "tokens.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_exporting_again_gives_the_same_bytes(exported, demo_run, tmp_path):
    export_run(open_run(demo_run), list(TARGETS), tmp_path)
    for path in exported.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / path.relative_to(exported)).read_bytes(), path.name


def test_an_unknown_target_writes_nothing(demo_run, tmp_path):
    with pytest.raises(SettingError, match="Did you mean 'excel'"):
        export_run(open_run(demo_run), ["csv", "exel"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_foreign_folder_is_refused_before_anything_is_written(demo_run, tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "thesis.docx").write_text("mine")
    with pytest.raises(RunError, match="did not write"):
        export_run(open_run(demo_run), ["mallet", "r"], tmp_path)
    assert not (tmp_path / "mallet").exists()
    assert (tmp_path / "r" / "thesis.docx").read_text() == "mine"


def test_a_workbook_that_somebody_edited_is_not_overwritten(demo_run, tmp_path):
    export_run(open_run(demo_run), ["mallet"], tmp_path)
    export_run(open_run(demo_run), ["mallet"], tmp_path)  # untouched: written anew
    (tmp_path / "mallet" / "topic-keys.txt").write_text("my notes")
    with pytest.raises(RunError, match=r"topic-keys\.txt was added or changed"):
        export_run(open_run(demo_run), ["mallet"], tmp_path)
    assert (tmp_path / "mallet" / "topic-keys.txt").read_text() == "my notes"


def test_what_fails_half_way_leaves_the_former_folder_and_no_scrap(tmp_path):
    replace_folder(tmp_path / "f", lambda path: (path / "a").write_text("old"), about={})

    def fail(path):
        (path / "a").write_text("new")
        raise OSError(28, "No space left on device")

    with pytest.raises(RunError, match="No space left"):
        replace_folder(tmp_path / "f", fail, about={})
    assert (tmp_path / "f" / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_figures_of_a_run_are_svg_with_a_caption_each(demo_run, tmp_path):
    folder = draw_run(open_run(demo_run), tmp_path / "figures", formats=["svg"], language="en", width=85)
    drawn = {path.stem for path in folder.glob("*.svg")}
    assert pictures_of_the_gallery() <= drawn | {"number-of-topics"}  # that one needs `discourse select`
    assert drawn == {path.stem for path in folder.glob("*.txt")} and "map-level" in drawn
    with pytest.raises(SettingError, match="Formats: svg, png, pdf"):
        draw_run(open_run(demo_run), tmp_path / "more", formats=["gif"])
    shutil.copy(folder / "map-level.svg", folder / "edited.svg")
    with pytest.raises(RunError, match="was added or changed"):
        draw_run(open_run(demo_run), folder, formats=["svg"])


def pictures_of_the_gallery() -> set[str]:
    """Names of the pictures that docs/gallery.md shows, each of which is there."""
    names = re.findall(r"\(img/gallery/(.+?)\.svg\)", (DOCS / "gallery.md").read_text("utf-8"))
    assert names and {path.stem for path in (DOCS / "img" / "gallery").glob("*.svg")} == set(names)
    return set(names)


def test_the_commands_print_where_things_are(demo_run, tmp_path):
    runner = CliRunner()
    done = runner.invoke(app, ["export", str(demo_run), "--to", "r,csv", "--out", str(tmp_path)])
    assert done.exit_code == 0
    assert done.stdout.split() == [str(tmp_path / "r"), str(tmp_path / "csv")]
    done = runner.invoke(
        app, ["figures", str(demo_run), "--format", "svg", "--quiet", "--out", str(tmp_path / "figures")]
    )
    assert done.exit_code == 0 and done.stdout.split() == [str(tmp_path / "figures")]
