"""Top terms of topics and how often terms meet come in; coherence of each topic goes out, gensim's definitions.

Every function takes tops (n_topics, n_top), columns of the vocabulary, most probable first, and answers with
(n_topics,). Nothing is ever NaN: a term without any window tells nothing and its pairs count 0.
"""

from __future__ import annotations

import numpy as np

from discourse.topics.cooccurrence import Cooccurrence

EPSILON = 1e-12  # gensim's: the chance given to pairs of terms that never meet


def score_npmi(tops: np.ndarray, windows: Cooccurrence) -> np.ndarray:
    """Mean normalised pointwise mutual information over all pairs of top terms; one term alone has 0.

    log((p_ij + e) / (p_i p_j)) / -log(p_ij + e), -1 (never together) to 1 (only together), 0 independence.
    gensim's ``c_npmi`` is this with sliding windows of 10 tokens.
    References: Bouma (2009), GSCL; Aletras & Stevenson (2013), IWCS.
    """
    return _mean_of_pairs(_npmi(tops, windows))


def score_u_mass(tops: np.ndarray, windows: Cooccurrence) -> np.ndarray:
    """Mean log chance of a term given one that stands before it in the list; 0 at best, gensim's ``u_mass``.

    log((p_ij + e) / p_j) over pairs with j before i, windows being passages.
    Reference: Mimno et al. (2011), EMNLP.
    """
    given = windows.alone[tops][:, :, None] / windows.n_windows
    together = windows.pairs(tops) / windows.n_windows
    with np.errstate(divide="ignore"):
        logs = np.log((together + EPSILON) / np.where(given > 0, given, 1.0))
    return _mean_of_pairs(np.where(given > 0, logs, 0.0))


def score_c_v(tops: np.ndarray, windows: Cooccurrence) -> np.ndarray:
    """Mean cosine between the NPMI profile of each top term and that of all together: gensim's ``c_v``.

    Windows are sliding ones of 110 tokens.
    Reference: Röder, Both & Hinneburg (2015), WSDM.
    """
    profiles = _npmi(tops, windows)
    total = profiles.sum(axis=1, keepdims=True)
    lengths = np.linalg.norm(profiles, axis=2) * np.linalg.norm(total, axis=2)
    products = (profiles * total).sum(axis=2)
    return np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0).mean(axis=1)


def _npmi(tops: np.ndarray, windows: Cooccurrence) -> np.ndarray:
    """NPMI of all pairs of top terms, (n_topics, n_top, n_top), 0 where a term has no window."""
    alone = windows.alone[tops] / windows.n_windows
    expected = alone[:, :, None] * alone[:, None, :]
    together = windows.pairs(tops) / windows.n_windows + EPSILON
    # a pair in every window: the limit is 1, where gensim's quotient runs to the sign of the last bit
    sure = together >= 1.0
    values = np.log(together / np.where(expected > 0, expected, 1.0)) / -np.log(np.where(sure, 0.5, together))
    return np.where(expected > 0, np.where(sure, 1.0, values), 0.0)


def _mean_of_pairs(values: np.ndarray) -> np.ndarray:
    """Mean over the cells above the diagonal: values (n_topics, n_top, n_top) [before, after]."""
    rows, columns = np.triu_indices(values.shape[1], 1)
    return values[:, rows, columns].mean(axis=1) if len(rows) else np.zeros(len(values))
