"""Hosts as a decision sees them: the same object until something about the host changes."""

from dataclasses import replace

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.observation import HostFailure, Source
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.decisions.views import Views
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.world import FREE, FULL, NOW, STRANGER, TYPE, WANTS, World, observation


def of(views: Views, *host_ids: str) -> list[HostView]:
    """The views of these hosts, asked for in their own form."""
    return list(views.of({host_id.lower(): host_id for host_id in host_ids}))


def test_a_host_that_is_what_it_was_keeps_its_view() -> None:
    """A host that is what it was keeps its view, and with it all that was worked out about it."""
    views = Views(World())

    assert of(views, FREE, FULL)[0] is of(views, FULL, FREE)[1]


def test_whatever_changes_makes_another_view() -> None:
    """A new inventory, failure or entry of the engine's makes a new view of the host; others keep theirs."""
    world = World()
    views = Views(world)
    seen = [of(views, FREE, FULL)]
    world.observations[FREE] = observation(FREE, 0)
    seen.append(of(views, FREE, FULL))
    world.failures[FREE] = HostFailure(FREE, "timeout", "silent", NOW)
    seen.append(of(views, FREE, FULL))
    world.host_list = tuple(replace(host, separate=host.id == FREE) for host in world.host_list)
    seen.append(of(views, FREE, FULL))

    assert 4 == len({id(free) for free, _ in seen})
    assert [False, False, False, True] == [free.separate for free, _ in seen]


def test_the_vms_there_make_another_view_of_a_host_without_instances() -> None:
    """Where instances are not shown, the view tells what may live where by the VMs there, as they change."""
    world = World(vms={WANTS: KnownVm(WANTS, "wants", (TYPE,), NOW)})
    seen = world.observations[FREE]
    unseen = seen.inventory._replace(parents=tuple(inv.unseen(parent) for parent in seen.inventory.parents))
    told = [None, frozenset[str](), frozenset({WANTS}), frozenset({WANTS})]
    views, found = Views(world), list[HostView]()
    for vms in told:
        world.observations[FREE] = replace(seen, source=Source.VDSM, inventory=unseen, vms=vms)
        found += of(views, FREE)
    found += of(views, FREE)

    assert [None, ("an instance of no VM",), (TYPE,), (TYPE,), (TYPE,)] == [
        view.observation and view.observation.inventory.parents[0].may_hold for view in found
    ]
    assert found[-1] is found[-2]


def test_a_view_bears_the_id_as_it_was_asked() -> None:
    """A view bears the id in the case in which it was asked: the engine looks for it so in the answer."""
    (shouted,) = of(Views(World()), FREE.upper())

    assert (FREE.upper(), "free") == (shouted.id, shouted.name)


def test_a_host_that_nobody_lists_is_seen_and_not_kept() -> None:
    """A host that nobody lists has its id for a name and is not kept: invented hosts fill no memory."""
    views = Views(World())
    (first,), (second,) = of(views, STRANGER), of(views, STRANGER)

    assert (STRANGER, None) == (first.name, first.observation)
    assert first is not second
