"""A small, whole run of planted texts goes out, for a stranger to spoil."""

from __future__ import annotations

from pathlib import Path

from discourse.config import change_study, default_study
from discourse.pipeline import run_study

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
