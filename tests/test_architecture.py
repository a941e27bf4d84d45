"""Rooms know the doors, not each other."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "discourse"
ROOMS = {"corpus", "segment", "topics", "compare", "evidence", "report"}
FLOOR = {
    "config",
    "contracts",
    "errors",
    "models",
    "notebook",
    "progress",
    "resources",
    "settings",
    "terminal",
    "workers",
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imports_of(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return names


def rooms_of(path: Path) -> set[str]:
    return {
        name.split(".")[1]
        for name in imports_of(path)
        if name.startswith("discourse.") and name.count(".") >= 1
    }


def room_of(path: Path) -> str:
    """The first folder below the package: report/exports/r_files.py stands in report."""
    return path.relative_to(PACKAGE).parts[0]


@pytest.mark.parametrize(
    "path", [p for p in MODULES if room_of(p) in ROOMS], ids=lambda p: f"{p.parent.name}.{p.stem}"
)
def test_a_room_imports_itself_and_the_floor_only(path):
    assert rooms_of(path) <= FLOOR | {room_of(path)}


@pytest.mark.parametrize("path", [p for p in MODULES if p.parent.name == "runs"], ids=lambda p: p.stem)
def test_runs_import_the_floor_only(path):
    assert rooms_of(path) <= FLOOR | {"runs"}


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.stem in FLOOR and p.parent == PACKAGE], ids=lambda p: p.stem
)
def test_the_floor_imports_the_floor_only(path):
    assert rooms_of(path) <= FLOOR


def test_only_the_command_line_imports_typer():
    users = {p for p in MODULES if any(name.split(".")[0] == "typer" for name in imports_of(p))}
    assert users and all(p.parent.name == "cli" for p in users)


def test_only_kernels_import_numba():
    users = {p.name for p in MODULES if any(name.split(".")[0] == "numba" for name in imports_of(p))}
    assert all(name.startswith("_kernels") or name == "_vectors.py" for name in users)


def test_only_spark_imports_pyspark_and_only_when_it_is_asked_for():
    users = {p for p in MODULES if any(name.split(".")[0] in {"pyspark", "py4j"} for name in imports_of(p))}
    assert users and all(room_of(p) == "spark" for p in users)
    for path in users:
        early = ast.parse(path.read_text(encoding="utf-8")).body
        named = {n.module or "" for n in early if isinstance(n, ast.ImportFrom)}
        named |= {alias.name for n in early if isinstance(n, ast.Import) for alias in n.names}
        assert not any(name.split(".")[0] in {"pyspark", "py4j"} for name in named), path


def test_only_the_command_line_imports_spark():
    users = {p for p in MODULES if "spark" in rooms_of(p) and room_of(p) != "spark"}
    assert users and all(p.parent.name == "cli" for p in users)


def test_nothing_imports_pickle_and_nothing_is_named_utils():
    for path in MODULES:
        assert not any(name.split(".")[0] in {"pickle", "dill", "joblib"} for name in imports_of(path)), path
        assert path.stem not in {"utils", "helpers", "core", "misc", "common"}


def test_help_imports_nothing_heavy():
    import subprocess
    import sys

    heavy = {"numpy", "pandas", "gensim", "jieba", "numba"}
    code = f"import sys, discourse.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
