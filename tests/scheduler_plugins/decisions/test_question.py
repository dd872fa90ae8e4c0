"""Hosts as a decision sees them: what is kept from the last one, and what is worked out again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.engine.model import Vm
from mdev_inventory.observation import HostFailure
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.store import Store
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.claims.ledger import Ledger
from scheduler_plugins.claims.model import News, Start, Timeouts
from scheduler_plugins.decisions.lookup import Asked
from scheduler_plugins.decisions.margins import Standing
from scheduler_plugins.decisions.question import Hosts, Question
from scheduler_plugins.decisions.states import AGES_HOLD_S
from scheduler_plugins.units.mdev_filter import MdevFilter
from tests.scheduler_plugins.world import CLUSTER, FREE, FULL, NOW, TYPE, WANTS, World, observation

UUID = "0a000000-0000-4000-8000-000000000001"
ARRIVED = (("one", UUID), ("two", "0a000000-0000-4000-8000-000000000002"))
ASKED = Asked(WANTS, "wants", CLUSTER, Request((TYPE,)), NOW)


NOTHING = Ledger()


def standings(hosts: Hosts, now: float = NOW, ledger: Ledger = NOTHING) -> dict[str, Standing]:
    """Of the two hosts that were observed, by id."""
    question = Question(MdevFilter(), ASKED, {FREE: FREE, FULL: FULL}, NOW)
    return {standing.host_id: standing for standing in hosts.standings(question, ledger, now)}


def sent(vm_id: str, *uuids: str, types: int = 1) -> Ledger:
    """That VM may start on either host."""
    return NOTHING.decided(Start(vm_id, vm_id, (TYPE,) * types, uuids), [FREE, FULL], NOW)


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


def test_starts_that_are_alike_count_alike() -> None:
    """Whichever VM was sent there: a host on which the request fits beside it is judged once."""
    world = World()
    world.observations[FREE] = observation(FREE, 2)
    hosts = Hosts(world)
    first, second = standings(hosts, ledger=sent("one")), standings(hosts, ledger=sent("two"))
    more = standings(hosts, ledger=sent("three", types=2))

    assert first[FREE].able
    assert first[FREE] is second[FREE]
    assert not more[FREE].able


def test_a_standing_that_names_a_vm_is_for_that_one_alone() -> None:
    """Who is in the way is told by name."""
    hosts = Hosts(World())
    one, two = (standings(hosts, ledger=sent(name, types=2))[FREE] for name in ("one", "two"))

    assert (["one"], ["two"]) == ([s.vm_id for s in one.in_the_way], [s.vm_id for s in two.in_the_way])
    assert "VM two" in two.verdict.text


def test_a_host_that_shows_the_instance_is_judged_for_itself() -> None:
    """What is in flight elsewhere has arrived there: it does not count twice."""
    world = World()
    world.observations[FREE] = observation(FREE, 1, (UUID,))
    hosts = Hosts(world)
    there, elsewhere = (standings(hosts, ledger=sent(name, uuid))[FREE] for name, uuid in ARRIVED)

    assert (True, False) == (there.able, elsewhere.able)


STEPS = st.one_of(
    st.tuples(st.just("decide"), st.sampled_from("abc"), st.sampled_from([(FREE,), (FULL,), (FREE, FULL)])),
    st.tuples(st.just("show"), st.sampled_from("abc"), st.sampled_from([FREE, FULL])),
    st.tuples(st.just("see"), st.sampled_from([FREE, FULL]), st.sampled_from(["", "a", "b", "fail"])),
)


def uuid_of(vm_id: str) -> str:
    """Of the VM's instance."""
    return f"0{vm_id}000000-0000-4000-8000-000000000000"


@given(st.lists(STEPS, max_size=12), st.integers(1, 2))
def test_what_is_kept_is_what_would_be_worked_out(steps: list[tuple[str, str, Any]], types: int) -> None:
    """Whatever happened since: decisions, the engine's word, inventories that show some of it, a failure."""
    inventories, ledger = Inventories(Store(Path(), in_memory=True)), NOTHING
    inventories.set_hosts(World().host_list)
    hosts = Hosts(inventories)
    for number, (kind, what, where) in enumerate(steps):
        if kind == "decide":
            ledger = ledger.decided(Start(what, what, (TYPE,) * types, (uuid_of(what),)), where, NOW)
        elif kind == "show":
            shown = {what: Vm(what, what, "up", CLUSTER, where, None, None)}
            ledger = ledger.told(News(shown, NOW + 1, NOW + 2), Timeouts())
        elif where == "fail":
            inventories.fail(HostFailure(what, "timeout", "silent", NOW))
        else:
            instances = (uuid_of(where),) if where else ()
            seen = observation(what, 2 - len(instances), instances)
            inventories.put(replace(seen, requested_at=NOW + number, received_at=NOW + number))
        kept, anew = standings(hosts, ledger=ledger), standings(Hosts(inventories), ledger=ledger)

        assert [(s.view, s.verdict, s.in_the_way) for s in anew.values()] == [
            (s.view, s.verdict, s.in_the_way) for s in kept.values()
        ]
