"""The bounds: cases whose optimum is known, and that nothing exceeds them."""

import numpy as np
import pytest

from benchmarks.placement.judging import bound
from benchmarks.placement.replaying.state import EMPTY, Demand, Fleet
from benchmarks.placement.workload.demand import Case, demand_of
from tests.benchmarks.placement.small_fleets import FULL, HALF, QUARTER, demand, hosts

ALL = 100.0


@pytest.mark.parametrize(
    ("wanted", "linear", "integral"),
    [
        pytest.param(demand((0, 9, HALF), (1, 9, HALF), (2, 9, HALF)), 200 / 3, 200 / 3, id="two of three"),
        pytest.param(demand((0, 9, HALF), (1, 9, QUARTER)), ALL, 200 / 3, id="a card takes one class"),
        pytest.param(demand((0, 1, FULL), (1, 2, FULL), (2, 3, FULL)), ALL, ALL, id="one after the other"),
        pytest.param(demand((0, 2, FULL), (1, 2, FULL), (2, 3, FULL)), 200 / 3, 200 / 3, id="two overlap"),
        pytest.param(demand((0, 9, FULL), (1, 2, FULL), (2, 3, FULL)), 200 / 3, 200 / 3, id="the long one goes"),
        pytest.param(demand((0, 9, HALF, 2), (1, 9, HALF)), 200 / 3, 200 / 3, id="two instances count twice"),
        pytest.param(demand((0, 9, FULL), (0, 9, HALF), (0, 9, HALF)), 50, 50, id="a whole or two halves"),
    ],
)
def test_the_optimum_on_one_card(wanted: Demand, linear: float, integral: float) -> None:
    """What is taken of what is asked for, by the share of the card."""
    fleet = hosts(1)

    assert linear == pytest.approx(bound.linear(fleet, wanted, 0))
    assert integral == pytest.approx(bound.integral(fleet, wanted, 0))


def test_a_vm_of_the_warm_up_is_refused_for_free() -> None:
    """The first VM would hold the card for ever; it does not count, so the second one gets it."""
    wanted = demand((0, 9, FULL), (1, 9, FULL))

    assert ALL == pytest.approx(bound.linear(hosts(1), wanted, 1))
    assert ALL == pytest.approx(bound.integral(hosts(1), wanted, 1))


def test_cards_of_one_model_do_not_help_the_other() -> None:
    """Two models with one card each, all want the first one's class."""
    places = np.array([[2, 0], [0, 2]])
    fleet = Fleet(np.array([0, 1, 2]), np.array([0, 1]), places, np.full(2, EMPTY))
    wanted = demand((0, 9, 0), (0, 9, 0), (0, 9, 0), (0, 9, 1))

    assert 75 == pytest.approx(bound.linear(fleet, wanted, 0))
    assert 75 == pytest.approx(bound.integral(fleet, wanted, 0))


@pytest.mark.parametrize("seed", range(4))
def test_the_integer_bound_is_the_tighter_one(seed: int) -> None:
    """Whole VMs and whole cards can never be better than parts."""
    fleet = hosts(2, 2)
    wanted = demand_of(Case("small", "uniform", 1.1, 0.1, "exp"), fleet, 40, seed)

    assert bound.integral(fleet, wanted, 10) <= bound.linear(fleet, wanted, 10) + 1e-6


def test_a_case_that_is_too_large_is_an_error() -> None:
    """No figure is made up where the solver ran out of time."""
    fleet = hosts(4, 4)
    wanted = demand_of(Case("small", "uniform", 1.1, 0.1, "exp"), fleet, 300, 0)

    with pytest.raises(bound.UnsolvedError, match=r"300 VMs not solved within 0.01 s; take fewer VMs"):
        bound.integral(fleet, wanted, 0, seconds=0.01)
