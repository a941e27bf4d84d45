"""The doors between the rooms: columns and dtypes of every table, `DocumentTermMatrix`, `TopicModel`, `check`.

A contract is written as words: ``name:kind``, with ``!`` where a value may never be missing. Kinds are
``str``, ``int``, ``float``, ``bool``. A table may carry further columns; it may not lack these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pandas.api import types

from discourse.errors import ContractError
from discourse.models import DocumentTermMatrix, TopicModel

__all__ = [
    "CONTRACTS",
    "LEVELS",
    "Contract",
    "DocumentTermMatrix",
    "TopicModel",
    "check",
    "empty",
    "topic_columns",
]

LEVELS = ("central", "province", "city", "district", "township", "village", "other")


@dataclass(frozen=True)
class Contract:
    """Columns of one table, its unique key, whether it has one column a topic, and whether people open it.

    hidden: columns that the file for people leaves out.
    """

    columns: Mapping[str, str]
    key: tuple[str, ...]
    topic_columns: bool = False
    readable: bool = True
    hidden: tuple[str, ...] = ()


def _contract(words: str, key: str, **options: Any) -> Contract:
    columns = dict(word.split(":") for word in words.split())
    return Contract(columns, tuple(key.split()), **options)


CONTRACTS: Mapping[str, Contract] = {
    "sources": _contract(
        "source_id:str! path:str! member:str row:int sha256:str encoding:str n_chars:int! n_lost:int! "
        "is_segmented:bool! given:str remarks:str error:str text:str!",
        "source_id",
        hidden=("text",),
    ),
    "documents": _contract(
        "doc_id:str! source_id:str! title:str date:str year:int province:str city:str district:str region:str "
        "level:str role:str speaker:str author:str author_unit:str publisher:str genre:str raw_start:int! "
        "raw_end:int! text:str!",
        "doc_id",
    ),
    "edits": _contract(
        "source_id:str! doc_id:str start:int! end:int! before:str! after:str! rule:str! confidence:float!",
        "source_id start end",
    ),
    "attributions": _contract(
        "doc_id:str! field:str! value:str! quote:str! start:int end:int rule:str! confidence:float!",
        "doc_id field",
    ),
    "coverage": _contract("field:str! n_known:int! n_unknown:int! n_given:int! confidence:float", "field"),
    "passages": _contract(
        "passage_id:str! doc_id:str! position:int! start:int! end:int! text:str! reuse_id:str", "passage_id"
    ),
    "reuse": _contract(
        "passage_id:str! source_passage_id:str! doc_id:str! source_doc_id:str! start:int! end:int! source_start:int! "
        "source_end:int! n_chars:int! similarity:float! weight:float! earlier:str text:str! source_text:str!",
        "passage_id source_passage_id start source_start",
    ),
    "reuse_matrix": _contract(
        "factor:str! group:str source_group:str n_spans:int! n_passages:int! n_documents:int! n_chars:int! "
        "share:float!",
        "factor group source_group",
    ),
    "lexicon": _contract("term:str! theme:str! source:str!", "term"),
    "tokens": _contract(
        "passage_id:str! position:int! start:int! term:str!", "passage_id position", readable=False
    ),
    "lexicon_audit": _contract(
        "term:str! n_in_text:int! n_produced:int! status:str! swallowed_by:str", "term"
    ),
    "models": _contract(
        "model_id:str! engine:str! n_topics:int! seed:int! log_likelihood:float! n_iterations:int! "
        "converged:bool! is_reference:bool!",
        "model_id",
    ),
    "selection": _contract(
        "model_id:str! n_topics:int! seed:int! held_out:float! log_likelihood:float! npmi:float! c_v:float! "
        "u_mass:float! exclusivity:float! diversity:float! n_duplicates:int! stability:float returning:float "
        "n_iterations:int! converged:bool!",
        "model_id",
    ),
    "sizes": _contract(
        "n_topics:int! n_models:int! held_out:float! held_out_se:float npmi:float! npmi_se:float c_v:float! "
        "c_v_se:float exclusivity:float! exclusivity_se:float stability:float stability_se:float returning:float "
        "n_duplicates:float! in_set:bool! balance:float! recommended:bool!",
        "n_topics",
    ),
    "topic_families": _contract(
        "n_topics:int! family:int! terms:str! n_models:int! n_found:int! affinity:float chance:float "
        "stability:float returning:float badge:str members:str!",
        "n_topics family",
    ),
    "alignment": _contract("model_id:str! topic:int! matched:int! affinity:float!", "model_id topic"),
    "term_candidates": _contract(
        "rank:int! term:str! n:int! n_documents:int! pmi:float! left_entropy:float! right_entropy:float! "
        "c_value:float! likeness:float! score:float! passage_id:str! start:int! example:str!",
        "term",
    ),
    "phrases": _contract(
        "phrase:str! form:str! variants:str! n:int! n_quoted:int! n_documents:int! share_of_documents:float! "
        "first_doc_id:str first_date:str reach:str! owner:str",
        "phrase",
    ),
    "phrase_uses": _contract(
        "phrase:str! form:str! passage_id:str! doc_id:str! start:int! end:int! quote:str! quoted:bool!",
        "passage_id start end",
    ),
    "phrase_groups": _contract(
        "factor:str! group:str! phrase:str! n:int! n_documents:int! n_documents_group:int! rate:float!",
        "factor group phrase",
    ),
    "topic_terms": _contract("topic:int! term:str! rank:int! phi:float! frex:float!", "topic term"),
    "topics": _contract(
        "topic:int! label:str! prevalence:float! coherence:float exclusivity:float! stability:float", "topic"
    ),
    "codebook": _contract(
        "topic:int! merged_into:int! codebook_topic:int affinity:float status:str! name_zh:str name_en:str "
        "definition:str excluded:bool! reason:str",
        "topic",
    ),
    "theta": _contract("passage_id:str!", "passage_id", topic_columns=True, readable=False),
    "shares": _contract("doc_id:str! n_passages:int! n_tokens:int!", "doc_id", topic_columns=True),
    "prevalence": _contract(
        "factor:str! group:str! topic:int! prevalence:float! low:float high:float measurement_error:float "
        "n_documents:int! n_units:int! n_passages:int!",
        "factor group topic",
    ),
    "contrasts": _contract(
        "factor:str! target:str! reference:str! topic:int! prevalence_target:float! prevalence_reference:float! "
        "difference:float! ratio:float low:float high:float effect_size:float sd_ratio:float mdd:float p:float "
        "p_adjusted:float adjustment:str! q:float p_permutation:float p_smallest:float n_documents_target:int! "
        "n_documents_reference:int! n_units_target:int! n_units_reference:int! flags:str! verdict:str!",
        "factor target reference topic",
    ),
    "adjusted": _contract(
        "formula:str! factor:str! target:str! reference:str! topic:int! difference:float se:float df:float "
        "low:float high:float p:float p_adjusted:float q:float n_documents_target:int! n_documents_reference:int! "
        "n_units_target:int! n_units_reference:int! flags:str! verdict:str!",
        "formula factor target reference topic",
    ),
    "trends": _contract(
        "factor:str! topic:int! slope:float low:float high:float p:float p_adjusted:float q:float "
        "p_permutation:float p_smallest:float first:float! last:float! n_values:int! n_documents:int! "
        "n_units:int! flags:str! verdict:str!",
        "factor topic",
    ),
    "profiles": _contract(
        "factor:str! target:str! reference:str! jsd:float jsd_low:float jsd_high:float jsd_plugin:float "
        "hellinger:float hellinger_low:float hellinger_high:float statistic:float p:float p_adjusted:float "
        "p_smallest:float n_documents_target:int! n_documents_reference:int! n_units_target:int! "
        "n_units_reference:int! flags:str! verdict:str!",
        "factor target reference",
    ),
    "ordination": _contract(
        "factor:str! kind:str! name:str! group:str axis_1:float! axis_2:float! explained_1:float! "
        "explained_2:float! n_units:int! ellipse_major:float ellipse_minor:float ellipse_angle:float",
        "factor kind name",
    ),
    "vocabulary": _contract(
        "factor:str! target:str! reference:str! topic:int! term:str! rank:int! n_target:float! n_reference:float! "
        "share_target:float! share_reference:float! log_odds:float! low:float high:float contribution:float! "
        "n_documents_target:int! n_documents_reference:int! flags:str!",
        "factor target reference topic term",
    ),
    "keyness": _contract(
        "factor:str! target:str! reference:str! term:str! n_target:int! n_reference:int! rate_target:float! "
        "rate_reference:float! log_ratio:float! log_odds:float! g2:float! p:float q:float p_adjusted:float "
        "n_documents_target:int! dp:float!",
        "factor target reference term",
    ),
    "universes": _contract(
        "model_id:str! engine:str! n_topics:int! seed:int! log_likelihood:float! n_iterations:int! converged:bool! "
        "n_terms:int! common:float! is_reference:bool!",
        "model_id",
    ),
    "families": _contract("model_id:str! topic:int! affinity:float n_joined:int!", "model_id topic"),
    "family_shares": _contract(
        "model_id:str! doc_id:str!", "model_id doc_id", topic_columns=True, readable=False
    ),
    "specifications": _contract(
        "factor:str! target:str! reference:str! topic:int! model_id:str! present:bool! affinity:float "
        "difference:float p:float",
        "factor target reference topic model_id",
        readable=False,
    ),
    "robustness": _contract(
        "factor:str! target:str! reference:str! topic:int! badge:str! failed:str! n_models:int! n_present:int! "
        "same_sign:float significant:float median:float smallest:float largest:float moved_by:str moved_share:float",
        "factor target reference topic",
    ),
    "exemplars": _contract(
        "topic:int! factor:str group:str rank:int! passage_id:str! doc_id:str! theta:float! role:str! start:int! "
        "end:int! quote:str!",
        "topic factor group role rank",
    ),
    "concordance": _contract(
        "term:str! passage_id:str! doc_id:str! group:str start:int! end:int! raw_start:int! raw_end:int! left:str! "
        "node:str! right:str!",
        "passage_id start end",
    ),
    "segmentation": _contract(
        "factor:str! target:str! reference:str! kind:str! item:str! label:str! is_finding:bool! declared:str! "
        "estimate_both:float estimate_no_hmm:float estimate_no_lexicon:float estimate_neither:float rank_both:int "
        "rank_no_hmm:int rank_no_lexicon:int rank_neither:int same_sign:bool! in_top:bool! verdict:str! moved_by:str!",
        "factor target reference kind item",
    ),
    "collocates": _contract(
        "node:str! rank:int! term:str! n:int! n_before:int! n_after:int! n_away:int! expected:float! g2:float! "
        "log_ratio:float! n_documents:int! n_hits:int! flags:str!",
        "node term",
    ),
    "coding_items": _contract(
        "item_id:str! task:str! topic:int! coder:str! answer:int value:int score:float chance:float! log_odds:float "
        "log_odds_chance:float milliseconds:int!",
        "item_id coder",
    ),
    "coding_scores": _contract(
        "task:str! measure:str! topic:int n_topics:int! n_items:int! n_coders:int! n_answers:int! n_missing:int! "
        "score:float low:float high:float chance:float! p:float p_adjusted:float p_smallest:float alpha:float "
        "alpha_low:float alpha_high:float verdict:str!",
        "task measure topic",
    ),
}

_KINDS = {
    "str": lambda dtype: types.is_string_dtype(dtype) or isinstance(dtype, pd.CategoricalDtype),
    "int": types.is_integer_dtype,
    "float": types.is_float_dtype,
    "bool": types.is_bool_dtype,
}


def topic_columns(table: pd.DataFrame) -> list[str]:
    """Names of the columns that hold topics, ``topic_0`` first."""
    names = [str(c) for c in table.columns if str(c).startswith("topic_") and str(c)[6:].isdecimal()]
    return sorted(names, key=lambda name: int(name[6:]))


def check(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return `table` if it keeps the contract `name`, else raise one `ContractError` that lists every fault."""
    contract = CONTRACTS[name]
    faults = [
        fault for column, rule in contract.columns.items() for fault in _column_faults(table, column, rule)
    ]
    if not faults and table.duplicated(list(contract.key)).any():
        faults.append(f"key {' + '.join(contract.key)} is not unique")
    if contract.topic_columns and not topic_columns(table):
        faults.append("has no column topic_0")
    if faults:
        raise ContractError(f"table {name!r}: {'; '.join(faults)}")
    return table


def _column_faults(table: pd.DataFrame, column: str, rule: str) -> list[str]:
    if column not in table.columns:
        return [f"lacks column {column!r}"]
    kind = rule.rstrip("!")
    faults = []
    # a column without any value has no dtype of its own: pandas cannot know better
    if not _KINDS[kind](table[column].dtype) and not table[column].isna().all():
        faults.append(f"column {column!r} should be {kind}, is {table[column].dtype}")
    if rule.endswith("!") and table[column].isna().any():
        faults.append(f"column {column!r} has {int(table[column].isna().sum())} missing values")
    return faults


def empty(name: str) -> pd.DataFrame:
    """A table of the contract `name` without rows, with the right dtypes."""
    dtypes = {"str": "str", "int": "Int64", "float": "float64", "bool": "bool"}
    columns = CONTRACTS[name].columns
    return pd.DataFrame({c: pd.Series([], dtype=dtypes[rule.rstrip("!")]) for c, rule in columns.items()})
