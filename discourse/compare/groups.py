"""Shares and metadata come in; the units of a comparison, each with its group and stratum, go out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from discourse.contracts import LEVELS, check, topic_columns
from discourse.errors import DataError, require_column

_PLACE = ["province", "city", "district"]


@dataclass(frozen=True)
class Units:
    """The units of inference, sorted by name.

    table: columns unit, group, stratum ("" if there are none), n_documents, n_passages; one row a unit.
    shares: (n_units, n_topics). order: the groups in the order in which they are shown. noun: what a unit is.
    doc_ids: columns doc_id and unit (its row in `table`), one row a document.
    """

    table: pd.DataFrame
    shares: np.ndarray
    topics: list[int]
    order: list[str]
    noun: str
    doc_ids: pd.DataFrame

    def members(self, group: str) -> np.ndarray:
        """Which units belong to `group`, (n_units,) bool."""
        return (self.table["group"] == group).to_numpy()


def gather_units(
    shares: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    by: str,
    cluster: str | None = None,
    strata: str | None = None,
) -> Units:
    """Documents, or clusters of documents, with their group and the mean of their shares.

    Documents without a value of `by` or `strata` are left out: they are never guessed into a group.
    Documents without a cluster are units of their own. ``cluster="source"`` means ``source_id``;
    ``by="region:level"`` crosses two columns, and so may `strata`. Raises `SettingError` for a column that
    does not exist, `DataError` where group or stratum varies inside a unit.
    """
    cluster = "source_id" if cluster == "source" else cluster
    documents = cross_columns(cross_columns(check(documents, "documents"), by), strata)
    for argument, column in {"by": by, "cluster": cluster, "strata": strata}.items():
        if column is not None:
            require_column("documents", documents.columns, column, argument)
    table = _join(_checked_shares(shares), documents)
    order = order_groups(table[by], by)
    table = table.assign(
        group=as_labels(table[by]),
        stratum=as_labels(table[strata]) if strata else "",
        unit=_unit_names(table, cluster),
    ).dropna(subset=["group", "stratum"])
    if table.empty:
        raise DataError(
            f"by='{by}': no document that has shares has a value there, so there is no group to describe: "
            "fill the column in (a metadata CSV overrides what was inferred) or compare by another one"
        )
    if cluster is None:
        _warn_of_repetition(table, by)
    else:
        _refuse_split_units(table, by, "group", cluster)
        _refuse_split_units(table, strata, "stratum", cluster)
    return _average(table, [g for g in order if (table["group"] == g).any()], _noun(cluster))


def cross_columns(documents: pd.DataFrame, by: str | None) -> pd.DataFrame:
    """Add the crossing of two columns that ``"first:second"`` names; its values read ``first:second`` too.

    NA where one of the two is NA. Anything that is not such a crossing leaves the table as it is.
    """
    if by is None or by in documents.columns or by.count(":") != 1:
        return documents
    first, second = by.split(":")
    for column in (first, second):
        require_column("documents", documents.columns, column)
    return documents.assign(**{by: as_labels(documents[first]) + ":" + as_labels(documents[second])})


def order_groups(values: pd.Series, by: str) -> list[str]:
    """Labels of the groups in `values`: levels from the centre down, else by value; crossings part by part."""
    present = values.dropna().unique().tolist()
    ranks = {level: position for position, level in enumerate(LEVELS)}

    def place(value: object) -> tuple[tuple[int, object], ...]:
        parts = str(value).split(":", 1) if ":" in by else [value]
        names = by.split(":") if ":" in by else [by]
        return tuple(
            (ranks.get(str(part), len(ranks)) if name == "level" else 0, part)
            for part, name in zip(parts, names, strict=False)
        )

    return [str(value) for value in sorted(present, key=place)]


def as_labels(values: pd.Series) -> pd.Series:
    """`values` as text, NA kept."""
    return values.astype("object").map(str, na_action="ignore").astype("str")


def rescale_shares(shares: pd.DataFrame) -> pd.DataFrame:
    """`shares` over the topics that are compared: where some are excluded, the others sum to 1 again."""
    if "excluded" not in shares:
        return shares
    topics = topic_columns(shares)
    values = shares[topics].to_numpy(dtype=np.float64)
    values = values / np.maximum(values.sum(axis=1, keepdims=True), 1e-300)
    return shares.drop(columns="excluded").assign(**dict(zip(topics, values.T, strict=True)))


def _checked_shares(shares: pd.DataFrame) -> pd.DataFrame:
    check(shares, "shares")
    values = shares[topic_columns(shares)].to_numpy(dtype=np.float64)
    excluded = shares["excluded"].to_numpy(dtype=np.float64) if "excluded" in shares else 0.0
    wrong = ~np.isclose(values.sum(axis=1) + excluded, 1.0, atol=1e-6) | (values < 0).any(axis=1)
    if wrong.any():
        raise DataError(
            f"shares of document '{shares['doc_id'][wrong].iloc[0]}' must be 0 or more and sum to 1, "
            f"found a sum of {values[wrong][0].sum():.6g}: compute them again with estimate_shares"
        )
    return shares


def _join(shares: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    unknown = sorted(set(shares["doc_id"]) - set(documents["doc_id"]))
    if unknown:
        raise DataError(
            f"shares have {len(unknown)} documents that the documents table lacks, such as '{unknown[0]}': "
            "use the documents table of the same run"
        )
    metadata = documents.drop(columns=[c for c in documents.columns if c in shares.columns and c != "doc_id"])
    return shares.merge(metadata, on="doc_id", validate="one_to_one").sort_values("doc_id", ignore_index=True)


def _unit_names(table: pd.DataFrame, cluster: str | None) -> pd.Series:
    if cluster is None:
        return table["doc_id"].astype("str")
    named = as_labels(table[cluster])
    return named.where(named.notna(), "document " + table["doc_id"].astype("str"))


def _refuse_split_units(table: pd.DataFrame, column: str | None, role: str, cluster: str) -> None:
    """Raise `DataError` if a cluster has documents in several groups (or strata)."""
    split = table.groupby("unit")[role].nunique()
    if (split > 1).any():
        unit = split.index[split > 1][0]
        found = ", ".join(sorted(table.loc[table["unit"] == unit, role].unique()))
        raise DataError(
            f"'{column}' must not vary inside a unit of cluster='{cluster}', but '{unit}' has {found}: "
            f"choose a finer cluster, or compare inside the units with strata='{cluster}'"
        )


def _warn_of_repetition(table: pd.DataFrame, by: str) -> None:
    """Warn where several documents of one group have one author and so may not be independent.

    One author is one known speaker, or one file whose documents neither speaker nor place nor office tells
    apart. A file is only a container: a compilation of texts from different places has as many authors.
    """
    authors = {"speaker": ["speaker"], "source_id": ["source_id", "speaker", *_PLACE, "role"]}
    for column, author in authors.items():
        known = table.dropna(subset=[column])
        repeated = known.loc[known.duplicated(["group", *author]), column]
        if column != by and not repeated.empty:
            warnings.warn(
                f"one {column} has several documents in a group, which count as independent: if they have one "
                f"author, cluster='{column}' averages them first",
                UserWarning,
                stacklevel=4,
            )
            return


def _average(table: pd.DataFrame, order: list[str], noun: str) -> Units:
    topics = topic_columns(table)
    names, first, unit = np.unique(
        table["unit"].to_numpy(dtype=object), return_index=True, return_inverse=True
    )
    n_documents = np.bincount(unit)
    shares = np.zeros((len(names), len(topics)))
    np.add.at(shares, unit, table[topics].to_numpy(dtype=np.float64))
    columns = {
        "unit": names,
        "group": table["group"].to_numpy()[first],
        "stratum": table["stratum"].to_numpy()[first],
        "n_documents": n_documents,
        "n_passages": np.bincount(unit, weights=table["n_passages"]).astype(np.int64),
    }
    return Units(
        table=pd.DataFrame(columns),
        shares=shares / n_documents[:, None],
        topics=[int(name[6:]) for name in topics],
        order=order,
        noun=noun,
        doc_ids=pd.DataFrame({"doc_id": table["doc_id"].to_numpy(), "unit": unit}),
    )


def _noun(cluster: str | None) -> str:
    return "document" if cluster is None else cluster.removesuffix("_id")
