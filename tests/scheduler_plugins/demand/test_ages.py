"""What lifetimes say: rates recovered from VMs that ended, and how long a card lives for one VM more."""

import random
from collections.abc import Iterable
from math import exp, isclose

import pytest

from scheduler_plugins.allocator.footprint import Figures, Footprint, Resident
from scheduler_plugins.demand import ages
from scheduler_plugins.demand.ages import UNKNOWN, Lives, Tables
from scheduler_plugins.demand.life_rows import Counted

TYPE = "nvidia-231"
HOUR = 3600.0


def lived(lifetimes: Iterable[float]) -> Tables:
    """What is known after VMs of one type have lived so long."""
    counted = Counted()
    for life in lifetimes:
        counted.add(0.0, life)
    return Tables({TYPE: counted.departures}, {TYPE: counted.exposure})


def test_few_lives_say_nothing() -> None:
    """Lifetimes say nothing until 20 VMs have ended."""
    assert not lived([HOUR] * 19).known
    assert lived([HOUR] * 20).known


@pytest.mark.parametrize("neighbours", [0, 1, 3, 7])
def test_memoryless_lives_are_recovered(neighbours: int) -> None:
    """With exponential lifetimes neighbours' ages do not count, only how many there are."""
    rng = random.Random(4)
    tables = lived(rng.expovariate(1 / HOUR) for _ in range(3000))
    young = tables.extension(TYPE, [(TYPE, 60.0)] * neighbours)
    old = tables.extension(TYPE, [(TYPE, 1.5 * HOUR)] * neighbours)

    assert isclose(tables.mean_s, HOUR, rel_tol=0.06)
    assert isclose(young, old, rel_tol=0.15)
    assert isclose(young, discounted(neighbours), rel_tol=0.1)


def discounted(neighbours: int) -> float:
    """The exact extension: the integral of exp(-t/4) exp(-t) (1 - exp(-t))^n."""
    steps = [n / 1000 for n in range(30_000)]
    return sum(exp(-1.25 * t) * (1 - exp(-t)) ** neighbours for t in steps) / 1000


def test_regular_lives_are_recovered() -> None:
    """Where all live about an hour, a newcomer outlives an old neighbour by far and a young one hardly."""
    rng = random.Random(5)
    tables = lived(rng.uniform(0.8, 1.2) * HOUR for _ in range(3000))
    beside = [tables.extension(TYPE, [(TYPE, age * HOUR)]) for age in (0.05, 0.4, 0.7, 0.95)]

    assert sorted(beside) == beside
    assert beside[0] < 0.25
    assert beside[-1] > 0.6


def test_a_type_never_seen_follows_all() -> None:
    """A type never seen has the rates of all types together."""
    tables = lived([HOUR] * 100)

    assert isclose(tables.extension("x-1", []), tables.extension(TYPE, []), rel_tol=0.1)


def test_what_is_remembered_is_what_would_be_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few answers are remembered, they are those that would be worked out."""
    monkeypatch.setattr(ages, "REMEMBERED", 1)
    tables, questions = lived([HOUR] * 100), [[], [(TYPE, HOUR)], []]
    told = [tables.extension(TYPE, question) for question in questions]

    assert told == [lived([HOUR] * 100).extension(TYPE, question) for question in questions]


def test_where_nobody_can_tell() -> None:
    """With few lives every extension is unknown; a VM's second instance on the same card prolongs nothing."""
    figures = Figures((1,), (1,), (8,), (0, 0), (0, 0), (8, 8), (TYPE,))
    taken = Footprint((), figures, ((Resident(TYPE, "u"),), None))

    assert (UNKNOWN, UNKNOWN) == Lives(lived([HOUR])).of(taken, {}, 0.0)
    first, second = Lives(lived([HOUR] * 100)).of(taken, {}, 0.0)
    assert first > second == 0.0
