"""Verify names the first difference: ten edits by hand, one at a time, and a run that has moved."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from discourse.cli import main
from discourse.errors import RunError
from discourse.originals import name_byte
from discourse.pipeline import open_run
from discourse.resources import resource
from discourse.runs.changes import SAME, first_difference, name_change, name_rows, name_words
from discourse.runs.manifest import hash_identity, read_manifest
from discourse.verify import Finding, verify_run
from tests.runs.small_study import METADATA


def quiet(message):
    pass


@pytest.fixture
def made(owned_study) -> Path:
    """A study of the user's own and its run, shared by all tests."""
    return owned_study


@pytest.fixture
def home(made, tmp_path) -> Path:
    """A copy of study and run that a test may edit."""
    shutil.copytree(made, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def uncomputed(monkeypatch) -> None:
    """For what is found before anything is computed: leave that out, it takes seconds."""
    monkeypatch.setattr("discourse.verify._outputs", lambda *_: [])


def first(home: Path) -> Finding:
    verified = verify_run(home / "run", say=quiet)
    assert not verified.holds
    return verified.findings[0]


def test_an_honest_run_holds_and_is_computed_from_the_raw_files(home):
    assert verify_run(home / "run", say=quiet) == ([], "the raw files")


def test_a_run_moved_away_from_everything_still_opens_and_verifies(made, tmp_path):
    shutil.copytree(made / "run", tmp_path / "elsewhere" / "deep" / "run")
    run = open_run(tmp_path / "elsewhere" / "deep" / "run")
    assert run.study.metadata.is_file() and run.study.options("segment.lexicon")["name"].endswith(".txt")
    said = []
    assert verify_run(run.path, say=said.append) == ([], "the texts stored in the run")
    assert "raw files are not here" in said[0]


def test_edit_1_a_byte_of_a_raw_file_is_named_by_its_place(uncomputed, home):
    path = home / "study" / "data" / "text1.txt"
    data = bytearray(path.read_bytes())
    place = data.index("治理".encode()) + 1
    data[place] ^= 1
    path.write_bytes(bytes(data))
    kind, name, words = first(home)
    assert (kind, name) == ("inputs", "text1.txt")
    assert (
        words
        == f"raw file has changed: byte {place} is 0x{data[place]:02x} instead of 0x{data[place] ^ 1:02x}"
    )
    assert [f.kind for f in verify_run(home / "run", say=quiet).findings] == [
        "inputs"
    ]  # the run itself holds


def test_edit_2_raw_files_that_came_or_went_are_named(uncomputed, home):
    (home / "study" / "data" / "text3.txt").rename(home / "study" / "data" / "text9.txt")
    told = verify_run(home / "run", say=quiet).findings
    assert [(f.file, f.finding) for f in told] == [
        ("text3.txt", "raw file is gone"),
        ("text9.txt", "raw file is new since the run"),
    ]


def test_edit_3_a_stop_word_is_named_with_its_list(uncomputed, home):
    (home / "study" / "stop.txt").write_text("体系\n居民\n", encoding="utf-8")
    kind, name, words = first(home)
    assert kind == "lists" and name.startswith("own/") and name.endswith("/stop.txt")
    assert words == "has changed: '水平' (line 1) is gone, '居民' (line 2) is new"


def test_edit_4_a_word_of_a_packaged_list_is_named(uncomputed, home, monkeypatch):
    shutil.copytree(resource("stopwords"), home / "stopwords")
    with open(home / "stopwords" / "general.txt", "a", encoding="utf-8") as file:
        file.write("网格\n")
    monkeypatch.setattr("discourse.identity.resource", lambda name: home / name)
    kind, name, words = first(home)
    assert (kind, name) == ("lists", "general.txt")
    assert words.startswith("has changed: '网格' (line ") and words.endswith(") is new")


def test_edit_5_a_version_is_named_from_and_to_and_alone_is_no_fault(uncomputed, home, monkeypatch):
    versions = {**read_manifest(home / "run")["versions"], "numpy": "9.9"}
    monkeypatch.setattr("discourse.runs.manifest.versions", lambda: versions)
    verified = verify_run(home / "run", say=quiet)
    assert verified.findings == [Finding("versions", "numpy", f"from '{np.__version__}' to '9.9'")]
    assert verified.holds


def test_edit_6_a_setting_edited_in_the_manifest_is_named_from_and_to(uncomputed, home):
    manifest = read_manifest(home / "run")
    manifest["settings"]["topics.dtm"]["min_df"] = 3
    (home / "run" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    verified = verify_run(home / "run", say=quiet)
    before = read_manifest_of(home)["settings"]["topics.dtm"]["min_df"]
    assert verified.findings == [
        Finding(
            "settings",
            "manifest.json",
            f"was edited: settings.topics.dtm.min_df: 3 instead of {before}",
        )
    ]


def test_edit_6b_a_setting_edited_with_all_that_vouches_for_it_is_found_in_the_results(home):
    manifest = read_manifest(home / "run")
    manifest["settings"]["topics.lda"]["eta"] = 0.9
    manifest["id"] = hash_identity(manifest)
    (home / "run" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (home / "run" / "inputs" / "identity.json").unlink()
    files = [f.file for f in verify_run(home / "run", say=quiet).findings if f.kind == "outputs"]
    assert "theta.parquet" in files and "documents.parquet" not in files


def read_manifest_of(home: Path) -> dict:
    return json.loads((home / "run" / "inputs" / "identity.json").read_text(encoding="utf-8"))


def test_edit_7_a_setting_changed_in_study_toml_is_named_from_and_to(uncomputed, home):
    path = home / "study" / "study.toml"
    path.write_text(path.read_text("utf-8").replace("n_topics = 2", "n_topics = 3 # more"), encoding="utf-8")
    assert verify_run(home / "run", say=quiet).findings == [
        Finding("settings", "study.toml", "settings.topics.lda.n_topics: from 2 to 3")
    ]


def test_a_remark_in_study_toml_is_no_difference(uncomputed, home):
    with open(home / "study" / "study.toml", "a", encoding="utf-8") as file:
        file.write("# nothing new\n")
    assert verify_run(home / "run", say=quiet).findings == []


def test_edits_8_to_10_in_results_are_named_in_the_order_of_the_stages(home):
    run = home / "run"
    table = pd.read_parquet(run / "topics.parquet")
    table.loc[1, "prevalence"] = 0.125
    table.to_parquet(run / "topics.parquet", index=False)
    lines = (run / "shares.csv").read_text("utf-8-sig").split("\n")
    cells = lines[2].split(",")
    lines[2] = ",".join([*cells[:-1], "0.5"])
    (run / "shares.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    with np.load(run / "model.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["phi"] = arrays["phi"].copy()
    arrays["phi"][0, 0] += 0.001
    np.savez(run / "model.npz", **arrays)
    with open(run / "report.html", "a", encoding="utf-8") as file:
        file.write("<!-- mine -->")
    (run / "exemplars.csv").unlink()
    about = home / "study" / "about.csv"
    about.write_text(METADATA.replace("text1.txt,云南省", "text1.txt,湖北省"), encoding="utf-8")
    told = verify_run(run, say=quiet).findings
    named = {f.file: f.finding for f in told}
    assert list(named) == [
        "about.csv", "model.npz", "shares.csv", "topics.parquet", "exemplars.csv", "report.html"
    ]  # fmt: skip
    assert [f.kind for f in told] == ["inputs", *["outputs"] * 5]
    assert named["about.csv"].endswith("row file='text1.txt', column province: '湖北省' instead of '云南省'")
    cell = "altered since the run: row topic=1, column prevalence: 0.125 instead of 0."
    assert named["topics.parquet"].startswith(cell)
    row = f"row doc_id='{cells[0]}', column topic_1: '0.5' instead of '{cells[-1]}'"
    assert named["shares.csv"] == f"altered since the run: {row}"
    assert "array phi[0, 0]:" in named["model.npz"]
    assert "altered since the run: line " in named["report.html"]
    assert named["exemplars.csv"] == "missing"


def test_a_stored_text_edited_where_no_raw_file_is_at_hand_is_named_and_nothing_is_concluded(made, tmp_path):
    shutil.copytree(made / "run", tmp_path / "far" / "run")
    path = tmp_path / "far" / "run" / "sources.parquet"
    table = pd.read_parquet(path)
    table.loc[2, "text"] = table.loc[2, "text"].replace("治理", "管理")
    table.to_parquet(path, index=False)
    verified = verify_run(tmp_path / "far" / "run", say=quiet)
    assert verified.computed_from == "nothing" and not verified.holds
    assert "row source_id='text2': its text is not that of the file" in verified.findings[0].finding


def test_an_incomplete_run_is_not_verified(home):
    manifest = read_manifest(home / "run")
    del manifest["stages"]["report"]
    (home / "run" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(RunError, match="not complete"):
        verify_run(home / "run", say=quiet)


def test_the_command_tells_the_first_difference_and_leaves_with_1(uncomputed, home, capsys, monkeypatch):
    (home / "study" / "data" / "text0.txt").unlink()
    monkeypatch.setattr("sys.argv", ["discourse", "verify", str(home / "run")])
    with pytest.raises(SystemExit) as left:
        main()
    told = capsys.readouterr().out.strip().split("\n")
    assert left.value.code == 1
    assert told[-1] == "different 不一致; the first difference 第一处: text0.txt: raw file is gone"
    monkeypatch.setattr("sys.argv", ["discourse", "verify", "--json", str(home / "run")])
    with pytest.raises(SystemExit):
        main()
    words = json.loads(capsys.readouterr().out)
    assert words["holds"] is False and words["computed_from"] == "the texts stored in the run"
    assert words["findings"] == [{"kind": "inputs", "file": "text0.txt", "finding": "raw file is gone"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "cp950"])
def test_the_byte_is_found_in_every_encoding(tmp_path, encoding):
    import hashlib

    text = "堅持黨建引領基層治理\r\n" * 3 if encoding == "cp950" else "坚持党建引领基层治理\r\n" * 3
    data = text.encode(encoding)
    changed = bytearray(data)
    changed[30] ^= 1
    (tmp_path / "a.txt").write_bytes(bytes(changed))
    rows = pd.DataFrame(
        {"source_id": ["a"], "text": [data.decode(encoding)], "encoding": [encoding], "error": [None]}
    )
    words = name_byte(tmp_path / "a.txt", rows, rows.head(0), hashlib.sha256(data).hexdigest())
    assert words == f"byte 30 is 0x{changed[30]:02x} instead of 0x{data[30]:02x}"


def test_tables_are_compared_row_by_row():
    before = pd.DataFrame({"k": ["a", "b", "c"], "n": [1.0, None, 3.0]})
    assert name_rows(before.copy(), before, ["k"]) == SAME
    assert name_rows(before[::-1], before, ["k"]) == "its rows stand in another order"
    assert name_rows(before.drop(1), before, ["k"]) == "row k='b' is gone"
    assert name_rows(before, before.drop(0), ["k"]) == "row k='a' is new"
    assert name_rows(before.fillna(2.0), before, ["k"]) == "row k='b', column n: 2.0 instead of nan"
    assert name_rows(before.rename(columns={"n": "m"}), before, ["k"]) == "column 'n' is gone"


def test_an_array_that_was_added_or_whose_numbers_are_none_is_told_apart(tmp_path):
    found, expected = tmp_path / "found.npz", tmp_path / "model.npz"
    arrays = {"phi": np.array([0.5, np.nan])}
    np.savez(expected, **arrays)
    np.savez_compressed(found, **arrays)
    assert name_change(found, expected) == SAME
    np.savez(found, more=np.zeros(2), **arrays)
    assert name_change(found, expected) == "array more is new"
    np.savez(found, phi=np.array([np.nan, np.nan]))
    assert name_change(found, expected) == "array phi[0]: nan instead of 0.5"


def test_a_column_of_another_type_is_named(tmp_path):
    table = pd.DataFrame({"topic": [0, 1], "label": ["a", "b"]})
    table.to_parquet(tmp_path / "topics.parquet")
    table.astype({"topic": "int32"}).to_parquet(tmp_path / "found.parquet")
    told = name_change(tmp_path / "found.parquet", tmp_path / "topics.parquet")
    assert told == "column topic: type int32 instead of int64"


def test_words_lines_and_places_are_named(tmp_path):
    assert name_words("甲\n乙\n", "甲\n乙\n") == f"the words are the same; {SAME}"
    assert name_words("# x\n甲\n", "# y\n甲\n").startswith("the words are the same; line 1")
    assert name_words("", "甲\n乙\n丙\n") == "'甲' (line 1) is gone; and 2 more"
    for a, b, place in (("abc", "abd", 2), ("abc", "ab", 2), ("", "", 0), ("same", "same", 4)):
        assert first_difference(a, b) == place
    for name in ("old.json", "new.json"):
        (tmp_path / name).write_text(json.dumps({"a": [1, {"b": 2 if name == "old.json" else 3}]}))
    assert name_change(tmp_path / "new.json", tmp_path / "old.json") == "a[1].b: 3 instead of 2"
    (tmp_path / "new.json").write_text("{")
    assert name_change(tmp_path / "new.json", tmp_path / "old.json") == "cannot be read any more"
