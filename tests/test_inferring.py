"""The topics of a run in new texts: the run's own numbers, whatever the texts are."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from discourse.cli import app
from discourse.contracts import check, topic_columns
from discourse.errors import DataError, RunError
from discourse.inferring import infer_texts, render_inferred, require_free, save_inferred
from discourse.pipeline import open_run
from discourse.resources import resource
from discourse.runs.store import load_table


@pytest.fixture(scope="module")
def own(demo_run):
    """The seed texts once more, as if they were new."""
    return infer_texts(open_run(demo_run), resource("seeds"))


def test_the_texts_of_the_run_itself_get_their_own_shares(demo_run, own):
    shares, known = load_table(demo_run, "shares"), own["shares"]
    pd.testing.assert_frame_equal(known[list(shares.columns)], shares)
    assert known["known"].between(0.3, 1).all()


def test_every_table_keeps_its_contract_and_rows_of_theta_sum_to_one(own):
    for name, table in own.items():
        check(table, name)
    theta = own["theta"]
    assert theta[topic_columns(theta)].sum(axis=1).to_numpy() == pytest.approx(1)


def test_a_text_on_other_subjects_is_warned_of_and_one_without_a_known_word_refused(demo_run, tmp_path):
    run = open_run(demo_run)
    strange = "航天员在空间站上观测星云与彗星，火箭发射场的工程师校准望远镜。党员也在观测彗星。\n"
    (tmp_path / "星.txt").write_text(strange * 3, encoding="utf-8")
    with pytest.warns(UserWarning, match="knows less than a third of the tokens of 1 document"):
        infer_texts(run, tmp_path)
    (tmp_path / "星.txt").write_text("彗星掠过星云，望远镜追踪彗星的彗尾。\n" * 3, encoding="utf-8")
    with pytest.raises(DataError, match="none of .* tokens is among"):
        infer_texts(run, tmp_path)


def test_a_line_a_document_names_its_largest_topics(demo_run, own):
    lines = render_inferred(own["shares"], load_table(demo_run, "topics"), n_shown=2).splitlines()
    assert len(lines) == len(own["shares"]) and all(line.count("%") == 3 for line in lines)
    label = load_table(demo_run, "topics")["label"][0]
    assert any(label in line for line in lines)


def test_nothing_is_written_over(own, tmp_path):
    save_inferred(own, tmp_path / "new")
    assert (tmp_path / "new" / "shares.csv").is_file()
    with pytest.raises(RunError, match="is not empty"):
        save_inferred(own, tmp_path / "new")
    with pytest.raises(RunError, match="there is a file"):
        require_free(tmp_path / "new" / "shares.csv" / "deeper")


def test_the_command_refuses_before_it_computes(demo_run, tmp_path):
    (tmp_path / "kept.txt").touch()
    answer = CliRunner().invoke(app, ["infer", str(demo_run), str(tmp_path), "--out", str(tmp_path)])
    assert isinstance(answer.exception, RunError) and list(tmp_path.iterdir()) == [tmp_path / "kept.txt"]
