"""Hosts as a decision sees them: what is kept from the last one, and what is worked out again."""

from dataclasses import replace

from scheduler_plugins.filters import MdevFilter
from scheduler_plugins.ledger import Ledger
from scheduler_plugins.lookup import Asked
from scheduler_plugins.margins import Standing
from scheduler_plugins.question import Hosts, Question
from scheduler_plugins.request import Request
from scheduler_plugins.states import AGES_HOLD_S
from tests.scheduler_plugins.world import CLUSTER, FREE, FULL, NOW, TYPE, WANTS, World, observation

ASKED = Asked(WANTS, "wants", CLUSTER, Request((TYPE,)), NOW)


def standings(hosts: Hosts, now: float = NOW) -> dict[str, Standing]:
    """Of the two hosts that were observed, by id."""
    question = Question(MdevFilter(), ASKED, {FREE: FREE, FULL: FULL}, NOW)
    return {standing.host_id: standing for standing in hosts.standings(question, Ledger(), now)}


def test_a_host_that_is_what_it_was_is_not_judged_again() -> None:
    """The same inventory object, nothing in flight: the very same standing."""
    hosts = Hosts(World())
    first, second = standings(hosts), standings(hosts)

    assert first[FREE].able
    assert first[FREE] is second[FREE]


def test_a_new_inventory_is_judged_anew() -> None:
    """And that of the other host stays."""
    world = World()
    hosts = Hosts(world)
    first = standings(hosts)
    world.observations[FREE] = observation(FREE, 0)
    second = standings(hosts)

    assert (True, False) == (first[FREE].able, second[FREE].able)
    assert first[FULL] is second[FULL]


def test_a_host_of_another_placement_is_judged_anew() -> None:
    """What the engine shows of it counts as well."""
    world = World()
    hosts = Hosts(world)
    standings(hosts)
    world.host_list = tuple(replace(host, separate=True) for host in world.host_list)

    assert standings(hosts)[FREE].view.separate


def test_ages_are_right_to_a_second() -> None:
    """What is kept is judged again before its age is wrong by more."""
    hosts = Hosts(World())
    before = standings(hosts)[FREE].verdict.age_s
    assert before == standings(hosts, NOW + AGES_HOLD_S / 2)[FREE].verdict.age_s

    after = standings(hosts, NOW + AGES_HOLD_S)[FREE].verdict.age_s
    assert before is not None
    assert before + AGES_HOLD_S == after
    assert before == standings(hosts, NOW)[FREE].verdict.age_s  # the clock was set back
