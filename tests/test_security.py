"""The sentences of SECURITY.md, one test each, by number; 2 and 5 are in `test_hostile_runs.py`."""

from __future__ import annotations

import ast
import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest

import discourse
from discourse.config import read_study
from discourse.corpus.archives import Budget, read_archive
from discourse.corpus.sources import read_sources
from discourse.errors import DiscourseError, SettingError, SourceError
from discourse.evidence.answers import read_key
from discourse.evidence.form import KEY_SCHEMA, hash_content
from discourse.evidence.search import find_pattern
from discourse.pipeline import run_corpus
from discourse.report.html import render_report
from discourse.runs.entries import is_inside, is_of_run, is_portable
from discourse.runs.guard import refuse_links
from discourse.runs.store import load_model, load_table, write_csv, write_file
from tests import hostile
from tests.corpus.files import make_zip

_CODE = sorted(Path(discourse.__file__).parent.rglob("*.py"))
_CASES = list(hostile.cases())
_MARKUP = (
    "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u2028${alert(1)}"
    "<a href='javascript:alert(1)'>"
)


@cache
def _nodes() -> list[tuple[Path, ast.AST]]:
    """Every piece of our code: file, syntax."""
    trees = ((path, ast.parse(path.read_text(encoding="utf-8"))) for path in _CODE)
    kinds = (ast.Call, ast.Import, ast.ImportFrom)
    return [(path, node) for path, tree in trees for node in ast.walk(tree) if isinstance(node, kinds)]


def _calls(name: str):
    """Calls of a function or method of this name in our code: file, call."""
    for path, node in _nodes():
        if isinstance(node, ast.Call):
            function = node.func
            called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if called == name:
                yield path.name, node


def test_1_no_file_is_unpickled_or_run():
    for path, node in _nodes():
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found = {name.split(".")[0] for name in names}
        assert not found & {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "yaml"}, path
    for name in ("eval", "exec", "read_pickle"):
        assert not [
            call for call in _calls(name) if isinstance(call[1].func, ast.Name) or name == "read_pickle"
        ]
    for file, call in _calls("load"):
        allowed = [word.value for word in call.keywords if word.arg == "allow_pickle"]
        assert all(isinstance(value, ast.Constant) and value.value is False for value in allowed), file


def test_3_a_run_folder_with_a_link_or_a_pipe_is_refused(tmp_path):
    for number, spoil in enumerate(hostile.LINKS.values()):
        run = tmp_path / str(number) / "run"
        (run / "inputs" / "lists").mkdir(parents=True)
        spoil(run, tmp_path / "home" / "secret.txt")
        with pytest.raises(DiscourseError, match="is a link or a device|deeper than any run"):
            refuse_links(run)


def test_4_no_name_in_a_manifest_leads_out():
    out = ["../a", "a/../../b",
           "/etc/passwd", "C:\\a", "C:a", "\\\\server\\share", "//server/share", "\\a", "a\\..\\..\\b", "",
           "a\0b", "a\nb", "..", "x" * 5000, 7, None]  # fmt: skip
    assert [name for name in out if is_inside(name)] == []
    assert [name for name in (*out, "NUL", "a/con.txt", "lists/COM1.txt") if is_of_run(name)] == []
    assert all(map(is_of_run, ["a.parquet", "lists/own/词.txt", "control.txt", "a/console"]))
    assert all(map(is_inside, ["a.parquet", "fitted/topics.parquet", "云南 (1).txt", "a..b.txt", "...txt"]))
    for name in (
        "CON",
        "nul.txt",
        "com1",
        "LPT9.x",
        "a.",
        "a ",
        "a:b",
        "a/b",
        "a\\b",
        "",
        ".",
        "..",
        "名" * 60,
        "a\u202eb",
    ):
        assert not is_portable(name), name
    assert all(map(is_portable, ["seeds", "治理-2026", "console", "com"]))


@pytest.mark.parametrize(
    "case", ["a table of 30 million rows", "a table whose cells swell", "a table of tables", "a model that is a pickle",
             "a model of a billion rows", "a model whose words are a terabyte", "a model that swells"],
)  # fmt: skip
def test_6_what_would_swell_is_refused_before_it_is_unpacked(good, tmp_path, case):
    run = tmp_path / "run"
    shutil.copytree(good / "run", run)
    next(known for known in _CASES if known.name == case).spoil(run, tmp_path)
    with pytest.raises(DiscourseError, match=r"is damaged \(ValueError\)"):
        if "model" in case:
            load_model(run)
        for name in ("documents", "passages"):
            load_table(run, name)


def test_7_an_archive_is_never_unpacked_to_disk(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    inner = {
        "../evil.txt": b"evil",
        "/evil.txt": b"evil",
        "C:\\evil.txt": b"evil",
        "good.txt": "基层治理".encode(),
    }
    (folder / "a.zip").write_bytes(make_zip(inner | {"bomb.txt": b"\0" * 30_000_000}))
    with pytest.warns(UserWarning, match="could not be read"):
        sources = read_sources(folder)
    assert sources["error"].isna().sum() == 1 and sources["error"].notna().sum() == 4
    assert [path.name for path in tmp_path.rglob("*")] == ["data", "a.zip"]


def test_7_a_file_without_a_name_in_an_archive_is_passed_over():
    """A finding of the campaign: `zipfile` itself fails on it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("good.txt"), b"good")
        archive.writestr(zipfile.ZipInfo(""), b"nameless")
    found = list(read_archive(buffer.getvalue(), Budget(1000), lambda name: True))
    assert [member.path for member in found] == ["good.txt"]


def test_8_macros_and_entities_are_refused(tmp_path):
    bodies = {
        "macro.docx": {"word/document.xml": b"<a/>", "word/vbaProject.bin": b"x"},
        "entity.docx": {
            "word/document.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            "[Content_Types].xml": b"<a/>",
        },
    }
    for name, parts in bodies.items():
        (tmp_path / name).write_bytes(make_zip(parts))
        with pytest.raises(SourceError, match="macros|entities"):
            read_sources(tmp_path / name)


def test_9_words_of_texts_stay_words_in_the_report(good):
    from discourse.pipeline import open_run
    from discourse.stages import tell_payload

    payload = tell_payload(open_run(good / "run"))
    payload["title"] = _MARKUP
    poisoned = json.loads(json.dumps(payload, ensure_ascii=False).replace("治理", json.dumps(_MARKUP)[1:-1]))
    page = render_report(poisoned)
    assert "<script>alert" not in page and "<img src=x" not in page
    assert not any(
        "\u2028" in script for script in re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    )
    assert not re.search(r"<a href=.javascript", page)
    plain = render_report(payload | {"title": "T"})
    assert page.count("<script") == plain.count("<script") and page.count("<a ") == plain.count("<a ")


def test_15_no_sign_turns_the_words_of_a_page_round(good):
    """What a terminal shows is in `test_terminal.py`."""
    from discourse.pipeline import open_run
    from discourse.report.ldavis import render_ldavis
    from discourse.stages import tell_payload

    run = open_run(good / "run")
    payload = tell_payload(run) | {"title": "报告\u202etxt.exe\u2067"}
    assert "报告\ufffdtxt.exe\ufffd" in render_report(payload)
    topics = run.table("topics").assign(label="甲\u202e乙")
    page = render_ldavis(load_model(good / "run"), topics)
    assert "甲\ufffd乙" in page and "\u202e" not in page


def test_10_no_cell_can_act_as_a_formula(tmp_path):
    import pandas as pd

    write_csv(tmp_path / "a.csv", pd.DataFrame({"a": ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "党建"]}))
    with open(tmp_path / "a.csv", encoding="utf-8-sig", newline="") as file:
        cells = [row[0] for row in csv.reader(file)]
    assert len(cells) == 8 and not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


def test_11_a_pattern_has_its_time():
    with pytest.raises(SettingError, match="found no end within"):
        find_pattern(["a" * 60 + "b"], "(a+)+$", seconds=1)


@pytest.mark.parametrize("key", [{}, {"items": []}, {"items": [{}]},
                                 {"items": [7], "run": {}, "form": "a", "shown": "a"},
                                 {"items": "a", "run": [], "form": 1, "shown": None}])  # fmt: skip
def test_12_a_key_with_the_right_checksum_is_checked_all_the_same(key):
    content = {"schema": KEY_SCHEMA, **key}
    data = json.dumps(content | {"checksum": hash_content(content)}).encode()
    with pytest.raises(SourceError, match="must hold the questions of a form"):
        read_key(data)


def test_13_a_folder_of_another_program_is_never_emptied(good, tmp_path):
    foreign = tmp_path / "extension"
    foreign.mkdir()
    (foreign / "manifest.json").write_text('{"manifest_version": 3, "name": "mine"}', encoding="utf-8")
    (foreign / "work.js").write_text("years of work", encoding="utf-8")
    study = read_study(_study_of(good, tmp_path))
    with pytest.raises(DiscourseError, match="not a run folder|not the manifest of a run"):
        run_corpus(study, foreign, say=lambda message: None)
    assert (foreign / "work.js").read_text(encoding="utf-8") == "years of work"


def test_13_a_temporary_file_that_is_a_link_is_not_written_through(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text(hostile.SECRET, encoding="utf-8")
    (tmp_path / ".a.txt.tmp").symlink_to(secret)
    write_file(tmp_path / "a.txt", lambda file: file.write(b"a"))
    assert secret.read_text(encoding="utf-8") == hostile.SECRET and (tmp_path / "a.txt").read_bytes() == b"a"


@pytest.mark.parametrize("name", ["NUL", "con.txt", "a.", "a/b", "a:b", "..", "名" * 101])
def test_14_a_study_cannot_be_named_as_windows_names_no_folder(tmp_path, name):
    (tmp_path / "study.toml").write_text(f"[study]\nname = {json.dumps(name)}\n", encoding="utf-8")
    with pytest.raises(SettingError, match="cannot name a folder"):
        read_study(tmp_path / "study.toml")


def test_14_every_text_is_read_and_written_in_a_stated_encoding():
    for name in ("read_text", "write_text"):
        for file, call in _calls(name):
            if isinstance(call.func, ast.Attribute):
                stated = call.args[name == "write_text" :] or [
                    word for word in call.keywords if word.arg == "encoding"
                ]
                assert stated, f"{file}:{call.lineno}"
    for file, call in _calls("open"):
        if isinstance(call.func, ast.Name):
            mode = call.args[1].value if len(call.args) > 1 else "r"
            assert "b" in mode or any(word.arg == "encoding" for word in call.keywords), (
                f"{file}:{call.lineno}"
            )


def test_14_a_run_is_the_same_where_the_system_knows_ascii_only(good, tmp_path):
    words = "import sys, pathlib\nfrom tests.hostile import run_texts\n\n"
    words += "if __name__ == '__main__':\n    run_texts(pathlib.Path(sys.argv[1]))\n"
    (tmp_path / "again.py").write_text(words, encoding="utf-8")
    hostile.write_texts(tmp_path / "study" / "data")
    root = str(Path(__file__).parent.parent)
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONPATH": root,
                   "PYTHONCOERCECLOCALE": "0"}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-X", "utf8=0", str(tmp_path / "again.py"), str(tmp_path / "study")],
        env=environment, cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-2000:]
    assert _hashes(tmp_path / "study" / "run") == _hashes(good / "run")


def _hashes(run: Path) -> dict[str, str]:
    """Hashes of all files but the manifest, which holds paths and seconds."""
    files = [path for path in run.rglob("*") if path.is_file() and path.name != "manifest.json"]
    return {
        path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files)
    }


def _study_of(good: Path, folder: Path) -> Path:
    path = folder / "study.toml"
    path.write_text(
        f'[study]\nname = "a"\ndata = {json.dumps((good / "data").as_posix())}\n', encoding="utf-8"
    )
    return path
