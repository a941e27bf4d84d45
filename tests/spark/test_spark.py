"""Spark in local mode, for real: the tables of a single machine to the byte, topics that are as good."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from discourse.config import change_study, default_study, read_study
from discourse.contracts import check
from discourse.pipeline import open_run, run_corpus, run_stage
from discourse.resources import resource
from discourse.runs.store import load_model, load_table
from discourse.segment.tokens import segment_passages
from discourse.spark.engine import use_spark
from discourse.spark.segmenting import explode_tokens, segment_frame
from discourse.stages import ENGINE, THIS_MACHINE
from discourse.topics.dtm import build_dtm
from discourse.topics.infer import fold_in, score_completion
from discourse.topics.lda import ENGINES, fit_lda
from tests.topics.planted import THEMES, planted_tokens

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


def test_pages_with_lost_bytes_shared_edges_and_ready_words_are_cleaned_the_same(spark, tmp_path):
    raw = [path.read_text(encoding="utf-8") for path in sorted(resource("seeds").glob("*.txt"))]
    foot = "\n【打印本页】\n【关闭窗口】\n版权所有：某某人民政府\n主办：某某办公室\n"
    for number, text in enumerate([*raw, *(text[: 1000 + 300 * i] + foot for i, text in enumerate(raw * 2))]):
        (tmp_path / f"{number:02d}.txt").write_text(text, encoding="utf-8")
    (tmp_path / "ready.txt").write_text(
        "加强 基层 治理 。\n党建 引领 基层 治理 体系 。\n" * 8, encoding="utf-8"
    )
    study = default_study(tmp_path)
    here = run_two_stages(study, tmp_path / "here")
    with use_spark(MASTER):
        there = run_two_stages(study, tmp_path / "there")
    edits = load_table(here, "edits")
    assert (edits["rule"] == "furniture").any() and edits["rule"].str.startswith("lost_bytes").any()
    for name in (*CORPUS, *SEGMENT):
        pd.testing.assert_frame_equal(load_table(there, name), load_table(here, name), obj=name)


def test_the_number_of_parts_does_not_change_tokens(spark, seeds, here):
    from discourse.segment.lexicon import read_lexicon
    from discourse.segment.tokenizer import build_tokenizer

    passages = load_table(here, "passages")
    tokenizer = build_tokenizer(read_lexicon("governance"))
    whole = segment_passages(passages, tokenizer).astype({"passage_id": "str", "term": "str"})
    frame = spark.createDataFrame(passages[["passage_id", "text"]].sample(frac=1, random_state=3))
    for n_parts in (1, 7):
        cut = explode_tokens(segment_frame(frame.repartition(n_parts), tokenizer)).toPandas()
        tokens = check(cut.sort_values(["passage_id", "position"], ignore_index=True), "tokens")
        expected = whole.sort_values(["passage_id", "position"], ignore_index=True)
        pd.testing.assert_frame_equal(tokens, expected, check_dtype=False)


def test_topics_of_mllib_foretell_unseen_passages_about_as_well_as_the_house_engine(spark, here):
    dtm = build_dtm(load_table(here, "tokens"))
    rows = np.arange(dtm.counts.shape[0])
    seen, unseen = rows % 8 != 0, rows % 8 == 0
    train = type(dtm)(dtm.counts[seen], dtm.passages[seen], dtm.vocabulary)
    with use_spark(MASTER):
        model = fit_lda(train, n_topics=5, engine="spark")
        again = fit_lda(train, n_topics=5, engine="spark")
    own = fit_lda(train, n_topics=5)
    held_out = dtm.counts[unseen]
    uniform = np.log(held_out.shape[1])
    assert -score_completion(model, held_out) < -score_completion(own, held_out) + 0.35 < uniform
    assert np.allclose(model.theta, fold_in(train.counts, model.phi, model.alpha), atol=1e-12, rtol=0)
    assert model.phi.tobytes() == again.phi.tobytes() and model.theta.tobytes() == again.theta.tobytes()
    assert model.settings["engine"] == "spark" and model.settings["n_iterations"] == 50


def test_planted_topics_are_found(spark):
    dtm = build_dtm(planted_tokens(), min_df=1, max_df=1.0, min_documents=1)
    with use_spark(MASTER):
        model = fit_lda(dtm, n_topics=3, engine="spark")
    for words in THEMES.values():
        assert model.phi[:, dtm.vocabulary.get_indexer(words)].sum(axis=1).max() > 0.9


def test_a_topics_stage_runs_on_spark_and_leaves_the_contracts(there):
    run = open_run(there)
    changes = ["topics.lda.engine=spark", "topics.lda.n_topics=4", "topics.ensemble.seeds=[1]"]
    study = change_study(run.study, [*changes, "multiverse.n_seeds=1", "multiverse.sizes=[1.0]"])
    with use_spark(MASTER):
        run_stage(type(run)(run.path, study, run.manifest), "topics", say=quiet)
    model = load_model(there)
    assert model.settings["engine"] == "spark" and model.n_topics == 4
    for name in ("topics", "topic_terms", "theta", "shares", "models"):
        check(load_table(there, name), name)


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
