"""Error rates and coverage on simulated worlds: the fast part of benchmarks/calibration.py."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "calibration.py"


@pytest.fixture(scope="module")
def calibration() -> ModuleType:
    spec = importlib.util.spec_from_file_location("calibration", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["calibration"] = module  # dataclasses look their module up
    sys.path.insert(0, str(SCRIPT.parent))
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(SCRIPT.parent))
    del sys.modules["calibration"], sys.modules["calibration_worlds"]


@pytest.fixture(scope="module")
def rows(calibration):
    return calibration.run([kind for kind in calibration.plan() if kind.fast], n_worlds=12, seed=7)


def test_every_rate_of_the_fast_part_lies_in_its_band(rows):
    assert len(rows) >= 15
    assert not [row for row in rows if not row.holds]


def test_passages_taken_as_units_err_far_more_often_than_documents(rows):
    passages = [row.rate for row in rows if row.measure == "type-I of the passage t test"]
    documents = [row.rate for row in rows if row.measure == "type-I of p" and row.section == "no difference"]
    assert min(passages) > 0.25 > 2.5 * max(documents)


def test_a_rate_outside_its_band_is_seen(calibration):
    row = calibration.Row("section", "world", "type-I of p", 0.2, 0.01, (0.0, 0.06), 100)
    assert not row.holds
    assert "**outside**" in calibration.render([row], 100, 1)
