"""Open a page in headless Chromium with the network shut: what its scripts made of it, what it asked for."""

from __future__ import annotations

import html.parser
import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = "no Chromium was found: apt-get install -y chromium"
SHUT = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:9",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--no-first-run",
)


class Dom(html.parser.HTMLParser):
    """Elements of a page as (tag, attributes), and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attributes}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def find(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        """Attributes of the elements of a tag whose attributes hold these words; ``class_`` is class."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [
            own
            for name, own in self.elements
            if name == tag and all(word in own.get(key, "").split() for key, word in wanted.items())
        ]


@dataclass(frozen=True)
class Visit:
    """What a browser saw: the DOM after scripts ran, console messages, addresses asked for."""

    dom: Dom
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


def open_page(path: Path, folder: Path, *, milliseconds: int = 4000) -> Visit:
    """Open a local page in a fresh profile under `folder`, without network, and wait for its scripts."""
    browser = find_browser()
    log = folder / "net.json"
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", *SHUT, f"--user-data-dir="
        f"{folder / 'profile'}",
        f"--log-net-log={log}", "--enable-logging=stderr", f"--virtual-time-budget="
        f"{milliseconds}", "--dump-dom",
        path.resolve().as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)
    assert "<html" in done.stdout, f"the browser showed nothing: {done.stderr[-2000:]}"
    console = re.findall(r"CONSOLE[:(].*", done.stderr)
    return Visit(Dom(done.stdout), console, _requests(log))


def find_browser() -> str:
    """The Chromium of this machine; fails, with the command that installs it, where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail(INSTALL)
    return found


def _requests(log: Path) -> list[str]:
    """Addresses that pages asked for; what the browser wants for itself has no origin and is not theirs."""
    events = json.loads(log.read_text(encoding="utf-8"))["events"]
    asked = [event["params"] for event in events if "initiator" in event.get("params", {})]
    return sorted({own["url"] for own in asked if own["initiator"] != "not an origin" and "url" in own})
