"""A topic model, its counts and metadata come in; how two groups word the same topic differently goes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import xlogy

from discourse.compare._stats import t_quantile
from discourse.compare.groups import as_labels, cross_columns, order_groups
from discourse.compare.pairs import REST
from discourse.contracts import DocumentTermMatrix, TopicModel, check, empty
from discourse.errors import DataError, SettingError, require_column, suggest


@dataclass(frozen=True)
class _Sides:
    """Documents compared: `owner` their number for each passage (-1: none), `target` (n_documents,) bool."""

    owner: np.ndarray
    target: np.ndarray


def contrast_vocabulary(
    model: TopicModel,
    dtm: DocumentTermMatrix,
    passages: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    by: str,
    target: str | Sequence[str],
    reference: str | None = None,
    n_terms: int = 10,
    min_count: float = 5.0,
    prior_weight: float = 100.0,
) -> pd.DataFrame:
    """Terms by which a group words a topic differently from another group.

    Two groups may give a topic the same share and still say different things in it. Each token is divided
    among the topics by its posterior, theta_pk phi_kw over its sum over k; then the words of one topic are
    compared between groups.

    Parameters
    ----------
    model, dtm
        The topic model and the counts that it was fitted to.
    passages, documents
        Which document a passage belongs to; metadata.
    by
        Column of `documents` that names the groups, or a crossing of two.
    target, reference
        Groups of `by`; without a reference all other documents that have a group (``"rest"``), and then
        several targets may be named, each against its rest: tokens are divided once for all of them.
    n_terms
        Terms listed for each topic and side.
    min_count
        Terms with fewer (expected) occurrences in the topic, both sides together, are not listed.
    prior_weight
        Tokens' worth of prior, spread over terms as they are in the topic on both sides together: it draws
        rare terms to no difference.

    Returns
    -------
    DataFrame
        `vocabulary`: for each target and topic the terms that contribute most to the divergence of the two
        sides, those of the target first.

        - n_target, n_reference: expected occurrences in this topic; share_target, share_reference: of the
          topic's tokens.
        - log_odds: difference of log odds (target - reference), shrunk (Monroe et al. 2008); low, high: its
          95 % interval by a jackknife over documents, NA unless both sides have two documents with the topic.
          The terms were chosen for being extreme: read intervals as their steadiness, not as tests.
        - contribution: part of the term in the Jensen-Shannon divergence of the two (shrunk) word
          distributions, in nats.
        - n_documents_target, n_documents_reference: documents of the side with half an occurrence or more.
        - flags: "effect sizes only", "ranking, not a test" (ten documents or fewer on a side).

    Raises
    ------
    SettingError
        The column or a group does not exist; several targets have one reference.
    DataError
        Model, counts and passages do not belong together; a side has no document.

    References
    ----------
    Monroe, Colaresi & Quinn (2008), Political Analysis 16(4).
    """
    targets = [target] if isinstance(target, str) else list(target)
    if len(targets) > 1 and reference is not None:
        raise SettingError(
            f"target={', '.join(targets)}: with reference='{reference}' name one target; several go with the rest."
        )
    sides = [_take_sides(dtm, passages, documents, by, name, reference) for name in targets]
    found: list[list[pd.DataFrame]] = [[] for _ in targets]
    for topic, counts in enumerate(_divide_for(sides, model, dtm)):
        for blocks, one in zip(found, sides, strict=True):
            blocks.append(
                _contrast_topic(topic, counts, one, model.vocabulary, n_terms, min_count, prior_weight)
            )
    tables = [
        _label(
            pd.concat([block for block in blocks if len(block)], ignore_index=True), by, name, reference, one
        )
        for blocks, name, one in zip(found, targets, sides, strict=True)
        if any(len(block) for block in blocks)
    ]
    if not tables:
        return empty("vocabulary")
    return check(pd.concat(tables, ignore_index=True), "vocabulary")


def _divide_for(
    sides: Sequence[_Sides], model: TopicModel, dtm: DocumentTermMatrix
) -> Iterator[sparse.csr_matrix]:
    """Divide the tokens of the documents that are compared, the same ones for all of `sides`."""
    return divide_tokens(model, dtm, sides[0].owner, len(sides[0].target)) if sides else iter(())


def _label(table: pd.DataFrame, by: str, target: str, reference: str | None, sides: _Sides) -> pd.DataFrame:
    table = table.assign(flags=_flags(int(min(sides.target.sum(), (~sides.target).sum()))))
    table.insert(0, "reference", REST if reference is None else str(reference))
    table.insert(0, "target", str(target))
    table.insert(0, "factor", by)
    words = ["factor", "target", "reference", "term", "flags"]
    return table.astype({name: "str" for name in words})


def _take_sides(
    dtm: DocumentTermMatrix,
    passages: pd.DataFrame,
    documents: pd.DataFrame,
    by: str,
    target: str,
    reference: str | None,
) -> _Sides:
    documents = cross_columns(check(documents, "documents"), by)
    require_column("documents", documents.columns, by)
    known = order_groups(documents[by], by)
    for name in [target] if reference is None else [target, reference]:
        if str(name) not in known:
            raise SettingError(
                f"'{name}' is not a group of by='{by}'. {suggest(str(name), known)}Groups: {', '.join(known)}."
            )
    labels = as_labels(documents[by]).set_axis(documents["doc_id"]).dropna().sort_index()
    if reference is not None:
        labels = labels[labels.isin([str(target), str(reference)])]
    doc_of_passage = check(passages, "passages").set_index("passage_id")["doc_id"].reindex(dtm.passages)
    if doc_of_passage.isna().any():
        raise DataError("the document-term matrix has passages that `passages` lacks: use tables of one run")
    found = labels.index.get_indexer(pd.Index(doc_of_passage))
    present = np.unique(found[found >= 0])
    is_target = (labels.to_numpy() == str(target))[present]
    if not is_target.any() or is_target.all():
        raise DataError(
            f"by='{by}': '{target}' and '{reference or REST}' must both have documents with tokens"
        )
    renumber = np.full(len(labels) + 1, -1)
    renumber[present] = np.arange(len(present))
    return _Sides(renumber[found], is_target)


def divide_tokens(
    model: TopicModel, dtm: DocumentTermMatrix, owner: np.ndarray, n_owners: int
) -> Iterator[sparse.csr_matrix]:
    """Divide tokens among topics by their posterior: expected counts (n_owners, n_terms) of each topic in turn.

    owner (n_passages,): number of the document that a passage belongs to, -1 for none.
    """
    if not (dtm.vocabulary.equals(model.vocabulary) and dtm.passages.equals(model.passages)):
        raise DataError(
            "the model was fitted to other counts: pass the document-term matrix it was fitted to"
        )
    cells = dtm.counts.tocoo()
    kept = owner[cells.row] >= 0
    row, column, count = cells.row[kept], cells.col[kept], cells.data[kept]
    total = np.zeros(len(row))
    for topic in range(model.n_topics):
        total += model.theta[row, topic] * model.phi[topic, column]
    per_cell = np.divide(count, total, out=np.zeros(len(row)), where=total > 0)
    shape = (n_owners, len(model.vocabulary))
    for topic in range(model.n_topics):
        expected = per_cell * model.theta[row, topic] * model.phi[topic, column]
        yield sparse.csr_matrix((expected, (owner[row], column)), shape=shape)


def _contrast_topic(
    topic: int,
    counts: sparse.csr_matrix,
    sides: _Sides,
    vocabulary: pd.Index,
    n_terms: int,
    min_count: float,
    prior_weight: float,
) -> pd.DataFrame:
    target, reference = (
        np.asarray(counts[np.flatnonzero(side)].sum(axis=0)).ravel() for side in _both(sides)
    )
    pooled = target + reference
    if min(target.sum(), reference.sum()) <= 0:
        return pd.DataFrame()
    log_odds, contribution = _compare_words(target, reference, pooled, prior_weight)
    # rounded: the last bits of a sum must not decide which terms are listed
    steady = np.round(contribution, 12)
    order = np.lexsort((vocabulary.to_numpy(dtype=object).astype(str), -steady))
    order = order[pooled[order] >= min_count]
    chosen = np.concatenate([order[log_odds[order] > 0][:n_terms], order[log_odds[order] < 0][:n_terms]])
    if not len(chosen):
        return pd.DataFrame()
    block = counts[:, chosen].toarray()
    half_width = _jackknife(
        block, np.asarray(counts.sum(axis=1)).ravel(), sides, pooled, chosen, prior_weight
    )
    with_term = [(block[side] >= 0.5).sum(axis=0) for side in _both(sides)]
    return pd.DataFrame(
        {
            "topic": topic,
            "term": vocabulary[chosen].astype("str"),
            "rank": np.arange(len(chosen)),
            "n_target": target[chosen],
            "n_reference": reference[chosen],
            "share_target": target[chosen] / target.sum(),
            "share_reference": reference[chosen] / reference.sum(),
            "log_odds": log_odds[chosen],
            "low": log_odds[chosen] - half_width,
            "high": log_odds[chosen] + half_width,
            "contribution": contribution[chosen],
            "n_documents_target": with_term[0],
            "n_documents_reference": with_term[1],
        }
    )


def _both(sides: _Sides) -> tuple[np.ndarray, np.ndarray]:
    return sides.target, ~sides.target


def _compare_words(
    target: np.ndarray, reference: np.ndarray, pooled: np.ndarray, prior_weight: float
) -> tuple[np.ndarray, np.ndarray]:
    """Shrunk log odds and contribution to the divergence of each term."""
    prior = prior_weight * pooled / pooled.sum()
    f, g = (
        (target + prior) / (target.sum() + prior_weight),
        (reference + prior) / (reference.sum() + prior_weight),
    )
    middle = np.where(f + g > 0, (f + g) / 2.0, 1.0)
    contribution = (xlogy(f, f / middle) + xlogy(g, g / middle)) / 2.0
    return _logit(f) - _logit(g), contribution


def _logit(share: np.ndarray) -> np.ndarray:
    inner = np.where((share > 0) & (share < 1), share, 0.5)
    return np.log(inner) - np.log1p(-inner)


def _jackknife(
    block: np.ndarray,
    sizes: np.ndarray,
    sides: _Sides,
    pooled: np.ndarray,
    chosen: np.ndarray,
    prior_weight: float,
) -> np.ndarray:
    """Half width of the 95 % interval of the log odds (n_chosen,), leaving out one document at a time.

    block: counts of the chosen terms (n_documents, n_chosen); sizes: tokens of the topic in each document.
    Documents with less than half a token of the topic are no observations.
    """
    prior = prior_weight * pooled[chosen] / pooled.sum()
    variance, df = np.zeros(len(chosen)), -2
    for side in _both(sides):
        members = side & (sizes >= 0.5)
        n_members = int(members.sum())
        if n_members < 2:
            return np.full(len(chosen), np.nan)
        rest = block[members].sum(axis=0) - block[members]
        tokens = (sizes[members].sum() - sizes[members])[:, None]
        values = _logit((rest + prior) / (tokens + prior_weight))
        variance += (n_members - 1) / n_members * ((values - values.mean(axis=0)) ** 2).sum(axis=0)
        df += n_members
    return t_quantile(0.975, df) * np.sqrt(variance)


def _flags(smallest: int) -> str:
    if smallest < 2:
        return "effect sizes only"
    return "ranking, not a test" if smallest <= 10 else ""
