from __future__ import annotations

import pandas as pd

from discourse.contracts import check
from discourse.segment.audit import audit_lexicon
from discourse.segment.tokenizer import build_tokenizer

from . import passages_of


def audit(terms: list[str], *texts: str, shields: tuple[str, ...] = ()) -> pd.DataFrame:
    rows = [(term, "t", "s") for term in terms] + [(shield, "护词", "s") for shield in shields]
    lexicon = pd.DataFrame(rows, columns=["term", "theme", "source"], dtype="str")
    return audit_lexicon(passages_of(*texts), build_tokenizer(lexicon)).set_index("term")


def test_every_term_is_produced_swallowed_or_absent():
    table = audit(["党建引领", "党建", "社区"], "党建引领", "党建引领")
    assert table["status"].to_dict() == {"党建": "swallowed", "党建引领": "produced", "社区": "absent"}
    assert table["n_in_text"].to_dict() == {"党建": 2, "党建引领": 2, "社区": 0}
    assert table["n_produced"].to_dict() == {"党建": 0, "党建引领": 2, "社区": 0}
    assert table.loc["党建", "swallowed_by"] == "党建引领"
    assert table["swallowed_by"].isna().to_dict() == {"党建": False, "党建引领": True, "社区": True}


def test_the_most_frequent_holder_comes_first_and_three_are_named():
    terms = ["网格", "网格员", "网格长", "网格化", "全科网格"]
    table = audit(terms, "网格员网格员网格员", "网格长，网格长", "网格化、网格化", "全科网格", "网格")
    assert table.loc["网格", "swallowed_by"] == "网格员 / 网格化 / 网格长"
    assert table.loc["网格", ["n_in_text", "n_produced", "status"]].tolist() == [9, 1, "produced"]


def test_neighbours_that_share_a_term_are_joined():
    table = audit(["基层治理", "治理体系"], "基层治理体系")
    assert table.loc["治理体系", "swallowed_by"] == "基层治理+体系"


def test_a_term_that_a_shield_took_is_accounted_for():
    assert audit(["政协"], "行政协调", shields=("行政协",)).loc["政协", "swallowed_by"] == "行政+协调"


def test_terms_do_not_reach_across_passages():
    assert audit(["社区工作"], "党的社区", "工作").loc["社区工作", "status"] == "absent"


def test_counts_agree_with_counting_term_by_term(tokenizer, lexicon, seed_lines):
    """The slow twin: every passage, every term, plain Python."""
    table = check(audit_lexicon(passages_of(*seed_lines), tokenizer), "lexicon_audit").set_index("term")
    cut = [word for line in seed_lines for word, _ in tokenizer.cut(line)]
    assert set(table.index) == set(lexicon.loc[lexicon["theme"] != "护词", "term"])
    for term in table.index:
        assert table.loc[term, "n_in_text"] == sum(line.count(term) for line in seed_lines)
        assert table.loc[term, "n_produced"] == cut.count(term)
    assert (table["n_produced"] <= table["n_in_text"]).all()


def test_few_terms_of_the_packaged_lexicon_are_swallowed_on_the_seeds(tokenizer, seed_lines):
    status = audit_lexicon(passages_of(*seed_lines), tokenizer)["status"].value_counts()
    assert status["produced"] > 300
    assert status["swallowed"] <= 10
