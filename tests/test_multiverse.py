"""The same study under many settings: what is planned, fitted, kept after an interruption and followed."""

from __future__ import annotations

import json
import re
import shutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from discourse import universes as universes_module
from discourse.config import SECTIONS, change_study, default_study, read_study
from discourse.contracts import DocumentTermMatrix, TopicModel, check
from discourse.errors import DataError, SettingError
from discourse.multiverse import ALTERNATIVES, MOST_PREPARATIONS, plan_universes, vary_study
from discourse.pipeline import Run, open_run
from discourse.runs.store import load_model, load_table
from discourse.stages.topics import foretell
from discourse.topics.lda import ENGINES
from discourse.universes import fit_universes
from discourse.variants import follow_topics, prepare_counts

TABLES = ("universes", "families", "family_shares")


@pytest.fixture(scope="module")
def study():
    return default_study(Path("data"))


def plan(study, **options):
    return plan_universes(study, n_topics=8, seeds=[1, 2, 3, 4, 5], **options)


# --- the plan -----------------------------------------------------------------------------------------------


def test_a_study_that_names_themes_keeps_its_engine(study):
    led = change_study(study, ["topics.lda.themes=['党的建设']"])
    assert "topics.lda.engine" in vary_study(study).settings["multiverse"]["vary"]
    assert "topics.lda.engine" not in vary_study(led).settings["multiverse"]["vary"]


def test_an_ordinary_run_asks_five_seeds_and_four_numbers_of_topics(study):
    found = plan(study)
    assert {(u.n_topics, u.seed) for u in found} == {(k, s) for k in (6, 8, 10, 12) for s in range(1, 6)}
    assert all(not u.changes for u in found)


def test_other_numbers_of_topics_can_be_asked_with_fewer_seeds(study):
    found = plan(study, size_seeds=1)
    assert {(u.n_topics, u.seed) for u in found} == {(8, s) for s in range(1, 6)} | {(6, 1), (10, 1), (12, 1)}
    with pytest.raises(SettingError, match="size_seeds"):
        plan(study, size_seeds=0)


def test_the_multiverse_asks_about_two_hundred_models(study):
    varied = vary_study(study)
    found = plan(varied, **varied.options("multiverse"))
    assert 190 <= len(found) <= 230
    assert len({u.model_id for u in found}) == len(found)
    assert {key for u in found for key in u.changes} == set(ALTERNATIVES)


def test_every_default_alternative_departs_from_every_study(study):
    everywhere = [
        f"{key}={json.dumps(values[0], ensure_ascii=False)}" for key, values in ALTERNATIVES.items()
    ]
    varied = vary_study(change_study(study, everywhere)).settings["multiverse"]["vary"]
    assert varied == {key: [values[1]] for key, values in ALTERNATIVES.items()}


def test_settings_of_the_study_itself_are_kept_as_they_are(study):
    own = change_study(study, ['multiverse.vary={"topics.dtm.min_df"=[3, 4]}'])
    assert vary_study(own).settings["multiverse"]["vary"] == {"topics.dtm.min_df": [3, 4]}


def test_up_to_sixteen_preparations_are_crossed_completely(study):
    found = plan(
        study, sizes=[1.0], n_seeds=1, vary={"topics.dtm.min_df": [3, 4], "segment.lexicon.name": [[]]}
    )
    changes = {json.dumps(u.changes, sort_keys=True) for u in found}
    assert len(changes) == 6


def test_above_sixteen_every_two_settings_still_meet_in_all_their_combinations(study):
    varied = vary_study(study)
    found = plan(varied, **varied.options("multiverse"))
    prepared = [set(u.preparation) for u in found if "topics.lda.engine" not in u.changes]
    distinct = {frozenset(own) for own in prepared}
    assert len(distinct) == MOST_PREPARATIONS and frozenset() in distinct
    for first, second in combinations([key for key in ALTERNATIVES if not key.startswith("topics.lda")], 2):
        assert {(first in own, second in own) for own in distinct} == {
            (False, False),
            (False, True),
            (True, False),
            (True, True),
        }


def test_another_engine_departs_alone(study):
    varied = vary_study(study)
    found = plan(varied, **varied.options("multiverse"))
    assert all(len(u.changes) == 1 for u in found if "topics.lda.engine" in u.changes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vary": {"topics.lda.seed": [1]}}, "cannot be varied"),
        ({"vary": {"compare.contrasts.seed": [1]}}, "cannot be varied"),
        ({"vary": {"topics.dtm.min_dff": [3]}}, "did you mean 'min_df'"),
        ({"vary": {"topics.dtm.min_df": 3}}, "must stand in a list"),
        ({"vary": {"topics.dtm.min_df": ["many"]}}, "must be int"),
        ({"vary": 3}, "must name settings"),
        ({"sizes": []}, "multiples of the declared number"),
        ({"sizes": [0.0]}, "multiples of the declared number"),
        ({"n_seeds": 0}, "n_seeds"),
    ],
)
def test_what_cannot_be_varied_is_refused_in_one_line(study, options, message):
    with pytest.raises(SettingError, match=message) as caught:
        plan(study, **options)
    assert "\n" not in str(caught.value)


def test_settings_of_the_multiverse_stand_in_a_section_of_their_own(tmp_path):
    assert "multiverse" in SECTIONS
    text = '[multiverse]\nsizes = [1.0, 2.0]\n[multiverse.vary]\n"topics.dtm.min_df" = [3]\n'
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    found = plan(
        read_study(tmp_path / "study.toml"), **read_study(tmp_path / "study.toml").options("multiverse")
    )
    assert {(u.n_topics, tuple(u.changes)) for u in found} == {
        (k, changes) for k in (8, 16) for changes in ((), ("topics.dtm.min_df",))
    }


# --- the work -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(demo_run, tmp_path_factory):
    """Tables of the demo, its study with one start a seed, and a plan of ten models."""
    folder = tmp_path_factory.mktemp("multiverse")
    study = change_study(open_run(demo_run).study, ["topics.lda.n_starts=1"])
    vary = {"topics.dtm.min_df": [3], "corpus.passages.max_chars": [150]}
    found = plan_universes(study, n_topics=6, seeds=[1, 2], sizes=[1.0, 1.5], n_seeds=1, vary=vary)
    return demo_run, folder, study, found


def fresh_folder(small, name: str) -> Path:
    demo_run, folder, *_ = small
    (folder / name).mkdir()
    for file in ("documents.parquet", "passages.parquet", "tokens.parquet", "model.npz", "model.json"):
        shutil.copyfile(demo_run / file, folder / name / file)
    return folder / name


@pytest.fixture(scope="module")
def finished(small):
    return fit_universes(fresh_folder(small, "finished"), *small[2:], processes=1)


def test_every_model_of_the_plan_is_followed(small, finished):
    for name, table in zip(TABLES, finished, strict=True):
        assert check(table, name) is not None
        assert set(table["model_id"]) == {u.model_id for u in small[3]}
    universes = finished[0]
    assert universes["topics.dtm.min_df"].value_counts().to_dict() == {"2": 6, "3": 4}
    assert universes.groupby("topics.dtm.min_df")["n_terms"].max()["3"] < universes["n_terms"].max()
    assert (universes["common"] <= 1).all() and (universes["common"] > 0.5).all()


def test_shares_of_families_are_shares(finished):
    values = finished[2].filter(like="topic_").fillna(0.0)
    assert (values >= 0).to_numpy().all() and (values.sum(axis=1) <= 1 + 1e-9).all()


def test_an_interrupted_multiverse_goes_on_and_ends_the_same(small, finished, monkeypatch):
    folder = fresh_folder(small, "interrupted")
    fitted = []
    own_fit = universes_module.fit_lda

    def fit_until_the_fourth(dtm, **settings):
        if len(fitted) == 4:
            raise KeyboardInterrupt
        fitted.append(settings["n_topics"])
        return own_fit(dtm, **settings)

    monkeypatch.setattr(universes_module, "fit_lda", fit_until_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        fit_universes(folder, *small[2:], processes=1)
    stored = list((folder / "universes").glob("*.json"))
    assert len(stored) == 4
    # JSON is read back up to a size: what grows with the documents stands in columns beside it
    assert all("family_shares" not in json.loads(path.read_text(encoding="utf-8")) for path in stored)
    assert len(list((folder / "universes").glob("*.family_shares.parquet"))) == 4
    (folder / "universes" / ".half.json.tmp").write_text("{")
    monkeypatch.setattr(universes_module, "fit_lda", lambda dtm, **s: fitted.append(0) or own_fit(dtm, **s))
    told = []
    again = fit_universes(folder, *small[2:], processes=1, progress=lambda *counts: told.append(counts))
    assert len(fitted) == 4 + len(small[3]) - 4
    assert set(told) == {(n, len(small[3])) for n in range(4, len(small[3]) + 1)}  # each model is told
    for first, second in zip(finished, again, strict=True):
        pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert not (folder / "universes").exists()


def test_two_processes_give_the_same_tables_as_one(small, finished):
    again = fit_universes(fresh_folder(small, "processes"), *small[2:], processes=2)
    for first, second in zip(finished, again, strict=True):
        pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_models_that_the_texts_do_not_allow_are_left_out_and_counted(small):
    demo_run, _, study, _ = small
    found = plan_universes(study, n_topics=6, seeds=[1], sizes=[1.0, 10.0])
    with pytest.warns(UserWarning, match="1 of 2 models of the multiverse cannot be fitted.*too many"):
        universes, *_ = fit_universes(fresh_folder(small, "too many"), study, found, processes=1)
    assert universes["n_topics"].tolist() == [6]


def test_a_multiverse_without_any_model_is_an_error(small):
    study = small[2]
    found = plan_universes(study, n_topics=60, seeds=[1], sizes=[1.0])
    with pytest.raises(DataError, match="1 of 1 models of the multiverse cannot be fitted: .*too many"):
        fit_universes(fresh_folder(small, "none"), study, found, processes=1)


def test_the_run_says_which_model_is_the_reference_and_follows_it_with_affinity_one(demo_run):
    universes, families = load_table(demo_run, "universes"), load_table(demo_run, "families")
    reference = universes.loc[universes["is_reference"], "model_id"]
    assert len(reference) == 1
    assert np.allclose(families.loc[families["model_id"] == reference.iloc[0], "affinity"], 1.0)


def test_shares_of_the_reference_model_are_those_of_the_run(demo_run):
    universes, followed = load_table(demo_run, "universes"), load_table(demo_run, "family_shares")
    reference = universes.loc[universes["is_reference"], "model_id"].iloc[0]
    own = followed[followed["model_id"] == reference].set_index("doc_id").filter(like="topic_")
    shares = load_table(demo_run, "shares").set_index("doc_id")[own.columns]
    np.testing.assert_allclose(own.loc[shares.index], shares, atol=1e-12)


def test_an_ordinary_run_gives_every_contrast_a_badge(demo_run):
    keys = ["factor", "target", "reference", "topic"]
    contrasts, robustness = load_table(demo_run, "contrasts"), load_table(demo_run, "robustness")
    assert contrasts[keys].equals(robustness[keys])
    assert set(robustness.loc[~contrasts["verdict"].isin(["higher", "lower"]), "badge"]) <= {"cannot tell"}


# --- one departure ------------------------------------------------------------------------------------------


def test_counts_of_the_declared_settings_are_those_of_the_run(demo_run):
    dtm, _ = prepare_counts(demo_run, open_run(demo_run).study, {})
    assert dtm.vocabulary.equals(load_model(demo_run).vocabulary)


def test_dropping_recycled_passages_leaves_fewer(demo_run):
    study = open_run(demo_run).study
    _, passages = prepare_counts(demo_run, study, {"corpus.recycled.max_share": 0.0})
    assert 0 < len(passages) <= len(load_table(demo_run, "passages"))
    assert (passages["reuse_share"] == 0).all()


def model_of(phi: np.ndarray, terms: list[str]) -> TopicModel:
    settings = {"engine": "cvb0", "n_topics": len(phi), "seed": 1, "log_likelihood": -1.0}
    return TopicModel(
        phi=phi / phi.sum(axis=1, keepdims=True),
        theta=np.full((4, len(phi)), 1 / len(phi)),
        alpha=np.full(len(phi), 0.1),
        eta=0.1,
        passages=pd.Index([f"d{n}#0001" for n in range(4)]),
        vocabulary=pd.Index(terms, dtype="str"),
        lengths=np.full(4, 5.0),
        term_counts=np.full(len(terms), 5.0),
        settings=settings | {"n_iterations": 1, "converged": True},
    )


def counts_of(model: TopicModel) -> tuple[DocumentTermMatrix, pd.DataFrame]:
    from scipy import sparse

    counts = sparse.csr_matrix(np.ones((4, len(model.vocabulary)), dtype=np.int32))
    ids = {"passage_id": model.passages, "doc_id": [f"d{n}" for n in range(4)], "text": ""}
    passages = pd.DataFrame(ids | {"position": 0, "start": 0, "end": 1})
    return (
        DocumentTermMatrix(counts, model.passages, model.vocabulary),
        passages.assign(reuse_id=pd.Series(None, index=range(4), dtype="str")),
    )


def test_a_topic_keeps_its_affinity_when_a_stop_list_takes_words_from_all():
    phi = np.array([[5.0, 4.0, 1.0, 9.0], [1.0, 1.0, 8.0, 9.0]])
    full, stopped = model_of(phi, ["甲", "乙", "丙", "的"]), model_of(phi[::-1, :3], ["甲", "乙", "丙"])
    facts, families, shares = follow_topics(full, stopped, *counts_of(stopped))
    assert families["affinity"].tolist() == pytest.approx([1.0, 1.0])
    assert facts["common"] == pytest.approx(0.75)
    own_shares = shares[["topic_0", "topic_1"]].sum(axis=1)
    assert own_shares.tolist() == pytest.approx([1.0] * 4)


def test_models_without_a_common_term_are_refused():
    phi = np.array([[5.0, 4.0], [1.0, 3.0]])
    other = model_of(phi, ["丙", "丁"])
    with pytest.raises(DataError, match="no term in common"):
        follow_topics(model_of(phi, ["甲", "乙"]), other, *counts_of(other))


def test_every_engine_that_may_stand_in_is_known():
    assert set(ALTERNATIVES["topics.lda.engine"]) <= set(ENGINES)


# --- how long it will take ----------------------------------------------------------------------------------


class Counts:
    def __init__(self, n_pairs):
        self.nnz = n_pairs


class Pairs:
    def __init__(self, n_pairs):
        self.counts = Counts(n_pairs)


def test_long_work_is_foretold_with_the_number_of_models_and_short_work_is_not(study, tmp_path, monkeypatch):
    monkeypatch.setattr("discourse.stages.topics.count_processors", lambda: 2)
    run = Run(tmp_path, study, {"stages": {}})
    assert foretell(run, Pairs(100_000)) is None
    assert re.match(r"20 models of 8,000,000 pairs .* \d+ min on", foretell(run, Pairs(8_000_000)))
    assert re.match(r"6 models of 18,000,000 pairs .* \d+ min on", foretell(run, Pairs(18_000_000)))
    asked = change_study(study, ["topics.ensemble.seeds=[1, 2]", "multiverse.size_seeds=2"])
    assert foretell(Run(tmp_path, asked, {}), Pairs(18_000_000)).startswith("8 models")
