"""Spark in local mode, for real: the tables of a single machine to the byte."""

import hashlib

import pytest

from discourse.config import read_study
from discourse.pipeline import open_run, run_corpus, run_stage
from discourse.resources import resource
from discourse.runs.store import load_table
from discourse.spark.engine import use_spark
from discourse.stages import ENGINE, THIS_MACHINE
from discourse.topics.lda import ENGINES

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
]
MASTER = "local[2]"
CORPUS = "sources documents edits attributions passages reuse reuse_matrix".split()
SEGMENT = "lexicon tokens lexicon_audit".split()


def quiet(message: str) -> None:
    pass


def run_two_stages(study, folder):
    run_corpus(study, folder, say=quiet)
    run_stage(open_run(folder), "segment", say=quiet)
    return folder


@pytest.fixture(scope="module")
def seeds():
    return read_study(resource("seeds", "study.toml"))


@pytest.fixture(scope="module")
def here(seeds, tmp_path_factory):
    assert ENGINE.get() is THIS_MACHINE
    return run_two_stages(seeds, tmp_path_factory.mktemp("here") / "run")


@pytest.fixture(scope="module")
def there(spark, seeds, tmp_path_factory):
    with use_spark(MASTER):
        assert ENGINE.get() is not THIS_MACHINE
        return run_two_stages(seeds, tmp_path_factory.mktemp("there") / "run")


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", [*CORPUS, *SEGMENT])
def test_every_table_of_the_seeds_is_that_of_a_single_machine_to_the_byte(here, there, name):
    assert len(load_table(here, name))
    assert digest(there / f"{name}.parquet") == digest(here / f"{name}.parquet")


def test_a_fault_on_an_executor_comes_back_as_one_line(spark):
    from discourse.errors import DataError, RunError

    def fail_known(tables):
        raise DataError("x.txt: is not right; mend it")
        yield

    def fail(tables):
        raise ValueError("unforeseen")
        yield

    with pytest.raises(DataError, match="^x.txt: is not right; mend it$"), use_spark(MASTER):
        spark.range(2).mapInPandas(fail_known, "id long").collect()
    with pytest.raises(RunError, match="unforeseen") as caught, use_spark(MASTER):
        spark.range(2).mapInPandas(fail, "id long").collect()
    assert "\n" not in str(caught.value)


def test_the_session_listens_on_the_loopback_address_only_and_shows_no_page(spark):
    conf = spark.sparkContext.getConf()
    assert conf.get("spark.driver.bindAddress") == conf.get("spark.driver.host") == "127.0.0.1"
    assert conf.get("spark.ui.enabled") == "false"


def test_after_use_this_machine_works_again(spark):
    with use_spark(MASTER):
        assert "spark" in ENGINES and ENGINE.get() is not THIS_MACHINE
    assert ENGINE.get() is THIS_MACHINE and "spark" not in ENGINES
