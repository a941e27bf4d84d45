"""Sections of a study.toml: settings are the keywords of public functions, and defaults live in their signatures."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from discourse.errors import SettingError, suggest

SECTIONS = (
    "corpus.sources",
    "corpus.documents",
    "corpus.passages",
    "corpus.reuse",
    "corpus.recycled",
    "segment.lexicon",
    "segment.tokenizer",
    "segment.tokens",
    "segment.discovery",
    "topics.dtm",
    "topics.lda",
    "topics.ensemble",
    "topics.shares",
    "topics.labels",
    "topics.selection",
    "compare.prevalence",
    "compare.contrasts",
    "compare.keyness",
    "compare.formulas",
    "compare.profiles",
    "compare.ordination",
    "compare.vocabulary",
    "compare.trends",
    "compare.adjusted",
    "evidence.exemplars",
    "multiverse",
)
# arguments that the study as a whole decides, not a section
_DECIDED_ELSEWHERE = {
    "regions",
    "metadata",
    "by",
    "pairs",
    "target",
    "reference",
    "progress",
    "store",
    "n_workers",
    "stability",
    "reuse",
    "theta",
    "documents",
}


def default_settings(section: str) -> dict[str, Any]:
    """Settings of a section and their defaults, read from the signature of its first public function."""
    return {name: plain(value) for name, value in _defaults(section)}


@cache
def _defaults(section: str) -> tuple[tuple[str, Any], ...]:
    """Names and defaults as the signature has them; the code does not change while it runs."""
    parameters = inspect.signature(public_function(section)).parameters.values()
    return tuple(
        (p.name, p.default)
        for p in parameters
        if p.default is not p.empty and p.kind is not p.VAR_KEYWORD and p.name not in _DECIDED_ELSEWHERE
    )


def public_function(section: str) -> Callable[..., Any]:
    """First public function of the module that `section` names."""
    module = import_module(f"discourse.{section}")
    functions = (f for n, f in vars(module).items() if inspect.isfunction(f) and not n.startswith("_"))
    return next(f for f in functions if f.__module__ == module.__name__)


def check_setting(section: str, name: str, value: Any) -> None:
    """Raise SettingError unless the section has that setting, of that kind."""
    if section not in SECTIONS:
        raise SettingError(
            f"there is no section [{section}]. {suggest(section, SECTIONS)}Sections: {', '.join(SECTIONS)}."
        )
    known = default_settings(section)
    if name not in known:
        near = suggest(name, known).strip().replace("Did you", "did you")
        raise SettingError(f"[{section}] has no setting {name!r}; {near or 'it has: ' + ', '.join(known)}")
    if not _same_kind(value, known[name]):
        kind = type(known[name]).__name__
        raise SettingError(
            f"[{section}] {name} must be {kind}, like its default {known[name]!r}; found {value!r}"
        )


def _same_kind(value: Any, default: Any) -> bool:
    if default is None or value is None:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    if isinstance(default, str):  # one name or several, or a word such as "auto" beside a number
        return isinstance(value, str | list | float | int)
    return isinstance(value, type(default))


def parse_value(value: str) -> Any:
    """A value as TOML writes it, or a bare word."""
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def plain(value: Any) -> Any:
    """Tuples as lists, as TOML and JSON have them."""
    return [plain(item) for item in value] if isinstance(value, tuple | list) else value
