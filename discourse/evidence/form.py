"""Questions in, one offline HTML form for coders and the key to it out; the form holds no answer."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from discourse.errors import SettingError
from discourse.evidence.tasks import CodingItem

ASSETS = Path(__file__).resolve().parent / "assets"
FORM_SCHEMA = "discourse-coding-form/1"
KEY_SCHEMA = "discourse-coding-key/1"
ANSWERS_SCHEMA = "discourse-coding-answers/1"
Language = Literal["zh", "en"]
_SHOWN = ("item_id", "task", "options", "texts", "label", "terms")


def render_form(items: Sequence[CodingItem], *, lang: Language | None = None) -> str:
    """One HTML page that asks the questions, by itself and offline.

    lang: the language of the page; None: the coder switches between Chinese and English. The page holds what is
    shown and nothing of the key: no answer, no topic number, no name of a study, run, file or place of its own.
    Same questions, same bytes.
    """
    if lang not in (None, "zh", "en"):
        raise SettingError(f"lang={lang!r} is not known; languages: zh, en")
    environment = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = show_items(items)
    data = {
        "schema": ANSWERS_SCHEMA,
        "form": hash_form(shown),
        "lang": lang,
        "items": shown,
        "words": json.loads((ASSETS / "form.json").read_text("utf-8")),
    }
    return environment.get_template("form.html.j2").render(
        lang=lang or "zh",
        css=Markup((ASSETS / "form.css").read_text("utf-8")),
        script=Markup((ASSETS / "form.js").read_text("utf-8")),
        data=Markup(_inline(data)),
    )


def build_key(items: Sequence[CodingItem], *, run: Mapping[str, str], seed: int) -> dict[str, Any]:
    """What is needed to score answers: the right options, whose they are, and which form and run they belong to.

    run: what tells the run from others, such as its id and the hash of its model.
    """
    key = {
        "schema": KEY_SCHEMA,
        "form": hash_form(show_items(items)),
        "shown": checksum(_plain(show_items(items))),
        "run": dict(run),
        "seed": seed,
        "items": [asdict(item) for item in items],
    }
    plain = json.loads(json.dumps(key))
    return plain | {"checksum": hash_content(plain)}


def read_items(rows: Sequence[Mapping[str, Any]]) -> list[CodingItem]:
    """Questions from the items of a key."""
    names = [field.name for field in fields(CodingItem)]
    return [CodingItem(**{name: _tupled(row[name]) for name in names}) for row in rows]


def show_items(items: Sequence[CodingItem]) -> list[dict[str, Any]]:
    """What a coder sees of each question."""
    return [{name: value for name, value in asdict(item).items() if name in _SHOWN} for item in items]


def hash_form(shown: Sequence[Mapping[str, Any]]) -> str:
    """Thirty-two hexadecimal digits that change with anything that is shown."""
    return hash_content({"schema": FORM_SCHEMA, "items": list(shown)})


def hash_content(content: Mapping[str, Any]) -> str:
    """Hash of plain content, whatever the order of its keys."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def checksum(text: str) -> str:
    """CRC-32 in eight hexadecimal digits: what the form's script can compute too."""
    return f"{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x}"


def _plain(shown: Sequence[Mapping[str, Any]]) -> str:
    """The words of a form one after the other, as its script lines them up before it takes their checksum."""
    lines: list[str] = []
    for item in shown:
        lines += [item["item_id"], item["task"], item["label"], *item["terms"], *item["texts"]]
        lines += ["\t".join(option) for option in item["options"]]
    return "\n".join(lines)


def _inline(data: Mapping[str, Any]) -> str:
    """JSON that cannot end its script element, whatever the texts hold."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _tupled(value: Any) -> Any:
    return tuple(_tupled(part) for part in value) if isinstance(value, list) else value
