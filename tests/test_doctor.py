"""The doctor knows a healthy machine from a sick one."""

import json
import sys

import pytest

from discourse import doctor
from discourse.doctor import EXPECTED, examine_machine, hash_small_run, render_examination
from discourse.runs.store import read_json
from discourse.terminal import display_width, pad
from tests.test_cli import discourse


def states(findings):
    return {finding.what: finding.state for finding in findings}


def test_the_small_run_gives_what_every_machine_should_get(tmp_path):
    assert hash_small_run(tmp_path / "run") == read_json(EXPECTED), "run: python docs/build_doctor.py"


def test_a_machine_with_everything_is_ready(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    findings = examine_machine(compute=False)
    assert not [f for f in findings if f.state == "fault"]
    assert render_examination(findings).endswith("ready 一切就绪")


def test_other_results_are_named_by_table(monkeypatch):
    monkeypatch.setattr(doctor, "hash_small_run", lambda folder: dict(read_json(EXPECTED), tokens="0" * 16))
    found = states(doctor._small_run())
    assert found == {
        f"small run: {name}": "fault" if name == "tokens" else "ok" for name in read_json(EXPECTED)
    }


def test_what_is_missing_is_named_with_the_next_step(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))
    monkeypatch.setattr(doctor, "_version", lambda name: None)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 1e8})())
    findings = examine_machine(compute=False)
    found, words = states(findings), {f.what: f.words for f in findings}
    assert found["gensim"] == "fault" and words["gensim"].endswith("pip install gensim")
    assert found["tomotopy"] == found["Java"] == found["Python"] == "note"
    assert found["free disk 可用磁盘"] == "fault" and words["free disk 可用磁盘"].startswith("0.1 GB")
    assert "attention 有" in render_examination(findings)


def test_a_fault_is_exit_code_one_and_json_is_for_scripts(tmp_path):
    done = discourse("doctor", "--fast", "--json", cwd=tmp_path)
    findings = json.loads(done.stdout)
    assert done.returncode == int(any(finding["state"] == "fault" for finding in findings))
    assert {"what", "state", "words"} == set(findings[0])


@pytest.mark.parametrize(("text", "width"), [("", 0), ("abc", 3), ("党建", 4), ("Ａ，", 4), ("é", 1)])
def test_chinese_takes_two_columns(text, width):
    assert display_width(text) == width
    assert display_width(pad(text, 8)) == display_width(pad(text, 8, right=True)) == 8
    assert pad(text, 8, right=True).endswith(text)
