"""A door lets a table through, or says everything that is wrong with it at once."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from discourse.contracts import CONTRACTS, DocumentTermMatrix, TopicModel, check, empty, topic_columns
from discourse.errors import ContractError


@pytest.mark.parametrize("name", [name for name, contract in CONTRACTS.items() if not contract.topic_columns])
def test_an_empty_table_keeps_its_contract(name):
    assert check(empty(name), name).empty


def test_every_fault_is_listed_at_once():
    table = pd.DataFrame(
        {"passage_id": ["a", "a"], "position": ["1", "2"], "start": [0, 1], "term": ["x", None]}
    )
    with pytest.raises(ContractError) as caught:
        check(table, "tokens")
    assert "column 'position' should be int" in str(caught.value)
    assert "column 'term' has 1 missing values" in str(caught.value)


def test_a_repeated_key_is_a_fault():
    row = {"term": "党建", "theme": "t", "source": "s"}
    with pytest.raises(ContractError, match="key term is not unique"):
        check(pd.DataFrame([row, row]), "lexicon")


def test_topic_columns_are_ordered_by_number():
    table = pd.DataFrame(columns=["doc_id", "topic_10", "topic_2", "topic_0", "topic_x"])
    assert topic_columns(table) == ["topic_0", "topic_2", "topic_10"]


def test_a_matrix_must_fit_its_labels():
    with pytest.raises(ContractError, match="labels are"):
        DocumentTermMatrix(
            sparse.csr_matrix((2, 3), dtype=np.int32), pd.Index(["a"]), pd.Index(["x", "y", "z"])
        )


@pytest.mark.parametrize(
    ("name", "value"), [("phi", np.full((2, 2), 0.4)), ("theta", np.full((3, 2), np.nan))]
)
def test_a_model_whose_rows_do_not_sum_to_one_is_refused(name, value):
    parts = {"phi": np.full((2, 2), 0.5), "theta": np.full((3, 2), 0.5), name: value}
    with pytest.raises(ContractError, match=name):
        TopicModel(
            **parts,
            alpha=np.ones(2),
            eta=0.1,
            passages=pd.Index(["a", "b", "c"]),
            vocabulary=pd.Index(["x", "y"]),
            lengths=np.ones(3),
            term_counts=np.ones(2),
        )


def test_the_arrays_of_a_model_cannot_be_changed():
    model = TopicModel(
        phi=np.full((2, 2), 0.5),
        theta=np.full((3, 2), 0.5),
        alpha=np.ones(2),
        eta=0.1,
        passages=pd.Index(["a", "b", "c"]),
        vocabulary=pd.Index(["x", "y"]),
        lengths=np.ones(3),
        term_counts=np.ones(2),
    )
    with pytest.raises(ValueError):
        model.phi[0, 0] = 1
