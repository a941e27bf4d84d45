"""Engine: latent Dirichlet allocation by collapsed variational Bayes of zero order, the default.

Every (passage, term) pair has a vector of responsibilities: how much of it each topic takes. A sweep visits
all pairs and weighs each one anew by the counts of all others. It needs 4 bytes a pair and topic, and no more
than 64 bytes a pair in large corpora.

References: Asuncion, Welling, Smyth & Teh (2009), On smoothing and inference for topic models, UAI.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from discourse.topics._fit import Fit
from discourse.topics._grid import Run, build_grid, open_workers
from discourse.topics._priors import Completion, choose_withheld
from discourse.topics._start import first_topics
from discourse.topics._state import State

MEASURE_EVERY = 5  # sweeps; the logarithms cost a tenth of a sweep
JOIN_AFTER = 20  # sweeps after which withheld passages come in
LEARN_AT = (10, 15, JOIN_AFTER)
ALPHA, ETA = 1.5, 0.03  # what a fit begins with: the sum of alpha, and eta


def fit(
    counts: sparse.csr_matrix,
    *,
    n_topics: int,
    seed: int,
    alpha: float | None = None,
    eta: float | np.ndarray | None = None,
    max_iterations: int = 200,
    tolerance: float = 1e-5,
    n_threads: int | None = None,
    memory: float = 2e9,
) -> Fit:
    """Fit topics to counts (n_passages, n_terms) by sweeps over all pairs.

    Parameters
    ----------
    counts
        Whole numbers, csr.
    n_topics, seed
        K, and where the noise of the start comes from.
    alpha
        Prior of one topic in a passage. If None it is learnt, one value a topic: a tenth of the passages
        (50 to 300) stays out of the first 20 sweeps, and alpha is chosen so that one half of each foretells
        the other; then they come in. Passages that were read cannot teach it: their topics know them
        already, and a third of the right alpha looks best. Under 500 passages it stays at 1.5 / n_topics.
    eta
        Prior of one term in a topic. If None it is learnt in the same way, one value for all terms and
        topics; under 500 passages it stays at 0.03. A matrix (n_topics, n_terms) gives every term its own in
        every topic: topic k is then the one that grew around row k, from the passages that hold the terms
        which the row raises.
    max_iterations, tolerance
        It stops when a sweep raises the log likelihood by less than `tolerance` of its size (the mean of the
        last five sweeps), at the latest after `max_iterations`.
    n_threads
        All processors if None. The result is the same, byte for byte, with any number.
    memory
        Bytes that the responsibilities may take. Beyond, each pair keeps the 16 topics that matter most to it,
        64 bytes a pair whatever the number of topics.

    Returns
    -------
    Fit
        phi and theta exact from the final responsibilities; eta: the mean of a matrix; trace: (iteration,
        log likelihood in nats per token, each token foretold by all others).
    """
    learnt = [name for name, value in (("alpha", alpha), ("eta", eta)) if value is None]
    waits = bool(learnt) and max_iterations > JOIN_AFTER
    rng = np.random.default_rng(seed)
    withheld = choose_withheld(counts.shape[0], rng) if waits else np.zeros(counts.shape[0], dtype=bool)
    state = State(
        build_grid(counts, withheld=withheld),
        n_topics,
        alpha=ALPHA / n_topics if alpha is None else alpha,
        eta=eta if isinstance(eta, np.ndarray) else float(ETA if eta is None else eta),
        memory=memory,
    )
    completion = Completion(counts[withheld], state.grid, n_topics, rng) if withheld.any() else None
    with open_workers(n_threads, state.grid.n_blocks) as run:
        state.start(run, first_topics(counts, ~withheld, n_topics, rng, eta))
        trace, converged, iteration = _iterate(state, run, completion, learnt, max_iterations, tolerance)
        phi, theta = state.distributions(run)
    return Fit(phi, theta, state.alpha, float(np.mean(state.eta)), trace, converged, iteration)


def _iterate(
    state: State,
    run: Run,
    completion: Completion | None,
    learnt: list[str],
    max_iterations: int,
    tolerance: float,
) -> tuple[list[tuple[int, float]], bool, int]:
    """Sweep until it comes to rest."""
    trace: list[tuple[int, float]] = []
    for iteration in range(1, max_iterations + 1):
        measured = iteration % MEASURE_EVERY == 0 or iteration == max_iterations
        likelihood = state.sweep(run, measure=measured)
        if measured:
            trace.append((iteration, likelihood))
        if completion is not None and iteration in LEARN_AT:
            if "alpha" in learnt:
                state.set_alpha(completion.learn_alpha(state))
            else:
                completion.read(state)
            if "eta" in learnt:
                state.set_eta(completion.learn_eta(state))
        if completion is not None and iteration == JOIN_AFTER:
            state.join(run)
            completion = None
        elif measured and completion is None and _at_rest(trace, tolerance):
            return trace, True, iteration
    return trace, False, max_iterations


def _at_rest(trace: list[tuple[int, float]], tolerance: float) -> bool:
    if len(trace) < 2 or trace[-1][0] <= JOIN_AFTER + MEASURE_EVERY:
        return False
    (before, low), (now, high) = trace[-2:]
    return (high - low) / (now - before) < tolerance * abs(high)
