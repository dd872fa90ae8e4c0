"""What a VM asks for: when the engine is asked, and what counts where it does not answer."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from mdev_inventory.engine.errors import Code, EngineError
from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import MediatedDevice, Vm
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.decisions.lookup import REMEMBERED, Lookup
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.errors import MalformedIdError, SchedulerError, UnknownVmError
from tests.scheduler_plugins.world import CLUSTER, FREE, FULL, NOW, STRANGER, TYPE, WANTS, World, fitting, vm

UNREACHABLE = EngineError("unreachable", "the engine refuses connections")
KNOWN = KnownVm(WANTS, "wants", (TYPE,), NOW - 60)


@pytest.mark.parametrize(("seconds", "times"), [(10.0, 1), (10.1, 2)])
def test_a_weight_asks_only_long_after_its_filter(
    world: World, scheduler: Scheduler, seconds: float, times: int
) -> None:
    """For ten seconds a weight goes by what its filter learned: the engine holds a lock meanwhile."""
    fitting(scheduler, FREE)
    world.now += seconds
    scheduler.weigh("MdevSpread", WANTS, [FREE], {})

    assert [(WANTS, 2.0)] * times == world.asked


def test_a_filter_always_asks_the_engine(world: World, scheduler: Scheduler) -> None:
    """A filter asks the engine each time: the request may have been edited a second ago."""
    fitting(scheduler, FULL)
    world.engine_vms = [vm(mdev_type=None)]

    assert (FULL,) == fitting(scheduler, FULL)


CODES: tuple[Code, ...] = ("unreachable", "timeout", "auth", "http", "bad-answer", "closed")


@pytest.mark.parametrize("code", CODES)
def test_while_the_engine_is_silent_the_last_known_request_counts(world: World, code: Code) -> None:
    """While the engine is silent, the request as last known counts, with its age in the note."""
    world.vms[WANTS] = KNOWN
    world.engine_error = EngineError(code, "no answer")
    decision = Scheduler(world, world, world.clock).filter("MdevFilter", WANTS, [FULL, FREE], {})

    assert (FREE,) == decision.fitting
    assert "wants" == decision.vm_name
    assert "no answer; its request is as known 60 s ago" == decision.note


class Inlining(World):
    """An engine whose search tells the VMs' devices."""

    def vms_by_id(self, vm_ids: Iterable[str], timeout_s: float | None = None, **_: object) -> list[Vm]:
        """All of its VMs, as they are."""
        return self.engine_vms


def test_devices_that_the_search_tells_are_not_asked_for() -> None:
    """Devices that the search tells are the VM's request, and are not asked for again."""
    world = Inlining([replace(vm(), mediated_devices=(MediatedDevice("d", {"mdevType": "t"}),))])
    asked, _ = Lookup(world, world, world.clock).of(WANTS)

    assert Request(("t",)) == asked.request
    assert [] == world.asked


def test_while_its_devices_are_not_told_the_last_known_request_counts(world: World) -> None:
    """Where the engine shows the VM but not its devices, the request as last known counts."""
    world.vms[WANTS] = KNOWN
    world.devices_error = EngineError("timeout", "no answer")
    told = [Lookup(world, world, world.clock).of(WANTS)]
    world.engine_vms = [replace(vm(), unreadable="no answer")]
    told.append(Lookup(world, world, world.clock).of(WANTS))

    assert [(Request((TYPE,)), "no answer; its request is as known 60 s ago")] * 2 == [
        (asked.request, asked.note) for asked, _ in told
    ]
    assert all(locations for _, locations in told)


def test_a_vm_that_is_gone_before_its_devices_are_told_is_an_error(world: World) -> None:
    """A VM that goes between the two questions is unknown, whatever it asked for once."""
    world.vms[WANTS] = KNOWN
    world.devices_error = EngineError("not-found", "no VM")
    with pytest.raises(UnknownVmError):
        Lookup(world, world, world.clock).of(WANTS)


@pytest.mark.parametrize("write", [str.upper, str.lower])
def test_an_id_in_either_case_is_the_same_vm(world: World, write: Callable[[str], str]) -> None:
    """A VM whose id is written in capitals, by who asks or in the engine's answer, is not a VM that is unknown."""
    asked, _ = Lookup(world, world, world.clock).of(write(WANTS))

    assert (WANTS, Request((TYPE,))) == (asked.vm_id, asked.request)


def test_a_vm_never_seen_counts_as_one_without_a_request(world: World, scheduler: Scheduler) -> None:
    """A VM never seen while the engine is silent counts as one without a request, and is refused nowhere."""
    world.engine_error = UNREACHABLE
    decision = scheduler.filter("MdevFilter", WANTS, [FULL], {})

    assert (FULL,) == decision.fitting
    assert "never seen before" in decision.note


def test_what_the_engine_tells_is_known_from_then_on(world: World, scheduler: Scheduler) -> None:
    """A VM created a moment ago is known to the next decision, and to the proxy's files."""
    fitting(scheduler, FREE)

    assert {WANTS: KnownVm(WANTS, "wants", (TYPE,), NOW, cluster_id=CLUSTER, host_id="")} == world.vms


def test_only_the_last_vms_are_remembered(world: World) -> None:
    """Of so many VMs, the one asked about longest ago is forgotten, and asked for again."""
    world.engine_error = UNREACHABLE
    lookup = Lookup(world, world, world.clock)
    first, second, *_ = ids = [f"b{n:07}-0000-4000-8000-000000000000" for n in range(REMEMBERED + 1)]
    for vm_id in ids:
        lookup.of(vm_id)
    world.asked.clear()
    lookup.recent(second)
    lookup.recent(first)

    assert [first] == [asked for asked, _ in world.asked]


def test_a_vm_that_the_engine_does_not_know_is_an_error(scheduler: Scheduler) -> None:
    """A VM that the engine does not know is an error, for nobody can say what it asks for."""
    with pytest.raises(UnknownVmError, match=STRANGER) as error:
        fitting(scheduler, FREE, vm=STRANGER)

    assert "unknown-vm" == error.value.code


@pytest.mark.parametrize("bad", ["", "x", "10000000", WANTS + "0", "{" + WANTS + "}", "../../hosts"])
def test_a_malformed_id_is_an_error(world: World, scheduler: Scheduler, bad: str) -> None:
    """An id that is no UUID is an error, and nobody is asked about it."""
    with pytest.raises(MalformedIdError, match="VM id"):
        fitting(scheduler, FREE, vm=bad)
    with pytest.raises(MalformedIdError, match="VM id"):
        scheduler.weigh("MdevSpread", bad, [FREE], {})
    with pytest.raises(MalformedIdError, match="host id"):
        fitting(scheduler, FREE, bad)

    assert [] == world.asked


def test_a_request_that_cannot_be_understood_is_an_error(world: World, scheduler: Scheduler) -> None:
    """A request that cannot be understood is an error: taken as none, the VM would start where it cannot."""
    world.engine_vms = [replace(vm(), mediated_devices=(MediatedDevice("d", {}),))]
    with pytest.raises(SchedulerError, match="has no mdevType"):
        fitting(scheduler, FREE)
