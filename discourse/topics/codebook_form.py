"""A model and what is known of its topics come in; the text of a codebook to fill in goes out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from discourse.contracts import TopicModel
from discourse.topics.codebook import hash_model
from discourse.topics.families import BADGE_NAMES
from discourse.topics.quality import top_positions

N_SHOWN = 12  # terms in a comment
N_FREX = 8
N_KEPT = 50  # terms by which a topic is found again
N_CHARACTERS = 60  # of an exemplar


def render_codebook(
    model: TopicModel,
    topics: pd.DataFrame,
    topic_terms: pd.DataFrame,
    exemplars: pd.DataFrame,
    decided: pd.DataFrame | None = None,
    *,
    version: int = 1,
) -> str:
    """Text of a codebook in TOML: one section a topic, with what helps to name it as comments.

    Parameters
    ----------
    model
        The fitted model.
    topics, topic_terms, exemplars
        Their contracts, of that model, nothing merged.
    decided
        Contract `codebook`, already applied to this model: its names and merges are filled in.
    version
        The writer's own count of editions.
    """
    known = {} if decided is None else {row["topic"]: row for row in decided.to_dict("records")}
    head = _HEAD.format(version=version)
    sections = [
        _section(row, topic_terms[topic_terms["topic"] == row["topic"]], exemplars, known.get(row["topic"]))
        for row in topics.sort_values("topic").to_dict("records")
    ]
    return "\n".join([head, *sections, _model_section(model)])


def _section(
    topic: Mapping[Any, Any],
    terms: pd.DataFrame,
    exemplars: pd.DataFrame,
    decided: Mapping[Any, Any] | None,
) -> str:
    number = topic["topic"]
    by_frex = terms.sort_values(["frex", "term"], ascending=[False, True])["term"].head(N_FREX)
    first = exemplars[(exemplars["topic"] == number) & (exemplars["role"] == "exemplar")].head(1)
    lines = [
        f"[topic.{number}]",
        _comment("份额 share", f"{topic['prevalence']:.1%}" + _badge(topic)),
        _comment("常用词 terms", " ".join(terms.sort_values("rank")["term"].head(N_SHOWN))),
        _comment("特征词 distinctive", " ".join(by_frex)),
        _comment("候选名称 candidates", str(topic.get("candidates") or topic["label"])),
        *[
            _comment("例 example", f"{_begin(row['quote'])} ({row['passage_id']})")
            for row in first.to_dict("records")
        ],
    ]
    return "\n".join([*lines, *_decisions(number, decided), ""])


def _decisions(number: int, decided: Mapping[Any, Any] | None) -> list[str]:
    """Lines to fill in; those of an applied codebook are filled."""
    given = {key: value for key, value in (decided or {}).items() if isinstance(value, str)}
    lines = [f"{key} = {_quote(given.get(key, ''))}" for key in ("name_zh", "name_en", "definition")]
    if decided is not None and decided["merged_into"] != number:
        lines.append(f"merge_into = {decided['merged_into']}")
    if decided is not None and decided["excluded"]:
        lines += ["exclude = true", f"reason = {_quote(given.get('reason', ''))}"]
    return lines


def _badge(topic: Mapping[Any, Any]) -> str:
    badge = topic.get("badge")
    return f" · {BADGE_NAMES[badge]}" if isinstance(badge, str) else ""


def _begin(quote: str) -> str:
    text = " ".join(quote.split())
    return text if len(text) <= N_CHARACTERS else text[:N_CHARACTERS] + "…"


def _comment(name: str, text: str) -> str:
    """One line of comment, whatever the text holds."""
    return f"# {name}: " + "".join(c if c.isprintable() else " " for c in text)


def _quote(text: str) -> str:
    """A TOML string: JSON's escapes are TOML's, but for U+007F."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _model_section(model: TopicModel) -> str:
    tops = top_positions(model.phi, N_KEPT)
    lines = [_FOOT, "[model]", f'hash = "{hash_model(model)}"', "", "[model.terms]"]
    for topic, positions in enumerate(tops):
        listed = ", ".join(
            f"{_quote(str(model.vocabulary[position]))} = {_number(model.phi[topic, position])}"
            for position in positions
            if _number(model.phi[topic, position]) != "0.0"
        )
        lines.append(f"{topic} = {{ {listed} }}")
    return "\n".join([*lines, ""])


def _number(value: float) -> str:
    """Six digits after the point, rounded down so that a row never sums to more than 1."""
    text = f"{np.floor(value * 1e6) / 1e6:.6f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


_HEAD = """\
# 编码本：给主题命名、下定义、合并、排除。填好后：discourse codebook RUN --apply 本文件，
# 或在 study.toml 的 [study] 下写 codebook = "codebook.toml" 再运行。
# Codebook: name, define, merge and exclude topics. Then: discourse codebook RUN --apply THIS_FILE,
# or write codebook = "codebook.toml" under [study] in study.toml and run the study.
#
#   name_zh, name_en   名称，写一个即可           a name; one of them is enough
#   definition         何者属于、何者不属于本主题   what belongs to the topic and what does not
#   merge_into = 4     并入主题 4                 count this topic as topic 4
#   merge = [2, 5]     把主题 2、5 并入本主题      count topics 2 and 5 as this one
#   exclude = true     排除（如网页杂质），须写明 reason；份额仍计入分母，但不作比较
#                      leave out of all comparisons (page furniture, noise); needs a reason = "..."
#
# 空着的不起作用。版本号由您自己维护；结果里另记本文件的哈希值。
# What stays empty has no effect. The version is yours to raise; results record the hash of this file.

version = {version}
"""
_FOOT = """\
# 以下供程序识别主题，请勿改动：模型重新拟合后，主题靠这些词重新对上号。
# Leave the rest as it is: by these terms the topics are found again when the model is fitted anew."""
