"""A run is whole or resumable, the same every time, and says what is wrong with it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from discourse import pipeline
from discourse.config import change_study, read_study
from discourse.contracts import CONTRACTS, check
from discourse.errors import DiscourseError, RunError, SettingError
from discourse.evidence.trace import trace_span
from discourse.pipeline import STAGES, open_run, run_corpus, run_stage, run_study
from discourse.resources import resource
from discourse.runs.manifest import read_manifest
from discourse.runs.store import load_table
from discourse.verify import verify_run

# tables of commands that look into a run, and of settings that the demo does not use
_ELSEWHERE = {
    "codebook",
    "coding_items",
    "coding_scores",
    "collocates",
    "concordance",
    "coverage",
    "segmentation",
    "selection",
    "sizes",
    "term_candidates",
    "topic_families",
}
TABLES = [name for name in CONTRACTS if name not in _ELSEWHERE]


def quiet(message):
    pass


@pytest.fixture
def seeds():
    return read_study(resource("seeds", "study.toml"))


def files(folder: Path) -> dict[str, bytes]:
    found = (p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "manifest.json")
    return {
        name: p.read_bytes()
        for p in found
        if not (name := p.relative_to(folder).as_posix()).startswith("inputs/")
    }


@pytest.mark.parametrize("name", TABLES)
def test_every_table_of_a_run_keeps_its_contract(demo_run, name):
    assert check(load_table(demo_run, name), name) is not None


def test_two_runs_give_the_same_bytes_at_any_number_of_threads(demo_run, tmp_path):
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "NUMBA_NUM_THREADS": "1",
        "PYTHONHASHSEED": "7",
        "TZ": "Asia/Shanghai",
    }
    command = [sys.executable, "-m", "discourse", "demo", "--quiet", "--out", str(tmp_path / "again")]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    first, second = files(demo_run), files(tmp_path / "again")
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_every_quotation_stands_in_its_document_and_in_the_raw_file(demo_run):
    documents = load_table(demo_run, "documents").set_index("doc_id")
    exemplars = load_table(demo_run, "exemplars")
    assert len(exemplars) > 0
    for row in exemplars.itertuples():
        assert documents.text[row.doc_id][row.start : row.end] == row.quote
    tables = [load_table(demo_run, name) for name in ("sources", "documents", "edits")]
    for doc_id, text in documents["text"].items():
        assert trace_span(*tables, doc_id=doc_id, start=0, end=len(text)).reading == text


def test_no_group_of_one_document_has_an_interval_or_a_test(demo_run):
    contrasts = load_table(demo_run, "contrasts")
    alone = (contrasts.n_documents_target < 2) | (contrasts.n_documents_reference < 2)
    assert alone.any() and not alone.all()
    inferential = ["low", "high", "p", "p_adjusted", "q", "p_permutation"]
    assert contrasts.loc[alone, inferential].isna().all().all()
    assert (contrasts.loc[alone, "verdict"] == "descriptive only").all()
    prevalence = load_table(demo_run, "prevalence")
    assert prevalence.loc[prevalence.n_documents < 2, ["low", "high"]].isna().all().all()
    keyness = load_table(demo_run, "keyness")
    assert keyness.loc[keyness.factor == "region", ["p", "q"]].isna().all().all()


def test_topic_numbers_are_the_same_in_every_table(demo_run):
    numbers = set(load_table(demo_run, "topics").topic)
    assert numbers == set(range(len(numbers)))
    for name in ("topic_terms", "prevalence", "contrasts", "alignment"):
        assert set(load_table(demo_run, name).topic) == numbers, name
    for name in ("theta", "shares"):
        assert f"topic_{max(numbers)}" in load_table(demo_run, name).columns


def test_the_manifest_names_every_input_and_output_by_its_hash(demo_run):
    manifest = read_manifest(demo_run)
    assert manifest["inputs"]["000_cbfef18ec0e9d1aa.txt"].startswith("bb1a3292226079c7")
    assert len(manifest["inputs"]) == 5
    recorded = {name for stage in manifest["stages"].values() for name in stage["outputs"]}
    assert recorded == set(files(demo_run))
    assert {"python", "gensim", "jieba", "pandas"} <= set(manifest["versions"])


def test_an_interrupted_run_goes_on_where_it_stopped(demo_run, seeds, tmp_path, monkeypatch):
    function, outputs = STAGES["topics"]

    def killed(run):
        raise KeyboardInterrupt

    monkeypatch.setitem(STAGES, "topics", (killed, outputs))
    with pytest.raises(KeyboardInterrupt):
        run_study(seeds, tmp_path / "run", say=quiet)
    assert not (tmp_path / "run").exists()
    monkeypatch.setitem(STAGES, "topics", (function, outputs))
    said = []
    run_study(seeds, tmp_path / "run", say=said.append)
    assert [line.split()[0] for line in said if "kept from the interrupted run" in line] == [
        "corpus",
        "segment",
    ]
    assert files(tmp_path / "run") == files(demo_run)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_finished_run_is_not_computed_again(demo_run, seeds):
    said = []
    assert run_study(seeds, demo_run, say=said.append) == demo_run
    assert len(said) == 1 and "holds this run already" in said[0]


def test_a_folder_that_is_not_ours_is_left_alone(seeds, tmp_path):
    (tmp_path / "thesis.docx").write_text("four years of work")
    with pytest.raises(RunError, match="not empty and not a run folder"):
        run_study(seeds, tmp_path, say=quiet)
    assert (tmp_path / "thesis.docx").read_text() == "four years of work"


def test_a_run_of_other_settings_is_not_overwritten(demo_run, seeds):
    with pytest.raises(RunError, match="other settings, texts or versions"):
        run_study(change_study(seeds, ["topics.lda.n_topics=4"]), demo_run, say=quiet)


def test_stages_one_by_one_give_the_same_run(demo_run, seeds, tmp_path):
    run_corpus(seeds, tmp_path / "run", say=quiet)
    for stage in list(STAGES)[1:]:
        run_stage(open_run(tmp_path / "run"), stage, say=quiet)
    assert files(tmp_path / "run") == files(demo_run)


def test_a_stage_before_its_time_names_the_command_to_type(seeds, tmp_path):
    run_corpus(seeds, tmp_path / "run", say=quiet)
    with pytest.raises(RunError, match="stage 'segment' is not done; run `discourse segment"):
        run_stage(open_run(tmp_path / "run"), "compare", say=quiet)


def test_a_half_written_run_is_named(demo_run, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(demo_run, copy)
    manifest = read_manifest(copy)
    del manifest["stages"]["report"]
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(RunError, match="not complete"):
        verify_run(copy, say=quiet)


def write_study(folder: Path, text: str = "", **texts: str) -> Path:
    (folder / "data").mkdir()
    for name, content in texts.items():
        (folder / "data" / f"{name}.txt").write_text(content, encoding="utf-8")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder / "study.toml"


def test_a_misspelt_column_is_answered_before_the_models_are_fitted(tmp_path):
    study = write_study(
        tmp_path, '[study]\nby = ["regoin"]\n', a="坚持党建引领基层治理，完善网格化管理服务。\n" * 8
    )
    with pytest.raises(SettingError, match="Did you mean 'region'"):
        run_study(read_study(study), tmp_path / "run", say=quiet)


def test_more_topics_than_the_passages_allow_is_answered(seeds, tmp_path):
    with pytest.raises(DiscourseError, match="n_topics"):
        run_study(change_study(seeds, ["topics.lda.n_topics=500"]), tmp_path / "run", say=quiet)


def test_a_metadata_table_overrides_what_was_inferred(tmp_path, seeds):
    shutil.copytree(resource("seeds"), tmp_path / "seeds")
    rows = [{"file": "001_8e4ffc723a291cac.txt", "city": "武汉市", "district": "", "level": "district"}]
    pd.DataFrame(rows).to_csv(tmp_path / "seeds" / "metadata.csv", index=False, encoding="utf-8-sig")
    path = tmp_path / "seeds" / "study.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("[study]", '[study]\nmetadata = "metadata.csv"'),
        encoding="utf-8",
    )
    run = run_corpus(read_study(path), tmp_path / "run", say=quiet)
    documents = run.table("documents").set_index("doc_id")
    assert documents.loc["001_8e4ffc723a291cac", "city"] == "武汉市"
    assert documents.loc["001_8e4ffc723a291cac", "region"] == "武汉"
    attributed = run.table("attributions").set_index(["doc_id", "field"])
    assert attributed.loc[("001_8e4ffc723a291cac", "city"), "rule"] == "given"


def test_files_that_change_while_a_run_is_made_are_read_as_it_began(owned_study, tmp_path, monkeypatch):
    shutil.copytree(owned_study / "study", tmp_path / "study")
    do_stage = pipeline.do_stage

    def change_first(run, stage, **options):
        if stage == "corpus":
            (tmp_path / "study" / "stop.txt").write_text("居民\n", encoding="utf-8")
            (tmp_path / "study" / "terms.txt").unlink()
            (tmp_path / "study" / "about.csv").write_text(
                "file,province\ntext0.txt,湖北省\n", encoding="utf-8"
            )
            (tmp_path / "study" / "data" / "text1.txt").unlink()
        do_stage(run, stage, **options)

    monkeypatch.setattr(pipeline, "do_stage", change_first)
    run = run_study(read_study(tmp_path / "study" / "study.toml"), tmp_path / "run", say=quiet)
    assert files(run) == files(owned_study / "run")
