"""What is known of a corpus, counted."""

import pandas as pd
import pytest

from discourse.contracts import CONTRACTS, empty
from discourse.corpus.columns import FIELDS
from discourse.corpus.coverage import cross_coverage, measure_coverage, render_coverage
from discourse.corpus.overrides import override_attributions


@pytest.fixture
def corpus() -> tuple[pd.DataFrame, pd.DataFrame]:
    plain = dict(raw_start=0, raw_end=1, text="文")
    rows = [
        plain | dict(doc_id="a", source_id="a", region="云南", level="township"),
        plain | dict(doc_id="b", source_id="b", region="云南", level="city"),
        plain | dict(doc_id="c", source_id="c", level="city"),
    ]
    documents = pd.concat([empty("documents"), pd.DataFrame(rows)])[list(CONTRACTS["documents"].columns)]
    shown = dict(field="level", quote="市", start=0, end=1, rule="r")
    marks = [
        shown | dict(doc_id=d, value=v, confidence=c)
        for d, v, c in [("a", "township", 0.7), ("b", "city", 0.9)]
    ]
    attributions = pd.DataFrame(marks).astype({"start": "Int64", "end": "Int64"})
    return documents.reset_index(drop=True), attributions


def test_known_and_unknown_add_up_to_all_documents_in_every_field(corpus):
    table = measure_coverage(*corpus)
    assert (table["n_known"] + table["n_unknown"] == 3).all()
    assert table["field"].tolist() == list(FIELDS)


def test_what_the_user_gave_is_counted_and_raises_the_mean_confidence(corpus):
    documents, attributions = override_attributions(
        *corpus, pd.DataFrame({"doc_id": ["c"], "level": ["village"], "period": ["1"]})
    )
    table = measure_coverage(documents, attributions).set_index("field")
    assert table.loc["level", ["n_known", "n_given"]].tolist() == [3, 1]
    assert table.loc["level", "confidence"] == pytest.approx((0.7 + 0.9 + 1.0) / 3)
    assert table.loc["period", ["n_known", "n_unknown", "n_given"]].tolist() == [1, 2, 1]


def test_levels_stand_from_high_to_low_and_unknown_last(corpus):
    table = cross_coverage(corpus[0])
    assert list(table.columns) == ["city", "township"]
    assert list(table.index) == ["云南", "未知 unknown"]
    assert table.to_numpy().tolist() == [[1, 1], [1, 0]]


def test_the_tables_are_printed_in_two_languages_with_empty_cells_counted(corpus):
    lines = render_coverage(*corpus).split("\n")
    assert any(line.startswith("层级 level") and line.endswith("0.80") for line in lines)
    assert any("未知 unknown" in line and line.endswith("·") for line in lines)
    assert lines[-1] == "空格 empty cells: 0 / 2"
