"""Migration: steps counted by hand."""

import pytest

from benchmarks.placement.replaying.draining import replay_draining, replay_pool
from tests.benchmarks.placement.compiling import PATIENCE, alone
from tests.benchmarks.placement.conftest import Judge
from tests.benchmarks.placement.small_fleets import FULL, HALF, QUARTER, demand, hosts, started

pytestmark = pytest.mark.timeout(PATIENCE)
ALONE = [(0, 2, FULL), (1, 9, HALF), (1, 4, HALF), (3, 9, HALF)]
"""After 4 each of two cards holds one half."""


@pytest.fixture(scope="module", autouse=True)
def _compiled(judge: Judge) -> None:
    with alone("draining"):
        replay_draining(hosts(1), demand((0, 1, FULL)))
        replay_pool(hosts(1), demand((0, 1, FULL)))


@pytest.mark.parametrize(
    ("last", "fits", "moves"),
    [
        pytest.param((5, 9, FULL), True, 1, id="one move empties a card"),
        pytest.param((5, 9, HALF), True, 0, id="no move where there is room"),
        pytest.param((3.5, 9, FULL), False, 0, id="the other card is full still"),
        pytest.param((5, 9, FULL, 2), False, 0, id="an empty card is not enough"),
        pytest.param((5, 9, QUARTER, 2), True, 1, id="an empty card is enough for two"),
    ],
)
def test_a_card_is_emptied_where_a_start_would_be_refused(last: tuple[float, ...], fits: bool, moves: int) -> None:
    """What was alone on a card joins its like; the VM starts on the emptied card."""
    found, moved = replay_draining(hosts(1, 1), demand(*ALONE, last))

    assert ([True] * 4 + [fits], moves) == (started(found), moved)


def test_the_card_with_the_fewest_instances_is_emptied_and_pairs_stay() -> None:
    """Cards of quarters: a pair on one, three singles on the other, of which one leaves: two singles move."""
    wanted = demand(
        (0, 3, FULL),
        (1, 9, QUARTER),
        (1, 9, QUARTER),
        (1, 4, QUARTER),
        (2, 3, QUARTER),
        (3, 9, QUARTER, 2),
        (5, 9, FULL),
    )

    found, moved = replay_draining(hosts(1, 1), wanted)

    assert ([True] * 7, 2) == (started(found), moved)


def test_what_was_moved_leaves_from_where_it_is() -> None:
    """The moved half ends at 9: then its card has room again."""
    wanted = demand(*ALONE, (5, 20, FULL), (8, 20, HALF), (9, 20, HALF), (10, 20, HALF))

    found, _ = replay_draining(hosts(1, 1), wanted)

    assert [True, False, True, True] == started(found)[4:]


def test_the_pool_rounds_each_class_up_to_whole_cards() -> None:
    """Half and quarter need a card each; a whole one is then refused of two, and taken of three."""
    wanted = demand((0, 9, HALF), (0, 9, QUARTER), (1, 9, FULL), (2, 9, HALF))

    assert [True, True, False, True] == started(replay_pool(hosts(2), wanted))
    assert [True] * 4 == started(replay_pool(hosts(1, 1, 1), wanted))


def test_the_pool_gives_back_what_ends() -> None:
    """Two instances end at 3, and their place is free from then on."""
    wanted = demand((0, 3, HALF, 2), (1, 9, HALF), (3, 9, FULL))

    assert [True, False, True] == started(replay_pool(hosts(1), wanted))
