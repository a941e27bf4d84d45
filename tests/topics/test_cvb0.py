import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import config
from scipy import sparse

import discourse
from discourse.topics import _cvb0, _grid, _kernels, _kernels_given, _kernels_kept, _priors, _vectors
from discourse.topics._state import State
from tests.topics import reference_cvb0


def planted(n_passages=120, n_topics=4, words=12, length=40, seed=0):
    """Counts of passages that mix topics with private words, and the topic that leads each passage."""
    rng = np.random.default_rng(seed)
    mixtures = rng.dirichlet(np.full(n_topics, 0.1), n_passages)
    phi = np.kron(np.eye(n_topics), np.full(words, 1 / words))
    counts = np.stack([rng.multinomial(length, mixture @ phi) for mixture in mixtures])
    return sparse.csr_matrix(counts.astype(np.int32)), mixtures


@pytest.fixture(scope="module")
def corpus():
    return planted()


def tables(n_topics=5, seed=3, n_passages=7, n_terms=11):
    """Pairs, random responsibilities and the counts that belong to them, topics padded to whole vectors."""
    rng = np.random.default_rng(seed)
    counts = sparse.csr_matrix(rng.integers(0, 3, (n_passages, n_terms)).astype(np.int32))
    passages = np.repeat(np.arange(n_passages), np.diff(counts.indptr))
    n_padded = -(-n_topics // _kernels.LANES) * _kernels.LANES
    gamma = np.zeros((counts.nnz, n_padded), dtype=np.float32)
    gamma[:, :n_topics] = rng.dirichlet(np.ones(n_topics), counts.nnz)
    here, there = reference_cvb0.count_tokens(
        passages, counts.indices, counts.data, gamma.astype(float), n_passages, n_terms
    )
    here[:, :n_topics] += 0.1
    there[:, :n_topics] += 0.05
    total = there.sum(axis=0)
    total[n_topics:] = 1.0
    return counts, passages, gamma, here, there, total


def run_sweep(counts, gamma, here, there, total, *, one_by_one=False):
    """`_kernels.sweep` over all pairs; every pair as a visit of its own if `one_by_one`."""
    passages = np.repeat(np.arange(counts.shape[0], dtype=np.int32), np.diff(counts.indptr))
    starts = np.arange(counts.nnz + 1) if one_by_one else counts.indptr
    visited = passages if one_by_one else np.arange(counts.shape[0], dtype=np.int32)
    change, scratch = np.zeros(gamma.shape[1], np.float32), np.zeros((5, gamma.shape[1]), np.float32)
    likelihood = _kernels.sweep(
        0,
        len(visited),
        visited,
        starts.astype(np.int64),
        counts.indices.astype(np.int32),
        counts.data.astype(np.float32),
        gamma,
        here,
        there,
        total.astype(np.float32),
        change,
        scratch,
        True,
    )
    return likelihood, change


@pytest.mark.parametrize("n_topics", [2, 8, 13])
def test_a_sweep_of_single_pairs_equals_its_slow_twin(n_topics):
    counts, passages, gamma, here, there, total = tables(n_topics)
    fast = gamma.copy(), here.astype(np.float32), there.astype(np.float32)
    likelihood, change = run_sweep(counts, *fast, total, one_by_one=True)
    slow = [table.astype(float)[:, :n_topics].copy() for table in (gamma, here, there)]
    slow_total = total[:n_topics].copy()
    expected = reference_cvb0.sweep(passages, counts.indices, counts.data, *slow, slow_total)
    for ours, theirs in zip(fast, slow, strict=True):
        np.testing.assert_allclose(ours[:, :n_topics], theirs, rtol=2e-4, atol=1e-5)
        assert not ours[:, n_topics:].any()
    np.testing.assert_allclose((total + change)[:n_topics], slow_total, rtol=1e-4)
    assert likelihood == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("n_topics", [5, 60])
@pytest.mark.parametrize("width", [1, 2, 4])
def test_vectors_and_plain_python_give_the_same_bits(width, n_topics):
    counts, _, gamma, here, there, total = tables(n_topics, n_passages=1, n_terms=30)
    first = [gamma.copy(), here.astype(np.float32), there.astype(np.float32)]
    second = [table.copy() for table in first]
    scratches = [np.zeros((5, gamma.shape[1]), dtype=np.float32) for _ in range(2)]
    update = {1: _vectors.update_one, 2: _vectors.update_two, 4: _vectors.update_four}[width]
    plain = _vectors._plain_updater(width)
    arguments = counts.indices.astype(np.int32), counts.data.astype(np.float32)
    if not config.DISABLE_JIT:
        update = _call_compiled(width)
    for function, tables_, scratch in ((update, first, scratches[0]), (plain, second, scratches[1])):
        scratch[0] = (1 / total).astype(np.float32)
        function(tables_[0], 3, tables_[1], 0, tables_[2], arguments[0], scratch, arguments[1])
    for ours, theirs in zip(first, second, strict=True):
        assert ours.tobytes() == theirs.tobytes()
    assert (scratches[0][1 : 1 + width, 0] == scratches[1][1 : 1 + width, 0]).all()
    assert not (first[0] == gamma).all()


def _call_compiled(width):
    """Intrinsics can only be called from compiled code."""
    from numba import njit

    update = {1: _vectors.update_one, 2: _vectors.update_two, 4: _vectors.update_four}[width]

    @njit
    def call(gamma, first, here, passage, there, terms, scratch, counts):
        update(gamma, first, here, passage, there, terms, scratch, counts)

    return call


def test_pairs_taken_together_keep_the_counts_whole():
    counts, passages, gamma, here, there, total = tables(5)
    here, there = here.astype(np.float32), there.astype(np.float32)
    run_sweep(counts, gamma, here, there, total)
    np.testing.assert_allclose(gamma.sum(axis=1), 1, atol=1e-6)
    expected = reference_cvb0.count_tokens(passages, counts.indices, counts.data, gamma.astype(float), 7, 11)
    np.testing.assert_allclose(here[:, :5] - 0.1, expected[0][:, :5], atol=1e-5)
    np.testing.assert_allclose(there[:, :5] - 0.05, expected[1][:, :5], atol=1e-5)


def test_completion_equals_its_slow_twin_and_its_demand_is_the_gradient():
    rng = np.random.default_rng(1)
    seen, hidden = rng.integers(0, 3, (2, 6, 9)).astype(float)
    phi, alpha = rng.dirichlet(np.ones(9), 7), rng.gamma(0.3, size=7)
    amounts = rng.gamma(1.0, size=(6, 7))
    columns = np.tile(np.arange(9, dtype=np.int32), 6)

    def ask(alpha):
        ours, demand = amounts.copy(), np.empty(7)
        likelihood = _kernels_given.complete_passages(
            np.arange(0, 55, 9), columns, seen.ravel(), hidden.ravel(), phi.T.copy(), alpha, ours, demand
        )
        return likelihood, ours, demand

    likelihood, ours, demand = ask(alpha)
    expected_amounts, expected = reference_cvb0.hidden_likelihood(alpha, amounts, seen, hidden, phi)
    np.testing.assert_allclose(ours, expected_amounts, rtol=1e-12)
    assert likelihood == pytest.approx(expected, rel=1e-12)
    masses = expected_amounts + alpha
    gradient = (hidden[:, None, :] * phi / (masses @ phi)[:, None, :]).sum(axis=(0, 2))
    np.testing.assert_allclose(demand, gradient, rtol=1e-12)


def test_planted_topics_come_back_from_every_seed(corpus):
    counts, mixtures = corpus
    for seed in range(1, 6):
        fit = _cvb0.fit(counts, n_topics=4, seed=seed, max_iterations=40)
        blocks = fit.phi.reshape(4, 4, 12).sum(axis=2)
        assert sorted(blocks.argmax(axis=1)) == [0, 1, 2, 3]
        assert blocks.max(axis=1).min() > 0.98
        assert np.abs(fit.theta[:, blocks.argmax(axis=0)] - mixtures).mean() < 0.05


def test_rows_sum_to_one_and_nothing_is_zero(corpus):
    fit = _cvb0.fit(corpus[0], n_topics=7, seed=1, max_iterations=15)
    assert np.abs(fit.phi.sum(axis=1) - 1).max() < 1e-12 and np.abs(fit.theta.sum(axis=1) - 1).max() < 1e-12
    assert fit.phi.dtype == fit.theta.dtype == np.float64
    assert fit.phi.min() > 0 and fit.theta.min() > 0


@pytest.mark.parametrize("n_blocks", [1, 2, 3, 4])
def test_any_number_of_threads_gives_the_same_bytes(corpus, monkeypatch, n_blocks):
    monkeypatch.setattr(_grid, "_choose_side", lambda n_pairs: n_blocks)
    fits = [_cvb0.fit(corpus[0], n_topics=3, seed=2, max_iterations=12, n_threads=n) for n in (1, 2, 5)]
    for other in fits[1:]:
        assert other.phi.tobytes() == fits[0].phi.tobytes()
        assert other.theta.tobytes() == fits[0].theta.tobytes()
        assert other.trace == fits[0].trace


def test_the_seed_and_nothing_else_decides(corpus):
    first, again, other = (_cvb0.fit(corpus[0], n_topics=3, seed=s, max_iterations=10) for s in (1, 1, 2))
    assert first.phi.tobytes() == again.phi.tobytes() != other.phi.tobytes()


@pytest.mark.parametrize("n_blocks", [1, 2, 4])
def test_every_pair_is_in_the_one_cell_of_its_passage_and_term(corpus, n_blocks):
    counts = corpus[0]
    withheld = np.arange(counts.shape[0]) % 5 == 0
    grid = _grid.build_grid(counts, withheld=withheld, n_blocks=n_blocks)
    back = np.zeros(counts.shape, dtype=int)
    owners = {}
    for block, group in np.ndindex(n_blocks, n_blocks):
        start, middle, end = grid.cells[block, group]
        for visit in range(start, end):
            passage = grid.visit_passage[visit]
            assert withheld[passage] == (visit >= middle)
            assert owners.setdefault(("passage", passage), block) == block
            for pair in range(grid.visit_start[visit], grid.visit_start[visit + 1]):
                term = grid.term_order[grid.pair_term[pair]]
                assert owners.setdefault(("term", term), group) == group
                back[passage, term] += grid.pair_count[pair]
    assert (back == counts.toarray()).all()


def test_empty_passages_and_unused_terms_do_no_harm():
    counts = sparse.csr_matrix(
        np.array([[2, 0, 1, 0], [0, 0, 0, 0], [0, 0, 3, 1], [1, 0, 0, 2]], dtype=np.int32)
    )
    fit = _cvb0.fit(counts, n_topics=2, seed=1, max_iterations=10)
    assert np.isfinite(fit.phi).all() and np.isfinite(fit.theta).all()
    np.testing.assert_allclose(fit.theta[1], fit.alpha / fit.alpha.sum())


def test_the_trace_says_how_well_each_token_is_foretold_by_the_others(corpus):
    fit = _cvb0.fit(corpus[0], n_topics=4, seed=1, max_iterations=60, alpha=0.1)
    iterations, values = np.array(fit.trace).T
    assert iterations.tolist() == list(range(5, fit.n_iterations + 1, 5))
    assert values[-1] > values[0]
    assert np.log(1 / 48) < values[-1] < np.log(1 / 12)  # between one topic for all and topics known for sure
    assert fit.converged


def test_it_says_when_it_did_not_come_to_rest(corpus):
    fit = _cvb0.fit(corpus[0], n_topics=4, seed=1, max_iterations=7)
    assert not fit.converged and fit.n_iterations == 7
    assert [iteration for iteration, _ in fit.trace] == [5, 7]


@pytest.mark.skipif(config.DISABLE_JIT, reason="minutes in plain Python")
def test_alpha_is_kept_where_it_is_given_and_learnt_where_it_is_not():
    counts, _ = planted(n_passages=3000)
    given = _cvb0.fit(counts, n_topics=4, seed=1, alpha=0.3, max_iterations=22)
    learnt = _cvb0.fit(counts, n_topics=4, seed=1, max_iterations=22)
    assert given.alpha.tolist() == [0.3] * 4
    # planted with 0.1 a topic; the start is 0.375
    assert learnt.alpha.mean() == pytest.approx(0.1, rel=0.4)
    assert learnt.theta.shape == (3000, 4) and len(set(learnt.alpha)) == 4


@pytest.mark.skipif(config.DISABLE_JIT, reason="minutes in plain Python")
@pytest.mark.parametrize("planted_eta", [0.02, 0.5])
def test_eta_is_kept_where_it_is_given_and_learnt_where_it_is_not(planted_eta):
    rng = np.random.default_rng(3)
    phi = rng.dirichlet(np.full(400, planted_eta), 5)
    mixtures = rng.dirichlet(np.full(5, 0.2), 1500)
    counts = sparse.csr_matrix(np.stack([rng.multinomial(40, m @ phi) for m in mixtures]).astype(np.int32))
    assert _cvb0.fit(counts, n_topics=5, seed=1, eta=0.2, max_iterations=22).eta == 0.2
    learnt = _cvb0.fit(counts, n_topics=5, seed=1, max_iterations=22).eta
    assert 0.5 * planted_eta < learnt < 3 * planted_eta  # the start is 0.03


@pytest.mark.skipif(config.DISABLE_JIT, reason="minutes in plain Python")
def test_eta_is_learnt_as_well_beside_an_alpha_that_is_given():
    """Seen halves were once read beside a learnt alpha only; beside a given one eta fell to a hundredth of this."""
    rng = np.random.default_rng(4)
    phi, mixtures = rng.dirichlet(np.full(300, 0.1), 20), rng.dirichlet(np.full(20, 0.03), 1500)
    counts = sparse.csr_matrix(np.stack([rng.multinomial(40, m @ phi) for m in mixtures]).astype(np.int32))
    given = _cvb0.fit(counts, n_topics=20, seed=1, alpha=0.03, max_iterations=22).eta
    assert given == pytest.approx(_cvb0.fit(counts, n_topics=20, seed=1, max_iterations=22).eta, rel=0.5)


def test_another_eta_leaves_the_counts_as_they_are():
    counts, _ = planted(n_passages=60)
    state = State(
        _grid.build_grid(counts.astype(float), withheld=np.zeros(60, dtype=bool)), 4, alpha=0.1, eta=0.03
    )
    with _grid.open_workers(1, state.grid.n_blocks) as run:
        state.start(run, np.random.default_rng(0).gamma(1.0, size=(4, counts.shape[1])))
        before = state.term_topic[:, :4] - 0.03
        state.set_eta(0.4)
    np.testing.assert_allclose(state.term_topic[:, :4] - 0.4, before, atol=1e-5)
    assert state.total[:4].sum() == pytest.approx(counts.sum() + 4 * 0.4 * counts.shape[1])


@pytest.mark.parametrize("heights", [[0, 1, 4, 3, -1], [5, 4, 3, 2, 1], [1, 2, 3, 4, 5]])
def test_the_peak_is_between_the_neighbours_of_the_highest_point_or_at_the_end(heights):
    peak = _priors._peak(np.arange(5.0), np.array(heights, dtype=float))
    assert abs(peak - np.argmax(heights)) <= 0.5
    if heights[2] == 4:
        assert peak == pytest.approx(2 + 0.5 * (3 - 1) / (8 - 1 - 3))


@pytest.mark.skipif(config.DISABLE_JIT, reason="a minute in plain Python")
def test_counts_of_whole_numbers_in_any_dtype_teach_the_same_priors():
    """From 500 passages on passages are dealt into halves: counts that came as floats once broke the draw."""
    counts, _ = planted(n_passages=600, words=5, length=12)
    fits = [_cvb0.fit(counts.astype(kind), n_topics=4, seed=1, max_iterations=21) for kind in ("i4", "f8")]
    assert fits[0].alpha.tolist() == fits[1].alpha.tolist() and fits[0].eta == fits[1].eta
    assert len(set(fits[0].alpha)) == 4


def test_a_topic_that_is_everywhere_gets_the_larger_alpha():
    rng = np.random.default_rng(0)
    mixtures = rng.dirichlet([1.5, 0.1, 0.1], 700)
    phi = np.kron(np.eye(3), np.full(10, 0.1))
    counts = sparse.csr_matrix(np.stack([rng.multinomial(40, m @ phi) for m in mixtures]).astype(np.int32))
    fit = _cvb0.fit(counts, n_topics=3, seed=1, max_iterations=25)
    everywhere = fit.phi[:, :10].sum(axis=1).argmax()
    assert fit.alpha.argmax() == everywhere
    assert fit.alpha.max() > 1.4 * np.median(fit.alpha)


def test_few_passages_teach_no_priors(corpus):
    fit = _cvb0.fit(corpus[0], n_topics=4, seed=1, max_iterations=30)
    assert fit.alpha.tolist() == [1.5 / 4] * 4 and fit.eta == 0.03


@pytest.mark.skipif(
    config.DISABLE_JIT or os.name == "nt", reason="nothing is compiled, or no such permissions"
)
def test_without_a_place_for_its_cache_it_compiles_anew():
    script = (
        "import numba.core.caching as caching\n"
        "caching.CacheImpl._locator_classes = []\n"
        "import numpy as np; from scipy import sparse; from discourse.topics import _cvb0, _kernels\n"
        "counts = sparse.csr_matrix(np.eye(6, dtype=np.int32) + 1)\n"
        "print(_kernels.are_compiled(), np.isfinite(_cvb0.fit(counts, n_topics=2, seed=1, max_iterations=5).phi).all())"
    )
    root = Path(discourse.__file__).parent.parent
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == ["False", "True"]


def test_a_matrix_of_eta_says_which_topic_is_about_what(corpus):
    counts, mixtures = corpus
    for order in (np.array([2, 0, 3, 1]), np.arange(4)):
        eta = np.full((4, 48), 0.03)
        for topic, block in enumerate(order[:3]):  # the fourth topic is free
            eta[topic, 12 * block : 12 * block + 2] = 1.0
        fit = _cvb0.fit(counts, n_topics=4, seed=1, eta=eta, alpha=0.1, max_iterations=40)
        assert fit.phi.reshape(4, 4, 12).sum(axis=2).argmax(axis=1).tolist() == order.tolist()
        assert np.abs(fit.theta - mixtures[:, order]).mean() < 0.05
        assert fit.eta == pytest.approx(eta.mean())


def test_a_matrix_of_equal_etas_is_one_eta(corpus):
    single, matrix = (
        _cvb0.fit(corpus[0], n_topics=4, seed=1, eta=eta, max_iterations=15)
        for eta in (0.05, np.full((4, 48), 0.05))
    )
    np.testing.assert_allclose(matrix.phi, single.phi, rtol=1e-4)


def kept_of(gamma, n_kept):
    """Responsibilities packed as `sweep_kept` wants them: topic in the upper half, share in the lower."""
    order = np.argsort(-gamma, axis=1, kind="stable")[:, :n_kept]
    shares = np.take_along_axis(gamma, order, axis=1)
    units = np.round(65535 * shares / shares.sum(axis=1, keepdims=True)).astype(np.uint32)
    return np.where(units > 0, order.astype(np.uint32) << 16 | units, 0).astype(np.uint32)


def unpacked(kept, n_topics):
    gamma = np.zeros((len(kept), n_topics))
    for pair, row in enumerate(kept):
        np.add.at(gamma[pair], row >> 16, (row & 65535) / 65535)
    return gamma


def run_kept(counts, kept, here, there, total):
    change, scratch = np.zeros(here.shape[1], np.float32), np.zeros((5, here.shape[1]), np.float32)
    starts = np.arange(counts.nnz + 1, dtype=np.int64)
    passages = np.repeat(np.arange(counts.shape[0], dtype=np.int32), np.diff(counts.indptr))
    pairs = counts.indices.astype(np.int32), counts.data.astype(np.float32)
    tables = kept, here, there, total.astype(np.float32), change, scratch
    return _kernels_kept.sweep_kept(0, counts.nnz, passages, starts, *pairs, *tables, True), change


def test_a_sweep_that_could_keep_all_topics_equals_the_slow_twin():
    counts, passages, gamma, _, _, total = tables(5)
    kept = kept_of(gamma, 8)
    start = unpacked(kept, 5)
    slow_here, slow_there = reference_cvb0.count_tokens(passages, counts.indices, counts.data, start, 7, 11)
    slow = start, slow_here + 0.1, slow_there + 0.05
    here, there = (np.pad(table, ((0, 0), (0, 3))).astype(np.float32) for table in slow[1:])
    total[:5] = slow[2].sum(axis=0)
    slow_total = total[:5].copy()
    likelihood, change = run_kept(counts, kept, here, there, total)
    expected = reference_cvb0.sweep(passages, counts.indices, counts.data, *slow, slow_total)
    assert likelihood == pytest.approx(expected, rel=1e-3)
    for ours, theirs in zip((unpacked(kept, 5), here[:, :5], there[:, :5]), slow, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=0.02)
    np.testing.assert_allclose((total + change)[:5], slow_total, atol=0.05)


def test_counts_stay_those_of_what_is_kept():
    counts, passages, gamma, _, _, total = tables(21)
    kept = kept_of(gamma, 6)
    here, there = reference_cvb0.count_tokens(
        passages, counts.indices, counts.data, unpacked(kept, 24), 7, 11
    )
    here, there = (here + 0.1).astype(np.float32), (there + 0.05).astype(np.float32)
    run_kept(counts, kept, here, there, total)
    assert ((kept & 65535).sum(axis=1) == 65535).all()
    after = reference_cvb0.count_tokens(passages, counts.indices, counts.data, unpacked(kept, 24), 7, 11)
    np.testing.assert_allclose(here - 0.1, after[0], atol=1e-5)
    np.testing.assert_allclose(there - 0.05, after[1], atol=1e-5)
    exact = np.zeros((7, 24)), np.zeros((11, 24))
    starts = np.arange(counts.nnz + 1)
    _kernels_kept.count_kept(
        0, counts.nnz, passages, starts, counts.indices, counts.data.astype(np.float32), kept, *exact
    )
    np.testing.assert_allclose(exact[0], after[0], rtol=1e-12)
    np.testing.assert_allclose(exact[1], after[1], rtol=1e-12)


def test_the_largest_weights_are_kept_whatever_their_order():
    rng = np.random.default_rng(0)
    for n_large in (3, 16, 40):
        weights = np.zeros(40, dtype=np.float32)
        weights[rng.choice(40, n_large, replace=False)] = rng.uniform(0.02, 1, n_large)
        scratch, row = np.zeros((5, 40), dtype=np.float32), np.ones(16, dtype=np.uint32)
        scratch[1] = weights
        _kernels_kept._keep_largest(row, scratch, np.float32(weights.sum()))
        largest = np.argsort(-weights)[: min(n_large, 16)]
        expected = np.zeros(40)
        expected[largest] = weights[largest] / weights[largest].sum()
        np.testing.assert_allclose(unpacked(row[None], 40)[0], expected, atol=2e-4)


@pytest.mark.skipif(config.DISABLE_JIT, reason="half a minute in plain Python")
def test_past_the_budget_a_pair_takes_64_bytes_and_planted_topics_come_back(monkeypatch):
    counts, mixtures = planted(n_passages=150, n_topics=18, words=6, length=30)
    sizes = []
    monkeypatch.setattr(
        _cvb0, "State", lambda *args, **settings: sizes.append(made := State(*args, **settings)) or made
    )
    settings = {"n_topics": 18, "seed": 1, "max_iterations": 25, "alpha": 0.1}
    whole, short = (_cvb0.fit(counts, memory=memory, **settings) for memory in (1e9, 1e3))
    assert [state.gamma.nbytes // counts.nnz for state in sizes] == [4 * 24, 64]
    pure = [fit.phi.reshape(18, 18, 6).sum(axis=2).max(axis=1).mean() for fit in (whole, short)]
    assert min(pure) > 0.7 and pure[1] > pure[0] - 0.1
    assert short.trace[-1][1] == pytest.approx(whole.trace[-1][1], rel=0.02)
    assert mixtures.shape == short.theta.shape


def test_short_memory_gives_the_same_bytes_with_any_number_of_threads(monkeypatch):
    monkeypatch.setattr(_grid, "_choose_side", lambda n_pairs: 3)
    counts, _ = planted(n_passages=40, n_topics=9, words=3, length=20)
    settings = {"n_topics": 17, "seed": 1, "max_iterations": 6, "memory": 0}
    first, *others = (_cvb0.fit(counts, n_threads=n, **settings) for n in (1, 2, 5))
    for other in others:
        assert other.phi.tobytes() == first.phi.tobytes() and other.theta.tobytes() == first.theta.tobytes()


def test_few_topics_are_all_kept_however_short_memory_is(corpus):
    fits = [_cvb0.fit(corpus[0], n_topics=5, seed=1, max_iterations=8, memory=m) for m in (0, 1e9)]
    assert fits[0].phi.tobytes() == fits[1].phi.tobytes()
