"""A document-term matrix, a model and documents come in; plain text files and a script that reads them into R go out.

The script needs R alone; it hands its objects to stm, quanteda and Matrix where these are installed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from discourse.contracts import DocumentTermMatrix, TopicModel
from discourse.report.labels import ASSETS

META = (
    "doc_id",
    "title",
    "date",
    "year",
    "province",
    "city",
    "district",
    "region",
    "level",
    "role",
    "speaker",
    "genre",
)


def write_r(
    dtm: DocumentTermMatrix,
    model: TopicModel,
    documents: pd.DataFrame,
    folder: Path,
    *,
    factors: tuple[str, ...] = (),
) -> None:
    """Write counts (``triplets.tsv``: i j x, from 1), ``vocab.txt``, ``passages.tsv``, ``theta.tsv``, ``phi.tsv``.

    A document of stm and quanteda is one passage here, with the metadata of its document; `factors`: columns of
    `documents` to hand over beside the usual ones. ``read_discourse.R`` builds the objects.
    """
    i, j = dtm.counts.nonzero()
    triplets = pd.DataFrame({"i": i + 1, "j": j + 1, "x": np.asarray(dtm.counts[i, j]).ravel()})
    names = pd.Index([f"topic_{topic}" for topic in range(model.n_topics)])
    _write_table(folder / "triplets.tsv", triplets)
    _write_table(folder / "passages.tsv", _passages(dtm, documents, factors))
    _write_table(folder / "theta.tsv", pd.DataFrame(model.theta, columns=names))
    _write_table(folder / "phi.tsv", pd.DataFrame(model.phi.T, columns=names))
    (folder / "vocab.txt").write_bytes("".join(f"{term}\n" for term in dtm.vocabulary).encode("utf-8"))
    (folder / "read_discourse.R").write_bytes((ASSETS / "read_discourse.R").read_bytes())


def _passages(dtm: DocumentTermMatrix, documents: pd.DataFrame, factors: tuple[str, ...]) -> pd.DataFrame:
    columns = [name for name in dict.fromkeys([*META, *factors]) if name in documents.columns]
    names = dtm.passages.astype("str")
    table = pd.DataFrame({"passage_id": names, "doc_id": names.str.replace(r"#[^#]*$", "", regex=True)})
    return table.merge(documents[columns], on="doc_id", how="left", validate="many_to_one")


def _write_table(path: Path, table: pd.DataFrame) -> None:
    """Tabs between cells, NA where nothing is known, text as it is: R runs no formulas."""
    safe = table.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name].dtype):
            safe[name] = safe[name].astype("str").str.replace(r"[\t\r\n]+", " ", regex=True)
    safe.to_csv(path, sep="\t", index=False, na_rep="NA", lineterminator="\n", encoding="utf-8", quoting=3)
