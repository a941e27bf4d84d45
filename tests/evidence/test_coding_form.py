"""The form gives nothing away and takes only what it gave out."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from discourse.errors import DiscourseError, SettingError, SourceError
from discourse.evidence.answers import MAX_BYTES, read_answers, read_key
from discourse.evidence.coding import TASKS, plan_coding
from discourse.evidence.form import ASSETS, hash_content, read_items, render_form, show_items
from tests.browser import Dom
from tests.evidence.coding_world import (
    RUN,
    answer,
    make_form,
    perfect,
    planted_model,
    planted_passages,
    planted_topics,
)


@pytest.fixture(scope="module")
def items():
    model = planted_model()
    return plan_coding(model, planted_passages(model), planted_topics(model), tasks=TASKS).items


@pytest.fixture(scope="module")
def key(items):
    return make_form(items)[1]


def data_of(page):
    """What the page's script reads."""
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])


def test_the_form_shows_every_question_and_nothing_of_the_key(items):
    data = data_of(render_form(items))
    assert data["items"] == json.loads(json.dumps(show_items(items)))
    assert set(data) == {"schema", "form", "lang", "items", "words"}
    allowed = {"item_id", "task", "options", "texts", "label", "terms"}
    assert all(set(item) == allowed for item in data["items"])
    assert [item["item_id"] for item in data["items"]] == [f"q{i:03d}" for i in range(1, len(items) + 1)]


def test_the_form_is_the_same_whatever_the_answers_are(items):
    others = [replace(item, answer=None, topic=0, option_topics=(), option_theta=()) for item in items]
    assert render_form(others) == render_form(items)


def test_the_form_names_no_run_passage_document_or_topic_number(items):
    page = render_form(items)
    for word in (
        "abcd1234",
        "d00#",
        "seed",
        "theta",
        "option_topics",
        '"answer":',
        '"topic":',
        "/tmp",
        "/home",
    ):
        assert word not in page.replace('"answers"', ""), word


def test_the_form_is_one_file_that_asks_for_nothing(items):
    dom = Dom(render_form(items))
    linked = [own for tag, own in dom.elements if tag != "link" and ("src" in own or "href" in own)]
    assert linked == [] and dom.find("link")[0]["href"] == "data:,"
    assert "default-src 'none'" in dom.find("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    assert not re.search(r"https?://", render_form(items))


def test_hostile_words_stay_words(items):
    hostile = '</script><script>alert(1)</script><!-- & " \u2028 \x00'
    odd = [replace(item, label=hostile, terms=(hostile,), texts=(hostile,)) for item in items]
    page = render_form(odd)
    assert page.count("</script>") == render_form(items).count("</script>") and "alert(1)</" not in page
    assert data_of(page)["items"][0]["label"] == hostile


def test_the_language_can_be_fixed(items):
    assert data_of(render_form(items))["lang"] is None
    assert data_of(render_form(items, lang="en"))["lang"] == "en"
    assert '<html lang="en">' in render_form(items, lang="en")
    with pytest.raises(SettingError, match="languages: zh, en"):
        render_form(items, lang="fr")


def test_both_languages_have_the_same_words():
    words = json.loads((ASSETS / "form.json").read_text("utf-8"))

    def shape(part):
        if isinstance(part, dict):
            return {name: shape(value) for name, value in part.items()}
        return len(part) if isinstance(part, list) else sorted(re.findall(r"\{\w+\}", part))

    assert shape(words["zh"]) == shape(words["en"])
    assert set(words["zh"]["tasks"]) == set(TASKS)


def test_the_key_gives_the_questions_back(items, key):
    written = json.dumps(key, ensure_ascii=False).encode("utf-8")
    assert read_items(read_key(written)["items"]) == list(items)


def test_an_altered_key_is_refused(key):
    for change in ({"form": "0" * 32}, {"run": {}}, {"items": key["items"][1:]}, {"more": 1}):
        with pytest.raises(SourceError, match="its contents were altered"):
            read_key(json.dumps({**key, **change}).encode())
    with pytest.raises(SourceError, match=r"give coding-key\.json"):
        read_key(b'{"schema": "other"}')


def test_answers_are_read_as_they_were_given(items, key):
    values = perfect(items)
    values[0] = None
    coded = read_answers([("a.json", answer(items, "甲", values))], key)
    assert coded["coder"].unique().tolist() == ["甲"] and len(coded) == len(items)
    assert coded["value"].isna().tolist() == [i == 0 for i in range(len(items))]
    assert (coded["score"].dropna() == 1).all()


def test_topic_log_odds_are_those_of_chang_et_al(items, key):
    values = [item.answer % len(item.options) + 1 if item.answer else 1 for item in items]
    coded = read_answers([("a.json", answer(items, "甲", values))], key).set_index("item_id")
    for item in items:
        if item.task == "topic_intrusion":
            theta = np.array(item.option_theta)
            chosen = theta[coded.loc[item.item_id, "value"] - 1]
            expected = np.log(theta[item.answer - 1]) - np.log(chosen)
            assert coded.loc[item.item_id, "log_odds"] == pytest.approx(expected) and expected < 0


def altered(data, **changes):
    return json.dumps({**json.loads(data), **changes}, ensure_ascii=False).encode("utf-8")


def with_answer(items, position=0, **changes):
    """The file of a form in which one answer is another; the checksum fits."""
    content = json.loads(answer(items, "A", perfect(items)))
    content["answers"][position].update(changes)
    return answer(items, "A", perfect(items), answers=content["answers"])


def cases(items):
    good = answer(items, "A", perfect(items))
    rows = json.loads(good)["answers"]
    yield (
        "another form",
        answer(items, "A", perfect(items), form="f" * 32),
        "must answer the form of this key",
    )
    yield "other questions", answer(items, "A", perfect(items), shown="00000000"), "questions were altered"
    yield "an id altered", with_answer(items, id="q999"), "'q999'"
    yield "an id that is a list", with_answer(items, id=["q001"]), "must hold the questions"
    yield (
        "an id twice",
        answer(items, "A", perfect(items), answers=[rows[0], *rows[:-1]]),
        "questions of this form",
    )
    yield "a question gone", answer(items, "A", perfect(items), answers=rows[1:]), "questions of this form"
    yield "in another order", answer(items, "A", perfect(items), answers=rows[::-1]), "questions of this form"
    yield "a value of 0", with_answer(items, value=0), "q001 takes 1 to 6; found: 0"
    yield "a value of 7", with_answer(items, value=7), "q001 takes 1 to 6; found: 7"
    yield "a value in words", with_answer(items, value="2"), "q001 takes 1 to 6"
    yield "a value that is true", with_answer(items, value=True), "q001 takes 1 to 6"
    yield "a value and a bit", with_answer(items, value=1.5), "q001 takes 1 to 6"
    yield "a time below 0", with_answer(items, milliseconds=-1), "ms"
    yield "a field more", altered(good, more=1), "fields of the form"
    yield (
        "a field fewer",
        json.dumps({k: v for k, v in json.loads(good).items() if k != "coder"}).encode(),
        "fields",
    )
    yield "a number for a name", altered(good, coder=3), "fields of the form"
    yield "no name", answer(items, "  ", perfect(items)), "must name its coder"
    yield "a name of control characters", answer(items, "A\x1b[31m", perfect(items)), "must name its coder"
    yield (
        "half a character in a name",
        answer(items, "A", perfect(items)).replace(b'"A"', b'"\\ud800"'),
        "must name",
    )
    yield (
        "an edited answer",
        altered(good, answers=[{**rows[0], "value": rows[0]["value"] % 6 + 1}, *rows[1:]]),
        "edited afterwards",
    )
    yield "an edited name", altered(good, coder="B"), "edited afterwards"
    yield "answers that are no list", altered(good, answers={}), "must list id, value"
    yield "answers of lists", altered(good, answers=[[]]), "must list id, value"
    yield "no JSON", b"hello", "must be valid JSON"
    yield "half a file", good[: len(good) // 2], "must be valid JSON"
    yield "not UTF-8", b'{"a": "\xff"}', "must be valid JSON"
    yield "a name twice", b'{"schema": 1, "schema": 2}', "stands twice"
    yield "no number", b'{"schema": NaN}', "NaN is no JSON"
    yield "a long number", b'{"schema": ' + b"9" * 5000 + b"}", "must be valid JSON"
    yield "a list", b"[]", "a JSON list"
    yield "deep nesting", b"[" * 200_000 + b"]" * 200_000, "nested too deeply"
    yield "a large file", b" " * (MAX_BYTES + 1), "must be under 2 MB"
    yield "an empty file", b"", "must be valid JSON"
    yield "another schema", altered(good, schema="discourse-coding-answers/2"), "schema"


def test_what_the_form_cannot_have_saved_is_refused_in_one_line(items, key):
    for name, data, words in cases(items):
        with pytest.raises(SourceError) as caught:
            read_answers([(f"{name}.json", data)], key)
        message = str(caught.value)
        assert words in message and message.startswith(f"{name}.json: ") and "next: " in message, (
            name,
            message,
        )
        assert "\n" not in message and len(message) < 400, name


@pytest.mark.parametrize("other", ["甲 A", "甲　ａ", " 甲 a "])
def test_a_coder_counts_once(items, key, other):
    files = [
        ("1.json", answer(items, "甲 A", perfect(items))),
        ("2.json", answer(items, other, perfect(items))),
    ]
    with pytest.raises(
        SourceError, match=r"2\.json: each coder counts once; found: .* is in 1\.json already"
    ):
        read_answers(files, key)


def test_the_same_file_given_twice_counts_once(items, key):
    data = answer(items, "A", perfect(items))
    with pytest.raises(SourceError, match="each coder counts once"):
        read_answers([("1.json", data), ("1.json", data)], key)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bytes_changed_are_refused_or_change_nothing(items, key, data):
    good = answer(items, "A", perfect(items))
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, min(len(good), start + 5)))
    bad = good[:start] + data.draw(st.binary(max_size=5)) + good[end:]
    try:
        found = read_answers([("x.json", bad)], key)
    except DiscourseError:
        return
    assert found.equals(read_answers([("x.json", good)], key))


def test_the_run_of_the_key_is_part_of_its_checksum(key):
    assert key["run"] == RUN
    assert key["checksum"] == hash_content({k: v for k, v in key.items() if k != "checksum"})
