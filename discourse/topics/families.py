"""Models of one number of topics come in; the families that their topics form, each with its badge, go out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import check
from discourse.errors import DataError
from discourse.topics.quality import top_positions
from discourse.topics.returns import score_returns
from discourse.topics.selection import Candidate

N_TERMS = 8
BADGE_NAMES = {
    "returns": "稳定重现 returns",
    "returns often": "多数重现 returns often",
    "does not return": "不稳定 does not return",
}


def gather_families(
    selection: pd.DataFrame, models: Mapping[str, Candidate], vocabulary: pd.Index
) -> pd.DataFrame:
    """Align the topics of models of one size and say which of them come back.

    Parameters
    ----------
    selection
        Contract `selection`, the rows of these models: the one of the highest training log likelihood leads.
    models
        What is kept of each model, by its model_id.
    vocabulary
        Terms of phi.

    Returns
    -------
    DataFrame
        Contract `topic_families`, one row a topic of the leading model, those that return first, in the order of
        their stability: its most probable terms; the figures and the badge of `score_returns`; members: the topic
        of the family in every model, such as ``cvb0-k8-s1:3``.
    """
    known = selection[selection["model_id"].isin(list(models))]
    if known.empty:
        raise DataError("a finished model of the selection is gone from its store: run the selection again.")
    lead = str(known.sort_values(["log_likelihood", "seed"], ascending=[False, True])["model_id"].iloc[0])
    names = [str(name) for name in known.sort_values("seed")["model_id"] if name != lead]
    phi = {name: models[name].phi.astype(np.float64) for name in (lead, *names)}
    found = score_returns(phi[lead], [phi[name] for name in names])
    tops = top_positions(phi[lead], N_TERMS)
    table = found.drop(columns=["partners", "topic"]).assign(
        n_topics=len(found),
        family=found["topic"],
        terms=pd.Series([" ".join(vocabulary[positions].astype(str)) for positions in tops], dtype="str"),
        members=pd.Series([_list_members(row, lead, names) for row in found.to_dict("records")], dtype="str"),
    )
    order = table.assign(rank=-table["stability"].round(9).fillna(0.0)).sort_values(["rank", "family"]).index
    return check(table.loc[order].reset_index(drop=True), "topic_families")


def render_families(families: pd.DataFrame) -> str:
    """The families as lines for a terminal."""
    n_topics = int(families["n_topics"].iloc[0])
    lines = [f"topics of the recommended size 建议取值下的主题 ({n_topics}):"]
    for row in families.to_dict("records"):
        lines.append(f"  T{row['family']:<3} {row['terms']}\n       {describe_badge(row)}")
    return "\n".join(lines)


def describe_badge(row: Mapping[Any, Any]) -> str:
    """Badge of a family in both languages, with what it rests on."""
    if not isinstance(row["badge"], str):
        return "只有一个模型 one model only"
    return (
        f"{BADGE_NAMES[row['badge']]} ({row['n_found']}/{row['n_models']}; "
        f"stability 稳定性 {row['stability']:.2f})"
    )


def _list_members(row: Mapping[Any, Any], lead: str, names: list[str]) -> str:
    own = [f"{lead}:{row['topic']}"]
    own += [f"{name}:{topic}" for name, topic in zip(names, row["partners"], strict=True) if topic >= 0]
    return " ".join(own)
