"""When a host is asked next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.collector.schedule import (
    BACK_OFF_INTERVALS,
    JITTER,
    LONGEST_BACK_OFF,
    back_off,
    fraction,
    next_due,
    next_turn,
)

host_ids = st.uuids().map(str)
intervals = st.floats(1, 3600)
times = st.floats(0, 1e9)


@given(host_ids, times, intervals)
def test_next_turn_is_later_and_within_one_interval(host_id: str, after: float, interval: float) -> None:
    """A turn is always ahead, and never further than one interval."""
    wait = next_turn(host_id, after, interval) - after

    assert wait > 0
    assert wait <= interval * (1 + 1e-6)


@given(host_ids, times, intervals)
def test_turns_stay_on_one_grid(host_id: str, after: float, interval: float) -> None:
    """The turn after a turn comes exactly one interval later: a restart does not move the grid."""
    turn = next_turn(host_id, after, interval)

    assert pytest.approx(turn + interval) == next_turn(host_id, turn, interval)


def test_hosts_are_spread_evenly() -> None:
    """A thousand hosts fill the interval: no twentieth of it holds more than twice its share."""
    turns = [next_turn(f"host-{n}", 0.0, 60.0) for n in range(1000)]
    shares = [sum(1 for turn in turns if slot <= turn / 3.0 < slot + 1) for slot in range(20)]

    assert 1000 == sum(shares)
    assert max(shares) < 100
    assert min(shares) > 25


@pytest.mark.parametrize(
    ("failures", "interval", "longest"),
    [
        pytest.param(1, 60, 60, id="one failure waits about an interval"),
        pytest.param(2, 60, 120, id="two wait twice as long"),
        pytest.param(4, 60, 480, id="it doubles"),
        pytest.param(5, 60, 600, id="ten minutes bound it"),
        pytest.param(5000, 60, 600, id="for ever"),
        pytest.param(9, 5, 50, id="ten short intervals bound it"),
        pytest.param(3, 900, 900, id="a long interval is never shortened by much"),
    ],
)
def test_back_off(failures: int, interval: float, longest: float) -> None:
    """Back-off doubles from one interval up to its bound, shortened by the jitter only."""
    wait = back_off("some-host", failures, interval)

    assert longest * (1 - JITTER) <= wait <= longest


@given(host_ids, st.integers(1, 10**6), intervals)
def test_back_off_is_bounded(host_id: str, failures: int, interval: float) -> None:
    """No failure count makes a host wait longer than the bound, or less than most of an interval."""
    longest = max(interval, min(BACK_OFF_INTERVALS * interval, LONGEST_BACK_OFF))

    assert interval * (1 - JITTER) <= back_off(host_id, failures, interval) <= longest


def test_hosts_that_died_together_do_not_return_together() -> None:
    """The jitter tells hosts apart."""
    waits = {round(back_off(f"host-{n}", 3, 60.0)) for n in range(100)}

    assert len(waits) > 30


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        pytest.param(0, next_turn("h", 100.0, 60.0), id="a healthy host keeps to its grid"),
        pytest.param(2, 100.0 + back_off("h", 2, 60.0), id="a failing one waits its back-off from the end"),
    ],
)
def test_next_due(failures: int, expected: float) -> None:
    """The grid rules after a success, back-off after a failure."""
    assert expected == next_due("h", 100.0, failures, 60.0)


@given(st.text())
def test_fraction_is_a_stable_part_of_one(text: str) -> None:
    """The same text always gives the same number in [0, 1)."""
    assert 0 <= fraction(text) < 1
    assert fraction(text) == fraction(text)
