"""Numbers that papers and other packages published, from the formulas of keyness."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from discourse.compare._stats import log_likelihood_ratio
from discourse.compare.keyness import deviation_of_proportions, dirichlet_log_odds


@pytest.mark.parametrize(
    ("g2", "cells"),
    [
        (270.72, (110, 2442, 111, 29114)),  # the swiss
        (263.90, (29, 13, 123, 31612)),  # can be
        (256.84, (31, 23, 139, 31584)),  # previous year
        (167.23, (10, 0, 3, 31764)),  # mineral water
    ],
)
def test_g2_is_that_of_dunning_1993_table_1(g2, cells):
    both, first_only, second_only, neither = cells
    found = log_likelihood_ratio(
        np.array([both]), np.array([second_only]), both + first_only, second_only + neither
    )
    assert found[0] == pytest.approx(g2, abs=0.005)


def test_signed_g2_orders_terms_as_quanteda_does():
    """quanteda.textstats, tests of textstat_keyness: measure "lr", correction "none", first document the target."""
    first, second = "aaabbccccccdefghh", "aabccddddefh"
    terms = sorted(set(first))
    target, reference = (np.array([text.count(t) for t in terms]) for text in (first, second))
    g2 = log_likelihood_ratio(target, reference, len(first), len(second))
    signed = np.sign(target / len(first) - reference / len(second)) * g2
    # ties stay in alphabetical order
    order = [terms[i] for i in np.argsort(-np.round(signed, 9), kind="stable")]
    assert order == list("cgbhaefd")


# counts and z of ConvoKit's fighting words (Hessel's implementation of Monroe et al. 2008), uniform prior .01
_CATS = {"cat": 5, "dog": 1, "purr": 4, "cats": 1, "the": 6, "and": 2}
_DOGS = {"cat": 1, "dog": 5, "bark": 4, "dogs": 1, "the": 6, "and": 2}
_Z = {
    "cat": 1.598388995202337,
    "dog": -1.598388995202337,
    "purr": 0.6123390895316625,
    "bark": -0.6123390895316625,
}
_Z |= {"cats": 0.4624826093074121, "dogs": -0.4624826093074121, "the": 0.0, "and": 0.0}
_N_TOKENS, _N_TERMS = 31, 24


@pytest.mark.parametrize("word", sorted(_Z))
def test_log_odds_over_their_error_are_the_z_of_fighting_words(word):
    target, reference = np.array([_CATS.get(word, 0)]), np.array([_DOGS.get(word, 0)])
    delta = dirichlet_log_odds(target, reference, _N_TOKENS, _N_TOKENS, 0.01, 0.01 * _N_TERMS)
    z = delta / np.sqrt(1.0 / (target + 0.01) + 1.0 / (reference + 0.01))
    assert z[0] == pytest.approx(_Z[word], abs=1e-12)


def dispersion(counts: list[int], lengths: list[int]) -> float:
    column = sparse.csr_matrix(np.array(counts, dtype=np.int64)[:, None])
    return float(deviation_of_proportions(column, np.array(lengths))[0])


def test_dispersion_is_that_of_gries_2008():
    """The corpus of five parts of 9, 10, 10, 10 and 11 words; `a` stands 1 to 5 times in them: DP = .18."""
    assert dispersion([1, 2, 3, 4, 5], [9, 10, 10, 10, 11]) == pytest.approx(0.18)


def test_dispersion_of_lijffijt_and_gries_2012():
    """Three equal parts, two thirds of the occurrences in one, a third in another: DP = 1/3, normalised 1/2."""
    found = dispersion([2, 1, 0], [100, 100, 100])
    assert found == pytest.approx(1 / 3)
    assert found / (1 - 1 / 3) == pytest.approx(1 / 2)
