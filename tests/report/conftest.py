"""The planted study, its payload and its page, once for all tests of the report."""

from __future__ import annotations

import pandas as pd
import pytest

from discourse.evidence.exemplars import find_exemplars
from discourse.report.html import render_report
from discourse.report.ldavis import render_ldavis
from discourse.report.payload import build_payload
from tests.report import story, story_more


@pytest.fixture(scope="session")
def model_and_tables():
    model, tables = story.planted_study()
    quotes = [find_exemplars(model, tables["passages"], min_tokens=5)]
    for factor in ("region", "level"):
        quotes.append(find_exemplars(model, tables["passages"], tables["documents"], by=factor, min_tokens=5))
    tables |= story_more.further_tables(tables["contrasts"], tables["documents"])
    tables |= story_more.words_and_shares(model, tables)
    return model, tables | {"exemplars": pd.concat(quotes, ignore_index=True)}


@pytest.fixture(scope="session")
def ldavis_page(model_and_tables):
    model, tables = model_and_tables
    return render_ldavis(model, tables["topics"])


@pytest.fixture(scope="session")
def payload(model_and_tables, ldavis_page):
    return build_payload(
        model_and_tables[1],
        name="planted",
        title="基层治理",
        settings=story.SETTINGS,
        versions=story.VERSIONS,
        ldavis=ldavis_page,
    )


@pytest.fixture(scope="session")
def page(payload):
    return render_report(payload)
