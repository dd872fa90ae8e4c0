"""The numbers behind the weights, worked out by hand over their named constants."""

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler_plugins.units import scores
from scheduler_plugins.units.scores import (
    BEHIND_SAME,
    JOIN_FREE,
    JOIN_FREE_AGED,
    JOIN_LIFE,
    OPEN,
    OPEN_HOST,
    SINGLE_EMPTY,
    SMALL_FACTOR,
    SOON_EMPTY,
    SOON_EMPTY_FACTOR,
    TRAPPED,
    TURNOVER,
)

PLACES = (16, 8, 4, 2, 1)
"""Of each class."""
VALUE = (1.0, 0.9, 0.8, 0.7, 0.6)
SEVERAL = 0.6
ONE_EMPTY = SINGLE_EMPTY * SEVERAL
EMPTY = (-1, 0)
SOON = SOON_EMPTY
LATER = SOON_EMPTY * SOON_EMPTY_FACTOR**2

Card = tuple[int, int]
"""Class and instances."""


def cost(host: list[Card], kind: int, *cards: int, life: float = -1.0) -> float:
    """What it costs to put instances of the class on these cards."""
    size, used = [card[0] for card in host], [card[1] for card in host]
    places = [0 if kind < 0 else PLACES[kind] for kind in size]
    count = len(cards)
    return scores.fragmentation_cost(
        size, used, places, VALUE, SEVERAL, cards, [kind] * count, [PLACES[kind]] * count, [life] * count
    )


COSTS = [
    pytest.param([(1, 3)], 1, [0], JOIN_FREE * 5 / 8, id="joins: the share that was free"),
    pytest.param([(1, 7)], 1, [0], JOIN_FREE / 8, id="joins: takes the last place"),
    pytest.param([EMPTY], 1, [0], OPEN + OPEN_HOST - ONE_EMPTY, id="opens the only card"),
    pytest.param([EMPTY] * 2, 1, [0], OPEN + OPEN_HOST + ONE_EMPTY, id="leaves a single empty card"),
    pytest.param([EMPTY] * 3, 1, [0], OPEN + OPEN_HOST, id="leaves two"),
    pytest.param([EMPTY] * 2, 4, [0, 1], 2 * OPEN + OPEN_HOST, id="two whole cards"),
    pytest.param(
        [EMPTY, EMPTY],
        1,
        [0, 0],
        OPEN + OPEN_HOST + JOIN_FREE * 7 / 8 + ONE_EMPTY,
        id="the second instance joins the first",
    ),
    pytest.param(
        [EMPTY, (2, 3)],
        1,
        [0],
        OPEN - ONE_EMPTY - TRAPPED * (1 - SOON) * (1 / 4 + TURNOVER) * VALUE[2],
        id="opens a card in front of free places: they come within reach",
    ),
    pytest.param(
        [(4, 1), EMPTY, (2, 3)],
        1,
        [1],
        OPEN
        - ONE_EMPTY
        - TRAPPED * (1 - SMALL_FACTOR * SOON) * (1 - SOON) * (1 / 4 + TURNOVER) * VALUE[2]
        + TRAPPED * SMALL_FACTOR * SOON * (7 / 8 + TURNOVER) * VALUE[1],
        id="and is itself behind a card that is soon empty",
    ),
    pytest.param(
        [(1, 1), (2, 4)],
        1,
        [0],
        JOIN_FREE * 7 / 8 - TRAPPED * SOON * (1 - SOON_EMPTY_FACTOR) * TURNOVER * VALUE[2],
        id="joins a card that would have been empty soon: full ones behind it stay within reach",
    ),
    pytest.param(
        [(1, 8), (1, 2)],
        1,
        [1],
        JOIN_FREE * 6 / 8 - TRAPPED * SOON * SOON_EMPTY_FACTOR**7 * VALUE[1] / 8 - BEHIND_SAME / 8,
        id="joins behind a full card of the same class",
    ),
    pytest.param([EMPTY, (4, 1)], 1, [0], OPEN - ONE_EMPTY, id="whole cards are never out of reach"),
]


@pytest.mark.parametrize(("host", "kind", "cards", "expected"), COSTS)
def test_cost(host: list[Card], kind: int, cards: list[int], expected: float) -> None:
    """A placement costs its joining or opening, and the disorder that it adds to what there was before."""
    assert isclose(expected, cost(host, kind, *cards), abs_tol=1e-12)


def test_cost_with_ages() -> None:
    """Where ages are known, the card's longer life counts instead of most of what is free."""
    assert isclose(JOIN_LIFE * 0.3 + JOIN_FREE_AGED * 5 / 8, cost([(1, 3)], 1, 0, life=0.3))
    assert cost([EMPTY], 1, 0) == cost([EMPTY], 1, 0, life=0.8)


@pytest.mark.parametrize(
    ("alive", "free", "weight"), [(0, 8, 999), (0, 1, 999), (1, 7, 374), (6, 2, 62), (7, 1, 0), (99, 201, 332)]
)
def test_consolidate(alive: int, free: int, weight: int) -> None:
    """`consolidate` is the share that stays free, of 499; an empty card is worst."""
    assert weight == scores.consolidate(alive, free)


@pytest.mark.parametrize(("alive", "weight"), [(0, 0), (3, 30), (99, 990), (500, 990)])
def test_spread(alive: int, weight: int) -> None:
    """`spread` is ten for each neighbour, up to 99 of them."""
    assert weight == scores.spread(alive)


@pytest.mark.parametrize(("idle", "weight"), [(0, 100), (1 / 8, 199), (1, 549), (2, 699), (8, 899), (1e9, 998)])
def test_reserve(idle: float, weight: int) -> None:
    """`reserve` rises without end with what is free."""
    assert weight == scores.reserve(idle)


def test_soon_empty() -> None:
    """A card counts the less as soon empty the more instances it has, and one of few places the more."""
    falling = [scores.soon_empty(-1, 0, 0), *(scores.soon_empty(0, used, 16) for used in range(1, 17))]

    assert 1.0 == falling[0]
    assert SOON == falling[1]
    assert isclose(LATER, falling[3])
    assert sorted(set(falling), reverse=True) == falling
    assert scores.soon_empty(3, 1, 2) > scores.soon_empty(2, 1, 4)


@pytest.mark.parametrize(
    ("size", "cards", "opened"),
    [([-1, 1], [0], 1), ([-1, 1], [1], 0), ([-1, -1], [0, 0], 1), ([-1, -1], [0, 1], 2), ([1, -1], [0, 1], 1)],
)
def test_opened(size: list[int], cards: list[int], opened: int) -> None:
    """An empty card is opened once, however many instances it gets."""
    assert opened == scores.opened_by(size, cards)


@given(st.integers(1, 16), st.data())
def test_weights_by_opened_cards(count: int, data: st.DataObject) -> None:
    """Fewer opened cards weigh less whatever the rest costs; within as many, costs count; 0 to 999."""
    opened = data.draw(st.integers(0, count))
    one, other = sorted(data.draw(st.tuples(st.floats(-50, 50), st.floats(-50, 50))))
    low, high = (scores.weight_of(OPEN * opened + rest, opened, count) for rest in (one, other))

    assert 0 <= low <= high <= 999
    if opened < count:
        assert high <= scores.weight_of(OPEN * (opened + 1) - 50, opened + 1, count)


@pytest.mark.parametrize(
    ("expected", "opened", "count", "away"),
    [
        *((250, 0, 1, 0), (375, 0, 1, 1), (125, 0, 1, -1), (750, 1, 1, 0), (875, 1, 1, 1), (625, 1, 1, -1)),
        *((166, 0, 2, 0), (500, 1, 2, 0), (833, 2, 2, 0), (916, 2, 2, 1)),
    ],
)
def test_where_in_its_range_a_cost_stands(expected: int, opened: int, count: int, away: int) -> None:
    """Each number of opened cards has its share of 0 to 999: the middle cost its middle, three quarters a width on."""
    middle, width = (scores.OPEN_MIDDLE, scores.OPEN_WIDTH) if opened else (scores.JOIN_MIDDLE, scores.JOIN_WIDTH)

    assert expected == scores.weight_of(OPEN * opened + (middle + away * width) * count, opened, count)


def test_joins_and_opens_of_one_instance() -> None:
    """Joins weigh 0 to 499, opens 500 to 999, however far out their costs are."""
    assert scores.weight_of(1e9, 0, 1) <= 499
    assert scores.weight_of(OPEN - 1e9, 1, 1) >= 500


def test_rounding_tells_fuller_from_emptier() -> None:
    """Joins of a card of 16 places all weigh differently."""
    weights = [scores.weight_of(cost([(0, used)], 0, 0), 0, 1) for used in range(1, 16)]

    assert sorted(set(weights), reverse=True) == weights


hosts = st.lists(
    st.one_of(st.just(EMPTY), st.integers(0, 4).flatmap(lambda k: st.tuples(st.just(k), st.integers(1, PLACES[k])))),
    min_size=1,
    max_size=8,
)


@given(hosts)
def test_nothing_is_changed(host: list[Card]) -> None:
    """No function changes the figures handed over, and no order is better than none missing."""
    size, used = [card[0] for card in host], [card[1] for card in host]
    places = [0 if kind < 0 else PLACES[kind] for kind in size]
    before = (list(size), list(used), list(places))
    if EMPTY in host:
        cost(host, 0, host.index(EMPTY))

    assert scores.disorder(size, used, places, VALUE, SEVERAL) >= 0.0
    assert before == (size, used, places)


def test_the_core_is_listed_in_order() -> None:
    """Each function after those that it calls, so that they can be compiled one after the other."""
    names = [function.__name__ for function in scores.CORE]
    for number, function in enumerate(scores.CORE):
        called = set(function.__code__.co_names) & set(names)
        assert called <= set(names[:number])

    public = {n for n, v in vars(scores).items() if callable(v) and getattr(v, "__module__", "") == scores.__name__}
    assert public == set(names)
