"""Shares of documents and their metadata come in; how much of each topic every group has goes out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from discourse.compare._intervals import bound_shares
from discourse.compare.groups import Units, gather_units
from discourse.contracts import check, topic_columns
from discourse.errors import DataError


def estimate_prevalence(
    shares: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    by: str,
    cluster: str | None = None,
    theta: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Share of discussion that each topic receives in each group, every unit weighing 1.

    Parameters
    ----------
    shares
        One row a document, one column a topic, rows sum to 1.
    documents
        Metadata, joined by ``doc_id``.
    by
        Column of `documents` that names the groups, or a crossing of two (``"region:level"``). Documents
        without a value there are left out.
    cluster
        Column of `documents` whose values are the units (``"source"``, ``"city"``, ``"speaker"``): documents
        are averaged inside it first. Without it, and where a document has no value there, the document is
        the unit.
    theta
        Topics of passages, the `theta` table; only ``measurement_error`` needs it.

    Returns
    -------
    DataFrame
        `prevalence`: one row per group and topic. ``prevalence`` is the unweighted mean over the units of the
        group, 0 to 1, and sums to 1 in every group; ``low`` / ``high`` are a 95 % interval over units (t on
        the logit scale), NA for groups of one unit; ``n_units`` counts the units.

        ``measurement_error`` is a standard error of another kind: how far the share would move had the same
        documents had other passages, from the spread of theta over their passages. It says nothing about
        other documents, and it is all that can be said of one document. NA without `theta`, and for groups
        that hold a document of one passage.

    Raises
    ------
    SettingError
        A column does not exist.
    DataError
        No document has a group, or the group varies inside a unit; theta names no passage of a document.

    Notes
    -----
    In stm this is the expected topic proportion. Roberts et al. (2014), AJPS 58(4).
    """
    units = gather_units(shares, documents, by=by, cluster=cluster)
    errors = np.full(units.shares.shape, np.nan) if theta is None else _measure(units, theta)
    rows = [_describe_group(units, errors, by, group) for group in units.order]
    return check(pd.concat(rows, ignore_index=True), "prevalence")


def _measure(units: Units, theta: pd.DataFrame) -> np.ndarray:
    """Variance (n_units, n_topics) of the mean share of a unit over its passages.

    Passages are the draws: tokens of one passage are about one thing and no evidence of their own.
    """
    topics = topic_columns(check(theta, "theta"))
    passages = theta.groupby(theta["passage_id"].astype("str").str.rpartition("#")[0])[topics]
    variances = passages.var(ddof=1) / passages.count()
    missing = [doc_id for doc_id in units.doc_ids["doc_id"] if doc_id not in variances.index]
    if missing:
        raise DataError(
            f"theta has no passage of document '{missing[0]}', which has shares: use the theta of the same run"
        )
    of_documents = variances.loc[units.doc_ids["doc_id"]].to_numpy(dtype=np.float64)
    owner = units.doc_ids["unit"].to_numpy()
    summed = np.zeros(units.shares.shape)
    np.add.at(summed, owner, of_documents)
    return summed / np.bincount(owner)[:, None] ** 2


def _describe_group(units: Units, errors: np.ndarray, by: str, group: str) -> pd.DataFrame:
    members = units.members(group)
    values = units.shares[members]
    low, high = _bounds(values)
    return pd.DataFrame(
        {
            "factor": by,
            "group": group,
            "topic": units.topics,
            "prevalence": values.mean(axis=0),
            "low": low,
            "high": high,
            "measurement_error": np.sqrt(errors[members].sum(axis=0)) / members.sum(),
            "n_documents": int(units.table.loc[members, "n_documents"].sum()),
            "n_units": int(members.sum()),
            "n_passages": int(units.table.loc[members, "n_passages"].sum()),
        }
    )


def _bounds(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of the mean over units; NA for one unit."""
    n_units, n_topics = values.shape
    if n_units < 2:
        unknown = np.full(n_topics, np.nan)
        return unknown, unknown
    return bound_shares(values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(n_units), n_units - 1.0)
