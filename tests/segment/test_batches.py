"""Many texts at once, in several processes or after an interruption: the tokens are those of one text at a time."""

from __future__ import annotations

import pickle

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.segment import batches
from discourse.segment.audit import audit_lexicon
from discourse.segment.batches import PassageWalk
from discourse.segment.lexicon import read_stopwords
from discourse.segment.tokenizer import build_tokenizer
from discourse.segment.tokens import _PARTED, _has_content, segment_passages

from . import passages_of
from .test_tokenizer import PIECES, TERMS

LEXICON = pd.DataFrame(
    [(term, "t", "s") for term in TERMS] + [("行政协", "护词", "s")],
    columns=["term", "theme", "source"],
    dtype="str",
).drop_duplicates("term", keep="last")


@pytest.fixture(scope="module")
def few_terms():
    return build_tokenizer(LEXICON)


def slow_tokens(passages, tokenizer, stopwords, min_chars=2):
    """The slow twin: one text at a time, one word at a time."""
    rows = []
    ready = passages.get("is_segmented", [False] * len(passages))
    for name, text, is_ready in zip(passages["passage_id"], passages["text"], ready, strict=True):
        words = [(m[0], m.start()) for m in _PARTED.finditer(text)] if is_ready else tokenizer.cut(text)
        kept = [
            (word, start)
            for word, start in words
            if word not in stopwords and (word in tokenizer.terms or _has_content(word, min_chars))
        ]
        rows += [(name, position, start, word) for position, (word, start) in enumerate(kept)]
    return rows


def rows_of(tokens):
    return list(tokens.astype({"passage_id": "str", "term": "str"}).itertuples(index=False, name=None))


TEXTS = st.lists(
    st.lists(st.sampled_from([*PIECES, "党", "建", "_", "\r\n", "\ud800"]) | st.text(max_size=3)).map("".join)
)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_cutting_many_texts_gives_the_words_of_each(few_terms, texts):
    cut = few_terms.cut_all(texts)
    words = [
        (word, start + bound)
        for text, bound in zip(texts, cut.bounds.tolist(), strict=True)
        for word, start in few_terms.cut(text)
    ]
    found = list(zip(cut.words[cut.codes].tolist(), cut.starts.tolist(), strict=True))
    assert found == [(word, place) for word, place in words if (word, place) in set(found)]
    left_out = "".join(word for word, place in words if (word, place) not in set(found))
    assert not any(char.isalnum() for char in left_out)


def test_tokens_are_those_of_the_slow_twin(tokenizer, seed_lines):
    passages = passages_of(*seed_lines, "党建 引领 2024 。", "").assign(is_segmented=False)
    passages.loc[len(seed_lines), "is_segmented"] = True
    stopwords = read_stopwords()
    assert rows_of(segment_passages(passages, tokenizer)) == slow_tokens(passages, tokenizer, stopwords)
    assert rows_of(segment_passages(passages, tokenizer, stopwords=[], min_chars=1)) == slow_tokens(
        passages, tokenizer, frozenset(), 1
    )


def test_both_engines_cut_many_texts_alike(tokenizer, lexicon, seed_lines):
    jieba = build_tokenizer(lexicon, engine="jieba")
    passages = passages_of(*seed_lines)
    pd.testing.assert_frame_equal(segment_passages(passages, tokenizer), segment_passages(passages, jieba))


def walk(passages, tokenizer, *, size, **options):
    tables = (passages.iloc[i : i + size].reset_index(drop=True) for i in range(0, len(passages), size))
    walked = PassageWalk(tables, len(passages), tokenizer, **options)
    return [row for tokens in walked for row in rows_of(tokens)], walked.audit()


class Kept(dict):
    def load(self, key):
        return self.get(key)

    def save(self, key, tables):
        self[key] = tables


@pytest.mark.parametrize("n_workers", [1, 2])
def test_a_walk_in_batches_gives_the_tokens_and_the_audit_of_the_whole(
    tokenizer, seed_lines, n_workers, monkeypatch
):
    monkeypatch.setattr(batches, "_WORTH_A_WORKER", 1)
    passages, told = passages_of(*seed_lines), []
    tokens, audit = walk(
        passages, tokenizer, size=30, n_workers=n_workers, progress=lambda done, of: told.append((done, of))
    )
    assert tokens == rows_of(segment_passages(passages, tokenizer))
    pd.testing.assert_frame_equal(audit, audit_lexicon(passages, tokenizer))
    assert told == sorted(told) and told[-1] == (len(passages), len(passages))


def test_finished_batches_are_found_again_unless_a_setting_or_a_text_differs(
    tokenizer, seed_lines, monkeypatch
):
    passages, kept, cut = passages_of(*seed_lines), Kept(), []
    first = walk(passages, tokenizer, size=30, store=kept)
    n_batches = len(kept)
    work = batches._Worker.__call__
    monkeypatch.setattr(
        batches._Worker, "__call__", lambda self, task: cut.append(task is not None) or work(self, task)
    )
    kept.pop(list(kept)[2])
    again = walk(passages, tokenizer, size=30, store=kept)
    assert again[0] == first[0] and cut == [False, False, True] + [False] * (n_batches - 3)
    pd.testing.assert_frame_equal(again[1], first[1])
    walk(passages, tokenizer, size=30, store=kept, min_chars=1)
    walk(passages, build_tokenizer(None), size=30, store=kept)
    assert len(kept) == 3 * n_batches


def test_a_tokenizer_sent_to_another_process_cuts_alike(few_terms):
    copy = pickle.loads(pickle.dumps(few_terms))
    text = "".join(PIECES)
    assert copy.cut(text) == few_terms.cut(text) and copy.identity() == few_terms.identity()
