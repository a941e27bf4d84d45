"""The guide is true: its commands and its Python are run on the seeds, in order, and say what it shows."""

import re
import shlex
import shutil
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from discourse.cli import app
from discourse.config import change_study, default_settings, read_study

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "guide"
CHAPTERS = (
    "install",
    "first",
    "own",
    "comparison",
    "words",
    "reviewers",
    "exporting",
    "large",
    "trouble",
)
_BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def desk(demo_run, tmp_path_factory) -> Path:
    """A reader's folder: the seeds, the invented speeches, and the first study, which the tests have run already."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(GUIDE.parent.parent / "seeds", folder / "seeds")
    shutil.copytree(GUIDE / "example", folder / "example")
    shutil.copytree(demo_run, folder / "first")
    return folder


def test_every_command_and_every_line_of_python_of_the_guide_says_what_the_guide_shows(desk, monkeypatch):
    monkeypatch.chdir(desk)
    monkeypatch.setenv("COLUMNS", "80")
    for chapter in CHAPTERS:  # in the reader's order: later chapters look into the runs of earlier ones
        names: dict[str, object] = {}
        for kind, block in blocks("en", chapter):
            if kind == "python":
                exec(compile(block, f"{chapter}.md", "exec"), names)
                continue
            for command, shown in sessions(block):
                said = answer(command)
                assert pattern(shown).fullmatch(said), (
                    f"{chapter}.md: $ {command}\nsays\n{said}\nthe guide shows\n{shown}"
                )


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_both_languages_show_the_same_commands_and_answers(chapter):
    assert blocks("zh", chapter) == blocks("en", chapter)


def test_every_chapter_of_the_guide_is_tested():
    for language in ("en", "zh"):
        assert {page.stem for page in (GUIDE / language).glob("*.md")} == set(CHAPTERS)


@pytest.mark.parametrize(
    "page", sorted(GUIDE.glob("*/*.md")), ids=lambda page: f"{page.parent.name}-{page.stem}"
)
def test_every_setting_that_the_guide_names_is_one(page, tmp_path):
    text = page.read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text('[study]\ndata = "."\n', encoding="utf-8")
    study = read_study(tmp_path / "study.toml")
    for block in re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        (tmp_path / "attributions.csv").touch()
        (tmp_path / "study.toml").write_text(block, encoding="utf-8")
        read_study(tmp_path / "study.toml")
    for section, rule in re.findall(r"`\[((?!study\b)[\w.]+)\] (\w+ = [^`]+)`", text):
        change_study(study, [f"{section}.{rule}"])
    for section, name in re.findall(r"`\[((?!study\b)[\w.]+)\] (\w+)`", text):
        assert name in default_settings(section), f"[{section}] {name}"
    for change in re.findall(r"--set (\"[^\"]+\"|[\w.]+=\S+)", text):
        if "n_topic=" not in change:  # the misspelling that the chapter on errors shows
            change_study(study, [change.strip('"')])


def blocks(language: str, chapter: str) -> list[tuple[str, str]]:
    """Kind and content of the blocks of a chapter that are run."""
    return _BLOCK.findall((GUIDE / language / f"{chapter}.md").read_text(encoding="utf-8"))


def sessions(block: str) -> list[tuple[str, str]]:
    """Each command of a console block with the answer that is shown below it."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert not parts[0], "a console block begins with a command"
    return [tuple(part.partition("\n")[::2]) for part in parts[1:]]


def answer(command: str) -> str:
    """What a command says; only `discourse` and `cp` are run, whatever a page asks for."""
    program, *arguments = shlex.split(command)
    if program == "cp":
        shutil.copy(*arguments)
        return ""
    assert program == "discourse", command
    result = CliRunner().invoke(app, arguments)
    if result.exception is None or isinstance(result.exception, SystemExit):
        return result.output
    return f"error 错误: {' '.join(str(result.exception).split())}\n"


@cache
def pattern(shown: str) -> re.Pattern[str]:
    """The answers that agree with what is shown: a line `...` stands for any lines, a final ` ...` for any rest."""
    lines = []
    for line in shown.splitlines():
        if line == "...":
            lines.append(r"(?:[^\n]*\n)*?")
        elif line.endswith("..."):
            lines.append(re.escape(line[:-3].rstrip(" ")) + r"[^\n]*\n")
        else:
            lines.append(re.escape(line.rstrip()) + r" *\n")
    return re.compile("".join(lines))
