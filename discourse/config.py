"""A study.toml comes in, a frozen `Study` goes out; its settings are the keywords of the public functions."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from discourse.errors import SettingError, suggest
from discourse.notebook import render_card
from discourse.settings import SECTIONS, check_setting, default_settings, parse_value, plain, public_function

__all__ = [
    "SECTIONS",
    "Study",
    "change_study",
    "default_settings",
    "default_study",
    "public_function",
    "read_study",
]

# settings that name word lists: packaged names, or files beside the study
_LISTS = {"segment.lexicon": "name", "segment.tokens": "stopwords"}
_DEVICES = re.compile(
    r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])[ .]*(\..*)?\Z"
)  # Windows has no such files
_STUDY_KEYS = ("name", "title", "data", "metadata", "codebook", "by")


@dataclass(frozen=True)
class Study:
    """What to compare and how: one study.toml.

    name: letters that may name a folder; data: folder of raw texts; metadata: table that overrides what was
    inferred; codebook: file that names, merges and excludes topics; by: columns of `documents` to compare;
    regions: label -> administrative unit; settings: section -> keyword -> value, complete (defaults included);
    folder: where relative paths of word lists start; kept: folder with copies of the word lists, which are
    read instead where they are; file: the study.toml itself.
    """

    name: str
    data: Path
    folder: Path = Path(".")
    title: str = ""
    metadata: Path | None = None
    codebook: Path | None = None
    by: tuple[str, ...] = ("region", "level")
    regions: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    kept: Path | None = None
    file: Path | None = None

    def _repr_html_(self) -> str:
        """Show in a notebook what is compared, and the settings that are not the defaults."""
        changed = [
            (f"{section}.{name}", value)
            for section, values in self.settings.items()
            for name, value in values.items()
            if value != default_settings(section).get(name)
        ]
        facts = {"data": self.data, "by": ", ".join(self.by), "regions": ", ".join(self.regions) or "—"}
        return render_card(
            f"Study {self.name}: {self.title}", facts, columns=("setting", "value"), rows=changed,
            note="" if changed else "every setting at its default",
        )  # fmt: skip

    def options(self, section: str) -> dict[str, Any]:
        """Keyword arguments of the public function behind `section`, paths of word lists resolved."""
        if section not in self.settings:
            raise SettingError(
                f"the study has no settings of [{section}], it was made otherwise; run it again"
            )
        for name, value in self.settings[section].items():
            check_setting(section, name, plain(value))  # those of a run folder may come from anybody
        resolved = _LISTS.get(section)
        return {
            name: self._find(value) if name == resolved else value
            for name, value in self.settings[section].items()
        }

    def own_lists(self) -> dict[str, Path]:
        """Word lists of the user's own that the study reads: the name for a copy of each, and where it is."""
        values = [
            (self.settings[section][name], self.options(section)[name]) for section, name in _LISTS.items()
        ]
        pairs = [pair for asked, found in values for pair in zip(_listed(asked), _listed(found), strict=True)]
        return {_copy_name(asked): Path(found) for asked, found in pairs if _is_file(Path(found))}

    def _find(self, value: Any) -> Any:
        if isinstance(value, str):
            copies = [self.kept / _copy_name(value)] if self.kept else []
            return next((str(path) for path in (*copies, self.folder / value) if _is_file(path)), value)
        if not isinstance(value, list | tuple):
            raise SettingError(
                f"a word list is named by its name or path, such as 'general'; found {value!r}"
            )
        return [self._find(item) for item in value]


def read_study(path: Path, changes: Iterable[str] = ()) -> Study:
    """Study of a study.toml, with ``--set section.name=value`` changes applied.

    Raises SettingError, in one line, for anything that no function knows.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "study.toml"
    try:
        words = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingError(f"{path}: no such study file; make one with `discourse init FOLDER`") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{path}: is not valid TOML ({error}); mend that line") from None
    except OSError as error:
        raise SettingError(
            f"{path}: cannot be read ({error.strerror}); check the path and its permissions"
        ) from None
    return change_study(_build_study(path, words), changes)


def default_study(data: Path, name: str = "study") -> Study:
    """Study of a folder of texts with every setting at its default."""
    return Study(name=name, data=Path(data), settings=_complete({}))


def change_study(study: Study, changes: Iterable[str]) -> Study:
    """`study` with changes such as ``topics.lda.n_topics=30`` (the value as TOML writes it, or a bare word)."""
    settings = {section: dict(values) for section, values in study.settings.items()}
    for change in changes:
        key, equals, value = change.partition("=")
        section, _, name = key.strip().rpartition(".")
        if not equals or not section:
            raise SettingError(
                f"--set {change!r} is not of the form section.name=value, such as topics.lda.n_topics=30"
            )
        check_setting(section, name, parsed := parse_value(value.strip()))
        settings[section][name] = parsed
    return replace(study, settings=settings)


def _build_study(path: Path, words: dict[str, Any]) -> Study:
    study = words.pop("study", {})
    regions = words.pop("regions", {})
    if not isinstance(study, dict) or not isinstance(regions, dict):
        raise SettingError(f"{path}: [study] and [regions] must be sections, written in square brackets")
    for key in study:
        if key not in _STUDY_KEYS:
            raise SettingError(
                f"[study] has no setting {key!r}. {suggest(key, _STUDY_KEYS)}Known: {', '.join(_STUDY_KEYS)}."
            )
    for label, unit in regions.items():
        if not isinstance(unit, str):
            raise SettingError(
                f'[regions] {label!r} must name one administrative unit, such as "云南省"; found {unit!r}'
            )
    by = study.get("by", ["region", "level"])
    if not isinstance(by, list) or not by or not all(isinstance(name, str) for name in by):
        raise SettingError(
            f'[study] by must be a list of columns of documents, such as ["region", "level"]; found {by!r}'
        )
    name = _folder_name(str(study.get("name") or path.resolve().parent.name))
    metadata, codebook = study.get("metadata"), study.get("codebook")
    return Study(
        name=name,
        file=path,
        title=str(study.get("title", "")),
        data=path.parent / str(study.get("data", "data")),
        folder=path.parent,
        metadata=path.parent / str(metadata) if metadata else None,
        codebook=path.parent / str(codebook) if codebook else None,
        by=tuple(by),
        regions=dict(regions),
        settings=_complete(_flatten(words)),
    )


def _folder_name(name: str) -> str:
    if (
        not name
        or name[-1] in ". "
        or len(name) > 100
        or _DEVICES.match(name)
        or any(c in '/\\:*?"<>|' or not c.isprintable() for c in name)
    ):
        raise SettingError(f"[study] name {name!r} cannot name a folder; use letters, digits, - and _")
    return name


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [word for item in value for word in _listed(item)]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or signs that no path has
        return False


def _copy_name(value: str) -> str:
    """Path for the copy of a word list: its name, which names a theme, below what tells lists of one name apart."""
    name = PurePosixPath(value.replace("\\", "/")).name or "list"
    return f"{hashlib.sha256(value.encode('utf-8', 'replace')).hexdigest()[:6]}/{name}"


def _flatten(words: dict[str, Any]) -> dict[str, dict[str, Any]]:
    sections = {}
    for room, modules in words.items():
        if not isinstance(modules, dict):
            raise SettingError(f"{room!r} stands outside any section; put it under [study] or [room.module]")
        if room in SECTIONS:  # a module that belongs to no room
            sections[room] = modules
            continue
        for module, values in modules.items():
            if not isinstance(values, dict):
                raise SettingError(
                    f"[{room}] {module!r} must stand under a section such as [{room}.{module}]"
                )
            sections[f"{room}.{module}"] = values
    return sections


def _complete(given: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    for section, values in given.items():
        for name, value in values.items():
            check_setting(section, name, value)
    return {section: {**default_settings(section), **given.get(section, {})} for section in SECTIONS}
