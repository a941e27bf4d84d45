"""Key and answer files in, one row a question and coder out; whatever does not fit is refused in one line."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from discourse.contracts import check, empty
from discourse.errors import SourceError
from discourse.evidence.form import ANSWERS_SCHEMA, KEY_SCHEMA, checksum, hash_content, read_items
from discourse.evidence.tasks import CodingItem

MAX_BYTES = 2_000_000
MAX_MILLISECONDS = 600_000
_MAX_NAME = 60
_MOST_ITEMS, _MOST_OPTIONS = 100_000, 100
_FIELDS = ("schema", "form", "shown", "coder", "lang", "started", "finished", "answers", "checksum")
FITS_FROM = 4  # a label is accepted from this rating on
NO_LABEL = 6


def read_key(data: bytes, name: str = "key") -> dict[str, Any]:
    """Key of a form. Raises SourceError, in one line, where it is no key or was altered."""
    key = _read_object(data, name, limit=20 * MAX_BYTES)
    if key.get("schema") != KEY_SCHEMA:
        _refuse(
            name,
            "is not the key of a coding form",
            f"schema {_show(key.get('schema'))}",
            "give coding-key.json",
        )
    content = {field: value for field, value in key.items() if field != "checksum"}
    if key.get("checksum") != hash_content(content):
        _refuse(
            name, "must be as it was written", "its contents were altered", "make it again with the same seed"
        )
    if not _is_whole_key(key):
        _refuse(
            name, "must hold the questions of a form", "others or none", "make it again with the same seed"
        )
    return key


def read_answers(files: Sequence[tuple[str, bytes]], key: Mapping[str, Any]) -> pd.DataFrame:
    """Answers of several coders to the form of `key`.

    files: (name of the file, its bytes), one a coder; coders may have left questions unanswered.

    Returns
    -------
    DataFrame
        `coding_items`: one row a question and coder. `value` is the position chosen, NA where there is no
        answer. `score`: 1 right, 0 wrong; for label fit 1 where the rating is 4 or 5. `chance`: its expectation
        under guessing. `log_odds` (topic and label intrusion): log theta of the intruder minus that of the
        topic chosen, 0 where they are the same, below 0 else (Chang et al. 2009); `log_odds_chance` its
        expectation under guessing.

    Raises
    ------
    SourceError
        A file is too large, no JSON, nested too deeply, of another form, altered, incomplete in its fields,
        with unknown questions or values, or from a coder who is there already.
    """
    items = read_items(key["items"])
    coders: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    for name, data in files:
        answers = _read_object(data, name, limit=MAX_BYTES)
        _check_answers(answers, name, key, items)
        coder = answers["coder"]
        if (same := coders.get(_fold(coder))) is not None:
            _refuse(
                name, "each coder counts once", f"{coder!r} is in {same} already", "give one file a coder"
            )
        coders[_fold(coder)] = name
        rows += [_score(item, coder, answer) for item, answer in zip(items, answers["answers"], strict=True)]
    return check(_as_table(rows), "coding_items")


def _is_whole_key(key: Mapping[str, Any]) -> bool:
    """Whether every entry is of its kind: a key may come from anybody, and its checksum be made right."""
    items = key.get("items")
    if not all(isinstance(key.get(name), str) for name in ("form", "shown")):
        return False
    run = key.get("run")
    if not isinstance(run, dict) or not all(isinstance(value, str) for value in run.values()):
        return False
    return isinstance(items, list) and 0 < len(items) <= _MOST_ITEMS and all(map(_is_item, items))


def _is_item(item: Any) -> bool:
    if not isinstance(item, dict) or set(item) != {field.name for field in fields(CodingItem)}:
        return False
    options, answer = item["options"], item["answer"]
    shares, topics = item["option_theta"], item["option_topics"]
    words = [item["task"], item["label"], item["item_id"]]
    listed = [item["texts"], item["terms"], shares, topics, options]
    if not all(isinstance(one, list) for one in listed) or not 0 < len(options) <= _MOST_OPTIONS:
        return False
    words += [*item["texts"], *item["terms"]]
    return (
        all(isinstance(option, list) and all(isinstance(word, str) for word in option) for option in options)
        and all(isinstance(word, str) for word in words)
        and _is_whole(item["topic"])
        and abs(item["topic"]) < 2**31
        and (answer is None or (_is_whole(answer) and 1 <= answer <= len(options)))
        and all(_is_whole(topic) for topic in topics)
        and all(isinstance(share, int | float) and 0 <= share <= 1 for share in shares)
        and len(shares) in (0, len(options))
        and (len(shares) > 0 or item["task"] not in ("topic_intrusion", "label_intrusion"))
    )


def _read_object(data: bytes, name: str, *, limit: int) -> dict[str, Any]:
    if len(data) > limit:
        _refuse(
            name,
            f"must be under {limit // 1_000_000} MB",
            f"{len(data) / 1e6:.1f} MB",
            "give the file that the form saved",
        )
    try:
        content = json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant
        )
    except RecursionError:
        _refuse(
            name,
            "must be plain JSON",
            "it is nested too deeply",
            "give the file that the form saved",
        )
    except ValueError as error:  # wrong UTF-8, wrong JSON, repeated names, endless numbers
        _refuse(name, "must be valid JSON", str(error)[:100], "ask the coder to save it again")
    if not isinstance(content, dict):
        _refuse(
            name,
            "must be what the form saved",
            f"a JSON {type(content).__name__}",
            "ask the coder to save it again",
        )
    return content


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return content


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _check_answers(
    answers: Mapping[str, Any], name: str, key: Mapping[str, Any], items: Sequence[CodingItem]
) -> None:
    """Refuse whatever the form of this key cannot have saved."""
    if answers.get("schema") != ANSWERS_SCHEMA:
        _refuse(
            name, "must hold answers to a coding form", f"schema {_show(answers.get('schema'))}",
            "give the file that the form saved",
        )  # fmt: skip
    if answers.get("form") != key["form"]:
        _refuse(
            name, "must answer the form of this key", f"form {_show(answers.get('form'))}, not {key['form']}",
            "give the key that was made with that form",
        )  # fmt: skip
    if set(answers) != set(_FIELDS) or not all(
        isinstance(answers[field], str) for field in _FIELDS if field != "answers"
    ):
        _refuse(name, "must have the fields of the form", "others or none", "ask the coder to save it again")
    if answers["shown"] != key["shown"]:
        _refuse(
            name, "must answer the form as it was made", "its questions were altered", "send the form again"
        )
    _check_coder(answers["coder"], name)
    _check_values(answers["answers"], name, items)
    if answers["checksum"] != checksum(_lines(answers)):
        _refuse(
            name,
            "must be as the form saved it",
            "it was edited afterwards",
            "ask the coder to save it again",
        )


def _check_coder(coder: str, name: str) -> None:
    odd = any(unicodedata.category(sign) in ("Cc", "Cs") for sign in coder)
    if not coder.strip() or len(coder) > 2 * _MAX_NAME or odd:
        _refuse(
            name,
            "must name its coder",
            "no name, too long a name or unprintable signs",
            "ask the coder to save it again",
        )


def _check_values(answers: Any, name: str, items: Sequence[CodingItem]) -> None:
    if not isinstance(answers, list) or not all(
        isinstance(answer, dict) and set(answer) == {"id", "value", "milliseconds"} for answer in answers
    ):
        _refuse(
            name, "must list id, value and milliseconds", "something else", "ask the coder to save it again"
        )
    found, known = [answer["id"] for answer in answers], [item.item_id for item in items]
    if found != known:
        odd = next((i for i in found if i not in known), f"{len(found)} questions, not {len(known)}")
        _refuse(name, "must hold the questions of this form", _show(odd), "ask the coder to save it again")
    for answer, item in zip(answers, items, strict=True):
        value, milliseconds = answer["value"], answer["milliseconds"]
        if value is not None and not (_is_whole(value) and 1 <= value <= len(item.options)):
            _refuse(
                name, f"{item.item_id} takes 1 to {len(item.options)}", _show(value), "ask the coder to save it again"
            )  # fmt: skip
        if not (_is_whole(milliseconds) and 0 <= milliseconds <= MAX_MILLISECONDS):
            _refuse(
                name,
                f"{item.item_id} takes 0 to {MAX_MILLISECONDS} ms",
                _show(milliseconds),
                "ask the coder to save it again",
            )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _lines(answers: Mapping[str, Any]) -> str:
    """The contents one after the other, as the form's script lines them up before it takes their checksum."""
    lines = [answers[field] for field in _FIELDS[:-2]]
    lines += [f"{row['id']}\t{row['value'] or 0}\t{row['milliseconds']}" for row in answers["answers"]]
    # the form's script writes halves of surrogate pairs as the replacement character
    return "\n".join(lines).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _fold(coder: str) -> str:
    return unicodedata.normalize("NFKC", coder).casefold().strip()


def _score(item: CodingItem, coder: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    value = answer["value"]
    row: dict[str, Any] = {
        "item_id": item.item_id,
        "task": item.task,
        "topic": item.topic,
        "coder": coder,
        "answer": item.answer,
        "value": value,
        "score": None,
        "chance": _chance(item),
        "log_odds": None,
        "log_odds_chance": None,
        "milliseconds": answer["milliseconds"],
    }
    if value is not None:
        right = FITS_FROM <= value < NO_LABEL if item.answer is None else value == item.answer
        row["score"] = float(right)
    if item.task in ("topic_intrusion", "label_intrusion") and item.answer is not None:
        # theta is positive where the model is smoothed; the floor keeps an exact 0 finite
        logs = np.log(np.maximum(item.option_theta, 1e-12))
        row["log_odds_chance"] = float(logs[item.answer - 1] - logs.mean())
        if value is not None:
            row["log_odds"] = float(logs[item.answer - 1] - logs[value - 1])
    return row


def _chance(item: CodingItem) -> float:
    """Expected score of a coder who presses any button alike."""
    if item.answer is None:
        return (NO_LABEL - FITS_FROM) / len(item.options)
    return 1 / len(item.options)


def _as_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    columns = empty("coding_items")
    return pd.DataFrame(rows, columns=list(columns.columns)).astype(columns.dtypes.to_dict())


def _show(value: Any) -> str:
    """A value from a file, short and on one line."""
    return repr(value)[:60]


def _refuse(name: str, rule: str, found: str, step: str) -> NoReturn:
    raise SourceError(f"{name}: {rule}; found: {found}; next: {step}")
