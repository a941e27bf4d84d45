"""What is stored comes back; what is damaged is named; nothing is left half written."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from discourse.contracts import TopicModel, empty
from discourse.errors import ContractError, RunError
from discourse.runs import writer
from discourse.runs.parts import FolderModels, FolderParts
from discourse.runs.store import iterate_table, load_model, load_table, save_model, save_table, write_file
from discourse.runs.writer import TableWriter


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


def documents(*numbers):
    table = empty("documents").reindex(range(len(numbers)))
    ids = [f"d{number}" for number in numbers]
    filled = table.assign(
        doc_id=ids, source_id=ids, raw_start=0, raw_end=1, text=[f"第{n}篇" for n in numbers]
    )
    return filled.astype({"year": "Int64", "raw_start": "int64", "raw_end": "int64"})


@pytest.mark.parametrize("sizes", [[7], [1] * 7, [3, 0, 4], [6, 1]])
def test_batches_of_any_size_make_the_same_files(tmp_path, monkeypatch, sizes):
    monkeypatch.setattr(writer, "_ROWS", 3)
    save_table(tmp_path / "whole", "documents", documents(*range(7)))
    numbers = iter(range(7))
    with TableWriter(tmp_path / "parts", "documents") as out:
        for size in sizes:
            out.append(documents(*itertools.islice(numbers, size)))
    for name in ("documents.parquet", "documents.csv"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()
    groups = list(iterate_table(tmp_path / "parts", "documents", columns=["doc_id"]))
    assert [len(group) for group in groups] == [3, 3, 1]
    assert list(pd.concat(groups)["doc_id"]) == [f"d{n}" for n in range(7)]


def tokens(passages, words):
    return pd.DataFrame(
        {
            "passage_id": pd.Categorical([passages[0]] * len(words), categories=passages),
            "position": range(len(words)),
            "start": 0,
            "term": pd.Categorical(words, categories=sorted(set(words))),
        }
    )


def test_categories_of_all_batches_are_joined_empty_passages_included(tmp_path):
    with TableWriter(tmp_path, "tokens") as out:
        out.append(tokens(["b#1", "b#2"], ["网格", "党建"]))
        out.append(tokens(["a#1", "a#2"], ["社区", "党建"]))
    again = load_table(tmp_path, "tokens")
    assert list(again["passage_id"].cat.categories) == ["b#1", "b#2", "a#1", "a#2"]
    assert list(again["term"].cat.categories) == sorted(["网格", "党建", "社区"])
    assert list(again["term"]) == ["网格", "党建", "社区", "党建"]


def test_a_table_that_no_spreadsheet_opens_has_no_csv(tmp_path, monkeypatch):
    save_table(tmp_path, "documents", documents(1))
    monkeypatch.setattr(writer, "CSV_ROWS", 4)
    assert not save_table(tmp_path, "documents", documents(*range(5)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["documents.parquet"]
    assert save_table(tmp_path, "documents", documents(*range(4)))


def test_an_error_between_batches_leaves_no_file_and_keeps_the_old_one(tmp_path):
    save_table(tmp_path, "documents", documents(1))
    before = (tmp_path / "documents.parquet").read_bytes()
    with pytest.raises(ZeroDivisionError), TableWriter(tmp_path, "documents") as out:
        out.append(documents(2))
        1 / 0  # noqa: B018
    assert sorted(path.name for path in tmp_path.iterdir()) == ["documents.csv", "documents.parquet"]
    assert (tmp_path / "documents.parquet").read_bytes() == before


def test_a_batch_is_kept_only_when_all_its_tables_can_be_read(tmp_path):
    parts = FolderParts(tmp_path / "parts", ["one", "two"])
    assert parts.load("k") is None
    parts.save("k", {"one": lexicon("党建"), "two": lexicon("网格")})
    pd.testing.assert_frame_equal(parts.load("k")["two"], lexicon("网格"))
    (tmp_path / "parts" / "k.two.parquet").write_bytes(b"PAR1 cut short")
    assert parts.load("k") is None
    parts.remove()
    assert not (tmp_path / "parts").exists()


def test_a_stored_model_knows_in_which_order_its_themes_led_the_topics(tmp_path, small_model):
    themes = {"物业": ["“红色物业”"], "党建": ["党建"], "a": ["x"]}
    save_model(tmp_path, replace(small_model, settings={**small_model.settings, "themes": themes}))
    assert list(load_model(tmp_path).settings["themes"]) == list(themes)


def test_a_kept_model_is_there_when_its_last_file_is(tmp_path, small_model):
    kept = FolderModels(tmp_path)
    assert kept.load("seed1") is None
    kept.save("seed1", small_model)
    again = kept.load("seed1")
    assert (again.phi == small_model.phi).all() and again.settings == small_model.settings
    assert again.trace.equals(small_model.trace) and again.vocabulary.equals(small_model.vocabulary)
    (tmp_path / "seed1" / "model.json").unlink()
    assert kept.load("seed1") is None
    kept.save("seed1", small_model)
    (tmp_path / "seed1" / "model.npz").write_bytes(b"PK")
    assert kept.load("seed1") is None
