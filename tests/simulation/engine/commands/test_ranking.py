"""RankSelector: only the order within a unit counts, times the unit's factor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.engine.commands.ranking import UNNAMED, best, by_unit
from simulation.engine.units.answers import Score

Weights = dict[str, dict[str, int]]


@pytest.mark.parametrize(
    ("weights", "factors", "winner"),
    [
        pytest.param({}, {}, "a", id="no weights: the first host"),
        pytest.param({"": {"a": 2, "b": 1, "c": 3}}, {}, "b", id="the lowest wins"),
        pytest.param({"": {"a": 1, "b": 1, "c": 1}}, {}, "a", id="all alike: the first"),
        pytest.param({"": {"a": 5, "b": 5}}, {}, "c", id="an absent host counts 0, the best"),
        pytest.param({"": {"a": -5, "b": 5}}, {}, "a", id="unless others are negative"),
        pytest.param({"X": {"a": 1, "b": 2, "c": 3}, "Y": {"a": 3, "b": 1, "c": 2}}, {}, "b", id="ranks add up"),
        pytest.param(
            {"X": {"a": 1, "b": 2, "c": 3}, "Y": {"a": 3, "b": 2, "c": 1}}, {"Y": 2}, "c", id="a factor decides"
        ),
        pytest.param(
            {"X": {"a": 1, "b": 2, "c": 2}, "Y": {"a": 999, "b": 1, "c": 999}},
            {"X": 2, "Y": 1},
            "a",
            id="magnitude does not count",
        ),
        pytest.param({"": {"a": 5, "b": 5, "c": 5, "z": 1}}, {}, "z", id="a foreign host may win"),
    ],
)
def test_best(weights: Weights, factors: dict[str, int], winner: str) -> None:
    """Points of a host: the number of hosts with the same or a worse weight."""
    assert winner == best(["a", "b", "c"], weights, factors)


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(-9, 9), min_size=6, max_size=6))
def test_one_unit_is_its_minimum(weights: dict[str, int]) -> None:
    """With one unit that names every host, the winner is the first host of least weight."""
    assert min("abcdef", key=weights.__getitem__) == best("abcdef", {UNNAMED: weights}, {})


def test_by_unit() -> None:
    """Unnamed and unknown units are one; a host named twice is summed."""
    entries = [Score("a", 1, "X"), Score("a", 2, "X"), Score("a", 3, None), Score("b", 4, "Unknown")]

    assert by_unit(entries, {"X": 5}) == {"X": {"a": 3}, UNNAMED: {"a": 3, "b": 4}}
