"""Hosts that are asked again because something happened to their VMs; on virtual time."""

import asyncio
import itertools

from mdev_inventory.collector.collector import EVENTS_INTERVAL
from mdev_inventory.engine.model import Event
from tests.mdev_inventory.collector.fake_world import FakeError, World, run
from tests.mdev_inventory.known import host, vm

UP, DOWN = 32, 61


def happens(world: World, code: int, vm_id: str = "v1", host_id: str | None = "h1") -> None:
    """The engine writes an event."""
    world.engine.log.append(Event(len(world.engine.log) + 1, code, vm_id, host_id))


def test_a_host_is_asked_soon_after_its_vm_went_down(world: World) -> None:
    """Within the poller's interval, and no other host for it."""

    async def scenario() -> None:
        async with world.collecting():
            await asyncio.sleep(5)
            before = dict(world.hosts.asked)
            counts = {host_id: len(times) for host_id, times in before.items()}
            happens(world, DOWN)
            await asyncio.sleep(EVENTS_INTERVAL + 0.1)
            assert {"h1": counts["h1"] + 1, "h2": counts["h2"]} == {
                host_id: len(times) for host_id, times in world.hosts.asked.items()
            }

    run(scenario())


def test_a_burst_costs_a_host_one_question_at_a_time(world: World) -> None:
    """VMs that change all the time have their host asked once per poll, never twice at once."""
    world.hosts.delay = 0.5

    async def scenario() -> None:
        async with world.collecting():
            await asyncio.sleep(61)
            began = asyncio.get_running_loop().time()
            for number in range(200):
                happens(world, UP, f"v{number}")
                await asyncio.sleep(0.1)
            asked = [at for at in world.hosts.asked["h1"] if at > began]
            assert 9 <= len(asked) <= 12
            assert min(after - before for before, after in itertools.pairwise(asked)) >= 0.5

    run(scenario())


def test_a_request_under_way_is_not_enough(world: World) -> None:
    """Its answer may be older than the event: the host is asked once more when it is over."""
    world.hosts.delay = 5.0

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(10)
            urgent = asyncio.create_task(collector.refresh(["h1"], 10))
            await asyncio.sleep(0.1)
            sent = world.hosts.asked["h1"][-1]
            collector.ask_soon(["h1"])
            collector.ask_soon(["h1", "unknown"])
            await asyncio.sleep(20)
            assert frozenset({"h1"}) == await urgent
            assert [sent, sent + 5.0] == [at for at in world.hosts.asked["h1"] if at >= sent]

    run(scenario())


def test_the_list_of_vms_tells_where_they_are(world: World) -> None:
    """An event without a host concerns the host of the last list."""
    running = vm("v1")
    world.engine.vm_list = [type(running)(*(("v1", "v1", "up", "c1", "h2", None, None)))]

    async def scenario() -> None:
        async with world.collecting():
            await asyncio.sleep(5)
            before = len(world.hosts.asked["h2"])
            happens(world, DOWN, host_id=None)
            await asyncio.sleep(EVENTS_INTERVAL + 0.1)
            assert before + 1 == len(world.hosts.asked["h2"])

    run(scenario())


def test_a_gap_has_every_host_asked(world: World) -> None:
    """What happened is not known, so it may have happened anywhere."""
    world.engine.log = [Event(100, DOWN, "v1", "h1")]

    async def scenario() -> None:
        async with world.collecting():
            await asyncio.sleep(5)
            before = {host_id: len(times) for host_id, times in world.hosts.asked.items()}
            world.engine.log = [Event(7, DOWN, "v1", "h1")]
            await asyncio.sleep(EVENTS_INTERVAL + 0.1)
            assert {host_id: count + 1 for host_id, count in before.items()} == {
                host_id: len(times) for host_id, times in world.hosts.asked.items()
            }

    run(scenario())


def test_an_engine_without_events(world: World) -> None:
    """It is a trouble with a name until it ends; hosts are asked as usual meanwhile."""
    world.engine.event_error = FakeError("timeout")

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(200)
            assert {"engine events": "timeout"} == {name: trouble.code for name, trouble in collector.troubles.items()}
            assert max(world.ages(["h1", "h2"]).values()) < 61
            world.engine.event_error = None
            await asyncio.sleep(3)
            assert {} == collector.troubles

    run(scenario())


def test_a_silent_host_is_left_alone(world: World) -> None:
    """A host that is being installed answers nobody, whatever happens to its VMs."""
    world.engine.listed = [host("h1", status="installing")]

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(5)
            collector.ask_soon(["h1"])
            await asyncio.sleep(5)
            assert [] == world.hosts.asked["h1"]

    run(scenario())
