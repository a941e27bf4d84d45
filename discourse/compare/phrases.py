"""Uses of set phrases and metadata of documents come in; how far each phrase reaches, and whose it is, goes out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from discourse.compare.groups import as_labels, order_groups
from discourse.contracts import check, empty
from discourse.errors import DataError, require_column

_PLACE = ["province", "city", "district"]
_DTYPES = {
    "phrase": "str",
    "form": "str",
    "variants": "str",
    "n": "int64",
    "n_quoted": "int64",
    "n_documents": "int64",
    "share_of_documents": "float64",
    "first_doc_id": "str",
    "first_date": "str",
    "reach": "str",
    "owner": "str",
}


def describe_phrases(uses: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Say of each phrase how far it reaches and where it is first seen.

    Parameters
    ----------
    uses
        `phrase_uses` as `find_phrases` gives it.
    documents
        `documents`.

    Returns
    -------
    pandas.DataFrame
        `phrases`, most documents first: phrase, form; variants: the ways it is written, most frequent first,
        joined by " / "; n, n_quoted: occurrences; n_documents; share_of_documents: of all documents;
        first_doc_id, first_date: the earliest document of a known date that uses it - in this corpus, which
        is not proof of who coined it; NA if none is dated or the earliest is not alone; reach: ``common``
        (in at least half of the documents), ``own`` (in one document, or in documents of one place only) or
        ``shared``; owner: the place that all its documents share, province · city · district as far as they
        agree, else NA.

    Raises
    ------
    DataError
        A use names a document that is not there.
    """
    check(uses, "phrase_uses")
    about = check(documents, "documents").set_index("doc_id")[["date", *_PLACE]]
    records = {str(doc_id): row for doc_id, row in about.to_dict("index").items()}
    unknown = sorted(set(uses["doc_id"]) - set(records))
    if unknown:
        raise DataError(
            f"phrase uses name document '{unknown[0]}', which documents lack: use the tables of one run"
        )
    by_phrase: dict[str, list[Any]] = defaultdict(list)
    for use in uses.itertuples(index=False):
        by_phrase[str(use.phrase)].append(use)
    rows = [_describe(phrase, by_phrase[phrase], records) for phrase in sorted(by_phrase)]
    table = pd.DataFrame(rows, columns=list(_DTYPES)).astype(_DTYPES)
    order = np.lexsort((table["phrase"], -table["n"], -table["n_documents"]))
    return check(table.iloc[order].reset_index(drop=True), "phrases")


def tabulate_phrases(
    uses: pd.DataFrame, passages: pd.DataFrame, documents: pd.DataFrame, *, by: str = "region"
) -> pd.DataFrame:
    """Count each phrase in each group of documents that uses it.

    Parameters
    ----------
    uses, passages, documents
        The tables of their contracts.
    by
        Column of `documents`: region, level, year, doc_id, ... Documents without a value are left out.

    Returns
    -------
    pandas.DataFrame
        `phrase_groups`: factor, group, phrase, n, n_documents that use it, n_documents_group, rate per 10,000
        characters of the group. A group without a row for a phrase does not use it.

    Raises
    ------
    SettingError
        There is no such column.
    """
    check(uses, "phrase_uses")
    require_column("documents", check(documents, "documents").columns, by)
    groups = as_labels(documents[by]).set_axis(documents["doc_id"]).dropna()
    sizes = check(passages, "passages")["text"].str.len().groupby(passages["doc_id"].map(groups)).sum()
    counted = uses.assign(group=uses["doc_id"].map(groups).astype("str")).dropna(subset="group")
    if counted.empty:
        return empty("phrase_groups")
    cells = counted.groupby(["group", "phrase"])["doc_id"].agg(n="size", n_documents="nunique").reset_index()
    place = {group: position for position, group in enumerate(order_groups(documents[by], by))}
    table = cells.assign(
        factor=by,
        n_documents_group=cells["group"].map(groups.value_counts()).astype("int64"),
        rate=1e4 * cells["n"] / cells["group"].map(sizes),
    )
    table = table.sort_values(
        ["group", "n_documents", "n", "phrase"],
        ascending=[True, False, False, True],
        key=lambda column: column.map(place) if column.name == "group" else column,
    )
    return check(table[list(empty("phrase_groups").columns)].reset_index(drop=True), "phrase_groups")


def _describe(phrase: str, uses: list[Any], about: dict[str, dict[Hashable, Any]]) -> tuple[object, ...]:
    doc_ids = sorted({use.doc_id for use in uses})
    variants = Counter(use.quote for use in uses)
    first_doc_id, first_date = _first_seen({doc_id: about[doc_id]["date"] for doc_id in doc_ids})
    share = len(doc_ids) / len(about)
    owner = _common_place([about[doc_id] for doc_id in doc_ids])
    reach = "common" if share >= 0.5 else "own" if len(doc_ids) == 1 or owner else "shared"
    return (
        phrase,
        uses[0].form,
        " / ".join(sorted(variants, key=lambda quote: (-variants[quote], quote))),
        len(uses),
        sum(use.quoted for use in uses),
        len(doc_ids),
        share,
        first_doc_id,
        first_date,
        reach,
        owner if reach == "own" else None,
    )


def _first_seen(dates: dict[str, Any]) -> tuple[str | None, str | None]:
    """Earliest dated document, None where two may be the earliest (2022 may be before 2022-05)."""
    known = {doc_id: date for doc_id, date in dates.items() if isinstance(date, str)}
    if not known:
        return None, None
    earliest = min(known.values())
    rivals = [
        doc_id for doc_id, date in known.items() if date.startswith(earliest) or earliest.startswith(date)
    ]
    return (rivals[0] if len(rivals) == 1 else None), earliest


def _common_place(documents: list[dict[Hashable, Any]]) -> str | None:
    """Province · city · district as far as all the documents agree."""
    agreed: list[str] = []
    for column in _PLACE:
        values = {document[column] for document in documents}
        value = next(iter(values))
        if len(values) != 1 or not isinstance(value, str):
            break
        agreed.append(value)
    return " · ".join(agreed) or None
