"""Samples: taken in turns, and summed up."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.speed.timing import Stats, in_turns, percentile, timed


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        pytest.param([3.0], 3.0, id="one sample"),
        pytest.param([float(n) for n in range(1, 101)], 95.0, id="a hundred"),
        pytest.param([float(n) for n in range(1, 21)], 19.0, id="twenty"),
        pytest.param([5.0, 1.0], 5.0, id="two, the larger"),
    ],
)
def test_the_95th_percentile_is_a_sample(samples: Sequence[float], expected: float) -> None:
    """The least one that 95 of 100 do not exceed."""
    assert expected == percentile(samples, 95)


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_the_median_does_not_exceed_the_percentile_of_many(samples: list[float]) -> None:
    """Both lie among the samples, whatever these are."""
    stats = Stats.of(samples)

    assert min(samples) <= stats.median <= max(samples)
    assert stats.median <= stats.p95 <= max(samples)
    assert len(samples) == stats.count


def test_everybody_gets_every_round_and_the_order_turns() -> None:
    """So that no work always follows the same one."""
    order: list[str] = []

    def work(name: str) -> float:
        order.append(name)
        return float(len(order))

    samples = in_turns({"a": lambda: work("a"), "b": lambda: work("b")}, rounds=2, warm_up=1)

    assert ["a", "b", "b", "a", "a", "b"] == order
    assert {"a": [4.0, 5.0], "b": [3.0, 6.0]} == samples


def test_time_is_told_in_milliseconds() -> None:
    """A work that does nothing takes far less than one second's worth of them."""
    assert 0 <= timed(lambda: None) < 1000
