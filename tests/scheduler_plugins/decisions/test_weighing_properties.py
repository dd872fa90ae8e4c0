"""Weights over random fleets, through the whole decision: what the engine gets, whatever hosts are like."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Vm
from mdev_inventory.model import HostInventory
from mdev_inventory.observation import HostFailure, Observation
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.demand.ages import BINS, Lives, Tables
from scheduler_plugins.units.registry import WEIGHTS
from tests.scheduler_plugins.random_hosts import TYPES, hosts, requests, sources
from tests.scheduler_plugins.world import CLUSTER, NOW, OTHER_CLUSTER, World, host

NOBODY = "c0000000-0000-4000-8000-000000000000"
WANTING, OTHER, PLAIN = (f"b{n}000000-0000-4000-8000-000000000000" for n in range(3))
LIVES = Lives(Tables({TYPES[0]: [9.0] * BINS}, {TYPES[0]: [900.0] * BINS}))
MOST_HOSTS = 5


@st.composite
def fleets(draw: st.DrawFn) -> World:
    """Hosts seen now or long ago, dead ones seen once or never, without cards, in another cluster, down."""
    ids = [f"a{n}000000-0000-4000-8000-000000000000" for n in range(draw(st.integers(1, MOST_HOSTS)))]
    world = World(engine_vms=vms(draw(requests), draw(requests)), observations={}, failures={})
    world.host_list = tuple(
        host(each, f"gpu{n}", draw(st.sampled_from(["up", "up", "maintenance"])), draw(clusters))
        for n, each in enumerate(ids)
    )
    for each in ids:
        inventory = draw(st.none() | st.just(HostInventory(())) | hosts())
        if inventory is not None:
            at = NOW - draw(st.sampled_from([1.0, 100.0, 1e6]))
            world.observations[each] = Observation(each, inventory, draw(sources), at, at + 1)
        if inventory is None or draw(st.booleans()):
            world.failures[each] = HostFailure(each, "connect", "the host refuses", NOW - 5)
    return world


clusters = st.sampled_from([CLUSTER, CLUSTER, OTHER_CLUSTER])


def vms(wanted: list[str], other: list[str]) -> list[Vm]:
    """One VM with a request, another one that may start before it, and one without."""
    asking = [(WANTING, "wanting", ",".join(wanted)), (OTHER, "other", ",".join(other)), (PLAIN, "plain", None)]
    return [Vm(vm_id, name, "down", CLUSTER, None, types, None) for vm_id, name, types in asking]


@pytest.mark.parametrize("unit", WEIGHTS)
@settings(deadline=None)
@given(
    world=fleets(),
    vm_id=st.sampled_from([WANTING, PLAIN]),
    in_flight=st.booleans(),
    lives=st.sampled_from([None, LIVES]),
    known=st.lists(st.sampled_from(TYPES), max_size=3),
)
def test_every_host_of_every_fleet_gets_a_whole_number(
    unit: str, world: World, vm_id: str, in_flight: bool, lives: Lives | None, known: list[str]
) -> None:
    """Each host asked about, and no other, weighs an int from 0 to 1000, strangers and the dead included."""
    world.vms["x"] = KnownVm("x", "x", tuple(known), NOW, (), CLUSTER)
    scheduler = Scheduler(world, world, world.clock, pause=lambda seconds: None, lives=lambda: lives)
    asked = [NOBODY, *(each.id for each in world.host_list)]
    if in_flight:
        scheduler.filter("MdevFilter", OTHER, asked, {})
    verdicts = scheduler.filter("MdevFilter", vm_id, asked, {})

    weights = scheduler.weigh(unit, vm_id, asked, {})
    assert weights == scheduler.weigh(unit, vm_id, asked, {})

    assert asked == [host_id for host_id, _ in weights]
    assert all(type(weight) is int and 0 <= weight <= 1000 for _, weight in weights)
    assert set(verdicts.fitting) <= set(asked)
