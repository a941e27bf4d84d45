"""How two groups word the same topic."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from discourse.compare.vocabulary import contrast_vocabulary
from discourse.contracts import DocumentTermMatrix, TopicModel
from discourse.errors import DataError, SettingError
from tests.compare.worlds import make_documents


def worded(n_documents: int = 6, *, planted: bool = True, seed: int = 0):
    """Two topics of ten words; in topic 0 the cities say word 0 where the districts say word 1."""
    rng = np.random.default_rng(seed)
    n_passages = 4
    phi = np.full((2, 20), 1e-9)
    phi[0, :10] = phi[1, 10:] = 0.1
    phi /= phi.sum(axis=1, keepdims=True)
    levels = np.repeat(["city", "district"], n_documents)
    documents = make_documents(level=levels.tolist())
    theta, counts, names = [], [], []
    for doc_id, level in zip(documents["doc_id"], levels, strict=True):
        own = phi.copy()
        if planted:
            own[0, [0, 1]] = [0.18, 0.02] if level == "city" else [0.02, 0.18]
        for position in range(n_passages):
            share = rng.dirichlet([2, 2])
            theta.append(share)
            mixed = share @ own
            counts.append(rng.multinomial(80, mixed / mixed.sum()))
            names.append(f"{doc_id}#{position:04d}")
    index = pd.Index(names, dtype="str")
    vocabulary = pd.Index([f"w{i:02d}" for i in range(20)], dtype="str")
    matrix = sparse.csr_matrix(np.array(counts, dtype=np.int32))
    dtm = DocumentTermMatrix(matrix, index, vocabulary)
    model = TopicModel(
        phi, np.array(theta), np.ones(2), 0.1, index, vocabulary,
        np.asarray(matrix.sum(axis=1)).ravel(), np.asarray(matrix.sum(axis=0)).ravel(),
    )  # fmt: skip
    passages = pd.DataFrame({"passage_id": names, "doc_id": [n.split("#")[0] for n in names], "position": 0})
    passages = passages.assign(start=0, end=1, text="", reuse_id=None).astype({"reuse_id": "str"})
    return model, dtm, passages, documents


def test_planted_words_head_the_two_sides_of_their_topic():
    table = contrast_vocabulary(*worded(), by="level", target="city", reference="district")
    topic = table[table["topic"] == 0].sort_values("contribution", ascending=False)
    assert set(topic["term"].head(2)) == {"w00", "w01"}
    rows = topic.set_index("term")
    assert rows.loc["w00", "low"] > 0 > rows.loc["w01", "high"]
    assert table.loc[table["topic"] == 1, "contribution"].max() < rows.loc["w00", "contribution"] / 10


def test_tokens_are_divided_among_topics_and_none_is_lost():
    model, dtm, passages, documents = worded()
    table = contrast_vocabulary(
        model, dtm, passages, documents, by="level", target="city", n_terms=50, min_count=0
    )
    found = table.groupby("term")[["n_target", "n_reference"]].sum().sum(axis=1)
    expected = pd.Series(model.term_counts, index=dtm.vocabulary)
    np.testing.assert_allclose(found, expected.loc[found.index], atol=1e-3)


def test_log_odds_and_shares_are_those_of_a_slow_twin():
    model, dtm, passages, documents = worded(2)
    table = contrast_vocabulary(model, dtm, passages, documents, by="level", target="city", n_terms=50)
    row = table[(table["topic"] == 0) & (table["term"] == "w00")].iloc[0]
    expected = np.zeros((2, 20))  # side x term
    is_city = documents.set_index("doc_id")["level"] == "city"
    for p, name in enumerate(dtm.passages):
        side = 0 if is_city[name.split("#")[0]] else 1
        for w in range(20):
            posterior = model.theta[p] * model.phi[:, w]
            expected[side, w] += dtm.counts[p, w] * posterior[0] / posterior.sum()
    prior = 100 * expected[:, 0].sum() / expected.sum()
    share = (expected[:, 0] + prior) / (expected.sum(axis=1) + 100)
    assert row["n_target"] == pytest.approx(expected[0, 0])
    assert row["share_reference"] == pytest.approx(expected[1, 0] / expected[1].sum())
    assert row["log_odds"] == pytest.approx(np.log(share / (1 - share)) @ [1, -1])


def test_without_a_planted_difference_intervals_mostly_hold_0():
    outside = []
    for seed in range(12):
        table = contrast_vocabulary(
            *worded(planted=False, seed=seed), by="level", target="city", n_terms=10, min_count=20
        )
        outside += ((table["low"] > 0) | (table["high"] < 0)).tolist()
    assert np.mean(outside) < 0.08


def test_one_document_gives_effect_sizes_only():
    table = contrast_vocabulary(*worded(1), by="level", target="city")
    assert table[["low", "high"]].isna().all(axis=None)
    assert (table["flags"] == "effect sizes only").all()


def test_swapping_the_sides_flips_the_signs():
    world = worded(3)
    one = contrast_vocabulary(*world, by="level", target="city", reference="district", n_terms=20)
    other = contrast_vocabulary(*world, by="level", target="district", reference="city", n_terms=20)
    both = one.merge(other, on=["topic", "term"], validate="one_to_one")
    assert len(both) == len(one)
    np.testing.assert_allclose(both["log_odds_x"], -both["log_odds_y"])
    np.testing.assert_allclose(both["low_x"], -both["high_y"])


def test_unknown_groups_and_foreign_counts_are_refused():
    model, dtm, passages, documents = worded(2)
    with pytest.raises(SettingError, match="'citty' is not a group.*Did you mean 'city'"):
        contrast_vocabulary(model, dtm, passages, documents, by="level", target="citty")
    other = DocumentTermMatrix(dtm.counts, dtm.passages, dtm.vocabulary[::-1])
    with pytest.raises(DataError, match="fitted to other counts"):
        contrast_vocabulary(model, other, passages, documents, by="level", target="city")
    with pytest.raises(DataError, match="passages that `passages` lacks"):
        contrast_vocabulary(model, dtm, passages[1:], documents, by="level", target="city")


def test_several_targets_give_the_tables_of_each_one_behind_the_other():
    model, dtm, passages, documents = worded()
    documents["level"] = ["city", "district", "township"] * 4
    targets = ["district", "city", "township"]
    together = contrast_vocabulary(model, dtm, passages, documents, by="level", target=targets)
    one_by_one = [
        contrast_vocabulary(model, dtm, passages, documents, by="level", target=target) for target in targets
    ]
    pd.testing.assert_frame_equal(together, pd.concat(one_by_one, ignore_index=True))
    assert together["target"].unique().tolist() == targets
    with pytest.raises(SettingError, match="name one target"):
        contrast_vocabulary(
            model, dtm, passages, documents, by="level", target=targets[:2], reference="township"
        )
