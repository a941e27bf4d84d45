"""Shares of documents and their metadata come in; how much of each topic every group has goes out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from discourse.compare._stats import t_quantile
from discourse.compare.groups import Units, gather_units
from discourse.contracts import check


def estimate_prevalence(
    shares: pd.DataFrame, documents: pd.DataFrame, *, by: str, cluster: str | None = None
) -> pd.DataFrame:
    """Share of discussion that each topic receives in each group, every unit weighing 1.

    Parameters
    ----------
    shares
        One row a document, one column a topic, rows sum to 1.
    documents
        Metadata, joined by ``doc_id``.
    by
        Column of `documents` that names the groups. Documents without a value there are left out.
    cluster
        Column of `documents` whose values are the units (``"source"``, ``"city"``, ``"speaker"``): documents
        are averaged inside it first. Without it, and where a document has no value there, the document is
        the unit.

    Returns
    -------
    DataFrame
        `prevalence`: one row per group and topic. ``prevalence`` is the unweighted mean over the units of the
        group, 0 to 1, and sums to 1 in every group; ``low`` / ``high`` are a 95 % t interval over units, cut
        at 0 and 1, NA for groups of one unit; ``n_units`` counts the units.

    Raises
    ------
    SettingError
        A column does not exist.
    DataError
        No document has a group, or the group varies inside a unit.

    Notes
    -----
    In stm this is the expected topic proportion. Roberts et al. (2014), AJPS 58(4).
    """
    units = gather_units(shares, documents, by=by, cluster=cluster)
    rows = [_describe_group(units, by, group) for group in units.order]
    return check(pd.concat(rows, ignore_index=True), "prevalence")


def _describe_group(units: Units, by: str, group: str) -> pd.DataFrame:
    members = units.members(group)
    values = units.shares[members]
    mean = values.mean(axis=0)
    half_width = _half_width(values)
    return pd.DataFrame(
        {
            "factor": by,
            "group": group,
            "topic": units.topics,
            "prevalence": mean,
            "low": np.maximum(mean - half_width, 0.0),
            "high": np.minimum(mean + half_width, 1.0),
            "n_documents": int(units.table.loc[members, "n_documents"].sum()),
            "n_units": int(members.sum()),
            "n_passages": int(units.table.loc[members, "n_passages"].sum()),
        }
    )


def _half_width(values: np.ndarray) -> np.ndarray:
    """Half of the 95 % t interval of the mean over units; NA for one unit."""
    n_units, n_topics = values.shape
    if n_units < 2:
        return np.full(n_topics, np.nan)
    return t_quantile(0.975, n_units - 1) * values.std(axis=0, ddof=1) / np.sqrt(n_units)
