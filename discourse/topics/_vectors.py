"""Updates of one pair's responsibilities with explicit vectors of `LANES` floats, and their plain twins.

Twice as fast as what the compiler makes of plain loops (it cannot know that the rows do not overlap), and the
order of every sum is fixed, so that processors with other vector lengths give the same bytes. A change here
does not reach kernels that lie compiled on disk: touch `_kernels.py` and `_kernels_kept.py` with it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 8


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


@intrinsic
def _vector_weigh(typing_context, passage_topic, passage, term_topic, term, scratch):  # type: ignore[no-untyped-def]
    """Weights of one pair that has left the counts go to scratch[1]; returns their sum."""
    return types.float32(passage_topic, passage, term_topic, term, scratch), _VectorUpdate(1).build_weigh


def _plain_weigh(
    passage_topic: np.ndarray, passage: int, term_topic: np.ndarray, term: int, scratch: np.ndarray
) -> np.float32:
    """Python twin of `_vector_weigh`."""
    scratch[1] = np.maximum(passage_topic[passage] * term_topic[term] * scratch[0], np.float32(0))
    return _lane_sums(scratch[1:2])[0] + np.float32(1e-30)


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

    def build_weigh(self, context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        """Fill the body of `_vector_weigh`: `_weigh` with nothing to take off."""
        kinds, values = signature.args, arguments
        tables = [context.make_array(kinds[i])(context, builder, values[i]) for i in (0, 2, 4)]
        n_padded = cgutils.unpack_tuple(builder, tables[2].shape)[1]
        n_blocks = builder.udiv(n_padded, ir.Constant(n_padded.type, LANES))

        def row(table: Any, index: Any) -> Any:
            start = builder.gep(table.data, [builder.mul(index, n_padded)])
            return builder.bitcast(start, self.vector.as_pointer())

        passage, term = (context.cast(builder, values[i], kinds[i], types.int64) for i in (1, 3))
        inverse, weights = (row(tables[2], ir.Constant(n_padded.type, i)) for i in (0, 1))
        here, there = row(tables[0], passage), [row(tables[1], term)]
        return self._weigh(builder, n_blocks, None, here, there, inverse, [weights])[0]

    def _weigh(
        self, builder: Any, n_blocks: Any, old: Any, here: Any, there: Any, inverse: Any, weights: Any
    ) -> list[Any]:
        """Unnormalised responsibilities go to `weights`; return their sums."""
        nothing = ir.Constant(self.vector, [0.0] * LANES)
        sums = [cgutils.alloca_once_value(builder, nothing) for _ in there]
        with cgutils.for_range(builder, n_blocks) as loop:
            here_block, inverse_block = (
                self._load(builder, here, loop.index),
                self._load(builder, inverse, loop.index),
            )
            for i in range(self.width):
                factors = here_block, self._load(builder, there[i], loop.index)
                if old is not None:
                    before = self._load(builder, old[i], loop.index)
                    factors = tuple(builder.fsub(factor, before) for factor in factors)
                product = builder.fmul(*factors)
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
weigh_one = _plain_weigh if config.DISABLE_JIT else _vector_weigh
