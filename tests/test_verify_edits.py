"""One edit by hand at a time, as somebody makes it who should not: each is named, exactly, and nothing else is."""

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from discourse.errors import RunError
from discourse.exporting import export_run
from discourse.figures import draw_run
from discourse.pipeline import open_run, run_stage
from discourse.runs.manifest import hash_identity
from discourse.runs.store import hash_file
from discourse.sensitivity import assess_segmentation
from discourse.verify import verify_run

OWN_LIST = "inputs/lists/own"


def quiet(message):
    pass


class Edit(NamedTuple):
    """What is done in a run folder, and how it is named: kind, file, and how the words of it begin and end."""

    do: Callable[[Path], object]
    kind: str
    file: str
    begins: str
    ends: str = ""


@pytest.fixture(scope="module")
def exported(owned_study, tmp_path_factory) -> Path:
    """The run with exports, figures and an answer beside its stages; do not write into it."""
    folder = tmp_path_factory.mktemp("exported")
    shutil.copytree(owned_study, folder / "home")
    run = open_run(folder / "home" / "run")
    export_run(run, ["excel", "csv", "bibtex"])
    draw_run(run, formats=["svg"])
    assess_segmentation(run, n_seeds=0)  # after the report, which does not speak of it
    return folder / "home"


@pytest.fixture
def home(exported, tmp_path, monkeypatch) -> Path:
    """A copy to edit. That the run computes to the same bytes is another test's: here they are taken from it."""
    whole = json.loads((exported / "run" / "manifest.json").read_text("utf-8"))["stages"]

    def take_stage(again, stage, *, sources, say):
        for name in whole[stage]["outputs"]:
            (again.path / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(exported / "run" / name, again.path / name)
        again.manifest["stages"][stage] = whole[stage]

    monkeypatch.setattr("discourse.verify.do_stage", take_stage)
    shutil.copytree(exported, tmp_path / "home")
    return tmp_path / "home"


def text(name: str, old: str, new: str) -> Callable[[Path], object]:
    """Replace the first `old` of a text file."""

    def do(run: Path) -> None:
        words = (run / name).read_text(encoding="utf-8")
        assert old in words, name
        (run / name).write_text(words.replace(old, new, 1), encoding="utf-8")

    return do


def append(name: str, words: str) -> Callable[[Path], object]:
    """Write something behind the end of a file."""

    def do(run: Path) -> None:
        with open(next(run.glob(name)), "a", encoding="utf-8") as file:
            file.write(words)

    return do


def table(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Path], object]:
    """Change a Parquet file."""
    return lambda run: change(pd.read_parquet(run / name)).to_parquet(run / name, index=False)


def manifest(change: Callable[[dict], object], name: str = "manifest.json") -> Callable[[Path], object]:
    """Change a JSON file, written as it was."""

    def do(run: Path) -> None:
        words = json.loads((run / name).read_text(encoding="utf-8"))
        change(words)
        (run / name).write_text(
            json.dumps(words, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8"
        )

    return do


def weight(run: Path) -> None:
    """A weight of the model."""
    with np.load(run / "model.npz") as archive:
        arrays = {name: archive[name].copy() for name in archive.files}
    arrays["theta"][3, 1] += 1e-9
    np.savez(run / "model.npz", **arrays)


def cell(run: Path) -> None:
    """A cell of the workbook, as Excel would leave it: every part of the file is written anew."""
    path = run / "exports" / "excel" / "small.xlsx"
    book = load_workbook(path)
    book["topics"]["C3"] = 0.125
    book.save(path)


def swap(first: str, second: str) -> Callable[[Path], object]:
    """Let two files change names."""

    def do(run: Path) -> None:
        os.replace(run / first, run / "aside")
        os.replace(run / second, run / first)
        os.replace(run / "aside", run / second)

    return do


def own_list(run: Path) -> Path:
    """The run's copy of the user's stop list."""
    return next((run / OWN_LIST).rglob("stop.txt"))


def first_cell(column: str, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Another value in the first row."""
    return lambda found: found.assign(**{column: [value, *found[column].tolist()[1:]]})


COPY = "the run's copy was altered since the run: "
EDITS: dict[str, Edit] = {
    "a word in the copy of a packaged list": Edit(
        append("inputs/lists/general.txt", "网格员\n"), "lists", "inputs/lists/general.txt",
        COPY + "'网格员' (line ", ") is new"),
    "a word in the copy of an own list": Edit(
        lambda run: own_list(run).write_text("水平\n", encoding="utf-8"), "lists", "*/stop.txt",
        COPY + "'体系' (line 2) is gone"),
    "a cell in the copy of the metadata": Edit(
        text("inputs/metadata.csv", "text2.txt,湖北省", "text2.txt,云南省"), "inputs", "inputs/metadata.csv",
        COPY + "row number 3, column province: '云南省' instead of '湖北省'"),
    "a setting in the copy of study.toml": Edit(
        text("inputs/study.toml", "n_topics = 2", "n_topics = 3"), "settings", "inputs/study.toml", COPY + "line ",
        "'n_topics = 3' instead of 'n_topics = 2'"),
    "a setting in the copy of the identity": Edit(
        manifest(lambda words: words["settings"]["topics.dtm"].update(min_df=9), "inputs/identity.json"), "settings",
        "inputs/identity.json", "was edited: settings.topics.dtm.min_df: 9 instead of "),
    "a copy deleted": Edit(lambda run: (run / "inputs" / "lists" / "radicals.tsv").unlink(), "lists",
                           "inputs/lists/radicals.tsv", "the run's copy is gone"),
    "a copy added": Edit(lambda run: (run / "inputs" / "mine.txt").write_text("x"), "inputs", "inputs/mine.txt",
                         "was added since the run"),
    "a cell of a CSV file": Edit(
        text("prevalence.csv", "province", "Province"), "outputs", "prevalence.csv",
        "altered since the run: "),
    "a number of a table": Edit(
        table("topics.parquet", first_cell("prevalence", 0.125)), "outputs", "topics.parquet",
        "altered since the run: row topic=0, column prevalence: 0.125 instead of 0."),
    "a text of a table": Edit(
        table("passages.parquet", first_cell("text", "换了")), "outputs", "passages.parquet",
        "altered since the run: row passage_id='text0#0001', column text: '换了' instead of "),
    "a row deleted": Edit(
        table("documents.parquet", lambda found: found.drop(2)), "outputs", "documents.parquet",
        "altered since the run: row doc_id='text2' is gone"),
    "a row added twice": Edit(
        table("tokens.parquet", lambda found: pd.concat([found, found.tail(1)])), "outputs", "tokens.parquet",
        "altered since the run: row number ", " is new"),
    "a number in the report": Edit(
        text("report.html", "n_topics", "n_t0pics"), "outputs", "report.html", "altered since the run: line ", ""),
    "a byte of the pyLDAvis page": Edit(
        text("pyldavis.html", "</body>", "</bodY>"), "outputs", "pyldavis.html", "altered since the run: line "),
    "a number in the summary": Edit(
        manifest(lambda words: words["counts"].update(documents=5), "summary.json"), "outputs", "summary.json",
        "altered since the run: counts.documents: 5 instead of 4"),
    "a weight of the model": Edit(weight, "outputs", "model.npz", "altered since the run: array theta[3, 1]: "),
    "a fact of the model": Edit(
        manifest(lambda words: words.update(eta=0.5), "model.json"), "outputs", "model.json",
        "altered since the run: eta: 0.5 instead of "),
    "a setting in the manifest": Edit(
        manifest(lambda words: words["settings"]["topics.lda"].update(n_topics=4)), "settings", "manifest.json",
        "was edited: settings.topics.lda.n_topics: 4 instead of 2"),
    "a version in the manifest": Edit(
        manifest(lambda words: words["versions"].update(numpy="9.9")), "settings", "manifest.json",
        f"was edited: versions.numpy: '9.9' instead of '{np.__version__}'"),
    "the hash of a raw text in the manifest": Edit(
        manifest(lambda words: words["inputs"].update({"text0.txt": "0" * 64})), "settings", "manifest.json",
        "was edited: inputs.text0.txt: '00000000"),
    "a note in the manifest": Edit(
        manifest(lambda words: words["stages"]["report"]["notes"].append("all is well")), "outputs", "manifest.json",
        "stages.report.notes: 'all is well' instead of nothing"),
    "the hash of a result in the manifest": Edit(
        manifest(lambda words: words["stages"]["topics"]["outputs"].update({"topics.csv": "0" * 64})), "outputs",
        "topics.csv", "its hash in manifest.json was edited, the file is right"),
    "the hash of a result deleted from the manifest": Edit(
        manifest(lambda words: words["stages"]["topics"]["outputs"].pop("topics.csv")), "outputs", "topics.csv",
        "its hash in manifest.json is gone, the file is right"),
    "a result and its hash deleted": Edit(
        lambda run: (manifest(lambda words: words["stages"]["topics"]["outputs"].pop("topics.csv"))(run),
                     (run / "topics.csv").unlink()),
        "outputs", "topics.csv", "is made when the run is computed again, and is not in the run"),
    "a stage added to the manifest": Edit(
        manifest(lambda words: words["stages"].update(more={"seconds": 1, "outputs": {}, "notes": []})), "outputs",
        "manifest.json", "was edited: stages.more: there is no such stage"),
    "a cell of an exported workbook": Edit(
        cell, "outputs", "exports/excel/small.xlsx", "altered since it was exported: topics!C3: 0.125 instead of "),
    "a cell of an exported table": Edit(
        text("exports/csv/documents.csv", "text3,", "text4,"), "outputs", "exports/csv/documents.csv",
        "altered since it was exported: row "),
    "an export and its hash": Edit(
        lambda run: (append("exports/bibtex/methods.bib", "% mine\n")(run), manifest(
            lambda words: words["files"].update({"methods.bib": hash_file(run / "exports" / "bibtex" / "methods.bib")}),
            "exports/bibtex/made.json")(run)),
        "outputs", "exports/bibtex/methods.bib", "is exported differently: line "),
    "a figure": Edit(
        append("figures/*.svg", "<!-- mine -->"), "outputs", "figures/*.svg", "altered since it was written"),
    "a figure deleted": Edit(
        lambda run: next((run / "figures").glob("*.svg")).unlink(), "outputs", "figures/*.svg", "missing"),
    "an answer that was asked beside the run": Edit(
        text("segmentation.csv", "holds", "turns"), "outputs", "segmentation.csv",
        "altered since it was written: row "),
    "a file deleted": Edit(lambda run: (run / "theta.parquet").unlink(), "outputs", "theta.parquet", "missing"),
    "a file added": Edit(lambda run: (run / "more.csv").write_text("a\n1\n"), "outputs", "more.csv",
                         "nothing in this run vouches for it: "),
    "a file added deep inside": Edit(
        lambda run: (run / "exports" / "csv" / "more.csv").write_text("a\n"), "outputs", "exports/csv/more.csv",
        "nothing in this run vouches for it: "),
}  # fmt: skip


@pytest.mark.parametrize("name", list(EDITS))
def test_an_edit_is_named_exactly_and_nothing_else_is(home, name):
    edit = EDITS[name]
    edit.do(home / "run")
    found = verify_run(home / "run", say=quiet).findings
    assert [finding.kind for finding in found] == [edit.kind], found
    assert Path(found[0].file).match(edit.file), found
    assert found[0].finding.startswith(edit.begins) and found[0].finding.endswith(edit.ends), found


def test_two_files_that_changed_names_are_both_named(home):
    swap("shares.csv", "topics.csv")(home / "run")
    found = verify_run(home / "run", say=quiet).findings
    assert [finding.file for finding in found] == ["shares.csv", "topics.csv"]
    assert all("column " in finding.finding for finding in found)


def test_times_place_name_and_rights_of_a_folder_are_no_difference(home, tmp_path):
    for path in (home / "run").rglob("*"):
        os.utime(path, (0, 0))
        path.chmod(0o555 if path.is_dir() else 0o444)
    (home / "run" / ".DS_Store").write_bytes(b"left by a file manager")
    (home / "run").rename(home / "其他 name")
    try:
        assert verify_run(home / "其他 name", say=quiet).findings == []
        shutil.copytree(home / "其他 name", tmp_path / "far" / "away")
        assert verify_run(tmp_path / "far" / "away", say=quiet) == ([], "the texts stored in the run")
    finally:
        for path in [home / "其他 name", *(home / "其他 name").rglob("*")]:
            path.chmod(0o755)


def test_a_copy_of_a_list_that_nobody_has_any_more_stops_the_verification(home):
    """With words that were never used everything would differ; what differs by its hash is named all the same."""
    own_list(home / "run").write_text("水平\n", encoding="utf-8")
    (home / "study" / "stop.txt").unlink()
    (home / "run" / "theta.parquet").unlink()
    verified = verify_run(home / "run", say=quiet)
    assert verified.computed_from == "nothing" and not verified.holds
    assert [(found.kind, Path(found.file).name) for found in verified.findings] == [
        ("lists", "stop.txt"), ("outputs", "theta.parquet")
    ]  # fmt: skip


def test_an_altered_copy_and_an_unaltered_list_of_the_user_compute_from_the_list(home):
    own_list(home / "run").write_text("居民\n", encoding="utf-8")
    verified = verify_run(home / "run", say=quiet)
    assert verified.computed_from == "the raw files" and len(verified.findings) == 1


@pytest.mark.parametrize("stage", ["segment", "topics", "compare", "report"])
def test_a_stage_refuses_a_copy_that_was_altered(home, stage):
    own_list(home / "run").write_text("居民\n", encoding="utf-8")
    before = hash_file(home / "run" / "tokens.parquet")
    with pytest.raises(
        RunError, match=r"stop\.txt: the run's copy was altered since the run began.*put it back"
    ):
        run_stage(open_run(home / "run"), stage, say=quiet)
    assert hash_file(home / "run" / "tokens.parquet") == before


def test_a_manifest_that_hashes_to_another_run_is_named(home):
    path = home / "run" / "manifest.json"
    words = json.loads(path.read_text(encoding="utf-8"))
    words["title"] = "mine"
    words["id"] = hash_identity(words)
    path.write_text(json.dumps(words), encoding="utf-8")
    found = verify_run(home / "run", say=quiet).findings
    assert [finding[:2] for finding in found] == [("settings", "manifest.json")] * 2
    assert found[0].finding == "was edited: title: 'mine' instead of ''"
    assert found[1].finding.startswith(f"was edited: id: '{words['id']}' instead of '")


def test_a_stage_that_nobody_knows_vouches_for_no_file(home):
    (home / "run" / "more.csv").write_text("a\n1\n")
    more = {"seconds": 1, "outputs": {"more.csv": hash_file(home / "run" / "more.csv")}, "notes": []}
    manifest(lambda words: words["stages"].update(more=more))(home / "run")
    found = verify_run(home / "run", say=quiet).findings
    assert [finding.file for finding in found] == ["manifest.json", "more.csv"]


def test_a_run_that_another_command_writes_meanwhile_is_not_judged(home, monkeypatch):
    def write_too(*_):
        manifest(lambda words: words["stages"]["report"].update(seconds=9))(home / "run")
        return []

    monkeypatch.setattr("discourse.verify._outputs", write_too)
    with pytest.raises(
        RunError, match="another command wrote it while it was verified; give the command again"
    ):
        verify_run(home / "run", say=quiet)


def test_a_workbook_that_would_swell_is_named_without_being_unpacked(home):
    path = home / "run" / "exports" / "excel" / "small.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(300_000_000))
    found = verify_run(home / "run", say=quiet).findings
    assert [finding[1:] for finding in found] == [
        ("exports/excel/small.xlsx", "altered since it was exported: cannot be read any more")
    ]
