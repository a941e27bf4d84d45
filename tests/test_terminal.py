"""What comes from files, cells and settings is shown on a terminal and in pages, and never obeyed there."""

from __future__ import annotations

import io
import json
import sys
import unicodedata

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from discourse.cli import app, main
from discourse.progress import Progress
from discourse.report.exports.workbook import clean_text
from discourse.terminal import PlainStream, plain_streams, show_hidden, stop_turns

ODD = "\x1b]8;;http:x\x07\x1b[31m\u202etxt\rnew\nline\x9b2J\u200b\ufeff"
TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def _obeyed(words: str) -> list[str]:
    """Signs that a terminal would obey: controls but the end of a line and the tab, and turns of direction."""
    return [char for char in words if (unicodedata.category(char) == "Cc" and char not in "\n\t")
            or unicodedata.bidirectional(char) in TURNS]  # fmt: skip


@given(st.text(alphabet=st.characters(codec=None)))
@example(ODD)
@example("\U000e0041\ud800\u2028\u061c")
def test_nothing_is_left_that_a_terminal_would_obey(text):
    shown = show_hidden(text)
    assert not _obeyed(shown) and show_hidden(shown) == shown
    shown.encode("utf-8")


@given(st.text())
def test_json_stays_the_same_json(text):
    assert json.loads(show_hidden(json.dumps(text, ensure_ascii=False))) == text


def test_chinese_and_marks_stay_as_they_are():
    words = "云南省：“党建引领”　基层治理——《意见》\n\t1,234 · é 𠀀 \ue000"
    assert show_hidden(words) == words == stop_turns(words)


def test_a_stream_gives_back_what_it_was_told_and_is_else_the_stream_itself():
    behind = io.StringIO()
    stream = PlainStream(behind)
    assert stream.write(ODD) == len(ODD)
    stream.writelines(["a\x07", "b"])
    assert behind.getvalue() == show_hidden(ODD) + "a\\u0007b" and stream.getvalue() == behind.getvalue()


def test_streams_are_put_back_unless_somebody_else_took_them(capsys):
    before = sys.stdout
    with plain_streams():
        print("\x1b[31m")
    assert sys.stdout is before and capsys.readouterr().out == "\\u001b[31m\n"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_that_renews_itself_does_so_and_shows_what_stands_in_it():
    terminal, seconds = _Terminal(), iter(range(9))
    with Progress(
        "read\x1bing\r", "files", stream=PlainStream(terminal), clock=lambda: next(seconds)
    ) as tell:
        tell(1, 2)
    assert terminal.getvalue().startswith("\rread\\u001bing\\u000d: 1 of 2 files")
    assert terminal.getvalue().endswith("\r")


# every command, with words that nobody should have to trust
ARGUMENTS = {
    "codebook": [ODD, "--apply", ODD], "code": [ODD, "--out", ODD, "--tasks", ODD], "coders": [ODD, ODD, ODD],
    "demo": ["--out", "{file}/" + ODD], "init": ["{file}/" + ODD], "run": [ODD, "--set", ODD], "multiverse": [ODD],
    "corpus": [ODD, "--out", ODD], "segment": [ODD], "topics": [ODD, "--engine", ODD], "compare": [ODD],
    "report": [ODD, "--beside", ODD], "export": [ODD, "--to", ODD], "figures": [ODD, "--format", ODD, "--font", ODD],
    "infer": [ODD, ODD, "--out", "{file}/" + ODD], "select": [ODD, "--sizes", ODD], "reuse": [ODD, "--by", ODD],
    "terms": [ODD, "--out", ODD], "keyness": [ODD, "--by", ODD], "phrases": [ODD, "--by", ODD], "show": [ODD],
    "verify": [ODD, "--engine", ODD], "kwic": [ODD, ODD, "--by", ODD], "collocates": [ODD, ODD], "trace": [ODD, ODD],
    "sensitivity": [ODD], "doctor": [ODD],
}  # fmt: skip


def _answer(argv, capsys, monkeypatch) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["discourse", *argv])
    with pytest.raises(SystemExit) as leaving:
        main()
    told = capsys.readouterr()
    return leaving.value.code, told.out + told.err


def test_the_table_has_every_command():
    assert set(ARGUMENTS) == {
        command.name or command.callback.__name__ for command in app.registered_commands
    }


@pytest.mark.parametrize("command", ARGUMENTS)
def test_no_command_prints_what_a_terminal_would_obey(command, capsys, monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")  # a folder below a file cannot be made
    monkeypatch.chdir(tmp_path)
    argv = [word.replace("{file}", str(tmp_path / "file")) for word in ARGUMENTS[command]]
    code, told = _answer([command, *argv], capsys, monkeypatch)
    assert code in (1, 2) and told.strip() and not _obeyed(told), told
    assert code == 2 or (told.startswith("error 错误: ") and told.count("\n") == 1), told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


@pytest.mark.parametrize(
    "words", [f'[study]\nname = "a"\n"{ODD}" = 1\n', f"[study]\nname = {json.dumps(ODD)}\n", "[study]\n\x1b = 1\n",
              '[study]\nname = "a"\n[regions]\na = 1\n["\\u001b[31m"]\na = 2\n'],
)  # fmt: skip
def test_a_study_of_a_stranger_prints_nothing_that_a_terminal_would_obey(
    words, capsys, monkeypatch, tmp_path
):
    (tmp_path / "study.toml").write_text(words, encoding="utf-8")
    code, told = _answer(["run", str(tmp_path / "study.toml")], capsys, monkeypatch)
    assert code == 1 and told.count("\n") == 1 and not _obeyed(told), told


def test_words_of_a_page_and_of_a_workbook_are_not_turned_round():
    name = "报告\u202etxt.exe\u2066a\u200f"
    assert stop_turns(name) == "报告\ufffdtxt.exe\ufffda\ufffd"
    assert clean_text(name) == stop_turns(name)
    assert not _obeyed(pd.Series([clean_text(name)])[0])
