# ruff: noqa: E501
"""Manifests that a stranger has changed."""

from __future__ import annotations

from collections.abc import Callable

from tests.hostile.spoiling import Spoil, change_manifest, in_bytes


def _changed(change: Callable[[dict], object]) -> Spoil:
    return lambda run, outside: change_manifest(run, change)


def _set(key: str, value: object) -> Spoil:
    return _changed(lambda manifest: manifest.update({key: value}))


def _inside(*keys: str, value: object) -> Spoil:
    def change(manifest: dict) -> None:
        for key in keys[:-1]:
            manifest = manifest[key]
        manifest[keys[-1]] = value

    return _changed(change)


MANIFESTS: dict[str, Spoil] = {
    "a manifest that is no JSON": in_bytes("manifest.json", b"{"),
    "a manifest that is empty": in_bytes("manifest.json", b""),
    "a manifest that is a list": in_bytes("manifest.json", b"[]"),
    "a manifest of other bytes": in_bytes("manifest.json", bytes(range(256)) * 40),
    "a manifest nested too deep": in_bytes("manifest.json", b"[" * 200_000),
    "a manifest of 40 MB": in_bytes("manifest.json", b'{"stages": [' + b" " * 40_000_000 + b"]}"),
    "a manifest with stages alone": in_bytes("manifest.json", b'{"stages": {}}'),
    "stages that are a list": _set("stages", []),
    "a stage without its record": _inside("stages", "corpus", value=None),
    "an output that climbs out": _inside("stages", "corpus", "outputs", value={"../secret.txt": "0" * 64}),
    "an output at the root": _inside("stages", "corpus", "outputs", value={"/etc/passwd": "0" * 64}),
    "an output on a drive": _inside("stages", "corpus", "outputs", value={"C:\\secret.txt": "0" * 64}),
    "an output on a server": _inside("stages", "corpus", "outputs", value={"\\\\server\\share": "0" * 64}),
    "an output that is a device": _inside("stages", "corpus", "outputs", value={"a/NUL.txt": "0" * 64}),
    "a copy that is a device": _set("copies", {"lists/COM1": "0" * 64}),
    "an input that climbs out": _set("inputs", {"../../secret.txt": "0" * 64}),
    "an input with a zero byte": _set("inputs", {"a\0b": "0" * 64}),
    "a name that climbs out": _set("name", "../../evil"),
    "a name at the root": _set("name", "/tmp/evil"),
    "a name that is a device": _set("name", "NUL"),
    "a name that is a number": _set("name", 7),
    "a name that is too long": _set("name", "名" * 200),
    "paths that are none": _inside("paths", "data", value=["a"]),
    "a path with a zero byte": _inside("paths", "data", value="a\0b"),
    "a path that is too long": _inside("paths", "data", value="a" * 5000),
    "settings that are a list": _set("settings", []),
    "a section that is no module": _inside("settings", "os.system", value={"command": "touch evil"}),
    "a section that climbs": _inside("settings", "../evil", value={}),
    "settings of other names": _inside("settings", "topics.dtm", value={"evil": 1}),
    "settings of other kinds": _inside("settings", "topics.dtm", value={"min_df": "a"}),
    "a setting that is endless": in_bytes("manifest.json", b'{"stages": {}, "settings": {"a.b": {"c": Infinity}}}'),
    "columns that are no list": _set("by", {"region": 1}),
    "an id that is markup": _set("id", "<script>"),
}  # fmt: skip
