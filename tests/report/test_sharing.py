"""Set phrases and repeated text: word for word, who and whom not mixed up."""

from __future__ import annotations

from tests.browser import Dom


def test_phrases_stand_with_the_most_widespread_first(payload):
    assert [row["phrase"] for row in payload["set_phrases"]["phrases"]] == ["走到一起", "要让"]


def test_uses_are_quoted_from_the_document_and_documents_take_turns(payload, model_and_tables):
    texts = model_and_tables[1]["documents"].set_index("doc_id")["text"]
    uses = payload["set_phrases"]["phrases"][1]["uses"]
    assert [use["doc_id"] for use in uses] == ["a", "b", "a"]
    for use in uses:
        context = use["left"] + use["quote"] + use["right"]
        assert texts[use["doc_id"]].find(context) == use["start"] - len(use["left"])


def test_rows_of_the_matrix_repeat_what_columns_had(payload):
    matrix = payload["reuse"]["matrices"][0]
    names = [group["en"] for group in matrix["groups"]]
    assert names == ["云南", "福州", "unknown"]
    assert matrix["cells"][names.index("福州")][names.index("云南")] == [1, 0.02]
    assert matrix["cells"][names.index("云南")][names.index("福州")] is None
    assert matrix["cells"][names.index("unknown")][names.index("福州")] == [2, 0.05]


def test_both_sides_of_a_repeated_span_are_on_the_page(page, model_and_tables):
    row = model_and_tables[1]["reuse"].iloc[0]
    text = Dom(page).text
    assert row["text"] in text and row["source_text"] in text
