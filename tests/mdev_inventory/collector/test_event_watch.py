"""The engine's events, and the hosts that are asked again because of them; on virtual time."""

from collections.abc import Callable

import pytest

from mdev_inventory.collector.event_watch import CHANGES, PAGE, Happened, VmChange
from mdev_inventory.engine.model import Event, Vm
from tests.mdev_inventory.collector import virtual_time
from tests.mdev_inventory.collector.event_scene import Scene, run
from tests.mdev_inventory.collector.fake_world import FakeError
from tests.mdev_inventory.known import vm

UP, DOWN, STARTED, DONE, LOGIN = 32, 61, 153, 63, 30


def test_what_happened_before_is_left_alone() -> None:
    """The first question only finds the end of the list, even of a long one."""
    scene = Scene(log=[Event(index, DOWN, "v1", "h1") for index in range(1, 5000)])
    run(scene, list, list)

    assert [None, 4989, 4989] == scene.questions
    assert ([], [], 0) == (scene.hosts, scene.heard, scene.everybody)


def test_a_vm_that_went_down() -> None:
    """Its host is asked again, once, and who listens is told."""
    scene = Scene()
    run(scene, lambda: scene.happens(DOWN), list)

    assert [{"h1"}] == scene.hosts
    assert [Happened("v1", VmChange.DOWN, frozenset({"h1"}), 1000.0)] == scene.heard


@pytest.mark.parametrize("code", sorted(CHANGES))
def test_every_change_is_told(code: int) -> None:
    """Also one whose event names no host; a listener that fails keeps no other from hearing."""
    scene = Scene()
    run(scene, lambda: scene.happens(code, host_id=None))

    assert [CHANGES[code]] == [one.change for one in scene.heard]


def test_a_start_asks_nobody_yet() -> None:
    """When a start is announced there is no device yet; when the VM is up there is."""
    scene = Scene()
    run(scene, lambda: scene.happens(STARTED), lambda: scene.happens(UP))

    assert [{"h1"}] == scene.hosts
    assert [VmChange.STARTED, VmChange.UP] == [one.change for one in scene.heard]


def test_other_events_mean_nothing() -> None:
    """Neither other codes nor events without a VM."""
    scene = Scene()
    run(scene, lambda: scene.happens(LOGIN), lambda: scene.happens(DOWN, vm_id=None))

    assert ([], []) == (scene.hosts, scene.heard)


def test_a_burst_is_one_question() -> None:
    """However many VMs of a host change between two polls."""
    scene = Scene()
    run(scene, lambda: [scene.happens(DOWN, f"v{n}", f"h{n % 2}") for n in range(100)])

    assert [{"h0", "h1"}] == scene.hosts
    assert 100 == len(scene.heard)


@pytest.mark.parametrize("told", ["by an event", "by the list of VMs"])
def test_an_event_without_a_host(told: str) -> None:
    """The host where the VM was known is meant."""
    scene = Scene()
    if told == "by the list of VMs":
        scene.places["v1"] = "h1"
    else:
        scene.happens(LOGIN)

    def start() -> None:
        if told == "by an event":
            scene.happens(STARTED)

    run(scene, start, lambda: scene.happens(DOWN, host_id=None), lambda: scene.happens(DOWN, host_id=None))

    assert [{"h1"}] == scene.hosts
    assert {} == scene.places


def test_a_migration_concerns_two_hosts() -> None:
    """The event names one of them; the engine is asked where the VM is now."""
    scene = Scene(vms={"v1": _at("v1", "h2")}, places={"v1": "h1"})
    run(scene, lambda: scene.happens(DONE))

    assert [{"h1"}, {"h2"}] == scene.hosts
    assert {"v1": "h2"} == scene.places


def test_an_event_that_becomes_visible_late() -> None:
    """One written before a younger one, and seen after it, counts; and none counts twice."""
    scene = Scene(log=[Event(10, LOGIN, None, None)])
    late = Event(11, DOWN, "v1", "h1")
    run(scene, lambda: scene.log.append(Event(12, DOWN, "v2", "h2")), lambda: scene.log.insert(1, late), list)

    assert [{"h2"}, {"h1"}] == scene.hosts
    assert [1000.0, 0.0] == [one.after for one in scene.heard]


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(lambda events, limit: events[-limit:], id="the newest are kept"),
        pytest.param(lambda events, limit: events[:limit], id="the oldest are kept"),
    ],
)
def test_more_than_one_answer_holds(order: Callable[[list[Event], int], list[Event]]) -> None:
    """Whichever end is cut off: every host is asked, and later events are seen again one by one."""
    scene = Scene(log=[Event(1, LOGIN, None, None)], order=order)
    run(
        scene,
        lambda: [scene.happens(DOWN, host_id="h9") for _ in range(PAGE + 500)],
        list,
        list,
        lambda: scene.happens(DOWN, "v7", "h7"),
    )

    assert 1 == scene.everybody
    assert {"h7"} == scene.hosts[-1]
    assert len({one.vm_id for one in scene.heard}) == 2


@pytest.mark.parametrize(
    "log",
    [
        pytest.param([Event(3, LOGIN, None, None)], id="an older database"),
        pytest.param([Event(95, LOGIN, None, None)], id="a database a little older"),
        pytest.param([], id="an empty database"),
    ],
)
def test_an_index_that_goes_back(log: list[Event]) -> None:
    """A database put back: every host is asked once, and what comes then is seen."""
    scene = Scene(log=[Event(100, LOGIN, None, None)])

    def restore() -> None:
        scene.log = log

    run(scene, restore, list, lambda: scene.happens(DOWN), list)

    assert (1, [{"h1"}]) == (scene.everybody, scene.hosts)


def test_an_event_that_was_deleted() -> None:
    """An administrator removed the newest event: that looks like going back, once."""
    scene = Scene(log=[Event(index, LOGIN, None, None) for index in (98, 99, 100)])
    run(scene, lambda: scene.log.pop(), list, list, lambda: scene.log.append(Event(101, DOWN, "v1", "h1")))

    assert (1, [{"h1"}]) == (scene.everybody, scene.hosts)


def test_an_engine_that_fails_in_between() -> None:
    """The error goes to who polls; when the engine is back, nothing was missed."""
    scene = Scene()

    async def scenario() -> None:
        await scene.watch.poll()
        scene.error = FakeError("unreachable")
        with pytest.raises(FakeError):
            await scene.watch.poll()
        scene.happens(DOWN)
        scene.error = None
        await scene.watch.poll()

    virtual_time.run(scenario())

    assert [{"h1"}] == scene.hosts


def _at(vm_id: str, host_id: str) -> Vm:
    shown = vm(vm_id)
    return Vm(shown.id, shown.name, "up", shown.cluster_id, host_id, None, None)
