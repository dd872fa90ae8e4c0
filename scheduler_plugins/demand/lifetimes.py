"""How long VMs live, from bare figures: rates of departure by age, and what one more adds to a card's life.

A VM's class is its card's mdev type. Time at risk and departures are counted by class and age bin, in flat
sequences (class by class); a rate is departures per time at risk. Where VMs of one age leave sooner than
those of another, a card whose last VM will stay long anyway is the one to join: a newcomer costs it nothing.

Like `scores.py`: plain functions of numbers and of lists or one-dimensional arrays, which a simulation may
compile as they are (`CORE`). Functions never change what they are handed, but for arguments named `out_...`.
Any unit of time will do, as long as it is one.
"""

import math
from collections.abc import Callable, MutableSequence, Sequence

DISCOUNT = 4.0
"""What lies so many mean lifetimes ahead counts 1/e."""
PRIOR_POOLED, PRIOR_CLASS = 2.0, 4.0
"""Departures that the rate of all ages counts as among those of one age, and the rate of all classes at one
age among those of one class."""
STEPS = (
    *(0.0, 0.04, 0.08, 0.12, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.7, 2.0),
    *(2.5, 3.0, 4.0, 5.5, 8.0, 12.0, 20.0),
)
"""Time ahead is cut into steps at these points, in mean lifetimes."""

POINTS = len(STEPS) - 1
"""Steps of time ahead."""


def age_bin(age: float, edges: Sequence[float]) -> int:
    """Number of an age's bin; `edges` are the bins' lower ends, rising, the first 0, the last bin endless."""
    low, high = 0, len(edges)
    while high - low > 1:
        middle = (low + high) // 2
        if age < edges[middle]:
            high = middle
        else:
            low = middle
    return low


def add_exposure(
    since: float, until: float, edges: Sequence[float], first: int, out_exposure: MutableSequence[float]
) -> None:
    """Adds the time that a VM spent in each bin from one age to another; its class begins at `first`."""
    for bin_ in range(age_bin(since, edges), age_bin(until, edges) + 1):
        end = until if bin_ + 1 == len(edges) else min(until, edges[bin_ + 1])
        out_exposure[first + bin_] += max(0.0, end - max(since, edges[bin_]))


def rate(departures: float, exposure: float, prior: float, weight: float) -> float:
    """Departures per time at risk, drawn to the rate `prior` as if it had `weight` departures."""
    return (departures + weight) / (exposure + weight / prior)


def fill_rates(
    departures: Sequence[float], exposure: Sequence[float], bins: int, out_rates: MutableSequence[float]
) -> float:
    """Rates of departure by class and age bin (flat, class by class); gives the mean lifetime, 0 if unknown.

    Those of a bin are drawn to the rate of all ages, those of a class in it to the rate of the bin.
    """
    left, at_risk = 0.0, 0.0
    for index in range(len(departures)):
        left += departures[index]
        at_risk += exposure[index]
    if left <= 0.0 or at_risk <= 0.0:
        return 0.0
    for bin_ in range(bins):
        left_here, risk_here = 0.0, 0.0
        for index in range(bin_, len(departures), bins):
            left_here += departures[index]
            risk_here += exposure[index]
        pooled = rate(left_here, risk_here, left / at_risk, PRIOR_POOLED)
        for index in range(bin_, len(departures), bins):
            out_rates[index] = rate(departures[index], exposure[index], pooled, PRIOR_CLASS)
    return at_risk / left


def hazard_sum(age: float, edges: Sequence[float], rates: Sequence[float], first: int) -> float:
    """The rates of a class summed up over time, from its start to an age: exp(-this) get that old."""
    total = 0.0
    for bin_ in range(age_bin(age, edges) + 1):
        end = age if bin_ + 1 == len(edges) else min(age, edges[bin_ + 1])
        total += rates[first + bin_] * (end - edges[bin_])
    return total


def typical_age(bin_: int, edges: Sequence[float]) -> float:
    """An age that stands for a bin."""
    if bin_ + 1 == len(edges):
        return 1.5 * edges[bin_]
    return 0.5 * (edges[bin_] + edges[bin_ + 1])


def fill_lives(
    rates: Sequence[float],
    edges: Sequence[float],
    mean: float,
    out_lasts: MutableSequence[float],
    out_gone: MutableSequence[float],
) -> None:
    """Tables for `extension`, from the rates by class and bin and the mean lifetime.

    `out_lasts[kind * POINTS + step]`: the probability that a new VM of the class lives at that step, times
    the step's length, in mean lifetimes and discounted. `out_gone[(kind * bins + bin) * POINTS + step]`: the
    probability that one in that age bin is gone by then.
    """
    bins = len(edges)
    for kind in range(len(rates) // bins):
        first = kind * bins
        for step in range(POINTS):
            start, end = STEPS[step], STEPS[step + 1]
            length = DISCOUNT * (math.exp(-start / DISCOUNT) - math.exp(-end / DISCOUNT))
            ahead = 0.5 * (start + end) * mean
            out_lasts[kind * POINTS + step] = length * math.exp(-hazard_sum(ahead, edges, rates, first))
            for bin_ in range(bins):
                age = typical_age(bin_, edges)
                more = hazard_sum(age + ahead, edges, rates, first) - hazard_sum(age, edges, rates, first)
                out_gone[(first + bin_) * POINTS + step] = 1.0 - math.exp(-more)


def extension(
    kind: int, others: Sequence[int], ages: Sequence[int], bins: int, lasts: Sequence[float], gone: Sequence[float]
) -> float:
    """By how much a new VM of the class prolongs the card's life: expected, in mean lifetimes, discounted.

    `others` and `ages` are class and age bin of each VM on the card. With `n` others and memoryless lifetimes
    that were 1/(n + 1), if it were not discounted.
    """
    total = 0.0
    for step in range(POINTS):
        alone = lasts[kind * POINTS + step]
        for other in range(len(others)):
            alone *= gone[(others[other] * bins + ages[other]) * POINTS + step]
        total += alone
    return total


CORE: tuple[Callable[..., object], ...] = (
    *(age_bin, add_exposure, rate, fill_rates, hazard_sum, typical_age, fill_lives, extension),
)
"""All of them, each after those that it calls."""
