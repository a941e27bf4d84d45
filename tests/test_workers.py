"""Batches come back in order, from this process or from fresh ones; what ends a worker is said in one line."""

import os
from functools import partial

import pytest

from discourse.errors import RunError
from discourse.workers import map_threads, open_workers


def make_square(offset):
    return partial(add_square, offset)


def add_square(offset, number):
    if number < 0:
        os._exit(9)
    return offset + number**2


@pytest.mark.parametrize("n_workers", [1, 2])
def test_results_come_in_the_order_of_the_batches(n_workers):
    with open_workers(partial(make_square, 1), n_workers) as work:
        assert list(work(iter(range(20)))) == [1 + number**2 for number in range(20)]
        assert list(work([3, 2])) == [10, 5]


def test_few_batches_are_taken_before_their_results_are():
    taken = []
    with open_workers(partial(make_square, 0), 2) as work:
        results = work(taken.append(number) or number for number in range(50))
        next(results)
        assert len(taken) <= 4


def test_a_worker_that_is_ended_is_one_line():
    with (
        pytest.raises(RunError, match="ended from outside"),
        open_workers(partial(make_square, 0), 2) as work,
    ):
        list(work([1, -1, 2]))


@pytest.mark.parametrize("n_threads", [1, 3])
def test_threads_give_results_in_order_and_take_few_batches_ahead(n_threads):
    taken = []
    results = map_threads(partial(add_square, 1), (taken.append(n) or n for n in range(20)), n_threads)
    assert next(results) == 1
    assert len(taken) <= n_threads
    assert list(results) == [1 + n**2 for n in range(1, 20)]
