"""Raw sources -> documents: what each text says, which repairs that took, what it tells of its origin."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import pandas as pd

from discourse.contracts import check
from discourse.corpus.attribution import FIELDS, assign_regions, override_attributions
from discourse.corpus.batches import Progress, Store, clean_sources
from discourse.corpus.given import prefer_given, readable_sources
from discourse.errors import SourceError


def build_documents(
    sources: pd.DataFrame,
    *,
    regions: Mapping[str, str] | None = None,
    metadata: pd.DataFrame | None = None,
    min_confidence: float = 0.6,
    n_workers: int = 1,
    store: Store | None = None,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Readable documents of `sources`, every edit that made them, and every field read from their words.

    A source that is a compilation becomes several documents, ``source_id.1`` and so on. A document's
    text is its body: paragraphs parted by one line feed, without title, byline, page furniture and appendix.
    regions: label -> administrative unit ("福州": "福州市"). metadata: the user's own table, which wins over
    what was read, as do the columns of a table of texts (`given` of `sources`). A source with an `error` is
    passed over; one whose words are parted by blanks already (`is_segmented`, then a column of `documents`,
    too) keeps every line as it is. min_confidence: what was read with less (0-1) stays unknown. n_workers:
    processes; the tables are the same for any number (more than one needs the guard ``if __name__ ==
    "__main__"`` in a script). store: keeps finished batches. progress: called with the number of texts done
    and of all.

    Returns
    -------
    documents, edits, attributions : pandas.DataFrame
        `edits` never overlap within a source; those inside ``raw_start:raw_end`` of a document, applied to
        the raw text, give its text exactly; those outside any document have doc_id NA. Beyond the contract
        they carry `confidence`, 0-1: below 1 where lost bytes were restored by likelihood. A stretch that
        stays damaged is left as it is and listed with the rule ``lost_bytes_doubtful``. Offsets of
        attributions are raw, too.

    Raises
    ------
    SourceError
        Every source holds nothing but page furniture.

    """
    readable = readable_sources(sources)
    batches = list(clean_sources(readable, n_workers=n_workers, store=store, progress=progress))
    documents, edits, attributions = (
        pd.concat(tables, ignore_index=True) for tables in zip(*batches, strict=True)
    )
    documents, attributions = complete_documents(
        documents, attributions, readable, regions=regions, metadata=metadata, min_confidence=min_confidence
    )
    return documents, check(edits, "edits"), attributions


def complete_documents(
    documents: pd.DataFrame,
    attributions: pd.DataFrame,
    sources: pd.DataFrame,
    *,
    regions: Mapping[str, str] | None = None,
    metadata: pd.DataFrame | None = None,
    min_confidence: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fill the fields of cleaned documents from their words, the tables they came in, and the user's own.

    documents, attributions: of all batches of `clean_sources`, joined. sources: those that were cleaned.
    regions, metadata, min_confidence, errors: as `build_documents` has them.
    """
    _report_empty(sources, documents)
    sure = attributions[attributions["confidence"] >= min_confidence].reset_index(drop=True)
    attributions = prefer_given(sure, documents, sources)
    documents = _fill_fields(documents, attributions)
    if metadata is not None:
        documents, attributions = override_attributions(documents, attributions, metadata, sources=sources)
    documents = assign_regions(documents, regions)
    if "is_segmented" in sources and sources["is_segmented"].any():
        segmented = sources["source_id"][sources["is_segmented"]]
        documents = documents.assign(is_segmented=documents["source_id"].isin(segmented))
    return check(documents, "documents"), check(attributions, "attributions")


def _report_empty(sources: pd.DataFrame, documents: pd.DataFrame) -> None:
    """Name the sources without a body; raise where there is no other."""
    is_empty = ~sources["source_id"].isin(documents["source_id"])
    paths: Sequence[str] = sources["path"][is_empty].tolist()
    if not paths:
        return
    named = "; ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    rule = f"{named}: no text is left once page furniture is removed; look at the file, or remove it"
    if len(paths) == len(sources):
        raise SourceError(rule)
    warnings.warn(rule, stacklevel=3)


def _fill_fields(documents: pd.DataFrame, attributions: pd.DataFrame) -> pd.DataFrame:
    """Fields of `documents` from the attributions; what nothing shows stays NA."""
    values = attributions.set_index(["field", "doc_id"])["value"].to_dict()
    columns = {
        name: [values.get((name, doc_id)) for doc_id in documents["doc_id"]]
        for name in ("title", "region", *FIELDS)
    }
    filled = documents.assign(**{name: pd.Series(column, dtype="str") for name, column in columns.items()})
    return filled.assign(year=pd.to_numeric(filled["year"]).astype("Int64"))
