"""What every engine answers with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Fit(NamedTuple):
    """What an engine answers with: arrays of a `TopicModel`, and how it came to them.

    trace: (iteration, what the engine raises, in nats per token).
    """

    phi: np.ndarray
    theta: np.ndarray
    alpha: np.ndarray
    eta: float
    trace: list[tuple[int, float]]
    converged: bool
    n_iterations: int
