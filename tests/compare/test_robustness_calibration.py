"""Badges on planted corpora: a part of benchmarks/multiverse.py that is fast enough for every run of the tests."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "multiverse.py"
FEW = {"seeds": (1, 2), "sizes": (0.75, 1.0, 1.5)}


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_multiverse", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def judge(benchmark, seed: int, effect: float):
    world = benchmark.sample_world(np.random.default_rng(seed), 30, effect)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return benchmark.judge_world(world, **FEW)


def test_a_strong_effect_of_thirty_against_thirty_documents_is_robust(benchmark):
    badges, planted = judge(benchmark, 3, benchmark.EFFECT)
    assert badges.loc[planted, "badge"].tolist() == ["robust"]
    assert badges.loc[planted, "median"].iloc[0] > 0.1


def test_without_an_effect_nothing_is_robust_though_signs_agree(benchmark):
    badges = judge(benchmark, 4, 0.0)[0]
    assert not badges["badge"].isin(["robust", "fragile", "model-made"]).any()
    assert (badges["same_sign"] == 1).mean() >= 0.5
