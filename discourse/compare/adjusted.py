"""Shares, metadata and a formula come in; differences that hold the other variables fixed go out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from pandas.api import types

from discourse.compare import _stats
from discourse.compare._regression import Estimate, estimate_combination
from discourse.compare.groups import Units, as_labels, cross_columns, gather_units, order_groups
from discourse.contracts import check
from discourse.errors import DataError, SettingError, require_column

_TERM = re.compile(r"C\((?P<wrapped>[^()]+)\)|(?P<plain>[^()+~*|]+)")


@dataclass(frozen=True)
class _Term:
    """One term of a formula: `levels` of a factor, the first of them the base, or none for a number."""

    name: str
    levels: tuple[str, ...]
    first: int  # its first column in the design

    @property
    def n_columns(self) -> int:
        return max(len(self.levels) - 1, 0) if self.levels else 1


def contrast_adjusted(
    shares: pd.DataFrame, documents: pd.DataFrame, *, formula: str = "", cluster: str | None = None
) -> pd.DataFrame:
    """Differences between groups in the share of each topic, other variables held fixed.

    Parameters
    ----------
    shares
        One row a document, one column a topic, rows sum to 1.
    documents
        Metadata, joined by ``doc_id``. Documents that lack one of the variables are left out.
    formula
        Such as ``"~ level + region + year"``: columns of `documents`, added. Columns of numbers enter as a
        straight line, ``C(year)`` as groups, ``region:level`` as the groups of a crossing.
    cluster
        Column whose values are the units; every variable must be fixed inside them.

    Returns
    -------
    DataFrame
        `adjusted`: for a factor one row per pair of its groups and topic, for a number (reference ``""``) one
        row a topic, where `difference` is the change of the share for one unit more of it.

        - difference, se, df, low, high, p: least squares; SE = max(OLS, HC2), df = min(residual,
          Bell-McCaffrey).
        - p_adjusted: Holm over the pairs x topics of one variable whose groups have three units or more.
        - q: Benjamini-Hochberg over the same rows; exploratory.
        - flags: "confounded" where the data cannot tell the pair from another variable; "rests on one
          unit" where no error can be known.
        - verdict: "higher", "lower", "cannot tell", "descriptive only" (no error).

    Raises
    ------
    SettingError
        The formula cannot be read, or names no column.
    DataError
        A variable varies inside a unit; no documents are complete; one group only.

    Notes
    -----
    Adjustment compares documents that are alike in the variables named; it does not make the comparison
    causal. Unlike those of `contrast_prevalence` these intervals do not allow for skew: rare topics in groups
    that spread unequally are covered less often than 95 %.
    References: Bell & McCaffrey (2002), Survey Methodology 28(2); Imbens & Kolesar (2016), REStat 98(4).
    """
    names = _read_formula(formula)
    prepared, units = _gather(shares, documents, names, formula, cluster)
    terms, x = _design(prepared, names)
    blocks = [block for term in terms for block in _contrast_term(term, prepared, units, x)]
    table = pd.concat(blocks, ignore_index=True)
    table.insert(0, "formula", "~ " + " + ".join(names))
    words = ["formula", "factor", "target", "reference", "flags", "verdict"]
    return check(_judge(table).astype({name: "str" for name in words}), "adjusted")


def _read_formula(formula: str) -> list[str]:
    body = formula.strip().removeprefix("~")
    found = [part.strip() for part in body.split("+")]
    if not formula.strip().startswith("~") or not all(part and _TERM.fullmatch(part) for part in found):
        raise SettingError(
            f"formula={formula!r} must be '~' and columns of documents joined by '+', such as "
            "'~ level + region + year'; C(year) takes numbers as groups, region:level crosses two columns"
        )
    return list(dict.fromkeys(found))


def _column(name: str) -> str:
    match = _TERM.fullmatch(name)
    return (match["wrapped"] or match["plain"]).strip() if match else name


def _gather(
    shares: pd.DataFrame, documents: pd.DataFrame, names: list[str], formula: str, cluster: str | None
) -> tuple[pd.DataFrame, Units]:
    """Units, and the variables of each (one row a unit): labels of factors, numbers as float."""
    check(documents, "documents")
    for name in names:
        documents = cross_columns(documents, _column(name))
        require_column("documents", documents.columns, _column(name), "formula: a term")
    columns = [_column(name) for name in names]
    complete = documents.dropna(subset=columns)
    kept = shares[shares["doc_id"].isin(complete["doc_id"])]
    if kept.empty:
        raise DataError(
            f"formula={formula!r}: no document has all of {', '.join(columns)}: name fewer variables"
        )
    # one label for all variables: gather_units then refuses any that varies inside a unit
    whole = complete[columns].apply(lambda row: " | ".join(map(str, row)), axis=1).astype("str")
    units = gather_units(kept, complete.assign(**{formula: whole}), by=formula, cluster=cluster)
    first = units.doc_ids.drop_duplicates("unit").sort_values("unit")["doc_id"]
    rows = complete.set_index("doc_id").loc[first]
    prepared = {
        name: rows[_column(name)].astype("float64")
        if _is_number(rows, name)
        else as_labels(rows[_column(name)])
        for name in names
    }
    return pd.DataFrame(prepared).reset_index(drop=True), units


def _is_number(rows: pd.DataFrame, name: str) -> bool:
    column = rows[_column(name)]
    return not name.startswith("C(") and types.is_numeric_dtype(column) and not types.is_bool_dtype(column)


def _design(prepared: pd.DataFrame, names: list[str]) -> tuple[list[_Term], np.ndarray]:
    """Columns of the design: 1, then each term's indicators (all but its first group) or centred number."""
    columns: list[np.ndarray] = [np.ones(len(prepared))]
    terms: list[_Term] = []
    for name in names:
        values = prepared[name]
        levels = () if types.is_float_dtype(values) else tuple(order_groups(values, _column(name)))
        if values.nunique() < 2:
            raise DataError(
                f"formula: '{name}' has one value, '{values.iloc[0]}', among the documents that have all variables: "
                "leave it out"
            )
        terms.append(_Term(name, levels, len(columns)))
        if levels:
            columns.extend((values == level).to_numpy().astype(np.float64) for level in levels[1:])
        else:
            numbers = values.to_numpy(dtype=np.float64)
            columns.append(numbers - numbers.mean())
    return terms, np.column_stack(columns)


def _contrast_term(term: _Term, prepared: pd.DataFrame, units: Units, x: np.ndarray) -> list[pd.DataFrame]:
    n_documents = units.table["n_documents"].to_numpy()
    everyone = np.ones(len(x), dtype=bool)
    if not term.levels:
        weights = np.eye(x.shape[1])[term.first]
        return [_rows(term.name, "", weights, (everyone, everyone), term, units, x, n_documents)]
    blocks = []
    for a, b in combinations(range(len(term.levels)), 2):
        weights = np.zeros(x.shape[1])
        for level, sign in ((a, 1.0), (b, -1.0)):
            if level > 0:
                weights[term.first + level - 1] = sign
        sides = tuple((prepared[term.name] == term.levels[level]).to_numpy() for level in (a, b))
        blocks.append(
            _rows(term.levels[a], term.levels[b], weights, (sides[0], sides[1]), term, units, x, n_documents)
        )
    return blocks


def _rows(
    target: str,
    reference: str,
    weights: np.ndarray,
    sides: tuple[np.ndarray, np.ndarray],
    term: _Term,
    units: Units,
    x: np.ndarray,
    n_documents: np.ndarray,
) -> pd.DataFrame:
    estimate = estimate_combination(units.shares, x, weights)
    flag = "confounded" if estimate is None else "rests on one unit" if estimate.alone else ""
    if estimate is None:
        unknown = np.full(len(units.topics), np.nan)
        estimate = Estimate(unknown, unknown, np.nan)
    return pd.DataFrame(
        {
            "factor": term.name,
            "target": target,
            "reference": reference,
            "topic": units.topics,
            "difference": estimate.value,
            "se": np.where(estimate.se > 0, estimate.se, np.nan),
            "df": estimate.df,
            "low": estimate.value - estimate.half_width,
            "high": estimate.value + estimate.half_width,
            "p": estimate.p,
            "n_documents_target": int(n_documents[sides[0]].sum()),
            "n_documents_reference": int(n_documents[sides[1]].sum()),
            "n_units_target": int(sides[0].sum()),
            "n_units_reference": int(sides[1].sum()),
            "flags": flag,
        }
    )


def _judge(table: pd.DataFrame) -> pd.DataFrame:
    smallest = table[["n_units_target", "n_units_reference"]].min(axis=1)
    adjusted, q = np.full(len(table), np.nan), np.full(len(table), np.nan)
    for factor in table["factor"].unique():
        own = (table["factor"] == factor).to_numpy()
        p = table["p"].where(smallest >= 3)[own].to_numpy(dtype=np.float64)
        adjusted[own], q[own] = _stats.holm(p), _stats.benjamini_hochberg(p)
    found = adjusted <= 0.05
    verdict = np.select(
        [table["p"].isna(), found & (table["difference"] > 0), found & (table["difference"] < 0)],
        ["descriptive only", "higher", "lower"],
        "cannot tell",
    )
    return table.assign(p_adjusted=adjusted, q=q, verdict=verdict)
