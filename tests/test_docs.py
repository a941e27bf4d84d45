"""The reference pages say what the code says; README's Python runs."""

import importlib.util
from pathlib import Path

import pytest

from discourse.cli import app
from discourse.config import SECTIONS, default_settings

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("build_reference", ROOT / "docs" / "build_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["cli.md", "settings.md"])
def test_reference_page_equals_what_the_code_says(reference, page):
    written = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert written == reference.PAGES[page](), (
        f"run: python docs/build_reference.py (docs/{page} is out of date)"
    )


def test_every_command_and_every_setting_is_documented():
    cli = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    settings = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        assert f"## discourse {command.name or command.callback.__name__}\n" in cli
    for section in SECTIONS:
        assert f"## [{section}]" in settings
        assert all(f"| `{name}` |" in settings for name in default_settings(section))


def test_every_command_has_help_in_both_languages():
    for command in app.registered_commands:
        text = command.callback.__doc__ or ""
        assert text and any("一" <= c <= "鿿" for c in text), command.callback.__name__


def test_readme_names_only_files_that_exist():
    import re

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!#)([^)]+)\)", readme):
        assert (ROOT / target.split("#")[0]).exists(), target
