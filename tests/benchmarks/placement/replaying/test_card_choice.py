"""The card chosen too: steps counted by hand."""

import pytest

from benchmarks.placement.replaying import card_choice
from benchmarks.placement.replaying.card_choice import RULES
from tests.benchmarks.placement.compiling import PATIENCE, alone
from tests.benchmarks.placement.small_fleets import FULL, HALF, QUARTER, demand, hosts, started

pytestmark = pytest.mark.timeout(PATIENCE)


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    with alone("card-choice"):
        card_choice.replay(RULES["packing"], hosts(1), demand((0, 1, FULL)))


@pytest.mark.parametrize("rule", RULES)
def test_a_part_full_card_is_joined_although_an_empty_one_comes_first(rule: str) -> None:
    """A whole card's VM leaves the first card: VDSM would put the next half there, and no whole would fit."""
    wanted = demand((0, 2, FULL), (1, 9, HALF), (3, 9, HALF), (4, 9, FULL))

    assert [True] * 4 == started(card_choice.replay(RULES[rule], hosts(2), wanted))


@pytest.mark.parametrize(
    ("rule", "whole_fits"),
    [
        pytest.param("clairvoyant", True, id="joins the card that lasts anyway"),
        pytest.param("packing", False, id="joins the first of two equal cards"),
    ],
)
def test_who_knows_the_future_prolongs_cards_least(rule: str, whole_fits: bool) -> None:
    """Two cards with a half each, until 5 and 10; a half until 9 must take the second for a whole at 6."""
    wanted = demand((0, 5, HALF), (0, 1, HALF), (0.5, 10, HALF), (4, 9, HALF), (6, 7, FULL))

    assert [True, True, True, True, whole_fits] == started(card_choice.replay(RULES[rule], hosts(2), wanted))


def test_each_of_two_instances_takes_the_best_card_that_the_first_has_left() -> None:
    """Three quarters of one card are taken: one quarter joins, the other opens the second card."""
    wanted = demand((0, 9, QUARTER), (0, 9, QUARTER, 2), (1, 9, QUARTER, 2), (2, 9, FULL), (3, 9, QUARTER, 2))

    assert [True, True, True, False, True] == started(card_choice.replay(RULES["packing"], hosts(2), wanted))


def test_two_instances_are_refused_where_one_finds_no_place() -> None:
    """A VM's instances live on one host: one place on each of two hosts is no place."""
    wanted = demand((0, 9, HALF), (0, 9, FULL), (1, 9, HALF, 2), (2, 9, HALF))

    assert [True, True, False, True] == started(card_choice.replay(RULES["packing"], hosts(1, 1), wanted))
