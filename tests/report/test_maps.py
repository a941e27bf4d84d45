"""Distances, maps and trends: symmetric, complete, drawn where the numbers say."""

from __future__ import annotations

import re

import pytest

from discourse.report.drawings import draw_map
from discourse.report.maps import MAX_POINTS, map_factors
from tests.browser import Dom


@pytest.fixture(scope="module")
def level(payload):
    return payload["maps"][0]


def test_distances_are_the_same_in_both_directions(level):
    cells = level["matrix"]["cells"]
    for i, line in enumerate(cells):
        assert line[i] is None
        assert line == [column[i] for column in cells]


def test_a_distance_that_was_not_corrected_is_marked(level):
    city, district, township = range(3)
    cells = level["matrix"]["cells"]
    told = [
        (cells[city][place]["distance"], cells[city][place]["corrected"]) for place in (district, township)
    ]
    assert told == [(0.2, True), (0.4, False)]


def test_the_test_over_all_groups_is_no_pair(level):
    assert level["overall"]["verdict"]["en"] == "differ"
    assert len(level["pairs"]) == level["n_pairs"] == 3


def test_every_document_group_and_topic_is_on_the_map(level, page):
    dom = Dom(str(draw_map(level["map"])))
    assert len(dom.find("circle")) == level["map"]["n"] == 7
    assert len(dom.find("rect")) == 3
    assert len(dom.find("ellipse")) == 2
    assert len(dom.find("text", class_="topic")) == 3
    assert len(Dom(page).find("svg", class_="map")) == 1


def test_one_length_is_the_same_on_both_axes_and_nothing_falls_off(level):
    drawn = str(draw_map(level["map"]))
    circles = [tuple(map(float, at)) for at in re.findall(r'cx="(.*?)" cy="(.*?)"', drawn)]
    assert all(0 <= x <= 760 and 0 <= y <= 460 for x, y in circles)
    (x0, y0), (x1, y1) = circles[:2]  # one step right, one step up
    assert x1 - x0 == pytest.approx(y0 - y1, abs=0.2)


def test_a_large_map_says_how_many_documents_it_leaves_out(model_and_tables):
    tables = dict(model_and_tables[1])
    point = tables["ordination"].iloc[[0]]
    many = point.loc[point.index.repeat(3 * MAX_POINTS)].assign(name=[f"d{i}" for i in range(3 * MAX_POINTS)])
    plan = map_factors(tables | {"ordination": many})[0]["map"]
    assert plan["n"] == 3 * MAX_POINTS
    assert len(plan["documents"]) == MAX_POINTS


def test_a_trend_names_its_years_and_verdict(payload):
    assert payload["trends"][0]["label"]["en"] == "year"
    assert [row["verdict"]["en"] for row in payload["trends"][0]["topics"]] == ["cannot tell"] * 3
