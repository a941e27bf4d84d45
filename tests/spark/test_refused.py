"""What stands in the way of Spark is said in one line; none of this needs Java."""

import builtins
import os
import subprocess
import sys
import zipfile

import pytest
from typer.testing import CliRunner

from discourse.cli import app
from discourse.contracts import DocumentTermMatrix
from discourse.errors import DiscourseError, RunError, SettingError
from discourse.runs.scratch import make_scratch
from discourse.spark import session
from discourse.spark.engine import _explain
from discourse.spark.session import first_words, open_session
from discourse.spark.shipping import FOLDER, pack_project
from discourse.topics.lda import fit_lda
from tests.spark.conftest import QUICK, missing


def refused(master="local[2]"):
    with pytest.raises(DiscourseError) as caught, open_session(master):
        pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_pyspark_the_command_that_installs_it_is_named(monkeypatch):
    known = builtins.__import__

    def without(name, *rest, **more):
        if name.partition(".")[0] == "pyspark":
            raise ImportError(name)
        return known(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert "pip install 'discourse-zh[spark]'" in refused()


def test_a_spark_home_that_holds_none_is_named(monkeypatch, tmp_path):
    pytest.importorskip("pyspark")
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    assert f"SPARK_HOME={tmp_path} holds no Spark" in refused()


def test_without_java_the_packages_that_hold_it_are_named(monkeypatch, tmp_path):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    told = refused()
    assert "there is no java on the PATH" in told and "openjdk-17-jre-headless" in told
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert f"JAVA_HOME={tmp_path} holds no bin/java" in refused()


def put_java(monkeypatch, folder, script):
    """A script in the place of java, the first on the PATH."""
    java = folder / "java"
    java.write_text(script, encoding="utf-8")
    java.chmod(0o755)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return java


@pytest.mark.skipif(os.name == "nt", reason="a script stands in for java")
def test_a_java_that_is_too_old_is_named_with_its_version(monkeypatch, tmp_path):
    put_java(monkeypatch, tmp_path, "#!/bin/sh\necho 'openjdk version \"1.8.0_402\"' >&2\n")
    assert "1.8.0_402" in refused() and "Java 17 or newer" in refused()


@pytest.mark.skipif(os.name == "nt", reason="a script stands in for java")
def test_a_java_that_does_not_start_or_never_answers_is_named(monkeypatch, tmp_path):
    java = put_java(monkeypatch, tmp_path, "no program")
    assert f"{java} is another (it does not start: Exec format error)" in refused()
    java.write_text("#!/bin/sh\nexec sleep 30\n", encoding="utf-8")
    monkeypatch.setattr("discourse.spark.java._WAIT", 0.2)
    assert f"{java} is another (it does not answer)" in refused()


@pytest.mark.parametrize(
    "master", ["", "lokal[2]", "LOCAL[2]", "local[two]", "spark://", "http://host:7077", "local[2]; rm"]
)
def test_what_is_no_address_of_a_master_is_refused(master):
    with pytest.raises(SettingError, match="is no address of a master"), open_session(master):
        pass


@pytest.mark.parametrize("master", ["spark://127.0.0.1:9", "spark://127.0.0.1:port"])
def test_a_master_that_does_not_answer_is_given_up_at_once(monkeypatch, master):
    pytest.importorskip("pyspark")
    monkeypatch.setattr(session, "require_java", lambda: None)
    assert f"master {master}: nobody answers at" in refused(master)


def test_the_engine_of_topics_without_a_cluster_says_how_to_get_one():
    dtm = planted_dtm()
    with pytest.raises(SettingError, match="--engine spark --master"):
        fit_lda(dtm, n_topics=2, engine="spark")
    with pytest.raises(SettingError, match="'spark-online' fits on a cluster"):
        fit_lda(dtm, n_topics=2, engine="spark-online")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--engine", "sparc"], "Did you mean 'spark'?"),
        (["--master", "local[2]"], "add --engine spark"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(options, told, tmp_path):
    done = CliRunner().invoke(app, ["corpus", str(tmp_path), "--out", str(tmp_path / "run"), *options])
    assert done.exit_code == 1 and told in str(done.exception)


def test_the_archive_for_executors_is_the_package_with_its_word_lists_and_works_alone(tmp_path):
    archive = pack_project(tmp_path)
    with zipfile.ZipFile(archive) as file:
        names = file.namelist()
        file.extractall(tmp_path / FOLDER)
    assert "discourse/_data/stopwords/general.txt" in names and "discourse/corpus/batches.py" in names
    assert not [name for name in names if "__pycache__" in name or name.startswith(("/", ".."))]
    code = (
        "import discourse, sys; from discourse.segment.lexicon import read_lexicon, read_stopwords\n"
        "from discourse.corpus.batches import PageWorker\n"
        "PageWorker(None); print(discourse.__file__, len(read_lexicon('governance')), len(read_stopwords()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path / FOLDER)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    path, n_terms, n_words = done.stdout.split()
    assert path.startswith(str(tmp_path / FOLDER)) and int(n_terms) > 100 and int(n_words) > 100


@pytest.mark.parametrize(
    ("long", "kept"),
    [
        (
            "An error occurred\n  File x\nModuleNotFoundError: No module named 'rjieba'\n\tat org.apache",
            "ModuleNotFoundError: No module named 'rjieba'",
        ),
        (
            'Job aborted\njava.io.IOException: Cannot run program "p": error=2, No such file\n\tat a.b\n'
            "Caused by: java.io.IOException: error=2, No such file\n",
            'java.io.IOException: Cannot run program "p": error=2, No such file',
        ),
        (
            "Job aborted\norg.apache.spark.SparkException: EOFException while reading\n\tat a.TheirError(T.scala:5)",
            "org.apache.spark.SparkException: EOFException while reading",
        ),
        ("it ended\nsomewhere", "it ended"),
        ("", "RunError"),
    ],
)
def test_of_a_long_message_the_line_that_says_what_happened_is_kept(long, kept):
    assert first_words(RunError(long)) == kept


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("java.lang.OutOfMemoryError: Java heap space", "raise spark.driver.memory"),
        ("Answer from Java side is empty", "ended from outside"),
        ("Job aborted due to stage failure: java.io.IOException: No space left on device", "No space left"),
    ],
)
def test_what_fails_on_the_cluster_is_one_line_that_says_what_to_do(fault, told):
    explained = str(
        _explain(RuntimeError(f"An error occurred while calling o7.fit.\n: {fault}\n\tat a.b"), "yarn")
    )
    assert told in explained and "the same command goes on" in explained and "\n" not in explained


def test_what_the_user_wrote_into_spark_defaults_is_not_overruled(monkeypatch, tmp_path):
    (tmp_path / "spark-defaults.conf").write_text(
        "# mine\n\nspark.driver.memory=7g\nspark.x  y\n", encoding="utf-8"
    )
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    given = session._configure(tmp_path, is_here=True)
    assert "spark.driver.memory" not in given and "spark.checkpoint.dir" in given
    monkeypatch.delenv("SPARK_CONF_DIR")
    monkeypatch.delenv("SPARK_HOME", raising=False)
    assert session._configure(tmp_path, is_here=True)["spark.driver.memory"] == "2g"


ENDED = """
import signal, sys, tempfile
from pathlib import Path
from pyspark import SparkContext
from discourse.spark.session import open_session
before, scratch = signal.getsignal(signal.SIGINT), Path(tempfile.gettempdir())
with open_session("local[1]"):
    java = SparkContext._gateway.proc
    assert java.poll() is None and list(scratch.iterdir())
    assert signal.getsignal(signal.SIGINT) is before
assert java.poll() is not None, "Java lives on"
assert not list(scratch.iterdir()), "files are left"
with open_session("local[1]"):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_java_ends_with_its_session_and_what_kill_9_leaves_the_next_one_clears_away(tmp_path, monkeypatch):
    if reason := missing():
        pytest.skip(reason)
    process = subprocess.Popen(
        [sys.executable, "-c", ENDED],
        env={**os.environ, "TMPDIR": str(tmp_path), "JAVA_TOOL_OPTIONS": QUICK},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "open\n"
    process.kill()
    process.communicate(timeout=120)  # Java holds our pipe, too: it is closed when both have ended
    assert len(list(tmp_path.glob("discourse-spark-*"))) == 1
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with make_scratch("spark") as scratch:
        assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [scratch.name]
    assert not list(tmp_path.iterdir())


def test_too_little_memory_ends_in_one_line_and_leaves_nothing(tmp_path):
    if reason := missing():
        pytest.skip(reason)
    (tmp_path / "spark-defaults.conf").write_text("spark.driver.memory 64m\n", encoding="utf-8")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    code = "from discourse.spark.session import open_session\nwith open_session('local[1]'): pass"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "SPARK_CONF_DIR": str(tmp_path),
            "TMPDIR": str(scratch),
            "JAVA_TOOL_OPTIONS": QUICK,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stderr.strip().splitlines()[-1]
    assert (
        done.returncode == 1 and "must be at least" in told and "give it more in spark-defaults.conf" in told
    )
    assert "WARN" not in done.stderr and not list(scratch.iterdir())


def test_a_study_whose_topics_are_of_spark_fits_three_seeds_unless_more_are_asked_for():
    from discourse.topics.ensemble import SEEDS_OF_HUGE, _choose_seeds

    dtm = planted_dtm()
    with pytest.warns(UserWarning, match="takes minutes"):
        assert tuple(_choose_seeds(dtm, None, "spark")) == SEEDS_OF_HUGE
    assert tuple(_choose_seeds(dtm, [4, 5, 6, 7], "spark")) == (4, 5, 6, 7)


def planted_dtm():
    import numpy as np
    import pandas as pd
    from scipy import sparse

    counts = sparse.csr_matrix(np.ones((6, 4), dtype=np.int32))
    return DocumentTermMatrix(counts, pd.Index([f"a#{i}" for i in range(6)]), pd.Index(list("wxyz")))
