"""A second model is stored in a run, stands in its report, and the run still verifies."""

from __future__ import annotations

import shutil

import pytest

from discourse.beside import BESIDE, read_beside, set_beside
from discourse.errors import SettingError
from discourse.pipeline import open_run
from discourse.runs.store import load_model


@pytest.fixture
def run(demo_run, tmp_path):
    shutil.copytree(demo_run, tmp_path / "run")
    return open_run(tmp_path / "run")


def test_a_model_of_other_settings_is_fitted_and_kept(run):
    set_beside(run.path, run.study, "n_topics=4")
    found = read_beside(run.path, load_model(run.path))
    assert found.model.n_topics == 4 and len(found.topics) == 4
    assert found.model.settings["seed"] == load_model(run.path).settings["seed"]
    assert found.similarity.shape == (load_model(run.path).n_topics, 4)
    set_beside(run.path, run.study, "none")
    assert read_beside(run.path, load_model(run.path)) is None and not (run.path / BESIDE).exists()


def test_another_run_of_the_same_texts_is_kept_under_its_numbers_and_names(run, demo_run):
    set_beside(run.path, run.study, str(demo_run))
    found = read_beside(run.path, load_model(run.path))
    assert found.pairs == [(i, i) for i in range(found.model.n_topics)]
    assert found.topics["label"].tolist() == run.table("topics")["label"].tolist()


def test_a_model_of_other_texts_is_left_out(run, demo_run):
    set_beside(run.path, run.study, str(demo_run))
    sources = run.table("sources")
    run.save(sources=sources.assign(sha256=sources["sha256"].str[::-1]))
    assert read_beside(run.path, load_model(run.path)) is None
    with pytest.raises(SettingError, match="0 are in the other"):
        set_beside(run.path, run.study, str(demo_run))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("no/such/run", "is no run folder"),
        ("n_topic=3", "did you mean 'n_topics'"),
        ("seed=1,n_topics", "'n_topics' is no setting"),
        ("n_topics=zwölf", "n_topics"),
    ],
)
def test_what_is_neither_run_nor_setting_is_refused(run, words, told):
    with pytest.raises(SettingError, match=told):
        set_beside(run.path, run.study, words)
