"""A few broken files of every kind, each read or refused; a campaign of many is ``python -m tests.fuzz``."""

from __future__ import annotations

import warnings

import pytest

from tests.fuzz.mutations import mutate
from tests.fuzz.targets import TARGETS, attempt

_N_CASES = {"documents": 3, "metadata": 5, "regex": 10}


@pytest.mark.parametrize("name", list(TARGETS))
def test_a_broken_file_is_read_or_refused_in_one_of_our_errors(name, tmp_path):
    seeds, work = TARGETS[name].seeds(), TARGETS[name].prepare(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(_N_CASES.get(name, 60)):
            attempt(work, mutate(seeds[number % len(seeds)], number, seeds))


def test_the_same_number_breaks_a_file_in_the_same_way():
    assert mutate(b"abcdefgh" * 9, 7) == mutate(b"abcdefgh" * 9, 7) != mutate(b"abcdefgh" * 9, 8)
