"""Pages annotated by hand: the half that the rules were made on is right, the half held out nearly so."""

from __future__ import annotations

from tests.corpus.attribution_gold import GOLD, list_faults, read_gold, read_pages, score_fields


def test_every_field_of_the_pages_that_the_rules_were_made_on_is_right():
    gold = read_gold(GOLD / "gold.csv", "development")
    assert len(gold) >= 30
    assert list_faults(read_pages(GOLD / "development"), gold) == []


def test_on_pages_held_out_what_is_given_is_right_and_most_is_found():
    gold = read_gold(GOLD / "gold.csv", "held_out")
    table = score_fields(read_pages(GOLD / "held_out"), gold).set_index("field")
    assert len(gold) >= 40
    assert table["right"].sum() / table["found"].sum() >= 0.98
    assert (table["precision"] >= 0.95).all()
    assert (table["recall"] >= 0.8).all()
    assert (table.loc[["province", "city", "district"], "precision"] == 1).all()
