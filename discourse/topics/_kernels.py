"""Compiled loops of the CVB0 engine: C-contiguous arrays of stated dtype come in and are filled in place.

Every array with a topic axis is padded with zeros to a multiple of `LANES` topics, so that a loop over topics
has no remainder. The update of one pair is written with explicit vectors of `LANES` floats: twice as fast as
what the compiler makes of plain loops (it cannot know that the rows do not overlap), and the order of every
sum is fixed, so that processors with other vector lengths give the same bytes. Slow twins of all kernels are
in `tests/topics/reference_cvb0.py`; with ``NUMBA_DISABLE_JIT=1`` all of this runs as plain Python.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from llvmlite import ir
from numba import config, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 8
SHORT = 48  # topics up to which four pairs at once beat two: above it, memory is the limit and not the adder
_ONE = np.float32(1.0)


def _compiled(function: Any) -> Any:
    """Compile for any thread, and keep the result on disk where there is a place to write to."""
    options = {"nogil": True, "error_model": "numpy", "boundscheck": False}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # numba found no folder for its cache: compile in every process instead
        return njit(**options)(function)


def are_compiled() -> bool:
    """Whether the kernels lie compiled on disk; else the first fit takes some seconds longer."""
    folder = getattr(getattr(sweep, "stats", None), "cache_path", None)
    return config.DISABLE_JIT or bool(folder and any(Path(folder).glob("_kernels.sweep-*.nbi")))


@_compiled
def count_tokens(
    first: int,
    last: int,
    visit_passage: np.ndarray,
    visit_start: np.ndarray,
    pair_term: np.ndarray,
    pair_count: np.ndarray,
    gamma: np.ndarray,
    passage_topic: np.ndarray,
    term_topic: np.ndarray,
) -> None:
    """Add count * gamma of the visits first to last - 1 to the float64 tables passage_topic and term_topic.

    Shapes as in `sweep`. Exact where the running float32 tables have drifted.
    """
    for visit in range(first, last):
        here = passage_topic[visit_passage[visit]]
        for pair in range(visit_start[visit], visit_start[visit + 1]):
            there = term_topic[pair_term[pair]]
            row = gamma[pair]
            count = np.float64(pair_count[pair])
            for k in range(row.shape[0]):
                amount = count * np.float64(row[k])
                here[k] += amount
                there[k] += amount


@_compiled
def complete_passages(
    passage_start: np.ndarray,
    seen: np.ndarray,
    hidden: np.ndarray,
    chances: np.ndarray,
    alpha: np.ndarray,
    amounts: np.ndarray,
    demand: np.ndarray,
) -> float:
    """Read the seen tokens of every passage once more, then ask what alpha its hidden tokens would want.

    passage_start (n + 1,) int64; seen, hidden (n_pairs,) float64: tokens of a pair in either half; chances
    (n_pairs, n_topics) float64: phi of the pair's term; amounts (n, n_topics) float64: soft counts of the
    seen tokens, updated; demand (n_topics,) float64: filled with sum_w hidden * phi / p(w).
    Returns the log likelihood of the hidden tokens.
    """
    n_topics = alpha.shape[0]
    weights = np.empty(n_topics)
    demand[:] = 0.0
    log_likelihood = 0.0
    for passage in range(passage_start.shape[0] - 1):
        first, last = passage_start[passage], passage_start[passage + 1]
        length = 0.0
        for k in range(n_topics):
            weights[k] = amounts[passage, k] + alpha[k]
            amounts[passage, k] = 0.0
        for pair in range(first, last):
            length += seen[pair]
            total = 0.0
            for k in range(n_topics):
                total += weights[k] * chances[pair, k]
            share = seen[pair] / total
            for k in range(n_topics):
                amounts[passage, k] += share * weights[k] * chances[pair, k]
        mass = 0.0
        for k in range(n_topics):
            weights[k] = amounts[passage, k] + alpha[k]
            mass += weights[k]
        for pair in range(first, last):
            if hidden[pair] > 0:
                total = 0.0
                for k in range(n_topics):
                    total += weights[k] * chances[pair, k]
                share = hidden[pair] / total
                for k in range(n_topics):
                    demand[k] += share * chances[pair, k]
                log_likelihood += hidden[pair] * np.log(total / mass)
    return log_likelihood


@_compiled
def sweep(
    first: int,
    last: int,
    visit_passage: np.ndarray,
    visit_start: np.ndarray,
    pair_term: np.ndarray,
    pair_count: np.ndarray,
    gamma: np.ndarray,
    passage_topic: np.ndarray,
    term_topic: np.ndarray,
    topic_total: np.ndarray,
    topic_change: np.ndarray,
    scratch: np.ndarray,
    measure: bool,
) -> float:
    """Update the responsibilities of all pairs of the visits first to last - 1, and the counts with them.

    visit_passage (n_visits,) int32, visit_start (n_visits + 1,) int64: which pairs belong to which passage;
    pair_term int32, pair_count float32 (n_pairs,); gamma (n_pairs, n_padded) float32, rows sum to 1;
    passage_topic (n_passages, n_padded), term_topic (n_terms, n_padded): float32 soft counts plus alpha, plus
    eta; topic_total (n_padded,) float32: soft counts plus n_terms * eta, as they were before this call;
    topic_change (n_padded,) float32: what this call adds to them; scratch (5, n_padded) float32.
    Returns the sum over tokens of the log of the unnormalised predictive probability, if `measure`, else 0.
    Equation: Asuncion et al. (2009), eq. 14, one responsibility for all tokens of a pair.
    """
    n_padded = topic_total.shape[0]
    log_likelihood = 0.0
    for visit in range(first, last):
        passage = visit_passage[visit]
        for k in range(n_padded):
            # totals move little within a passage: one division a visit instead of one a pair
            scratch[0, k] = _ONE / (topic_total[k] + topic_change[k])
            topic_change[k] -= passage_topic[passage, k]
        pair, end = visit_start[visit], visit_start[visit + 1]
        while pair < end:
            if end - pair >= 4 and n_padded <= SHORT:
                width = 4
                update_four(gamma, pair, passage_topic, passage, term_topic, pair_term, scratch, pair_count)
            elif end - pair >= 2:
                width = 2
                update_two(gamma, pair, passage_topic, passage, term_topic, pair_term, scratch, pair_count)
            else:
                width = 1
                update_one(gamma, pair, passage_topic, passage, term_topic, pair_term, scratch, pair_count)
            if measure:
                for i in range(width):
                    log_likelihood += pair_count[pair + i] * np.log(np.float64(scratch[1 + i, 0]))
            pair += width
        for k in range(n_padded):
            topic_change[k] += passage_topic[passage, k]
    return log_likelihood


def _plain_updater(width: int) -> Any:
    """Python twin of `_vector_updater`: the same sums in the same order."""

    def update(
        gamma: np.ndarray,
        first: int,
        passage_topic: np.ndarray,
        passage: int,
        term_topic: np.ndarray,
        pair_term: np.ndarray,
        scratch: np.ndarray,
        pair_count: np.ndarray,
    ) -> None:
        old, here = gamma[first : first + width].copy(), passage_topic[passage]
        terms, counts = pair_term[first : first + width], pair_count[first : first + width]
        new = np.maximum((here - old) * (term_topic[terms] - old) * scratch[0], np.float32(0))
        totals = _lane_sums(new) + np.float32(1e-30)
        new *= (np.float32(1) / totals)[:, None]
        change = (new - old) * counts[:, None]
        gamma[first : first + width] = new
        for i in range(width):
            here += change[i]
            term_topic[terms[i]] += change[i]
        scratch[1 : 1 + width, 0] = totals

    return update


def _lane_sums(rows: np.ndarray) -> np.ndarray:
    """Row sums in the order of `_horizontal_sum`: block onto block, then halves onto halves."""
    sums = np.zeros((len(rows), LANES), dtype=np.float32)
    for start in range(0, rows.shape[1], LANES):
        sums += rows[:, start : start + LANES]
    while sums.shape[1] > 1:
        half = sums.shape[1] // 2
        sums = sums[:, :half] + sums[:, half:]
    return sums[:, 0]


def _vector_updater(width: int) -> Any:
    """Intrinsic that updates `width` neighbouring pairs of one passage at once, all from the same counts."""

    @intrinsic
    def update(  # type: ignore[no-untyped-def]
        typing_context, gamma, first, passage_topic, passage, term_topic, pair_term, scratch, pair_count
    ):
        arguments = (gamma, first, passage_topic, passage, term_topic, pair_term, scratch, pair_count)
        return types.void(*arguments), _VectorUpdate(width).build

    return update


class _VectorUpdate:
    """Writes the update as LLVM instructions: weigh and sum, normalise and store."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.vector = ir.VectorType(ir.FloatType(), LANES)

    def build(self, context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        """Fill the body of the intrinsic."""
        names = "gamma first passage_topic passage term_topic pair_term scratch pair_count".split()
        kinds = dict(zip(names, signature.args, strict=True))
        given = dict(zip(names, arguments, strict=True))

        def array(name: str) -> Any:
            return context.make_array(kinds[name])(context, builder, given[name])

        def integer(name: str) -> Any:
            return context.cast(builder, given[name], kinds[name], types.int64)

        def row(name: str, index: Any) -> Any:
            start = builder.gep(array(name).data, [builder.mul(index, n_padded)])
            return builder.bitcast(start, self.vector.as_pointer())

        n_padded = cgutils.unpack_tuple(builder, array("scratch").shape)[1]
        n_blocks = builder.udiv(n_padded, ir.Constant(n_padded.type, LANES))
        pairs = [builder.add(integer("first"), ir.Constant(n_padded.type, i)) for i in range(self.width)]
        terms = [
            builder.sext(builder.load(builder.gep(array("pair_term").data, [p])), n_padded.type)
            for p in pairs
        ]
        counts = [builder.load(builder.gep(array("pair_count").data, [pair])) for pair in pairs]
        here, inverse = (
            row("passage_topic", integer("passage")),
            row("scratch", ir.Constant(n_padded.type, 0)),
        )
        old = [row("gamma", pair) for pair in pairs]
        there = [row("term_topic", term) for term in terms]
        weights = [row("scratch", ir.Constant(n_padded.type, 1 + i)) for i in range(self.width)]
        totals = self._weigh(builder, n_blocks, old, here, there, inverse, weights)
        self._settle(builder, n_blocks, old, here, there, weights, totals, counts)
        for weight, total in zip(weights, totals, strict=True):
            builder.store(total, builder.bitcast(weight, ir.FloatType().as_pointer()))
        return context.get_dummy_value()

    def _weigh(
        self, builder: Any, n_blocks: Any, old: Any, here: Any, there: Any, inverse: Any, weights: Any
    ) -> list[Any]:
        """Unnormalised responsibilities go to `weights`; return their sums."""
        nothing = ir.Constant(self.vector, [0.0] * LANES)
        sums = [cgutils.alloca_once_value(builder, nothing) for _ in old]
        with cgutils.for_range(builder, n_blocks) as loop:
            here_block, inverse_block = (
                self._load(builder, here, loop.index),
                self._load(builder, inverse, loop.index),
            )
            for i in range(self.width):
                before = self._load(builder, old[i], loop.index)
                elsewhere = builder.fsub(self._load(builder, there[i], loop.index), before)
                product = builder.fmul(builder.fsub(here_block, before), elsewhere)
                weight = builder.fmul(product, inverse_block)
                # counts drift by float32 rounding: what is a hair below nothing is nothing
                weight = builder.select(builder.fcmp_ordered(">", weight, nothing), weight, nothing)
                self._store(builder, weight, weights[i], loop.index)
                builder.store(builder.fadd(builder.load(sums[i]), weight), sums[i])
        tiny = ir.Constant(ir.FloatType(), 1e-30)
        return [builder.fadd(_horizontal_sum(builder, builder.load(each)), tiny) for each in sums]

    def _settle(
        self,
        builder: Any,
        n_blocks: Any,
        old: Any,
        here: Any,
        there: Any,
        weights: Any,
        totals: Any,
        counts: Any,
    ) -> None:
        """Normalise, store, and move the counts by what changed."""
        one = ir.Constant(ir.FloatType(), 1.0)
        scales = [self._spread(builder, builder.fdiv(one, total)) for total in totals]
        times = [self._spread(builder, count) for count in counts]
        with cgutils.for_range(builder, n_blocks) as loop:
            here_block = self._load(builder, here, loop.index)
            for i in range(self.width):
                after = builder.fmul(self._load(builder, weights[i], loop.index), scales[i])
                moved = builder.fsub(after, self._load(builder, old[i], loop.index))
                change = builder.fmul(moved, times[i])
                self._store(builder, after, old[i], loop.index)
                there_block = self._load(builder, there[i], loop.index)
                self._store(builder, builder.fadd(there_block, change), there[i], loop.index)
                here_block = builder.fadd(here_block, change)
            self._store(builder, here_block, here, loop.index)

    def _load(self, builder: Any, base: Any, block: Any) -> Any:
        return builder.load(builder.gep(base, [block]), align=4)

    def _store(self, builder: Any, value: Any, base: Any, block: Any) -> None:
        builder.store(value, builder.gep(base, [block]), align=4)

    def _spread(self, builder: Any, scalar: Any) -> Any:
        undefined, index = ir.Constant(self.vector, ir.Undefined), ir.IntType(32)
        one = builder.insert_element(undefined, scalar, ir.Constant(index, 0))
        return builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(index, LANES), [0] * LANES))


def _horizontal_sum(builder: Any, vector: Any) -> Any:
    """Sum of the lanes, halves onto halves: the same tree as in `_lane_sums`."""
    width = LANES
    while width > 1:
        width //= 2
        undefined = ir.Constant(vector.type, ir.Undefined)
        halves = [
            ir.Constant(ir.VectorType(ir.IntType(32), width), list(range(start, start + width)))
            for start in (0, width)
        ]
        low, high = (builder.shuffle_vector(vector, undefined, half) for half in halves)
        vector = builder.fadd(low, high)
    return builder.extract_element(vector, ir.Constant(ir.IntType(32), 0))


_updater = _plain_updater if config.DISABLE_JIT else _vector_updater
update_one, update_two, update_four = _updater(1), _updater(2), _updater(4)
