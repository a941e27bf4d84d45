"""Spark in local mode, for real: the tables of a single machine to the byte, and runs that go on elsewhere."""

import hashlib

import pandas as pd
import pytest
from typer.testing import CliRunner

from discourse.cli import app
from discourse.contracts import check
from discourse.pipeline import open_run, run_corpus, run_stage, run_study
from discourse.runs.store import load_model, load_table
from discourse.segment.lexicon import read_lexicon
from discourse.segment.tokenizer import build_tokenizer
from discourse.segment.tokens import segment_passages
from discourse.spark.engine import use_spark
from discourse.spark.segmenting import explode_tokens, segment_frame
from discourse.stages import ENGINE, STAGES, THIS_MACHINE
from discourse.topics.lda import ENGINES
from discourse.verify import verify_run
from tests.spark.conftest import MASTER
from tests.spark.folders import hostile_study

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
]
CORPUS = "sources documents edits attributions passages reuse reuse_matrix".split()
SEGMENT = "lexicon tokens lexicon_audit".split()


def quiet(message: str) -> None:
    pass


@pytest.fixture(scope="module", autouse=True)
def one_process():
    """What is not done by Spark is done by this process: starting others takes longer than their work."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ("stages.corpus", "stages.segment", "topics.ensemble", "pipeline", "universes"):
            patched.setattr(f"discourse.{name}.count_processors", lambda: 1)
        yield


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return hostile_study(tmp_path_factory.mktemp("研究 一"))


@pytest.fixture(scope="module")
def here(study, tmp_path_factory):
    """The first two stages on this machine."""
    assert ENGINE.get() is THIS_MACHINE
    folder = tmp_path_factory.mktemp("here") / "run"
    run_corpus(study, folder, say=quiet)
    run_stage(open_run(folder), "segment", say=quiet)
    return folder


@pytest.fixture(scope="module")
def there(spark, study, tmp_path_factory):
    """The whole walk on Spark."""
    from discourse.config import change_study

    with use_spark(MASTER):
        assert ENGINE.get() is not THIS_MACHINE
        fitted = change_study(study, ["topics.lda.engine=spark"])
        return run_study(fitted, tmp_path_factory.mktemp("there") / "运行 一", say=quiet)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", [*CORPUS, *SEGMENT])
def test_every_table_is_that_of_a_single_machine_to_the_byte(here, there, name):
    assert len(load_table(here, name))
    assert digest(there / f"{name}.parquet") == digest(here / f"{name}.parquet")


def test_the_folder_held_what_a_cluster_could_trip_over(there):
    sources, edits = load_table(there, "sources"), load_table(there, "edits")
    audit = load_table(there, "lexicon_audit").set_index("term")
    assert sources["error"].notna().sum() == 2
    assert "gb18030" in set(sources["encoding"].dropna().str.lower()) and sources["member"].notna().any()
    assert (edits["rule"] == "furniture").any() and edits["rule"].str.startswith("lost_bytes").any()
    assert sources["is_segmented"].any() and audit.at["党建引领基层治理", "n_produced"] > 0


def test_the_whole_walk_leaves_every_stage_its_contracts_and_a_model_of_spark(there):
    run = open_run(there)
    assert set(run.manifest["stages"]) == set(STAGES)
    for name in ("topics", "topic_terms", "theta", "shares", "models", "universes", "contrasts", "exemplars"):
        check(load_table(there, name), name)
    assert load_model(there).settings["engine"] == "spark" and (there / "report.html").is_file()
    assert load_table(there, "models")["seed"].tolist() == [1, 2]


@pytest.mark.filterwarnings("ignore:2 of 12 texts could not be read")
def test_a_run_of_spark_recomputes_to_the_same_bytes_where_spark_is_at_hand(there):
    done = CliRunner().invoke(app, ["verify", str(there), "--engine", "spark", "--master", MASTER])
    assert done.exit_code == 0 and "verified" in done.output


@pytest.mark.filterwarnings("ignore:2 of 12 texts could not be read")
def test_without_spark_its_topics_are_named_as_what_cannot_be_computed_again(there):
    verified = verify_run(there, say=quiet)
    assert not verified.holds and "--engine spark" in verified.findings[-1].finding


def test_topics_of_a_run_begun_here_are_fitted_there_and_the_other_way_round(spark, here):
    before = open_run(here).manifest["id"]
    tokens = digest(here / "tokens.parquet")
    onward = ["topics", str(here), "--engine", "spark", "--master", MASTER]
    done = CliRunner().invoke(app, onward)
    assert done.exit_code == 0 and "topics by spark, not cvb0" in done.output
    run = open_run(here)
    assert run.manifest["id"] != before and load_model(here).settings["engine"] == "spark"
    assert not list((here / "inputs").glob("*.tmp")) and digest(here / "tokens.parquet") == tokens

    refused = CliRunner().invoke(app, ["topics", str(here)])
    assert refused.exit_code == 1 and "--engine local" in str(refused.exception)

    back = CliRunner().invoke(app, ["topics", str(here), "--engine", "local"])
    assert back.exit_code == 0 and "topics by cvb0, not spark" in back.output
    assert open_run(here).manifest["id"] == before and load_model(here).settings["engine"] == "cvb0"


def test_the_number_of_parts_does_not_change_tokens(spark, there):
    passages = load_table(there, "passages")
    tokenizer = build_tokenizer(read_lexicon("governance"))
    whole = segment_passages(passages, tokenizer).astype({"passage_id": "str", "term": "str"})
    expected = whole.sort_values(["passage_id", "position"], ignore_index=True)
    frame = spark.createDataFrame(passages[["passage_id", "text"]].sample(frac=1, random_state=3))
    for n_parts in (1, 3):
        cut = explode_tokens(segment_frame(frame.repartition(n_parts), tokenizer)).toArrow().to_pandas()
        tokens = check(cut.sort_values(["passage_id", "position"], ignore_index=True), "tokens")
        pd.testing.assert_frame_equal(tokens, expected, check_dtype=False)


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
        assert {"spark", "spark-online"} <= set(ENGINES) and ENGINE.get() is not THIS_MACHINE
    assert ENGINE.get() is THIS_MACHINE and not {"spark", "spark-online"} & set(ENGINES)
