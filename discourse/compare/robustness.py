"""Shares of many models come in; what each of them says of every contrast, and which findings survive, go out.

A topic of the declared model has a family in every other model: the topics there that correspond to it. The
agreement of models shows how steady the instrument is. It is no evidence: in simulations 89 % of topics
without any effect kept one sign in nine models of ten. A badge therefore starts from the inference of
`contrast_prevalence`, and models can only take away from it.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd

from discourse.compare import _intervals, _stats
from discourse.compare._movers import find_movers
from discourse.compare.groups import Units, gather_units
from discourse.compare.pairs import face
from discourse.contracts import check, empty, topic_columns
from discourse.errors import DataError

PRESENT_AFFINITY = 0.8
MIN_PRESENT, MIN_SAME_SIGN, MIN_SIGNIFICANT = 0.90, 0.95, 0.75
MODEL_MADE = 0.50
FINDINGS = ("higher", "lower")
_CONTRAST = ["factor", "target", "reference", "topic"]


def judge_robustness(
    contrasts: pd.DataFrame, specifications: pd.DataFrame, universes: pd.DataFrame
) -> pd.DataFrame:
    """Give each contrast its badge: what the finding is worth once other models have been asked.

    Parameters
    ----------
    contrasts
        Contract `contrasts`, of the reference model: its verdicts are where badges start.
    specifications
        Contract `specifications`, of the same contrasts.
    universes
        Contract `universes`: the settings of each model, its own columns among them.

    Returns
    -------
    DataFrame
        `robustness`, one row a contrast.

        - badge: "robust": a finding (verdict higher or lower) whose topic is present in at least 90 % of the
          models, whose sign at least 95 % of these share and whose unadjusted p is below .05 in at least 75 %
          of these. "model-made": a finding whose topic is present in fewer than half. "fragile": any other
          finding. "cannot tell": no finding, whatever the signs say.
        - failed: which of the three a finding fails: "present", "same sign", "significant", joined by "; ".
        - n_models; n_present; same_sign, significant: shares (0-1) of the models in which it is present, NA
          where it never is, and significant where no model can give a p.
        - median, smallest, largest: difference over the models in which the topic is present.
        - moved_by, moved_share: the setting that moves the difference most, "seed" being one, and its share
          (0-1) of the variance over models; NA where fewer than three models have the topic.

    Notes
    -----
    Parts of the variance: of a setting, its main effects by least squares, each level weighing the same and
    noise deducted; of the seed, models that differ in nothing else; what remains is interplay of settings.
    """
    models = pd.Index(universes["model_id"].astype("str"))
    difference, p = _spread(contrasts, specifications, models)
    table = contrasts[_CONTRAST].reset_index(drop=True).assign(n_models=len(models))
    table = table.assign(**_summarise(difference, p, contrasts["difference"].to_numpy(dtype=np.float64)))
    moved_by, moved_share = find_movers(difference, universes)
    table = table.assign(moved_by=pd.Series(moved_by, dtype="str"), moved_share=moved_share)
    badge, failed = _badges(table, contrasts["verdict"].isin(FINDINGS).to_numpy())
    table.insert(len(_CONTRAST), "badge", pd.Series(badge, dtype="str"))
    table.insert(len(_CONTRAST) + 1, "failed", pd.Series(failed, dtype="str"))
    return check(table, "robustness")


def contrast_models(
    contrasts: pd.DataFrame,
    family_shares: pd.DataFrame,
    families: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    cluster: str | None = None,
    strata: str | None = None,
) -> pd.DataFrame:
    """Make the same contrasts with the shares of every model.

    Parameters
    ----------
    contrasts
        Contract `contrasts`: which ones.
    family_shares, families
        Their contracts: what `join_families` gives for each model.
    documents
        Metadata, joined by ``doc_id``.
    cluster, strata
        As for `contrast_prevalence`.

    Returns
    -------
    DataFrame
        `specifications`, one row a contrast and model: the specification curve. present: the family's best
        affinity is at least .8; difference and its unadjusted p as in `contrasts`; both are NA where the
        model has no such family, p also where a group has one unit.
    """
    if contrasts.empty:
        return empty("specifications")
    pairs = contrasts[["factor", "target", "reference"]].drop_duplicates()
    topics = [int(name[6:]) for name in topic_columns(family_shares)]
    blocks = [
        _contrast_pair(units, str(pair.factor), str(pair.target), str(pair.reference), models, topics)
        for factor, own in pairs.groupby("factor", sort=False)
        for units, models in _units_of_models(family_shares, documents, str(factor), cluster, strata)
        for pair in own.itertuples()
    ]
    table = pd.concat(blocks, ignore_index=True)
    table = table.merge(families[["model_id", "topic", "affinity"]], on=["model_id", "topic"], how="left")
    table["present"] = (table["affinity"] >= PRESENT_AFFINITY) & table["difference"].notna()
    absent = table["affinity"].isna()
    table[["difference", "p"]] = table[["difference", "p"]].mask(absent)
    table = table[table["topic"].isin(contrasts["topic"])]  # an excluded topic is not compared
    labels = ["factor", "target", "reference", "model_id"]
    table = table.sort_values([*labels, "topic"], ignore_index=True)
    return check(table.astype(dict.fromkeys(labels, "category")), "specifications")


def join_families(
    shares: pd.DataFrame, alignment: pd.DataFrame, *, n_topics: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add up the topics of one model that belong to one topic of the reference model.

    Parameters
    ----------
    shares
        Contract `shares` of the model.
    alignment
        Contract `alignment`, of the same model: the topic of the reference that each of its topics matches.
    n_topics
        Number of topics of the reference.

    Returns
    -------
    family_shares, families
        Shares of documents with one column a topic of the reference, NA where it has no family; the best
        affinity within each family and the number of topics that joined it.
    """
    members = alignment[alignment["matched"] >= 0]
    joined = {
        f"topic_{topic}": shares[[f"topic_{t}" for t in own]].sum(axis=1)
        for topic, own in members.groupby("matched")["topic"]
    }
    columns = {name: joined.get(name, np.nan) for name in (f"topic_{topic}" for topic in range(n_topics))}
    by_topic = members.groupby("matched")["affinity"].agg(["max", "count"]).reindex(range(n_topics))
    families = pd.DataFrame(
        {
            "topic": np.arange(n_topics),
            "affinity": by_topic["max"].to_numpy(dtype=np.float64),
            "n_joined": by_topic["count"].fillna(0).to_numpy(dtype=np.int64),
        }
    )
    return shares[["doc_id"]].assign(**columns), families


# --- the same contrast in every model -----------------------------------------------------------------------


def _units_of_models(
    family_shares: pd.DataFrame, documents: pd.DataFrame, by: str, cluster: str | None, strata: str | None
) -> list[tuple[Units, list[str]]]:
    """Units with the shares of all models side by side, once for each set of documents that models have."""
    by_documents: dict[tuple[str, ...], list[str]] = {}
    for model, own in family_shares.groupby("model_id", observed=True, sort=True):
        by_documents.setdefault(tuple(sorted(own["doc_id"].astype("str"))), []).append(str(model))
    found = []
    for doc_ids, models in by_documents.items():
        side_by_side = _side_by_side(family_shares, list(doc_ids), models)
        with warnings.catch_warnings():  # said already of the reference model
            warnings.simplefilter("ignore", UserWarning)
            units = gather_units(side_by_side, documents, by=by, cluster=cluster, strata=strata)
        found.append((replace(units, shares=units.shares[:, :-1] * len(models)), models))
    return found


def _side_by_side(family_shares: pd.DataFrame, doc_ids: list[str], models: list[str]) -> pd.DataFrame:
    """One table as `shares`: the topics of each model take 1 / n_models of a row, the last one the rest."""
    names = topic_columns(family_shares)
    keys = [family_shares["model_id"].astype("str"), family_shares["doc_id"].astype("str")]
    own = family_shares.set_index(pd.MultiIndex.from_arrays(keys))
    order = pd.MultiIndex.from_product([models, doc_ids])
    values = own.loc[order, names].fillna(0.0).to_numpy(dtype=np.float64)
    wide = values.reshape(len(models), len(doc_ids), len(names)).transpose(1, 0, 2).reshape(len(doc_ids), -1)
    wide = wide / len(models)
    wide = np.column_stack([wide, np.maximum(1.0 - wide.sum(axis=1), 0.0)])
    table = pd.DataFrame(wide, columns=[f"topic_{column}" for column in range(wide.shape[1])])
    return table.assign(doc_id=pd.Series(doc_ids, dtype="str"), n_passages=1, n_tokens=1)


def _contrast_pair(
    units: Units, factor: str, target: str, reference: str, models: list[str], topics: list[int]
) -> pd.DataFrame:
    """Difference and p of every topic in every model."""
    difference, p = _difference(units, target, reference)
    return pd.DataFrame(
        {
            "factor": factor,
            "target": target,
            "reference": reference,
            "topic": np.tile(topics, len(models)),
            "model_id": np.repeat(np.array(models, dtype=object), len(topics)),
            "difference": difference,
            "p": p,
        }
    ).astype({"model_id": "str"})


def _difference(units: Units, target: str, reference: str) -> tuple[np.ndarray, np.ndarray]:
    """Both NA where the models lost all documents of a group."""
    unknown = np.full(units.shares.shape[1], np.nan)
    try:
        pair = face(units, target, reference)
    except DataError:
        return unknown, unknown
    if not pair.testable or pair.design.residual_df < 1:
        first, second = _stats.mean_differences(pair.values, pair.design)
        return first - second, unknown
    effects = _stats.estimate_effects(pair.values, pair.design)
    return effects.difference, _intervals.bound_differences(pair.values, pair.design, effects)[2]


# --- from models to a badge ---------------------------------------------------------------------------------


def _spread(
    contrasts: pd.DataFrame, specifications: pd.DataFrame, models: pd.Index
) -> tuple[np.ndarray, np.ndarray]:
    """Difference and p as (n_contrasts, n_models), NA where the topic is not present."""
    shape = len(contrasts), len(models)
    difference, p = np.full(shape, np.nan), np.full(shape, np.nan)
    kept = specifications[specifications["present"]]
    keys = pd.MultiIndex.from_frame(contrasts[_CONTRAST].astype("str"))
    rows = keys.get_indexer(pd.MultiIndex.from_frame(kept[_CONTRAST].astype("str")))
    columns = models.get_indexer(pd.Index(kept["model_id"].astype("str")))
    if (columns < 0).any():
        unknown = kept["model_id"].astype("str")[columns < 0].iloc[0]
        raise DataError(f"specifications name model '{unknown}', which universes lack: use tables of one run")
    known = rows >= 0
    difference[rows[known], columns[known]] = kept["difference"].to_numpy()[known]
    p[rows[known], columns[known]] = kept["p"].to_numpy()[known]
    return difference, p


def _summarise(difference: np.ndarray, p: np.ndarray, found: np.ndarray) -> dict[str, np.ndarray]:
    """Columns of `robustness` from (n_contrasts, n_models) and the reference model's differences."""
    present = np.isfinite(difference)
    same_sign = (np.sign(difference) == np.sign(found)[:, None]).sum(axis=1)
    known = np.isfinite(p).any(axis=1)
    return {
        "n_present": present.sum(axis=1),
        "same_sign": _share(same_sign, present),
        "significant": np.where(known, _share((p < 0.05).sum(axis=1), present), np.nan),
        "median": _quantile(difference, 0.5),
        "smallest": _quantile(difference, 0.0),
        "largest": _quantile(difference, 1.0),
    }


def _share(n_holding: np.ndarray, present: np.ndarray) -> np.ndarray:
    n_present = present.sum(axis=1)
    return np.where(n_present > 0, n_holding / np.maximum(n_present, 1), np.nan)


def _quantile(values: np.ndarray, quantile: float) -> np.ndarray:
    """Quantile of each row (n_rows, n_models) over what is not NA."""
    known = np.isfinite(values).any(axis=1)
    found = np.full(len(values), np.nan)
    found[known] = np.nanquantile(values[known], quantile, axis=1)
    return found


def _badges(table: pd.DataFrame, is_finding: np.ndarray) -> tuple[np.ndarray, list[str]]:
    present = (table["n_present"] / table["n_models"]).to_numpy()
    rules = {
        "present": present >= MIN_PRESENT,
        "same sign": table["same_sign"].to_numpy() >= MIN_SAME_SIGN,
        "significant": table["significant"].to_numpy() >= MIN_SIGNIFICANT,
    }
    failed = [
        "; ".join(name for name, holds in rules.items() if finding and not holds[row])
        for row, finding in enumerate(is_finding)
    ]
    held = np.all(list(rules.values()), axis=0)
    badge = np.select(
        [~is_finding, present < MODEL_MADE, held], ["cannot tell", "model-made", "robust"], "fragile"
    )
    return badge, failed
