"""What the age-aware weight learns while a replay runs: how long VMs of each class last.

The product's own functions (`lifetimes.py`) do the counting; here is only when they are called: at each
departure, and for the time at risk and the tables every `EVERY` arrivals.
"""

from typing import NamedTuple

import numpy as np

from benchmarks.placement.replaying.compiled import compiled, product
from benchmarks.placement.replaying.state import NOWHERE, Demand, Real, State, Whole
from scheduler_plugins.demand.ages import LEAST_DEPARTURES
from scheduler_plugins.demand.lifetimes import POINTS

EVERY = 100
"""Arrivals between two renewals of the tables."""

_age_bin, _add_exposure = product.age_bin, product.add_exposure
_fill_rates, _fill_lives, _extension = product.fill_rates, product.fill_lives, product.extension


class Ages(NamedTuple):
    """What was learned; all tables are flat, class by class."""

    edges: Real
    """Lower ends of the bins of age."""
    departures: Real
    exposure: Real
    rates: Real
    lasts: Real
    gone: Real
    counted: Real
    """By VM: the age up to which its time at risk is counted."""
    known: Real
    """One figure: the mean lifetime, 0 as long as too few have left."""


def new_ages(edges: Real, classes: int, arrivals: int) -> Ages:
    """Nothing learned yet."""
    flat = classes * edges.size
    return Ages(
        edges,
        np.zeros(flat),
        np.zeros(flat),
        np.zeros(flat),
        np.zeros(classes * POINTS),
        np.zeros(flat * POINTS),
        np.zeros(arrivals),
        np.zeros(1),
    )


@compiled
def count(ages: Ages, demand: Demand, vm: int, now: float) -> None:
    """Counts the VM's time at risk until now."""
    age = now - demand.when[vm]
    first = demand.kind[vm] * ages.edges.size
    _add_exposure(ages.counted[vm], age, ages.edges, first, ages.exposure)
    ages.counted[vm] = age


@compiled
def left(ages: Ages, demand: Demand, vm: int, now: float) -> None:
    """Counts a departure."""
    count(ages, demand, vm, now)
    first = demand.kind[vm] * ages.edges.size
    ages.departures[first + _age_bin(now - demand.when[vm], ages.edges)] += 1.0


@compiled
def learn(ages: Ages, demand: Demand, state: State, until: int, now: float) -> None:
    """Counts the time at risk of the running VMs, and renews the tables."""
    for vm in range(until):
        if state.card[vm, 0] != NOWHERE:
            count(ages, demand, vm, now)
    mean = _fill_rates(ages.departures, ages.exposure, ages.edges.size, ages.rates)
    if mean > 0.0 and ages.departures.sum() >= LEAST_DEPARTURES:
        ages.known[0] = mean
        _fill_lives(ages.rates, ages.edges, mean, ages.lasts, ages.gone)


@compiled
def extension(
    ages: Ages, demand: Demand, state: State, card: int, kind: int, now: float, others: Whole, bins: Whole
) -> float:
    """By how much one more VM of the class prolongs the card's life; an orphan counts as just started."""
    alive = state.used[card]
    for slot in range(alive):
        vm = state.member[card, slot]
        others[slot] = state.size[card]
        bins[slot] = 0 if vm == NOWHERE else _age_bin(now - demand.when[vm], ages.edges)
    return float(_extension(kind, others[:alive], bins[:alive], ages.edges.size, ages.lasts, ages.gone))
