"""Badges and curves: as the tables have them, one dot a model, nothing where there is nothing."""

from __future__ import annotations

import re

from discourse.report.drawings import draw_curve
from discourse.report.html import render_report
from discourse.report.payload import build_payload
from tests.report.story_more import N_MODELS


def _rows(payload):
    return [row for factor in payload["factors"] for row in factor["tested"] + factor["described"]]


def test_every_contrast_carries_its_badge_and_curve(payload, page):
    rows = _rows(payload)
    assert {row["robustness"]["badge"]["en"] for row in rows} == {
        "robust", "fragile", "model-made", "cannot tell",
    }  # fmt: skip
    compared = page[page.index('id="comparison"') : page.index('id="words"')]
    assert compared.count('<details class="curve">') == compared.count('<svg class="spec"') == len(rows)


def test_a_curve_has_a_dot_for_every_model_that_holds_the_topic(payload):
    for row in _rows(payload):
        curve = row["robustness"]["curve"]
        assert len(curve["points"]) == curve["n"] == N_MODELS - 1
        assert curve["points"] == sorted(curve["points"])
        drawn = str(draw_curve(curve, row["difference"]))
        dots = "".join(re.findall(r'class="dot" d="(.*?)"', drawn))
        assert dots.count("M") == N_MODELS - 1
        for setting in curve["settings"]:
            ranks = [rank for level in setting["levels"] for rank in level["ranks"]]
            assert sorted(ranks) == list(range(N_MODELS - 1))


def test_settings_that_differ_are_named_under_the_curve_and_seeds_are_not(payload):
    settings = _rows(payload)[0]["robustness"]["curve"]["settings"]
    assert [setting["name"]["en"] for setting in settings] == ["number of topics"]
    assert [level["value"] for level in settings[0]["levels"]] == ["3", "4"]


def test_without_a_multiverse_no_badge_is_shown(model_and_tables):
    tables = {
        name: table
        for name, table in model_and_tables[1].items()
        if name not in ("universes", "robustness", "specifications")
    }
    payload = build_payload(tables, name="x", settings={})
    assert all(row["robustness"] is None for row in _rows(payload))
    assert 'class="spec"' not in render_report(payload)


def test_a_number_leads_to_the_passages_of_its_topic_and_group(payload, page):
    for factor in payload["factors"]:
        for topic in factor["topics"]:
            for cell in topic["groups"]:
                if cell["anchor"] is not None:
                    number, place = cell["anchor"]
                    group = payload["quotations"][number]["groups"][place]
                    assert (number, group["factor_name"], group["group"]) == (
                        topic["topic"], factor["factor"], cell["group"],
                    )  # fmt: skip
                    assert group["exemplars"]
                    assert f'href="#quotes-{number}-{place}"' in page
    assert any(cell["anchor"] for f in payload["factors"] for t in f["topics"] for cell in t["groups"])
