"""Rates of departure by age, and what a further VM adds to a card's life."""

from math import exp, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler_plugins.demand import lifetimes

EDGES = (0.0, 1.0, 2.0, 4.0)
BINS = len(EDGES)


@pytest.mark.parametrize(("age", "bin_"), [(0, 0), (0.9, 0), (1, 1), (3.9, 2), (4, 3), (1e9, 3)])
def test_bins(age: float, bin_: int) -> None:
    """A bin begins with its lower end, the last has no upper one."""
    assert bin_ == lifetimes.age_bin(age, EDGES)


def test_exposure() -> None:
    """Time at risk goes to the age bins in which it was spent."""
    exposure = [0.0] * (2 * BINS)
    lifetimes.add_exposure(0.5, 5.0, EDGES, BINS, exposure)

    assert [0, 0, 0, 0, 0.5, 1, 2, 1] == exposure


@given(st.floats(0, 100), st.floats(0, 100))
def test_no_time_is_lost(since: float, lasted: float) -> None:
    """All bins together have just the time that was added."""
    exposure = [0.0] * BINS
    lifetimes.add_exposure(since, since + lasted, EDGES, 0, exposure)

    assert isclose(lasted, sum(exposure), abs_tol=1e-9)


def test_rates() -> None:
    """A rate seen often is believed; one seen little goes by its bin, and that by all; none seen is none."""
    departures, exposure = [0.0] * (2 * BINS), [0.0] * (2 * BINS)
    rates = [0.0] * (2 * BINS)
    assert 0.0 == lifetimes.fill_rates(departures, exposure, BINS, rates)
    departures[0], exposure[0] = 10_000, 5_000
    departures[1], exposure[1] = 10_000, 20_000
    mean = lifetimes.fill_rates(departures, exposure, BINS, rates)

    assert 25_000 / 20_000 == mean
    assert isclose(2.0, rates[0], rel_tol=1e-3)
    assert isclose(0.5, rates[1], rel_tol=1e-3)
    assert isclose(rates[0], rates[BINS], rel_tol=1e-3)
    assert isclose(0.8, rates[3], rel_tol=1e-3)


def test_hazard_sum() -> None:
    """A hazard is the sum of rates times time, bin by bin; the last bin goes on."""
    rates = (9.0, 9.0, 9.0, 9.0, 1.0, 2.0, 3.0, 4.0)

    assert [0, 0.5, 1, 3, 9, 13] == [lifetimes.hazard_sum(a, EDGES, rates, 4) for a in (0, 0.5, 1, 2, 4, 5)]


def extension(neighbours: int, bin_: int) -> float:
    """With memoryless lifetimes of mean 1."""
    rates = [1.0] * BINS
    lasts, gone = [0.0] * lifetimes.POINTS, [0.0] * (BINS * lifetimes.POINTS)
    lifetimes.fill_lives(rates, EDGES, 1.0, lasts, gone)
    return lifetimes.extension(0, [0] * neighbours, [bin_] * neighbours, BINS, lasts, gone)


@pytest.mark.parametrize("neighbours", range(5))
def test_memoryless_extension(neighbours: int) -> None:
    """With memoryless lives the extension is the exact integral over the others' end, whatever their ages."""
    steps = [n / 1000 for n in range(40_000)]
    exact = sum(exp(-t / lifetimes.DISCOUNT - t) * (1 - exp(-t)) ** neighbours for t in steps) / 1000

    assert isclose(exact, extension(neighbours, 0), rel_tol=0.02)
    assert isclose(extension(neighbours, 0), extension(neighbours, 3), rel_tol=1e-9)


def test_more_neighbours_more_life_without_the_newcomer() -> None:
    """Each further neighbour leaves less for the newcomer to add."""
    added = [extension(neighbours, 1) for neighbours in range(16)]

    assert sorted(set(added), reverse=True) == added


def test_the_core_is_listed_in_order() -> None:
    """Each function of the core stands after those that it calls: a compiler takes them one by one."""
    names = [function.__name__ for function in lifetimes.CORE]
    for number, function in enumerate(lifetimes.CORE):
        called = set(function.__code__.co_names) & set(names)
        assert called <= set(names[:number])
