"""A stranger at a terminal: every slip is one line and exit code 1, and nothing is lost."""

import json
import subprocess
import sys

import pytest


def discourse(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "discourse", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def assert_one_line(done, *words):
    assert done.returncode == 1
    assert done.stderr.startswith("error 错误: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_init_makes_a_study_that_runs_once_texts_are_there(tmp_path):
    made = discourse("init", "mystudy", cwd=tmp_path)
    assert made.returncode == 0 and "mystudy" in made.stdout
    assert_one_line(discourse("run", "mystudy/study.toml", cwd=tmp_path), "data")
    themes = [
        "网格员入户走访化解矛盾纠纷",
        "物业企业接受社区党组织领导",
        "合作社带动村民发展集体经济",
        "志愿者服务老人和儿童",
    ]
    for i, place in enumerate(["云南省昆明市", "江苏省南京市"]):
        for j in range(3):
            turns = [themes[(n * (j + 1) + i * n * n + j) % 4] for n in range(8)]
            lines = [
                f"{place}坚持党建引领基层治理,{turn}。我市第{n + 1}年推进社区治理,{turns[n - 1]},群众满意度不断提升。"
                for n, turn in enumerate(turns)
            ]
            (tmp_path / "mystudy" / "data" / f"{i}{j}.txt").write_text("\n".join(lines), encoding="utf-8")
    done = discourse("run", "mystudy/study.toml", "--set", "topics.lda.n_topics=3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("results/mystudy-*/report.html"))) == 1


def test_init_never_overwrites(tmp_path):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "study.toml").write_text("mine")
    assert_one_line(discourse("init", tmp_path / "study"), "not empty")
    assert (tmp_path / "study" / "study.toml").read_text() == "mine"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ({}, "no "),
        ({"a.txt": b""}, "a.txt"),
        ({"a.txt": b" \n\t\n"}, "a.txt"),
        ({"a.txt": bytes(range(256)) * 4}, "a.txt"),
    ],
    ids=["empty folder", "empty file", "blank file", "not text"],
)
def test_texts_that_cannot_be_read_are_named(tmp_path, content, word):
    (tmp_path / "data").mkdir()
    for name, data in content.items():
        (tmp_path / "data" / name).write_bytes(data)
    assert_one_line(discourse("corpus", tmp_path / "data", "--out", tmp_path / "run"), word)


def test_a_misspelt_setting_is_answered_with_the_right_one(tmp_path):
    (tmp_path / "study.toml").write_text("[topics.lda]\nn_topic = 20\n", encoding="utf-8")
    assert_one_line(
        discourse("run", tmp_path / "study.toml"),
        "[topics.lda] has no setting 'n_topic'; did you mean 'n_topics'?",
    )


@pytest.mark.parametrize("command", ["show", "verify", "segment", "report"])
def test_a_folder_that_is_no_run_is_named(tmp_path, command):
    assert_one_line(discourse(command, tmp_path / "nothing"), "no such run folder")
    assert_one_line(discourse(command, tmp_path), "not a run folder")


def test_show_answers_a_script_in_json(demo_run):
    done = discourse("show", demo_run, "--json")
    summary = json.loads(done.stdout)
    assert summary["counts"]["documents"] == 8
    assert summary["report"].endswith("report.html")
    assert all(
        set(sentence) == {"zh", "en"} for block in summary["findings"] for sentence in block["sentences"]
    )


def test_show_reads_like_an_answer(demo_run):
    done = discourse("show", demo_run)
    assert done.returncode == 0
    for words in ("documents 文档 8", "按地区比较 By region", "report 报告: "):
        assert words in done.stdout


def test_a_wrong_option_is_a_usage_error():
    assert discourse("demo", "--frobnicate").returncode == 2
