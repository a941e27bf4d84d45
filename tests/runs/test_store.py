"""What is stored comes back; what is damaged is named; nothing is left half written."""

import numpy as np
import pandas as pd
import pytest

from discourse.contracts import TopicModel, empty
from discourse.errors import ContractError, RunError
from discourse.runs.store import load_model, load_table, save_model, save_table, write_file


@pytest.fixture
def small_model():
    rng = np.random.default_rng(1)
    return TopicModel(
        phi=rng.dirichlet(np.ones(5), 3),
        theta=rng.dirichlet(np.ones(3), 4),
        alpha=np.full(3, 0.5),
        eta=0.1,
        passages=pd.Index([f"a#{i:04d}" for i in range(4)], dtype="str"),
        vocabulary=pd.Index(["党建", "社区", "网格", "“红色物业”", "x"], dtype="str"),
        lengths=np.array([3, 4, 5, 6]),
        term_counts=np.array([4, 4, 4, 3, 3]),
        settings={"engine": "gensim", "seed": np.int64(3), "converged": True},
        trace=pd.DataFrame({"iteration": [1, 2], "log_likelihood": [-7.0, -6.5]}),
    )


def lexicon(*terms):
    return pd.DataFrame({"term": list(terms), "theme": "t", "source": "s"})


def test_a_table_comes_back_as_it_was(tmp_path):
    save_table(tmp_path, "lexicon", lexicon("三会一课", "网格员"))
    pd.testing.assert_frame_equal(load_table(tmp_path, "lexicon"), lexicon("三会一课", "网格员"))


@pytest.mark.parametrize("name", ["documents", "contrasts", "tokens"])
def test_a_table_without_rows_comes_back_too(tmp_path, name):
    save_table(tmp_path, name, empty(name))
    assert load_table(tmp_path, name).empty


def test_a_table_that_breaks_its_contract_is_not_written(tmp_path):
    with pytest.raises(ContractError, match="lacks column 'theme'; lacks column 'source'"):
        save_table(tmp_path, "lexicon", pd.DataFrame({"term": ["a"]}))
    assert list(tmp_path.iterdir()) == []


def test_no_cell_of_a_csv_can_act_as_a_formula(tmp_path):
    save_table(tmp_path, "lexicon", lexicon("=cmd|' /C calc'!A0", "+1", "-1", "@x", "\tx", "党建"))
    rows = (tmp_path / "lexicon.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert [row.lstrip('"')[0] for row in rows] == ["'"] * 5 + ["党"]


def test_saving_twice_gives_the_same_bytes(tmp_path, small_model):
    for folder in (tmp_path / "a", tmp_path / "b"):
        save_model(folder, small_model)
        save_table(folder, "lexicon", lexicon("党建"))
    for name in ("model.npz", "model.json", "lexicon.parquet", "lexicon.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_model_comes_back_exactly(tmp_path, small_model):
    save_model(tmp_path, small_model)
    again = load_model(tmp_path)
    for name in ("phi", "theta", "alpha", "lengths", "term_counts"):
        np.testing.assert_array_equal(getattr(again, name), getattr(small_model, name))
    assert list(again.vocabulary) == list(small_model.vocabulary)
    assert again.settings == {"engine": "gensim", "seed": 3, "converged": True}
    pd.testing.assert_frame_equal(again.trace, small_model.trace)


def test_a_pickled_model_is_refused(tmp_path, small_model):
    save_model(tmp_path, small_model)
    np.savez(tmp_path / "model.npz", phi=np.array([{"run": "me"}], dtype=object))
    with pytest.raises(RunError, match="damaged"):
        load_model(tmp_path)


@pytest.mark.parametrize("damage", [b"", b"PAR1 nonsense"])
def test_a_damaged_table_is_named(tmp_path, damage):
    save_table(tmp_path, "lexicon", lexicon("党建"))
    (tmp_path / "lexicon.parquet").write_bytes(damage)
    with pytest.raises(RunError, match="lexicon.parquet: is damaged"):
        load_table(tmp_path, "lexicon")


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    write_file(path, lambda file: file.write(b"old"))

    def fail(file):
        file.write(b"half of the n")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(path, fail)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
