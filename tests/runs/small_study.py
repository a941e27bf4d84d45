"""A study of four small documents, quickly computed, and what its run folder must look like."""

from __future__ import annotations

import json
from pathlib import Path

from discourse.config import change_study, default_study
from discourse.runs.store import hash_file

PHRASES = (
    "坚持党建引领基层治理，完善网格化管理服务体系，推动社区共建共治共享，提升居民满意度。",
    "推进乡村振兴战略，发展特色产业，壮大集体经济，增加农民收入，建设美丽家园。",
    "加强机关作风建设，优化营商环境，深化行政审批改革，提高政务服务效率和水平。",
    "落实安全生产责任，排查风险隐患，健全应急体系，守护人民群众生命财产安全。",
)
METADATA = "file,province\ntext0.txt,云南省\ntext1.txt,云南省\ntext2.txt,湖北省\n"
SETTINGS = (
    "topics.lda.n_topics=2", "topics.lda.max_iterations=20", "topics.lda.n_starts=1", "topics.ensemble.seeds=[1, 2]",
    "multiverse.n_seeds=1", "multiverse.sizes=[1.0, 1.5]", "compare.contrasts.n_permutations=99",
    "compare.keyness.n_permutations=99", "compare.profiles.n_permutations=99", "compare.trends.n_permutations=99",
    "topics.selection.held_out=0.3",
)  # fmt: skip


def make_study(folder: Path):
    """A study of four small documents, quickly computed."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for i in range(4):
        lines = [PHRASES[(i * (j + 1) + j) % 4] + PHRASES[(i + j) % 4] for j in range(6)]
        head = f"{'云南省' if i % 2 else '武汉市'}基层治理工作报告"
        (folder / "data" / f"text{i}.txt").write_text("\n".join([head, *lines]), encoding="utf-8")
    return change_study(default_study(folder / "data", name="small"), SETTINGS)


def make_owned_study(folder: Path) -> Path:
    """A study.toml of the user's own, with texts, lexicon, stop words and metadata beside it."""
    make_study(folder)
    (folder / "terms.txt").write_text("网格化管理\n营商环境\n集体经济\n", encoding="utf-8")
    (folder / "stop.txt").write_text("水平\n体系\n", encoding="utf-8")
    (folder / "about.csv").write_text(METADATA, encoding="utf-8")
    sections: dict[str, list[str]] = {
        "study": ['name = "small"', 'metadata = "about.csv"', 'by = ["province"]'],
        "segment.lexicon": ['name = "terms.txt"'],
        "segment.tokens": ['stopwords = ["general", "stop.txt"]'],
    }
    for setting in SETTINGS:
        key, value = setting.split("=")
        section, _, name = key.rpartition(".")
        sections.setdefault(section, []).append(f"{name} = {value}")
    words = ["\n".join([f"[{section}]", *lines]) for section, lines in sections.items()]
    (folder / "study.toml").write_text("\n\n".join(words) + "\n", encoding="utf-8")
    return folder / "study.toml"


def hashes(folder: Path) -> dict[str, str]:
    """Every file, the manifest without its timings."""
    found = {p.relative_to(folder).as_posix(): hash_file(p) for p in folder.rglob("*") if p.is_file()}
    if "manifest.json" in found:
        words = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for record in words["stages"].values():
            record.pop("seconds")
        found["manifest.json"] = json.dumps(words, sort_keys=True)
    return found


def damaged(folder: Path, whole: dict[str, str]) -> list[str]:
    """Files under their own names that are not those of a whole run; the manifest must be JSON."""
    wrong = []
    for path in (p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        parts = Path(name).parts
        if any(part.startswith(".") or part in ("universes", "selection") for part in parts):
            continue  # what is not whole yet, and work that was finished before the kill
        if path.name == "manifest.json":
            json.loads(path.read_text(encoding="utf-8"))
        elif whole.get(name) != hash_file(path):
            wrong.append(name)
    return wrong
