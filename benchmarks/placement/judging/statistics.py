"""Paired differences: means with 95 % intervals, and p-values that many cases do not inflate."""

from typing import NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

from benchmarks.placement.replaying.state import Real


class Estimate(NamedTuple):
    """A mean over seeds."""

    mean: float
    low: float
    high: float
    p: float
    """Of the hypothesis that it is 0 (two-sided t-test)."""


def estimate(values: Real) -> Estimate:
    """Mean of independent values, with its 95 % interval; of a single one no more than that."""
    mean = float(values.mean())
    if values.size < 2:
        return Estimate(mean, -np.inf, np.inf, 1.0)
    error = float(values.std(ddof=1) / np.sqrt(values.size))
    if error == 0.0:
        return Estimate(mean, mean, mean, 1.0 if mean == 0.0 else 0.0)
    half = float(stdtrit(values.size - 1, 0.975)) * error
    return Estimate(mean, mean - half, mean + half, 2.0 * float(stdtr(values.size - 1, -abs(mean / error))))


def holm(ps: list[float]) -> list[float]:
    """The p-values corrected for their number, in the order given (Holm 1979)."""
    corrected, highest = [1.0] * len(ps), 0.0
    for rank, index in enumerate(np.argsort(ps, kind="stable")):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[index]))
        corrected[index] = highest
    return corrected
