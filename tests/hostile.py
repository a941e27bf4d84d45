# ruff: noqa: E501
"""A good run folder comes in; copies in which a stranger has put something hostile come out."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from discourse.config import change_study, default_study
from discourse.pipeline import run_study

SECRET = "a secret of the user's, which no run may read or change"
_SPEECHES = {
    "云南省委书记讲话.txt": "党建引领基层治理，网格员走进社区，服务群众，物业服务和党员志愿者一起解决问题。",
    "武汉市委书记讲话.txt": "数字平台支撑城市治理，数据共享提高效率，平台数据服务企业发展和产业转型升级。",
    "南京市长报告.txt": "产业发展带动就业，企业投资增加，数字平台和数据服务产业，项目建设加快推进。",
    "福州市委书记讲话.txt": "社区网格党员服务群众，党建引领物业，基层组织建设加强，群众满意度提高明显。",
}
_QUICK = (
    "topics.lda.n_topics=2", "topics.lda.max_iterations=30", "topics.ensemble.seeds=[1,2]", "topics.dtm.min_df=1",
    "topics.dtm.min_documents=1", "topics.dtm.max_df=1.0", "multiverse.sizes=[1.0]", "multiverse.n_seeds=1",
    "compare.contrasts.n_permutations=99", "compare.keyness.n_permutations=99", "compare.profiles.n_permutations=99",
    "compare.trends.n_permutations=99", "corpus.passages.min_chars=5",
)  # fmt: skip


def make_run(folder: Path) -> Path:
    """A small, whole run in ``folder/run``, its raw texts in ``folder/data``."""
    write_texts(folder / "data")
    return run_texts(folder)


def write_texts(data: Path) -> None:
    """The raw texts of the run."""
    data.mkdir(parents=True)
    for name, words in _SPEECHES.items():
        lines = [f"{words}第{number}次会议强调{words[number : number + 9]}。" for number in range(6)]
        (data / name).write_text("\n".join(lines), encoding="utf-8")


def run_texts(folder: Path) -> Path:
    """Run a quick study of ``folder/data`` into ``folder/run``."""
    study = change_study(default_study(folder / "data", "small"), _QUICK)
    return run_study(study, folder / "run", say=lambda message: None)


@dataclass(frozen=True)
class Case:
    """One kind of hostility: what it does to a run folder, given a file of the user's outside."""

    name: str
    spoil: Callable[[Path, Path], object]


def cases() -> Iterator[Case]:
    """All of them."""
    yield from (Case(name, spoil) for name, spoil in _MANIFESTS.items())
    yield from (Case(name, spoil) for name, spoil in _FILES.items())
    yield from (Case(name, spoil) for name, spoil in _LINKS.items() if hasattr(os, "symlink"))


def change_manifest(run: Path, change: Callable[[dict], object]) -> None:
    """Change the manifest as a stranger would: any entry, and no hash that gives it away."""
    path = run / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def write_npz(path: Path, arrays: dict[str, bytes]) -> None:
    """An .npz file of the bytes given."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in arrays.items():
            archive.writestr(f"{name}.npy", data)


def _manifest(change: Callable[[dict], object]) -> Callable[[Path, Path], object]:
    return lambda run, outside: change_manifest(run, change)


def _bytes(name: str, data: bytes) -> Callable[[Path, Path], object]:
    return lambda run, outside: (run / name).write_bytes(data)


def _table(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Path, Path], object]:
    def spoil(run: Path, outside: Path) -> None:
        path = run / f"{name}.parquet"
        change(pd.read_parquet(path)).to_parquet(path, index=False)

    return spoil


def _arrays(**new: np.ndarray | bytes) -> Callable[[Path, Path], object]:
    """The model with some of its arrays replaced."""

    def spoil(run: Path, outside: Path) -> None:
        with zipfile.ZipFile(run / "model.npz") as archive:
            held = {name.removesuffix(".npy"): archive.read(name) for name in archive.namelist()}
        for name, array in new.items():
            held[name] = array if isinstance(array, bytes) else _npy(array)
        write_npz(run / "model.npz", held)

    return spoil


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def _header(shape: str, dtype: str = "<f8") -> bytes:
    words = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(words).to_bytes(2, "little") + words.encode() + b"\0" * 64


class Bomb:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch pickle-was-run",)


def _link(name: str) -> Callable[[Path, Path], object]:
    """A file or folder of the run that leads to the user's own."""

    def spoil(run: Path, outside: Path) -> None:
        (run / name).unlink(missing_ok=True)
        (run / name).symlink_to(outside)

    return spoil


def _link_folder(name: str) -> Callable[[Path, Path], object]:
    return lambda run, outside: (run / name).symlink_to(outside.parent, target_is_directory=True)


def _pipe(name: str) -> Callable[[Path, Path], object]:
    def spoil(run: Path, outside: Path) -> None:
        (run / name).unlink(missing_ok=True)
        os.mkfifo(run / name)

    return spoil


def _wide_cells(run: Path, outside: Path) -> None:
    """A megabyte of text once, and a hundred thousand rows that refer to it: a hundred gigabytes."""
    table = pq.read_table(run / "passages.parquet")
    n = 100_000
    columns = {name: pa.array([table[name][0].as_py()] * n, field.type) for name, field in zip(
        table.column_names, table.schema, strict=True)}  # fmt: skip
    columns["passage_id"] = pa.array([f"a#{number:06d}" for number in range(n)])
    once = pa.DictionaryArray.from_arrays(pa.array([0] * n, pa.int32()), pa.array(["党" * 350_000]))
    columns["text"] = once
    pq.write_table(
        pa.table(columns), run / "passages.parquet", dictionary_pagesize_limit=10_000_000, store_schema=False
    )


def _deep(run: Path, outside: Path) -> None:
    """Folders in folders, deeper than a path may be long."""
    here = os.open(run, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("folder in folders", dir_fd=here)
        inner = os.open("folder in folders", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def _socket(name: str) -> Callable[[Path, Path], object]:
    def spoil(run: Path, outside: Path) -> None:
        (run / name).unlink(missing_ok=True)
        os.mknod(run / name, 0o600 | stat.S_IFSOCK)

    return spoil


def _hard_link(*names: str) -> Callable[[Path, Path], object]:
    """Files of the run that are the user's own as well: reading them is harmless, writing through them is not."""

    def spoil(run: Path, outside: Path) -> None:
        for name in names:
            (run / name).unlink(missing_ok=True)
            os.link(outside, run / name)

    return spoil


def _polyglot(run: Path, outside: Path) -> None:
    """A page that is a zip archive, and an archive that is a page."""
    with zipfile.ZipFile(run / "model.npz", "a") as archive:
        archive.comment = b"<script>alert(1)</script>"
    (run / "report.html").write_bytes((run / "model.npz").read_bytes())
    (run / "topics.parquet").write_bytes((run / "model.npz").read_bytes())


def _climbing_zip(run: Path, outside: Path) -> None:
    with zipfile.ZipFile(run / "model.npz", "a") as archive:
        archive.writestr("../../home/secret.txt", b"overwritten")
        archive.writestr("/tmp/evil.npy", b"overwritten")


def _many_rows(run: Path, outside: Path) -> None:
    n = 30_000_000
    pq.write_table(pa.table({"doc_id": pa.array(np.zeros(n, dtype=np.int8))}), run / "documents.parquet")


def _swelling_workbook(run: Path, outside: Path) -> None:
    folder = run / "exports" / "excel"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "small.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(300_000_000))
    run_id = json.loads((run / "manifest.json").read_text(encoding="utf-8"))["id"]
    mark = {"target": "excel", "run": run_id, "files": {"small.xlsx": "0" * 64}}
    (folder / "made.json").write_text(json.dumps(mark), encoding="utf-8")


def _nested_cells(run: Path, outside: Path) -> None:
    pq.write_table(pa.table({"doc_id": [[["a"]]], "text": [{"a": 1}]}), run / "documents.parquet")


def _set(key: str, value: object) -> Callable[[Path, Path], object]:
    return _manifest(lambda manifest: manifest.update({key: value}))


def _inside(*keys: str, value: object) -> Callable[[Path, Path], object]:
    def change(manifest: dict) -> None:
        for key in keys[:-1]:
            manifest = manifest[key]
        manifest[keys[-1]] = value

    return _manifest(change)


_MANIFESTS: dict[str, Callable[[Path, Path], object]] = {
    "a manifest that is no JSON": _bytes("manifest.json", b"{"),
    "a manifest that is empty": _bytes("manifest.json", b""),
    "a manifest that is a list": _bytes("manifest.json", b"[]"),
    "a manifest of other bytes": _bytes("manifest.json", bytes(range(256)) * 40),
    "a manifest nested too deep": _bytes("manifest.json", b"[" * 200_000),
    "a manifest of 40 MB": _bytes("manifest.json", b'{"stages": [' + b" " * 40_000_000 + b"]}"),
    "a manifest with stages alone": _bytes("manifest.json", b'{"stages": {}}'),
    "stages that are a list": _set("stages", []),
    "a stage without its record": _inside("stages", "corpus", value=None),
    "an output that climbs out": _inside("stages", "corpus", "outputs", value={"../secret.txt": "0" * 64}),
    "an output at the root": _inside("stages", "corpus", "outputs", value={"/etc/passwd": "0" * 64}),
    "an output on a drive": _inside("stages", "corpus", "outputs", value={"C:\\secret.txt": "0" * 64}),
    "an output on a server": _inside("stages", "corpus", "outputs", value={"\\\\server\\share": "0" * 64}),
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
    "a setting that is endless": _bytes("manifest.json", b'{"stages": {}, "settings": {"a.b": {"c": Infinity}}}'),
    "columns that are no list": _set("by", {"region": 1}),
    "an id that is markup": _set("id", "<script>"),
}  # fmt: skip
_FILES: dict[str, Callable[[Path, Path], object]] = {
    "a table that is no Parquet": _bytes("passages.parquet", b"PAR1" + b"\xff" * 5000 + b"PAR1"),
    "a table that is a pickle": _bytes("documents.parquet", b"\x80\x04c__builtin__\neval\n(S'1'\ntR."),
    "a table cut short": lambda run, outside: (run / "passages.parquet").write_bytes(
        (run / "passages.parquet").read_bytes()[:-100]
    ),
    "a table of 30 million rows": _many_rows,
    "a table whose cells swell": _wide_cells,
    "a table of tables": _nested_cells,
    "a table without its columns": _table("documents", lambda table: table[["doc_id"]]),
    "a table of numbers": _table("passages", lambda table: table.assign(text=range(len(table)))),
    "a table that repeats a key": _table("documents", lambda table: pd.concat([table, table])),
    "places beyond the text": _table("passages", lambda table: table.assign(start=10**15, end=2**62)),
    "places before the text": _table("edits", lambda table: table.assign(start=-5, end=-(2**40))),
    "passages of no document": _table("passages", lambda table: table.assign(doc_id="nowhere")),
    "tokens of no passage": _table("tokens", lambda table: table.assign(
        passage_id=pd.Series(["x"] * len(table)).astype("category"), position=range(len(table)))),
    "topics by the million": _table("topics", lambda table: table.assign(topic=table["topic"] + 10**12)),
    "a model that is a pickle": _arrays(phi=np.array([Bomb()], dtype=object)),
    "a model file that is a pickle": _bytes("model.npz", b"\x80\x04c__builtin__\neval\n(S'1'\ntR."),
    "a model of a billion rows": _arrays(theta=_header("(1000000000, 1000)")),
    "a model of negative size": _arrays(theta=_header("(-5, 10)")),
    "a model whose words are a terabyte": _arrays(vocabulary=_header("(1,)", "<U250000000000")),
    "a model of other shape": _arrays(phi=np.ones((1, 1))),
    "a model that is not a number": _arrays(phi=np.full((2, 3), np.nan)),
    "a model whose array is code": _arrays(alpha=_header("__import__('os').system('touch evil')")),
    "a model that swells": _arrays(theta=_header("(37500000,)") + bytes(300_000_000)),
    "facts of a model that are a list": _bytes("model.json", b"[]"),
    "facts of a model nested too deep": _bytes("model.json", b'{"eta":' + b"[" * 100_000),
    "a summary that is a list": _bytes("summary.json", b"[]"),
    "a summary without its counts": _bytes("summary.json", b"{}"),
    "a codebook that is none": _bytes("codebook.toml", b"\xff" * 100),
    "a model that is a page as well": _polyglot,
    "a model with names that climb": _climbing_zip,
    "a model of endless shape": _arrays(theta=_header("(9223372036854775807, 9223372036854775807)")),
    "a model of a hundred dimensions": _arrays(theta=_header("(" + "1, " * 100 + ")")),
    "a CSV file of a million columns": lambda run, outside: (run / "documents.csv").write_text(",".join(map(str, range(10**6))) + "\n"),
    "a CSV file of one endless cell": lambda run, outside: (run / "topics.csv").write_text('topic\n"' + "a" * 20_000_000),
    "a page of 20 MB in one line": _bytes("pyldavis.html", b"<p>" * 7_000_000),
    "a summary nested too deep": _bytes("summary.json", b"[" * 100_000 + b"]" * 100_000),
    "answers that are none": _bytes("asked.json", b"[]"),
    "answers that climb out": _bytes("asked.json", b'{"files": {"../../home/secret.txt": "00000000", "/etc/passwd": "00000000"}}'),
    "answers nested too deep": _bytes("asked.json", b'{"files":' + b"[" * 100_000),
    "an export that names files outside": lambda run, outside: (
        (run / "exports" / "csv").mkdir(parents=True), (run / "exports" / "csv" / "made.json").write_text(
            '{"target": "csv", "run": "0", "files": {"../../../../home/secret.txt": "00", "/etc/passwd": "00"}}')),
    "a workbook that swells": _swelling_workbook,
    "a copy of a list that is endless": lambda run, outside: (run / "inputs" / "lists" / "general.txt").write_bytes(b"a\n" * 10_000_000),
    "an identity that is none": _bytes("inputs/identity.json", b"[]"),
    "an identity nested too deep": _bytes("inputs/identity.json", b"[" * 100_000),
    "hard links to a file of the user's": _hard_link(
        "documents.csv", ".edits.parquet.tmp", ".topics.csv.tmp", ".report.html.tmp", ".asked.json.tmp"),
    "a lock that is a hard link to a file of the user's": _hard_link("../.run.lock"),
    "scores of coders that are none": lambda run, outside: (
        (run / "coding").mkdir(), (run / "coding" / "coding.json").write_bytes(b"[]"),
        (run / "coding" / "coding_scores.parquet").write_bytes(b"PAR1PAR1")),
    "an export marked as ours": lambda run, outside: (
        (run / "exports" / "csv").mkdir(parents=True), (run / "exports" / "csv" / "made.json").write_bytes(b"[]")),
}  # fmt: skip
_LINKS: dict[str, Callable[[Path, Path], object]] = {
    "a table that is a link": _link("documents.csv"),
    "a report that is a link": _link("report.html"),
    "a temporary file that is a link": _link(".report.html.tmp"),
    "another temporary file that is a link": _link(".edits.parquet.tmp"),
    "a manifest that is a link": _link("manifest.json"),
    "exports that are a link": _link_folder("exports"),
    "scores that are a link": _link_folder("coding"),
    "parts that are a link": _link_folder(".parts"),
    "a selection that is a link": _link_folder("selection"),
    "folders without end": _deep,
    "a table that is a socket": _socket("topics.parquet"),
    "a copy that is a link": _link("inputs/lists/general.txt"),
    "a manifest that is a pipe": _pipe("manifest.json"),
    "a table that is a pipe": _pipe("passages.parquet"),
}
REFUSED_AT_ONCE = frozenset({*_MANIFESTS, *_LINKS}) - {
    "a section that is no module", "settings of other names", "settings of other kinds"
}  # fmt: skip
