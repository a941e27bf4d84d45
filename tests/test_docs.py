"""The reference pages say what the code says; every link leads somewhere; the guide is built without the network."""

import importlib.util
import json
import re
import subprocess
import sys
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


def test_every_link_of_the_documentation_leads_to_a_file_and_a_heading_that_exist():
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]
    for page in pages:
        if "_build" in page.parts:
            continue
        for target in re.findall(r"\]\(((?!https?:)[^)\s]+)\)", prose(page)):
            path, _, anchor = target.partition("#")
            found = (page.parent / path) if path else page
            assert found.exists(), f"{page.relative_to(ROOT)} leads to {target}, which does not exist"
            if anchor:
                assert anchor in anchors(found), f"{page.relative_to(ROOT)}: {target} has no such heading"


def test_every_page_can_be_reached_from_the_contents_of_the_guide():
    listed = set(
        re.findall(r"^[\w/]+$", (ROOT / "docs" / "index.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    pages = {
        page.relative_to(ROOT / "docs").with_suffix("").as_posix() for page in (ROOT / "docs").rglob("*.md")
    }
    assert listed == {page for page in pages if not page.startswith("_build")} - {"index"}, (
        "add it to docs/index.md"
    )


def test_the_guide_is_built_without_a_warning_and_asks_for_no_network(tmp_path):
    pytest.importorskip("sphinx")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-q",
        "-b",
        "html",
        "-d",
        tmp_path / "trees",
    ]
    built = subprocess.run([*command, ROOT / "docs", tmp_path / "html"], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    for page in (tmp_path / "html").rglob("*.html"):
        asked = re.findall(
            r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"(?:https?:)?//[^>]*>"
            r"|<link\b[^>]*rel=\"(?:stylesheet|preload|preconnect|icon)\"[^>]*href=\"(?:https?:)?//[^>]*>",
            page.read_text(encoding="utf-8"),
        )
        assert not asked, f"{page.name} asks for {asked}"
    for sheet in (tmp_path / "html").rglob("*.css"):
        asked = re.findall(
            r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)]*", sheet.read_text(encoding="utf-8")
        )
        assert not asked, f"{sheet.name} asks for {asked}"
    index = (tmp_path / "html" / "searchindex.js").read_text(encoding="utf-8")
    assert json.dumps("词典") in index  # Chinese is found by neighbouring characters
    assert json.dumps("词典里") not in index


def prose(page: Path) -> str:
    """A page without its blocks and pieces of code."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(page: Path) -> set[str]:
    """What a browser can be sent to: headings, written as GitHub and MyST write them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
