"""The text of a codebook comes in, what a person decided about each topic goes out, checked to the last word.

A codebook names, defines, merges and excludes the topics of one model. It carries the hash of that model and the
first terms of every topic, by which the topics are found again when the model is fitted anew.
"""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from discourse.contracts import TopicModel
from discourse.errors import SettingError, suggest

LARGEST = 4_000_000  # bytes of a codebook
MOST_TOPICS = 1000
MOST_TERMS = 200  # of a topic, kept to find it again
LONGEST_NAME, LONGEST_TEXT = 80, 2000  # characters
ENTRY_KEYS = ("name_zh", "name_en", "definition", "merge_into", "merge", "exclude", "reason")
_KEYS = ("version", "topic", "model")
_MODEL_KEYS = ("hash", "terms")
_HASH_LENGTH = 16


@dataclass(frozen=True)
class Entry:
    """What a person decided about one topic; an empty string is nothing decided."""

    name_zh: str = ""
    name_en: str = ""
    definition: str = ""
    exclude: bool = False
    reason: str = ""

    @property
    def name(self) -> str:
        """Both names side by side, Chinese first; empty without any."""
        return " ".join(name for name in (self.name_zh, self.name_en) if name)


@dataclass(frozen=True)
class Codebook:
    """A checked codebook.

    version: the writer's own count of its editions; model_hash: of the model that its topics belong to; entries:
    topic -> decisions; owner: every topic -> the topic that it counts as, itself unless merged; terms: topic ->
    its first terms with phi.
    """

    version: int
    model_hash: str
    entries: Mapping[int, Entry]
    owner: Mapping[int, int]
    terms: Mapping[int, Mapping[str, float]]


def parse_codebook(content: bytes, name: str = "codebook.toml") -> Codebook:
    """Codebook of the bytes of a TOML file, or one SettingError line that says what to mend.

    Refused are: more than 4 MB, anything but TOML, keys that no codebook knows, topics that the model lacks, merges in
    a circle or to two topics at once, an exclusion without a reason, one name for two topics, and a codebook that
    excludes everything.
    """
    words = _read_toml(content, name)
    _refuse_unknown(words, _KEYS, name)
    terms, model_hash = _read_model(words.get("model"), name)
    version = words.get("version", 1)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise SettingError(f"{name}: version must be a whole number of at least 1, found {_short(version)}")
    sections = _read_sections(words.get("topic", {}), terms, name)
    owner = _resolve_merges(sections, terms, name)
    entries = {topic: _read_entry(section, f"{name} [topic.{topic}]") for topic, section in sections.items()}
    _check_together(entries, owner, name)
    return Codebook(version, model_hash, entries, owner, terms)


def hash_model(model: TopicModel) -> str:
    """Sixteen hexadecimal digits that change when the topics of a model change (phi to nine digits)."""
    digest = hashlib.sha256("\n".join(model.vocabulary.astype(str)).encode("utf-8"))
    digest.update((np.round(model.phi, 9) + 0.0).astype("<f8").tobytes())
    return digest.hexdigest()[:_HASH_LENGTH]


def _read_toml(content: bytes, name: str) -> dict[str, Any]:
    if len(content) > LARGEST:
        raise SettingError(
            f"{name}: a codebook has at most {LARGEST:,} bytes, this file has {len(content):,}; "
            "write a new one with `discourse codebook RUN`"
        )
    try:
        return tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n"))
    except (ValueError, RecursionError) as error:  # TOML and UTF-8 errors are ValueErrors
        found = "nested too deep" if isinstance(error, RecursionError) else " ".join(str(error).split())[:200]
        raise SettingError(f"{name}: is not valid TOML ({found}); mend that line") from None


def _read_model(model: Any, name: str) -> tuple[dict[int, dict[str, float]], str]:
    """First terms of every topic and the hash, as `discourse codebook` wrote them."""
    if not isinstance(model, dict) or not isinstance(model.get("hash"), str) or not model.get("terms"):
        raise SettingError(
            f"{name}: lacks the section [model] by which its topics are known; write the codebook with "
            "`discourse codebook RUN` and fill that one in"
        )
    _refuse_unknown(model, _MODEL_KEYS, f"{name} [model]")
    model_hash = model["hash"]
    if len(model_hash) != _HASH_LENGTH or not set(model_hash) <= set("0123456789abcdef"):
        raise SettingError(f"{name} [model]: hash must be 16 hexadecimal digits, found {_short(model_hash)}")
    listed = model["terms"]
    if not isinstance(listed, dict) or len(listed) > MOST_TOPICS:
        raise SettingError(f"{name} [model.terms]: must list the terms of at most {MOST_TOPICS} topics")
    terms = {
        _topic_number(key, f"{name} [model.terms]"): _read_terms(own, key, name)
        for key, own in listed.items()
    }
    if sorted(terms) != list(range(len(terms))):
        raise SettingError(f"{name} [model.terms]: topics must be numbered 0, 1, 2 ... without a gap")
    return dict(sorted(terms.items())), model_hash


def _read_terms(own: Any, key: str, name: str) -> dict[str, float]:
    holds = isinstance(own, dict) and 0 < len(own) <= MOST_TERMS
    numbers = list(own.values()) if holds else []
    good = all(isinstance(n, float) and math.isfinite(n) and 0 < n <= 1 for n in numbers)
    if not holds or not good or sum(numbers) > 1 + 1e-6:
        raise SettingError(
            f"{name} [model.terms] topic {key}: must be 1 to {MOST_TERMS} terms with probabilities that sum to at "
            "most 1; leave this section as `discourse codebook` wrote it"
        )
    return {str(term): float(number) for term, number in own.items()}


def _read_sections(sections: Any, terms: Mapping[int, Any], name: str) -> dict[int, dict[str, Any]]:
    if not isinstance(sections, dict) or not all(isinstance(own, dict) for own in sections.values()):
        raise SettingError(f"{name}: topics must be sections such as [topic.0]")
    found = {}
    for key, section in sections.items():
        topic = _topic_number(key, f"{name} [topic.{_short(key)}]")
        _require_topic(topic, terms, f"{name} [topic.{topic}]")
        _refuse_unknown(section, ENTRY_KEYS, f"{name} [topic.{topic}]")
        found[topic] = section
    return dict(sorted(found.items()))


def _read_entry(section: Mapping[str, Any], where: str) -> Entry:
    exclude = section.get("exclude", False)
    if not isinstance(exclude, bool):
        raise SettingError(f"{where}: exclude must be true or false, found {_short(exclude)}")
    entry = Entry(
        name_zh=_read_text(section, "name_zh", where, LONGEST_NAME),
        name_en=_read_text(section, "name_en", where, LONGEST_NAME),
        definition=_read_text(section, "definition", where, LONGEST_TEXT),
        exclude=exclude,
        reason=_read_text(section, "reason", where, LONGEST_TEXT),
    )
    if entry.exclude and not entry.reason:
        raise SettingError(f'{where}: exclude = true needs a reason = "..." that a reader can judge')
    if entry.reason and not entry.exclude:
        raise SettingError(f"{where}: has a reason but no exclude = true; add it or take the reason out")
    return entry


def _read_text(section: Mapping[str, Any], key: str, where: str, longest: int) -> str:
    """Text on one line; characters that cannot be seen, such as those that turn the direction, are refused."""
    value = section.get(key, "")
    if not isinstance(value, str):
        raise SettingError(f"{where}: {key} must be text in quotation marks, found {_short(value)}")
    text = " ".join(value.split())
    if len(text) > longest:
        raise SettingError(f"{where}: {key} has {len(text)} characters, at most {longest} fit; shorten it")
    hidden = [character for character in text if not character.isprintable()]
    if hidden:
        raise SettingError(
            f"{where}: {key} holds a character that cannot be seen (U+{ord(hidden[0]):04X}); take it out"
        )
    return text


def _resolve_merges(
    sections: Mapping[int, Mapping[str, Any]], terms: Mapping[int, Any], name: str
) -> dict[int, int]:
    """Every topic -> the topic that it counts as in the end."""
    into: dict[int, int] = {}
    for topic, section in sections.items():
        where = f"{name} [topic.{topic}]"
        merge = section.get("merge", [])
        if not isinstance(merge, list):
            raise SettingError(
                f"{where}: merge must be a list of topics such as [3, 5], found {_short(merge)}"
            )
        pairs = [(other, topic) for other in merge]
        if "merge_into" in section:
            pairs.append((topic, section["merge_into"]))
        for pair in pairs:
            for number in pair:
                _require_topic(number, terms, where)
            source, target = pair
            if source == target:
                raise SettingError(f"{where}: topic {topic} cannot be merged into itself")
            if into.get(source, target) != target:
                raise SettingError(
                    f"{where}: topic {source} is merged into both {into[source]} and {target}; choose one"
                )
            into[source] = target
    return {topic: _last(topic, into, name) for topic in terms}


def _last(topic: int, into: Mapping[int, int], name: str) -> int:
    walked = [topic]
    while walked[-1] in into:
        walked.append(into[walked[-1]])
        if walked[-1] in walked[:-1]:
            circle = " -> ".join(map(str, walked[walked.index(walked[-1]) :]))
            raise SettingError(
                f"{name}: topics are merged in a circle ({circle}); take one of the merges out"
            )
    return walked[-1]


def _check_together(entries: Mapping[int, Entry], owner: Mapping[int, int], name: str) -> None:
    kept = {topic: entries.get(topic, Entry()) for topic in owner if owner[topic] == topic}
    for topic, entry in entries.items():
        if topic not in kept and entry.exclude:
            raise SettingError(
                f"{name} [topic.{topic}]: is merged into {owner[topic]} and excluded; exclude {owner[topic]} "
                "instead, or take the merge out"
            )
    if all(entry.exclude for entry in kept.values()):
        raise SettingError(f"{name}: excludes every topic, so nothing is left to compare; keep one at least")
    named: dict[str, int] = {}
    for topic, entry in kept.items():
        for label in {entry.name_zh.casefold(), entry.name_en.casefold()} - {""}:
            if label in named:
                raise SettingError(
                    f"{name}: topics {named[label]} and {topic} have the same name {_short(label)}; "
                    "rename one, or merge them"
                )
            named[label] = topic


def _topic_number(key: str, where: str) -> int:
    if not (key.isascii() and key.isdecimal() and len(key) < 6 and str(int(key)) == key):
        raise SettingError(f"{where}: a topic is a plain number such as 0 or 12, found {_short(key)}")
    return int(key)


def _require_topic(topic: Any, terms: Mapping[int, Any], where: str) -> None:
    if isinstance(topic, bool) or not isinstance(topic, int) or topic not in terms:
        raise SettingError(
            f"{where}: there is no topic {_short(topic)}; the model has topics 0 to {len(terms) - 1}"
        )


def _refuse_unknown(section: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in section:
        if key not in known:
            raise SettingError(
                f"{where}: has no setting {_short(key)}. {suggest(key[:80], known)}Known: {', '.join(known)}."
            )


def _short(value: Any) -> str:
    shown = repr(value) if not isinstance(value, dict | list) or len(value) < 20 else f"{len(value)} values"
    return shown if len(shown) <= 60 else shown[:57] + "..."
