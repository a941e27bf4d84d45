"""Run folders that a stranger has spoiled, opened by every command: sentences 2 and 5 of SECURITY.md."""

from __future__ import annotations

import inspect
import os
import shutil
import sys
from pathlib import Path

import pytest

from discourse.cli import app
from discourse.cli.app import RunArgument
from tests import hostile
from tests.hostile.commands import COMPUTE, choose_commands, list_commands
from tests.sandbox import MEMORY, run_jobs

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="bounds by the Linux kernel")
_CASES = list(hostile.cases())
_SECONDS = 5  # of computing, a command; of these `verify` takes two to compute the small run again


@pytest.fixture(scope="module")
def opened(good, tmp_path_factory) -> dict[str, dict]:
    """What commands answer to every hostile folder, and whether anything outside has changed."""
    base = tmp_path_factory.mktemp("hostile")
    jobs = [_prepare(good, base / str(number), number) for number in range(len(_CASES))]
    before = [_snapshot(Path(job["cwd"], "home")) for job in jobs]
    shutil.copytree(good, base / "warm")
    warm = list_commands(base / "warm" / "run", base / "warm")
    answers = run_jobs(jobs, [warm[name] for name in COMPUTE])
    for job, answer, was in zip(jobs, answers, before, strict=True):
        answer["home"] = _snapshot(Path(job["cwd"], "home")) == was
        answer["left"] = [path.name for path in Path(job["cwd"], "tmp").iterdir()]
    return {case.name: answer for case, answer in zip(_CASES, answers, strict=True)}


def _prepare(good: Path, folder: Path, number: int) -> dict:
    """A folder to open, and the commands for it; with ``DISCOURSE_HOSTILE=1`` all of them (half an hour)."""
    case = _CASES[number]
    for name in ("tmp", "out", "home"):
        (folder / name).mkdir(parents=True)
    secret = folder / "home" / "secret.txt"
    secret.write_text(hostile.SECRET, encoding="utf-8")
    shutil.copytree(good, folder / "study")
    run, out = folder / "study" / "run", folder / "out"
    for name in ("key.json", "answers.json"):
        (out / name).write_bytes(b"{}")
    case.spoil(run, secret)
    commands = choose_commands(run, out, number, all_of_them=bool(os.environ.get("DISCOURSE_HOSTILE")))
    if case.name in hostile.REFUSED_AT_ONCE:  # all commands open a folder in the same way: each has its turn
        known = list(list_commands(run, out).values())
        commands = [known[number % len(known)]]
    return {
        "commands": commands,
        "cwd": str(folder),
        "mine": [str(run), str(out), str(folder / "study" / ".run.lock")],
        "theirs": [str(folder / "home")],
    }


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_table_has_every_command_that_takes_a_run(tmp_path):
    takers = {
        command.name or command.callback.__name__
        for command in app.registered_commands
        if any(
            parameter.annotation in (RunArgument, "RunArgument")
            for parameter in inspect.signature(command.callback).parameters.values()
        )
    }
    assert set(list_commands(tmp_path, tmp_path)) == takers and len(takers) > 20


@pytest.mark.parametrize("case", [case.name for case in _CASES])
def test_2_a_hostile_run_folder_makes_no_forbidden_step(opened, case):
    assert opened[case]["steps"] == []
    assert opened[case]["home"], "a file of the user's was changed"
    assert opened[case]["left"] == [], "a temporary file was left"


@pytest.mark.parametrize("case", [case.name for case in _CASES])
def test_5_the_answer_is_a_result_or_one_line_within_bounds(opened, case):
    assert opened[case]["signal"] == 0
    assert opened[case]["rss"] < MEMORY
    for answer in opened[case]["commands"]:
        assert answer["code"] in (0, 1) and answer["cpu"] < _SECONDS, answer
        assert "Traceback" not in answer["err"] + answer["out"]
        if answer["code"] == 1 and answer["command"] == "verify" and not answer["err"]:
            result = "different 不一致; the first difference 第一处: "
            assert result in answer["out"], answer  # its result, on one line
        elif answer["code"] == 1:
            assert answer["err"].startswith("error 错误: ") and answer["err"].count("\n") == 1, answer
            assert "unforeseen" not in answer["err"], answer
    told = [
        answer for answer in opened[case]["commands"] if answer["command"] != "coders"
    ]  # its files are none
    is_refused = any(answer["code"] == 1 for answer in told)
    assert is_refused or case in _HARMLESS or case in hostile.REFUSED_AT_ONCE


# what no command of the list reads, or what changes nothing for it
_HARMLESS = {
    "a section that is no module", "settings of other names", "settings of other kinds", "places beyond the text",
    "places before the text", "tokens of no passage", "a codebook that is none",
    "scores of coders that are none", "a model that is a page as well", "a model with names that climb",
    # these only `verify` looks at, which is not among the commands of every case
    "a CSV file of a million columns", "a CSV file of one endless cell", "a page of 20 MB in one line",
    "answers that are none", "answers that climb out", "answers nested too deep", "an export that names files outside",
    "a workbook that swells", "a copy of a list that is endless", "an identity that is none",
    "an identity nested too deep", "hard links to a file of the user's",
    "a lock that is a hard link to a file of the user's",
}  # fmt: skip
