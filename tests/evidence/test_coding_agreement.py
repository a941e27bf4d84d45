"""Krippendorff's alpha: published examples, a slow twin, and what an interval must not promise."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discourse.errors import DataError, SettingError
from discourse.evidence.agreement import SCALES, estimate_agreement, score_alpha

NA = np.nan
# Krippendorff (2011), Computing Krippendorff's alpha-reliability: four observers, twelve units, missing values
FOUR_OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NA, NA, NA],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NA, 3],
        [NA, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NA],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NA],
    ]
).T
# ibid.: two observers, binary, and two observers, five nominal values
TWO_BINARY = np.array([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]).T
TWO_NOMINAL = np.array([[1, 1, 2, 2, 4, 3, 3, 3, 5, 4, 4, 1], [2, 1, 2, 2, 2, 3, 3, 3, 5, 4, 4, 4]]).T


def slow_alpha(ratings, scale):
    """From the definition: disagreement of all pairs within units over that of all pairs of pairable values."""
    units = [[v for v in row if not np.isnan(v)] for row in ratings]
    units = [row for row in units if len(row) >= 2]
    values = [v for row in units for v in row]

    def distance(a, b):
        if scale == "nominal":
            return float(a != b)
        if scale == "interval":
            return (a - b) ** 2
        low, high = sorted((a, b))
        between = sum(low <= v <= high for v in values)
        return (between - (values.count(a) + values.count(b)) / 2) ** 2

    observed = sum(
        distance(a, b) / (len(row) - 1) for row in units for a, b in itertools.permutations(row, 2)
    )
    expected = sum(distance(a, b) for a, b in itertools.permutations(values, 2)) / (len(values) - 1)
    return 1 - observed / expected if expected else np.nan


@pytest.mark.parametrize(
    ("ratings", "scale", "published"),
    [
        (TWO_BINARY, "nominal", 0.095),
        (TWO_NOMINAL, "nominal", 0.692),
        (FOUR_OBSERVERS, "nominal", 0.743),
        (FOUR_OBSERVERS, "ordinal", 0.815),
        (FOUR_OBSERVERS, "interval", 0.849),
    ],
)
def test_alpha_equals_the_published_examples(ratings, scale, published):
    assert score_alpha(ratings, scale=scale) == pytest.approx(published, abs=6e-4)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([1.0, 2.0, 3.0, 5.0, NA]), min_size=3, max_size=3), min_size=2, max_size=9
    ),
    st.sampled_from(SCALES),
)
def test_alpha_equals_its_slow_twin(rows, scale):
    ratings = np.array(rows)
    assert score_alpha(ratings, scale=scale) == pytest.approx(
        slow_alpha(ratings, scale), abs=1e-9, nan_ok=True
    )


def test_alpha_does_not_care_who_coded_or_in_what_order():
    rng = np.random.default_rng(0)
    mixed = FOUR_OBSERVERS[rng.permutation(12)][:, [2, 0, 3, 1]]
    for scale in SCALES:
        assert score_alpha(mixed, scale=scale) == pytest.approx(score_alpha(FOUR_OBSERVERS, scale=scale))


def test_perfect_agreement_is_one_and_guessing_about_nothing():
    rng = np.random.default_rng(1)
    column = rng.integers(1, 7, size=200)
    assert score_alpha(np.column_stack([column, column, column])) == 1
    random = estimate_agreement(rng.integers(1, 7, size=(200, 3)).astype(float))
    assert abs(random.alpha) < 0.08 and random.low < 0 < random.high


def test_without_variation_or_pairs_alpha_is_undefined():
    assert np.isnan(score_alpha(np.ones((5, 3))))
    assert np.isnan(score_alpha(np.array([[1, NA], [NA, 2]])))
    assert np.isnan(estimate_agreement(np.full((6, 2), NA)).alpha)


def test_the_interval_covers_the_alpha_of_many_units():
    rng = np.random.default_rng(2)

    def draw(n):
        truth = rng.integers(1, 5, size=n)
        return np.column_stack(
            [np.where(rng.random(n) < 0.7, truth, rng.integers(1, 5, size=n)) for _ in range(3)]
        )

    goal = score_alpha(draw(40_000).astype(float))
    found = [estimate_agreement(draw(40).astype(float), n_draws=150, seed=i) for i in range(60)]
    covered = np.mean([one.low <= goal <= one.high for one in found])
    assert covered > 0.85  # nominal .95; three standard errors of 60 worlds are .08


def test_clusters_are_resampled_whole():
    ratings = np.repeat(FOUR_OBSERVERS[:10], 4, axis=0)
    clusters = np.repeat(np.arange(10), 4)
    alone, whole = estimate_agreement(ratings), estimate_agreement(ratings, clusters=clusters)
    assert alone.alpha == whole.alpha and whole.high - whole.low > alone.high - alone.low


def test_few_clusters_have_no_interval():
    found = estimate_agreement(FOUR_OBSERVERS, clusters=np.arange(12) % 4)
    assert np.isfinite(found.alpha) and np.isnan(found.low) and np.isnan(found.high)


def test_wrong_shapes_and_scales_are_refused():
    with pytest.raises(DataError, match="dimensions"):
        score_alpha(np.ones(3))
    with pytest.raises(DataError, match="clusters"):
        estimate_agreement(FOUR_OBSERVERS, clusters=np.arange(3))
    with pytest.raises(SettingError, match="ratio"):
        score_alpha(FOUR_OBSERVERS, scale="ratio")
