"""What is handed to other tools comes back the same: counts, topics, text, in any tool's own reader."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from discourse.contracts import CONTRACTS, TopicModel
from discourse.errors import DataError
from discourse.report.exports.bibtex import write_bibtex
from discourse.report.exports.corpora import draw_topics, read_modelled
from discourse.report.exports.gensim_files import write_gensim
from discourse.report.exports.glossary import explain_column, explain_table
from discourse.report.exports.mallet import read_state, write_mallet
from discourse.report.exports.r_files import write_r
from discourse.report.exports.workbook import MAX_CHARACTERS, clean_text, write_workbook
from discourse.report.references import list_references
from discourse.topics.dtm import build_dtm

WORDS = (("党组织", "党员", "支部"), ("网格", "平台", "数据"), ("物业", "小区", "居民 议事"))


@pytest.fixture(scope="module")
def planted():
    """Tokens of 24 passages in 6 documents, three topics with words of their own, and the model of them."""
    rng = np.random.default_rng(3)
    rows, main = [], []
    for passage in range(24):
        topic = passage % 3
        main.append(topic)
        own, other = rng.choice(WORDS[topic], 30), rng.choice(WORDS[(topic + 1) % 3], 3)
        terms = rng.permutation([*own, *other, "只此一次" + str(passage)])
        rows += [(f"文档{passage // 4}#{passage:04d}", k, 2 * k, term) for k, term in enumerate(terms)]
    tokens = pd.DataFrame(rows, columns=["passage_id", "position", "start", "term"]).astype(
        {"passage_id": "str", "term": "str"}
    )
    dtm = build_dtm(tokens, min_df=2, max_df=1.0)
    owner = [next(k for k, own in enumerate(WORDS) if term in own) for term in dtm.vocabulary]
    phi = np.array([[1.0 if k == topic else 0.02 for k in owner] for topic in range(3)])
    theta = np.array([[0.9 if k == topic else 0.05 for k in range(3)] for topic in main])
    model = TopicModel(
        phi=phi / phi.sum(axis=1, keepdims=True),
        theta=theta,
        alpha=np.full(3, 0.2),
        eta=0.01,
        passages=dtm.passages,
        vocabulary=dtm.vocabulary,
        lengths=np.asarray(dtm.counts.sum(axis=1)).ravel(),
        term_counts=np.asarray(dtm.counts.sum(axis=0)).ravel(),
    )
    return tokens, dtm, model


@pytest.fixture(scope="module")
def mallet(planted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mallet")
    write_mallet(planted[0], planted[2], folder)
    return folder


def test_counts_of_the_mallet_state_are_those_of_the_matrix(planted, mallet):
    _, dtm, _ = planted
    state = read_state(mallet / "state.gz")
    counts = np.zeros(dtm.counts.shape, dtype=int)
    np.add.at(counts, (state["doc"], state["typeindex"]), 1)
    assert (counts == dtm.counts.toarray()).all()
    assert state.drop_duplicates("doc")["source"].tolist() == dtm.passages.tolist()
    assert state.groupby("doc")["pos"].apply(lambda own: list(own) == list(range(len(own)))).all()


def test_mallet_state_has_mallets_three_lines_of_head(mallet):
    import gzip

    lines = gzip.decompress((mallet / "state.gz").read_bytes()).decode().splitlines()
    assert lines[0] == "#doc source pos typeindex type topic"
    assert lines[1].split() == ["#alpha", ":", "0.2", "0.2", "0.2"]
    assert lines[2] == "#beta : 0.01"
    assert all(len(line.split()) == 6 for line in lines[3:])


def test_a_term_with_a_blank_stays_one_word_in_mallet(mallet):
    assert "居民_议事" in set(read_state(mallet / "state.gz")["type"])
    for line in (mallet / "passages.txt").read_text("utf-8").splitlines():
        name, label, text = line.split("\t")
        assert name.startswith(label + "#") and "居民 " not in text


def test_drawn_topics_give_back_the_planted_ones(planted):
    tokens, _, model = planted
    modelled = read_modelled(tokens, model)
    topics = draw_topics(modelled, model, seed=1)
    truth = np.array([next(k for k, own in enumerate(WORDS) if t in own) for t in model.vocabulary])
    assert (topics == truth[modelled.columns]).mean() > 0.85


def test_topics_are_drawn_as_often_as_the_model_says(planted):
    """Slow twin: the posterior of each token, summed, against the mean of many draws."""
    tokens, _, model = planted
    modelled = read_modelled(tokens, model)
    expected = np.zeros(3)
    for row, column in zip(modelled.rows, modelled.columns, strict=True):
        weights = model.theta[row] * model.phi[:, column]
        expected += weights / weights.sum()
    drawn = np.mean(
        [np.bincount(draw_topics(modelled, model, seed=s), minlength=3) for s in range(200)], axis=0
    )
    assert drawn == pytest.approx(expected, rel=0.02)


def test_doc_topics_of_mallet_are_theta(planted, mallet):
    lines = [line.split("\t") for line in (mallet / "doc-topics.txt").read_text("utf-8").splitlines()]
    assert np.array_equal(np.array([line[2:] for line in lines], dtype=float), planted[2].theta)


def test_tokens_of_another_run_are_refused(planted):
    tokens, _, model = planted
    with pytest.raises(DataError, match="not those that its model was fitted to"):
        read_modelled(tokens.iloc[50:], model)


@pytest.fixture(scope="module")
def gensim_folder(planted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gensim")
    write_gensim(planted[1], planted[2], folder)
    return folder


def test_gensims_files_have_no_order_of_sets(gensim_folder):
    """gensim itself lists what it leaves out in the order of a set, which every process has otherwise."""
    from gensim.models import LdaModel

    lda = LdaModel.load(str(gensim_folder / "lda.gensim"))
    assert vars(lda)["__ignoreds"] == ["state", "dispatcher", "id2word"]


def test_gensim_reads_the_same_counts(planted, gensim_folder):
    from gensim.corpora import Dictionary, MmCorpus
    from gensim.matutils import corpus2csc

    _, dtm, _ = planted
    dictionary = Dictionary.load(str(gensim_folder / "dictionary.gensim"))
    plain = Dictionary.load_from_text(str(gensim_folder / "dictionary.txt"))
    corpus = MmCorpus(str(gensim_folder / "corpus.mm"))
    counts = corpus2csc(corpus, num_terms=len(dictionary)).T.toarray()
    assert (counts == dtm.counts.toarray()).all()
    assert dictionary.token2id == plain.token2id == {term: i for i, term in enumerate(dtm.vocabulary)}
    assert dictionary.dfs == plain.dfs == dict(enumerate((counts > 0).sum(axis=0).tolist()))
    assert dictionary.cfs == dict(enumerate(counts.sum(axis=0).astype(int).tolist()))
    assert (dictionary.num_docs, dictionary.num_pos) == (dtm.counts.shape[0], int(counts.sum()))
    assert (gensim_folder / "passages.txt").read_text("utf-8").split() == dtm.passages.tolist()


def test_gensims_model_has_our_topics_under_their_numbers(planted, gensim_folder):
    from gensim.corpora import MmCorpus
    from gensim.models import LdaModel

    model = planted[2]
    lda = LdaModel.load(str(gensim_folder / "lda.gensim"))
    assert lda.get_topics() == pytest.approx(model.phi, abs=1e-6)
    assert lda.alpha.tolist() == model.alpha.tolist()
    corpus = MmCorpus(str(gensim_folder / "corpus.mm"))
    theta = np.array([[share for _, share in lda.get_document_topics(bag, 0.0)] for bag in corpus])
    assert (theta.argmax(axis=1) == model.theta.argmax(axis=1)).all()
    assert np.abs(theta - model.theta).mean() < 0.05
    assert [word for word, _ in lda.show_topic(0, 3)] == sorted(WORDS[0])


@pytest.fixture(scope="module")
def r_folder(planted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("r")
    documents = pd.DataFrame(
        {
            "doc_id": [f"文档{k}" for k in range(6)],
            "title": ['=标题"一"', "带\t制表符", "带\n换行", "NA", None, "#六"],
            "region": ["云南", "云南", "福州", None, "武汉", "武汉"],
            "period": list("aabbcc"),
        }
    ).astype("str")
    write_r(planted[1], planted[2], documents, folder, factors=("period",))
    return folder


def test_r_triplets_are_the_matrix(planted, r_folder):
    dtm = planted[1]
    triplets = pd.read_csv(r_folder / "triplets.tsv", sep="\t")
    counts = np.zeros(dtm.counts.shape, dtype=int)
    counts[triplets["i"] - 1, triplets["j"] - 1] = triplets["x"]
    assert (counts == dtm.counts.toarray()).all()
    assert (r_folder / "vocab.txt").read_text("utf-8").splitlines() == dtm.vocabulary.tolist()


def test_r_passages_carry_the_metadata_of_their_document_each_on_one_line(r_folder):
    lines = (r_folder / "passages.tsv").read_text("utf-8").splitlines()
    assert {line.count("\t") for line in lines} == {4} and len(lines) == 25
    assert lines[0].split("\t") == ["passage_id", "doc_id", "title", "region", "period"]
    assert lines[13].split("\t")[3:] == ["NA", "b"]


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_itself_reads_counts_theta_and_metadata(planted, r_folder):
    _, dtm, model = planted
    script = (
        'source("read_discourse.R", encoding = "UTF-8"); d <- read_discourse(".");'
        "cat(sum(sapply(d$documents, function(x) sum(x[2, ]))), length(d$vocab), nrow(d$meta), ncol(d$theta),"
        'sum(is.na(d$meta$region)), d$documents[[3]][, 1], sum(abs(rowSums(d$phi) - 1) < 1e-9), "\\n")'
    )
    done = subprocess.run(["Rscript", "-e", script], cwd=r_folder, capture_output=True, text=True, check=True)
    first = dtm.counts[2].indices[0]
    assert [float(word) for word in done.stdout.split()] == [
        dtm.counts.sum(), len(dtm.vocabulary), 24, 3, 4, first + 1, dtm.counts[2, first], 3,
    ]  # fmt: skip


HOSTILE = [
    "=1+1",
    "+A1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "=cmd|' /C calc'!A0",
    "正常",
    "a\x00b\x0bc",
    "x\rz",
]


@pytest.fixture(scope="module")
def workbook(payload, tmp_path_factory):
    from openpyxl import load_workbook

    path = tmp_path_factory.mktemp("excel") / "study.xlsx"
    passages = pd.DataFrame(
        {
            "passage_id": [f"a#{k:04d}" for k in range(len(HOSTILE))],
            "doc_id": "a",
            "position": range(len(HOSTILE)),
            "start": 0,
            "end": 1,
            "text": HOSTILE,
            "reuse_id": pd.Series([None] * len(HOSTILE), dtype="str"),
        }
    ).astype({"passage_id": "str", "doc_id": "str", "text": "str"})
    prevalence = pd.DataFrame(
        {"factor": ["region"], "prevalence": [0.123456789], "low": [np.nan], "p": [1e-9]}
    )
    write_workbook({"passages": passages, "prevalence": prevalence}, payload, path)
    return path, load_workbook(path), passages


def test_no_text_of_a_workbook_is_a_formula(workbook):
    _, book, _ = workbook
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "inlineStr"}
    shown = [row[5].value for row in book["passages"].iter_rows(min_row=2)]
    assert shown[:4] == HOSTILE[:4]
    assert shown[4:] == ["\t=1", "␍=1", "＝1", "=cmd|' /C calc'!A0", "正常", "a␀b␋c", "x␍z"]


def test_text_that_looks_like_a_formula_stays_text_when_somebody_edits_the_cell(workbook):
    cells = [row[5] for row in workbook[1]["passages"].iter_rows(min_row=2)]
    assert [cell.quotePrefix for cell in cells[:8]] == [True] * 8
    assert not cells[8].quotePrefix


def test_numbers_of_a_workbook_are_numbers_and_what_is_unknown_is_empty(workbook):
    row = [cell.value for cell in next(workbook[1]["prevalence"].iter_rows(min_row=2))]
    assert row == ["region", 0.123456789, None, 1e-9]
    assert [row[2].value for row in workbook[1]["passages"].iter_rows(min_row=2)] == list(range(len(HOSTILE)))


def test_a_sheet_is_frozen_and_filtered_under_its_head(workbook):
    sheet = workbook[1]["passages"]
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == f"A1:G{len(HOSTILE) + 1}"


def test_the_cover_names_every_sheet_and_explains_every_column(workbook, payload):
    _, book, passages = workbook
    words = [cell.value for row in book["cover"].iter_rows() for cell in row if cell.value is not None]
    assert payload["title"] in words
    assert set(book.sheetnames) - {"cover"} == {"passages", "prevalence"} <= set(words)
    for column in passages.columns:
        place = words.index(f"passages · {column}")
        assert words[place + 1 : place + 3] == list(explain_column("passages", column).values())
    sentence = payload["findings"][0]["sentences"][0]
    assert sentence["zh"] in words and sentence["en"] in words


def test_a_workbook_is_the_same_bytes_again_whatever_the_clock_says(workbook, payload, tmp_path):
    tables = {"passages": workbook[2]}
    for name in ("one", "two"):
        write_workbook(tables, payload, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with zipfile.ZipFile(tmp_path / "one") as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert archive.read("docProps/core.xml").count(b"1980-01-01T00:00:00Z") == 2
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())


def test_rows_beyond_excels_limit_are_cut_and_the_cover_says_so(workbook, payload, tmp_path):
    from openpyxl import load_workbook

    write_workbook({"passages": workbook[2]}, payload, tmp_path / "cut.xlsx", max_rows=5)
    book = load_workbook(tmp_path / "cut.xlsx")
    assert book["passages"].max_row == 5
    words = [str(cell.value) for row in book["cover"].iter_rows() for cell in row]
    assert any(f"last {len(HOSTILE) - 4} rows left out" in word for word in words)


@given(st.text(alphabet=st.characters(codec=None)))
def test_cleaned_text_can_stand_in_xml_and_loses_no_character(text):
    cleaned = clean_text(text)
    cleaned.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]", cleaned)
    assert len(cleaned) >= len(text)


def test_a_text_longer_than_a_cell_is_cut_with_a_note_in_excels_own_count():
    for text in ("长" * 40_000, "𠀀" * 20_000):
        cut = clean_text(text)
        assert len(cut.encode("utf-16-le")) // 2 <= MAX_CHARACTERS
        assert cut.endswith(f"cut: {len(text)} characters in all〕")
    assert clean_text("长" * MAX_CHARACTERS) == "长" * MAX_CHARACTERS


def test_text_that_excel_would_unescape_is_escaped():
    assert clean_text("_x0041_") == "_x005F_x0041_"


def test_every_table_and_every_column_is_explained():
    missing = [f"[{name}]" for name in CONTRACTS if not explain_table(name)["zh"]]
    missing += [
        f"{name}.{column}"
        for name, contract in CONTRACTS.items()
        for column in contract.columns
        if not explain_column(name, column)["en"]
    ]
    assert not missing, f"explain in discourse/report/assets/glossary.tsv: {missing}"


def test_bibtex_holds_what_the_run_used_and_nothing_else(payload, tmp_path):
    write_bibtex(payload, tmp_path / "methods.bib")
    text = (tmp_path / "methods.bib").read_text("utf-8")
    keys = re.findall(r"^@\w+\{(\w+),$", text, flags=re.M)
    assert keys == sorted(keys[:-1]) + ["discourse"] and len(set(keys)) == len(keys)
    assert {"blei2003", "westfall1993", "monroe2008"} <= set(keys)
    assert text.count("{") == text.count("}")
    assert "基层治理" in text.splitlines()[0]


def test_a_run_cites_its_own_engine_and_no_other(payload):
    for engine, cited, other in (
        ("cvb0", "asuncion2009", "rehurek2010"),
        ("gensim", "rehurek2010", "asuncion2009"),
    ):
        models = [dict(model) | {"engine": engine} for model in payload["models"]]
        keys = {reference.key for reference in list_references(dict(payload) | {"models": models})}
        assert cited in keys and other not in keys
    bare = dict(payload) | {"models": [], "methods": [], "adjusted": [], "n_universes": 0}
    assert not {"bell2002", "steegen2016", "blei2003"} & {ref.key for ref in list_references(bare)}


def test_every_work_that_the_methods_cite_is_in_the_list(payload):
    said = " ".join(text["en"] for text in payload["methods"])
    cited = re.findall(r"\b([A-Z]\w+)(?: et al\.| (?:&|and) [A-Z]\w+)?,? \(?((?:19|20)\d\d)\b", said)
    known = {(ref.authors[0].split(",")[0], str(ref.year)) for ref in list_references(payload)}
    assert cited and set(cited) <= known


def test_a_title_that_looks_like_bibtex_opens_no_entry(payload, tmp_path):
    write_bibtex(dict(payload) | {"title": "甲\n@article{x, }"}, tmp_path / "methods.bib")
    text = (tmp_path / "methods.bib").read_text("utf-8")
    assert "@article{x" not in text
