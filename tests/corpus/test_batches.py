"""A corpus may be read in batches and by several processes: the tables are the same."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.corpus import batches
from discourse.corpus.boilerplate import is_paragraph, is_prose
from discourse.corpus.documents import build_documents
from discourse.corpus.edges import shared_edges

MENU = "首页\n政务公开\n重要讲话\n"
BODY = "要坚持党建引领基层治理，把资源、服务、管理下沉到网格，让群众有事能找到人、能办成事。"


def assert_same(one, two):
    for left, right in zip(one, two, strict=True):
        pd.testing.assert_frame_equal(left, right)


@pytest.fixture
def three_sites(seed_sources):
    """The seeds, and pages of three sites with their menus, one of them damaged."""
    texts = [f"{MENU}{BODY}第{i}次。\n版权所有\n网站地图\n联系我们\n" for i in range(7)]
    texts.append(f"{MENU}我们怎么办?!保基层，{BODY}\n版权所有\n网站地图\n联系我们\n")
    pages = pd.DataFrame(
        {"source_id": [f"p{i}" for i in range(len(texts))], "path": [f"p{i}.txt" for i in range(len(texts))]}
    ).assign(
        text=texts, sha256="", encoding="utf-8", n_chars=[len(text) for text in texts], is_segmented=False
    )
    return pd.concat([seed_sources, pages], ignore_index=True)[[*pages.columns, "given"]]


def test_batches_of_any_size_give_the_same_tables(three_sites, monkeypatch):
    whole = build_documents(three_sites)
    for n_texts in (1, 3):
        monkeypatch.setattr(batches, "_BATCH_TEXTS", n_texts)
        assert_same(whole, build_documents(three_sites))


def test_two_processes_give_the_tables_of_one(three_sites, monkeypatch):
    whole = build_documents(three_sites)
    monkeypatch.setattr(batches, "_BATCH_TEXTS", 2)
    monkeypatch.setattr(batches, "_WORTH_A_WORKER", 1)
    assert_same(whole, build_documents(three_sites, n_workers=2))


class Kept(dict):
    def load(self, key):
        return self.get(key)

    def save(self, key, tables):
        self[key] = dict(tables)


def test_finished_batches_are_found_again_and_no_others_are_computed(three_sites, monkeypatch):
    monkeypatch.setattr(batches, "_BATCH_TEXTS", 2)
    kept = Kept()
    whole = build_documents(three_sites, store=kept)
    assert len(kept) == -(-len(three_sites) // 2)
    kept.pop(list(kept)[1])
    cleaned = []
    clean = batches.PageWorker._clean
    monkeypatch.setattr(
        batches.PageWorker, "_clean", lambda self, raw: cleaned.append(raw.source_id) or clean(self, raw)
    )
    assert_same(whole, build_documents(three_sites, store=kept))
    assert cleaned == list(three_sites["source_id"][2:4])


def test_a_batch_is_not_found_again_once_its_text_or_its_neighbours_have_changed(three_sites):
    kept = Kept()
    build_documents(three_sites, store=kept)
    build_documents(three_sites.assign(text=three_sites["text"].str.replace("第3次", "第9次")), store=kept)
    assert len(kept) == 2


def test_progress_ends_with_every_text(three_sites, monkeypatch):
    monkeypatch.setattr(batches, "_BATCH_TEXTS", 2)
    told = []
    build_documents(three_sites, progress=lambda done, of: told.append((done, of)))
    assert told == sorted(told) and told[-1] == (len(three_sites), len(three_sites))


def naive_shared_edges(pages, min_lines=3, min_pages=3):
    """The lines of every block, compared one by one; copies of one text count as one page."""
    found = [set() for _ in pages]
    texts = []
    for page in pages:
        page = [line.strip() for line in page if line.strip()]
        texts.append("".join([line for line in page if is_prose(line)] or page))
    for turn in (1, -1):
        lines = [[(i, line.strip()) for i, line in enumerate(page) if line.strip()][::turn] for page in pages]
        for rows, page in zip(found, lines, strict=True):
            for size in range(1, len(page)):
                head = [line for _, line in page[:size]]
                same = {
                    text
                    for p, text in zip(lines, texts, strict=True)
                    if len(p) > size and [line for _, line in p[:size]] == head
                }
                if any(map(is_paragraph, head)) or len(same) < min_pages:
                    break
                if size >= min_lines:
                    rows.update(i for i, _ in page[:size])
    return [frozenset(rows) for rows in found]


LINES = st.lists(
    st.sampled_from(["首页", "导航", "  ", "版权所有", "联系我们", BODY * 2, BODY * 2 + "再上台阶。"]),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=7))
def test_shared_edges_are_those_of_the_slow_twin(pages):
    assert shared_edges(pages) == naive_shared_edges(pages)
