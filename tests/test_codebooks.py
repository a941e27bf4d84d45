"""A codebook is written, filled in and applied: everywhere, reproducibly, and without touching the run it came from."""

import json
import shutil

import pandas as pd
import pytest

from discourse.cli import main
from discourse.codebooks import apply_codebook, draft_codebook, write_draft
from discourse.config import read_study
from discourse.errors import RunError, SettingError
from discourse.identity import identify
from discourse.pipeline import open_run, run_study
from discourse.report.ldavis import render_ldavis
from discourse.resources import resource
from discourse.runs.store import load_model, load_table
from discourse.topics.codebook import parse_codebook
from discourse.topics.recoding import kept_topics, merge_model
from discourse.verify import verify_run
from tests.topics.test_recoding import fill

NAME = "网格 & <img src=x>"


def quiet(message):
    pass


@pytest.fixture(scope="module")
def book(demo_run, tmp_path_factory):
    """A codebook that names topic 0, merges topic 3 into 2 and excludes topic 5."""
    text = draft_codebook(open_run(demo_run))
    text = fill(text, 0, name_zh='"群众参与"', name_en='"Participation"')
    text = fill(text, 2, name_zh=json.dumps(NAME, ensure_ascii=False), merge="[3]")
    text = fill(text, 5, exclude="true", reason='"只有口号"')
    return write_draft(text, tmp_path_factory.mktemp("book") / "codebook.toml")


@pytest.fixture(scope="module")
def coded(demo_run, book, tmp_path_factory):
    return apply_codebook(open_run(demo_run), book, tmp_path_factory.mktemp("coded") / "run", say=quiet)


def test_a_draft_shows_terms_candidates_share_badge_and_an_example(demo_run):
    text = draft_codebook(open_run(demo_run))
    for words in (
        "常用词 terms",
        "特征词 distinctive",
        "候选名称 candidates",
        "份额 share",
        "returns",
        "例 example",
    ):
        assert words in text
    assert len(parse_codebook(text.encode("utf-8")).entries) == 6


def test_the_codebook_is_applied_to_every_table_and_page(coded):
    topics = load_table(coded, "topics")
    assert topics["topic"].tolist() == [0, 1, 2, 4, 5]
    assert topics["label"][0] == "群众参与 Participation" and topics["label"][2] == NAME
    for name in ("prevalence", "topic_terms", "exemplars"):
        assert set(load_table(coded, name)["topic"]) == {0, 1, 2, 4, 5}, name
    for name in ("contrasts", "trends", "robustness", "specifications", "vocabulary"):
        assert set(load_table(coded, name)["topic"]) <= {0, 1, 2, 4}, name
    summary = (coded / "summary.json").read_text("utf-8")
    assert "群众参与 Participation" in summary and "编码本排除了T5（只有口号）" in summary
    page = (coded / "report.html").read_text("utf-8")
    assert "<img src=x>" not in page and "只有口号" in page
    assert json.loads((coded / "manifest.json").read_text("utf-8"))["codebook_sha256"][:16] in page


def test_shares_keep_their_denominator_and_merged_ones_add_up(demo_run, coded):
    before, after = load_table(demo_run, "shares"), load_table(coded, "shares")
    pd.testing.assert_series_equal(after["topic_5"], before["topic_5"])
    both = before["topic_2"] + before["topic_3"]
    pd.testing.assert_series_equal(after["topic_2"], both, check_names=False)
    fitted = load_table(coded / "fitted", "shares")
    pd.testing.assert_frame_equal(fitted, before)


def test_multiplicity_is_that_of_the_topics_that_are_compared(demo_run, coded):
    n_before = load_table(demo_run, "contrasts").groupby(["factor", "target", "reference"]).size()
    n_after = load_table(coded, "contrasts").groupby(["factor", "target", "reference"]).size()
    assert set(n_before) == {6} and set(n_after) == {4}


def test_a_study_that_names_the_codebook_gives_the_same_run(demo_run, book, coded, tmp_path):
    for path in resource("seeds").iterdir():
        shutil.copy(path, tmp_path / path.name)
    shutil.copy(book, tmp_path / "codebook.toml")
    words = (
        (tmp_path / "study.toml")
        .read_text("utf-8")
        .replace("[study]\n", '[study]\ncodebook = "codebook.toml"\n')
    )
    (tmp_path / "study.toml").write_text(words, encoding="utf-8")
    study = read_study(tmp_path / "study.toml")
    assert study.codebook == tmp_path / "codebook.toml"
    folder = run_study(study, tmp_path / "run", say=quiet)
    ours, theirs = (
        {p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file() and p.name != "manifest.json"}
        for f in (folder, coded)
    )
    assert ours.keys() == theirs.keys()
    assert [str(name) for name in ours if ours[name] != theirs[name]] == ["inputs/study.toml"]
    same = (json.loads((f / "manifest.json").read_text("utf-8"))["id"] for f in (folder, coded))
    assert len(set(same)) == 1


def test_the_identity_of_a_run_holds_the_hash_of_its_codebook(demo_run, coded):
    run = open_run(coded)
    with_book = identify(run.study, load_table(coded, "sources"))
    without = identify(open_run(demo_run).study, load_table(demo_run, "sources"))
    assert set(with_book) - set(without) == {"codebook_sha256"}


def test_the_run_it_came_from_is_not_touched(demo_run, coded):
    assert not (demo_run / "codebook.toml").exists() and not (demo_run / "fitted").exists()
    assert len(load_table(demo_run, "topics")) == 6


def test_another_codebook_starts_from_the_fitted_topics_again(demo_run, coded, tmp_path):
    text = draft_codebook(open_run(coded))
    book = parse_codebook(text.encode("utf-8"))
    assert book.version == 2 and book.owner[3] == 2 and book.entries[5].reason == "只有口号"
    plain = draft_codebook(open_run(demo_run))
    path = write_draft(plain, tmp_path / "plain.toml")
    folder = apply_codebook(open_run(coded), path, tmp_path / "again", say=quiet)
    for name in ("shares", "theta", "topic_terms", "family_shares", "contrasts", "exemplars"):
        pd.testing.assert_frame_equal(load_table(folder, name), load_table(demo_run, name))


def test_pyldavis_keeps_the_numbers_of_merged_topics(coded):
    codebook = load_table(coded, "codebook")
    model = merge_model(load_model(coded), codebook)
    page = render_ldavis(model, load_table(coded, "topics"))
    data = json.loads(page.split("var DATA = ")[1].split(";\nnew LDAvis")[0])
    assert data["mdsDat"]["topics"] == list(range(6)) and data["mdsDat"]["Freq"][3] == 0
    assert sum(data["mdsDat"]["Freq"]) == pytest.approx(100, abs=1e-3)
    assert set(data["token.table"]["Topic"]) <= set(kept_topics(codebook))
    assert set(data["tinfo"]["Category"]) == {"Default", *(f"Topic{t}" for t in kept_topics(codebook))}
    assert data["labels"][0] == "0 · 群众参与 Participation" and data["labels"][3] == "3"
    assert "<img src=x" not in page


def test_a_codebook_that_is_wrong_leaves_nothing_behind(demo_run, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text("[topic.0]\nname = 'x'\n", encoding="utf-8")
    with pytest.raises(SettingError, match="bad.toml"):
        apply_codebook(open_run(demo_run), bad, tmp_path / "out", say=quiet)
    with pytest.raises(SettingError, match="cannot be read"):
        apply_codebook(open_run(demo_run), tmp_path / "none.toml", tmp_path / "out", say=quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.toml"]


def test_nothing_that_is_there_is_written_over(demo_run, book, tmp_path):
    with pytest.raises(RunError, match="exists already"):
        write_draft("", book)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("x", encoding="utf-8")
    with pytest.raises(RunError, match="exists already"):
        apply_codebook(open_run(demo_run), book, tmp_path / "full", say=quiet)


def test_the_command_writes_a_form_and_says_what_comes_next(demo_run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["discourse", "codebook", str(demo_run)])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code in (0, None) and "--apply codebook.toml" in capsys.readouterr().out
    assert (tmp_path / "codebook.toml").is_file()


def test_a_codebook_altered_in_the_run_folder_is_found_by_verify(coded, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(coded, copy)
    with open(copy / "codebook.toml", "a", encoding="utf-8") as file:
        file.write("# altered\n")
    (finding,) = verify_run(copy, say=quiet).findings
    assert finding.file == "codebook.toml" and finding.finding.endswith("'# altered' instead of ''")
