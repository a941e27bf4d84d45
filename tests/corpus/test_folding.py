"""Shingles come part by part, hashed once, whatever the size of the parts and the number of threads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from discourse.corpus import folding
from discourse.corpus.folding import fold_texts, map_shingles

TEXTS = st.lists(st.text("甲乙丙，", max_size=12), max_size=8)


def collect(texts, size, n_threads=1):
    """Letters of each shingle -> its places, and the hashes that its letters got."""
    folded = fold_texts(texts)
    begins = np.arange(len(folded.letters)) % 5 != 3
    places, hashes, parts = {}, {}, []
    pairs = map_shingles(lambda *part: part, folded, begins, size, n_threads=n_threads)
    for number, (starts, keys) in enumerate(pairs):
        assert (np.diff(starts) > 0).all() and starts.dtype == np.int32 and keys.dtype == np.uint64
        for start, key in zip(starts.tolist(), keys.tolist(), strict=True):
            letters = folded.text[start : start + size]
            places.setdefault(letters, []).append(start)
            hashes.setdefault(letters, set()).add((number, key))
            parts.append(number)
    return folded, places, hashes, parts


@given(TEXTS, st.integers(1, 5), st.integers(1, 40))
def test_shingles_are_those_of_a_slow_walk_and_equal_ones_stand_in_one_part(texts, size, part_size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "_LETTERS_A_PART", part_size)
        folded, places, hashes, _ = collect(texts, size)
    expected = {}
    for passage in range(len(texts)):
        low, letters = int(folded.bounds[passage]), folded.of(passage)
        for i in range(len(letters) - size + 1):
            if (low + i) % 5 != 3:
                expected.setdefault(letters[i : i + size], []).append(low + i)
    assert places == expected
    assert all(len(found) == 1 for found in hashes.values())
    assert len({key for found in hashes.values() for _, key in found}) == len(hashes)


def test_two_threads_give_the_parts_in_the_same_order(monkeypatch):
    monkeypatch.setattr(folding, "_LETTERS_A_PART", 50)
    texts = ["党的建设是基层治理的根本保证" * 9, "社区服务下沉到网格" * 11]
    one, two = collect(texts, 3), collect(texts, 3, n_threads=2)
    assert one[1:] == two[1:] and len(set(one[3])) > 3
