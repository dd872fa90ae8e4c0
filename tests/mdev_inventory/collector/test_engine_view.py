"""The engine's copy of hosts' devices, compared and corrected; the shell on virtual time."""

import asyncio
import itertools
import logging
import queue
import threading
import time
from collections.abc import Iterable
from dataclasses import replace

import pytest

from mdev_inventory.collector.engine_view import (
    LEAST_GAP,
    OWN_REFRESH,
    EngineView,
    available_types,
    hidden_types,
)
from mdev_inventory.collector.troubles import Troubles
from mdev_inventory.engine.model import DeviceType, Event, HostDevice
from mdev_inventory.model import HostInventory, MdevType, ParentDevice
from mdev_inventory.observation import Source
from tests.mdev_inventory.collector import virtual_time
from tests.mdev_inventory.collector.fake_world import FakeError, Settings, World, collect, run
from tests.mdev_inventory.known import host, known_vm, seen

TYPE, OTHER = "nvidia-222", "nvidia-231"
DOWN = 61


def inventory(address: str = "0000:3b:00.0", /, **free: int | None) -> HostInventory:
    """One parent with so many left of each type; `_` stands for the hyphen."""
    types = tuple(MdevType(name.replace("_", "-"), available=left) for name, left in free.items())
    return HostInventory(parents=(ParentDevice(address=address, types=types),))


def devices(**shown: int | None) -> list[HostDevice]:
    """One device with these figures."""
    types = tuple(DeviceType(name.replace("_", "-"), name, "", left) for name, left in shown.items())
    return [HostDevice("pci_0000_3b_00_0", "nvidia", "0x10de", "0x1eb8", None, types)]


@pytest.mark.parametrize(
    ("ours", "engines", "hidden"),
    [
        pytest.param({"nvidia_222": 1}, {"nvidia_222": 0}, {TYPE}, id="free here, nothing left there"),
        pytest.param({"nvidia_222": 1}, {"nvidia_222": 1}, set(), id="free in both"),
        pytest.param({"nvidia_222": 9}, {"nvidia_222": 1}, set(), id="how many does not matter"),
        pytest.param({"nvidia_222": 0}, {"nvidia_222": 0}, set(), id="nothing left in either"),
        pytest.param({"nvidia_222": 0}, {"nvidia_222": 5}, set(), id="the engine too hopeful"),
        pytest.param({"nvidia_222": None}, {"nvidia_222": 0}, set(), id="unknown here"),
        pytest.param({"nvidia_222": 1}, {"nvidia_222": None}, {TYPE}, id="unknown there"),
        pytest.param({"nvidia_222": 1}, {}, {TYPE}, id="a type that the engine does not know"),
        pytest.param(
            {"nvidia_222": 1, "nvidia_231": 1}, {"nvidia_231": 0, "nvidia_222": 2}, {OTHER}, id="one of two"
        ),
    ],
)
def test_what_is_hidden(
    ours: dict[str, int | None], engines: dict[str, int | None], hidden: set[str]
) -> None:
    """A type is hidden where the host has some left and the engine shows none on any device."""
    assert hidden == hidden_types(inventory(**ours), devices(**engines))


def test_types_are_counted_over_all_devices() -> None:
    """The engine's filter is content with any device of the host."""
    assert frozenset() == hidden_types(
        inventory(nvidia_222=1), [*devices(nvidia_222=0), *devices(nvidia_222=1)]
    )


@pytest.mark.parametrize("address", ["mtty", "matrix", "0.0.fffe"])
def test_the_engine_never_shows_what_is_not_pci(address: str) -> None:
    """So that nobody refreshes hosts for it."""
    assert frozenset() == available_types(inventory(address, mtty_1=24))


@pytest.fixture
def view(world: World) -> World:
    """A world whose engine has an old copy of h1, of which something is free."""
    world.corrects = True
    world.settings = Settings(collect_interval=600.0, engine_view_interval=100.0)
    world.engine.listed = [host("h1")]
    world.engine.device_lists["h1"] = devices(nvidia_222=0)
    has(world, "h1", 1)

    def copy(host_id: str) -> None:
        left = world.hosts.telling[host_id]["inventory"].parents[0].types[0].available
        world.engine.device_lists[host_id] = devices(nvidia_222=left)

    world.engine.on_refresh = copy
    return world


def has(world: World, host_id: str, left: int, source: Source = Source.HOOK) -> None:
    """The host tells from now on that so many are free there."""
    world.hosts.telling[host_id] = {"inventory": inventory(nvidia_222=left), "source": source}


def refreshed(world: World) -> list[str]:
    """Which hosts were refreshed, in order."""
    return [host_id for _, host_id in world.engine.refreshed]


def test_a_hidden_host_is_refreshed(view: World) -> None:
    """Once, within the interval, and then the engine's copy is right."""
    run(collect(view, 1000))

    assert ["h1"] == refreshed(view)
    assert view.engine.refreshed[0][0] < 102


@pytest.mark.parametrize("engines", [1, 5])
def test_a_right_copy_is_left_alone(view: World, engines: int) -> None:
    """Where the engine shows something left, its filter lets the host pass."""
    view.engine.device_lists["h1"] = devices(nvidia_222=engines)
    run(collect(view, 1000))

    assert [] == refreshed(view)


def test_switched_off(view: World) -> None:
    """Then the engine is not even asked for its copy."""
    view.corrects = False
    run(collect(view, 1000))

    assert [] == refreshed(view)


@pytest.mark.parametrize("status", ["maintenance", "non_responsive", "non_operational", "installing"])
def test_hosts_that_are_up_only(view: World, status: str) -> None:
    """Others take no VM, and a refresh would hold their locks."""
    view.engine.listed = [host("h1", status=status)]
    run(collect(view, 1000))

    assert [] == refreshed(view)


def test_the_engines_word_proves_nothing(view: World) -> None:
    """An inventory that the engine itself told cannot show that its copy is old."""
    has(view, "h1", 1, Source.ENGINE)
    run(collect(view, 1000))

    assert [] == refreshed(view)


def test_ours_may_be_the_old_one(view: World) -> None:
    """The host is asked before it is refreshed: a VM may have taken what was free."""

    async def scenario() -> None:
        async with view.collecting():
            await asyncio.sleep(0.5)
            has(view, "h1", 0)
            await asyncio.sleep(300)

    run(scenario())

    assert [] == refreshed(view)
    assert len(view.hosts.asked["h1"]) >= 2


def test_a_host_that_does_not_answer_is_not_refreshed(view: World) -> None:
    """Nobody confirms that it is free."""

    async def scenario() -> None:
        async with view.collecting():
            await asyncio.sleep(0.5)
            view.hosts.errors["h1"] = FakeError("timeout")
            await asyncio.sleep(300)

    run(scenario())

    assert [] == refreshed(view)


def test_soon_after_a_vm_went_down(view: World) -> None:
    """The interval is not waited for; the engine gets a moment to do it by itself."""
    view.settings = replace(view.settings, engine_view_interval=86400.0)
    view.engine.device_lists["h1"] = devices(nvidia_222=0)
    has(view, "h1", 0)
    view.inventories.see_vm(known_vm("v1", TYPE))
    view.inventories.see_vm(known_vm("v2"))
    view.engine.vm_list = []

    async def scenario(vm_id: str) -> float:
        async with view.collecting():
            await asyncio.sleep(10)
            view.inventories.see_vm(known_vm("v1", TYPE, at=11))
            has(view, "h1", 1)
            view.engine.log.append(Event(1, DOWN, vm_id, "h1"))
            await asyncio.sleep(30)
            return 10.0

    async def both() -> None:
        await scenario("v2")
        assert [] == refreshed(view)
        began = asyncio.get_running_loop().time()
        view.engine.log.clear()
        has(view, "h1", 0)
        await scenario("v1")
        (at,) = [at for at, _ in view.engine.refreshed]
        assert OWN_REFRESH <= at - began - 10 < OWN_REFRESH + 4

    run(both())


def test_at_most_once_a_minute(view: World) -> None:
    """However often its VMs go down and however often the engine forgets."""
    view.inventories.see_vm(known_vm("v1", TYPE))

    async def scenario() -> None:
        async with view.collecting():
            await asyncio.sleep(5)
            for number in range(60):
                view.inventories.see_vm(known_vm("v1", TYPE, at=virtual_time.now()))
                view.engine.device_lists["h1"] = devices(nvidia_222=0)
                view.engine.log.append(Event(number + 1, DOWN, "v1", "h1"))
                await asyncio.sleep(10)

    run(scenario())

    times = [at for at, _ in view.engine.refreshed]
    assert min(after - before for before, after in itertools.pairwise(times)) > LEAST_GAP - 0.001
    assert 8 <= len(times) <= 11


def test_one_host_of_a_cluster_at_a_time(world: World) -> None:
    """In real time, with threads: while one is refreshed the others of its cluster wait, and only those."""
    hosts = {"h1": "c1", "h2": "c1", "h3": "c2"}
    world.inventories.set_hosts(host(host_id, cluster_id=cluster) for host_id, cluster in hosts.items())
    begun: queue.Queue[str] = queue.Queue()
    let_go = threading.Event()

    def refresh(host_id: str) -> None:
        begun.put(hosts[host_id])
        let_go.wait(30)

    async def fresh(host_ids: Iterable[str], deadline_s: float) -> frozenset[str]:
        del deadline_s
        for host_id in host_ids:
            world.inventories.put(seen(host_id, time.time(), inventory=inventory(nvidia_222=1)))
        return frozenset(host_ids)

    async def scenario() -> None:
        await fresh(hosts, 1)
        world.engine.device_lists = {host_id: devices(nvidia_222=0) for host_id in hosts}
        world.engine.refresh_host = refresh  # type: ignore[method-assign]
        view = EngineView(world.engine, world.inventories, fresh, 0.01, Troubles(time.time), time.time)
        task = asyncio.create_task(view.run())
        first = [await asyncio.to_thread(begun.get, True, 30) for _ in range(2)]
        assert ["c1", "c2"] == sorted(first)
        await asyncio.sleep(0)
        assert begun.empty()
        let_go.set()
        assert "c1" == await asyncio.to_thread(begun.get, True, 30)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    try:
        asyncio.run(scenario())
    finally:
        let_go.set()


def test_a_refresh_that_does_not_help_is_rare(view: World, caplog: pytest.LogCaptureFixture) -> None:
    """A copy that stays wrong is no reason to lock the host again and again."""
    view.engine.on_refresh = len
    view.engine.device_lists["h1"] = devices(nvidia_222=0)
    with caplog.at_level(logging.WARNING):
        run(collect(view, 24 * 3600))

    assert 5 <= len(refreshed(view)) <= 14
    assert "HIDDEN still host=name-of-h1 types=nvidia-222" in caplog.text


def test_an_engine_that_never_shows_types(view: World) -> None:
    """One of 4.3 or older has no such filter: one host is tried, once."""
    view.engine.listed = [host("h1"), host("h2")]
    has(view, "h2", 1)
    view.engine.device_lists = {"h1": devices(), "h2": devices()}
    view.engine.on_refresh = len
    run(collect(view, 24 * 3600))

    assert 1 == len(refreshed(view))


def test_without_the_right(view: World, caplog: pytest.LogCaptureFixture) -> None:
    """It is off from then on, and the trouble says what to do; the inventories are collected as before."""

    def refuse(_: str) -> None:
        raise FakeError("forbidden")

    view.engine.on_refresh = refuse

    async def scenario() -> None:
        async with view.collecting() as collector:
            await asyncio.sleep(2000)
            trouble = collector.troubles["engine refresh"]
            assert "forbidden" == trouble.code
            assert "MANIPULATE_HOST" in trouble.text
            assert "engine_refresh = no" in trouble.text
            assert view.ages(["h1"])["h1"] < 601

    run(scenario())

    assert 1 == len(refreshed(view))
    assert 1 == caplog.text.count("FAILED engine refresh")


def test_a_host_whose_lock_is_taken(view: World) -> None:
    """It is tried again a minute later, as if it had not been tried."""
    refusals = iter([FakeError("http"), FakeError("http")])
    copy = view.engine.on_refresh

    def refuse(host_id: str) -> None:
        for error in refusals:
            raise error
        copy(host_id)

    view.engine.on_refresh = refuse
    run(collect(view, 400))
    times = [at for at, _ in view.engine.refreshed]

    assert [60, 60] == [round(after - before, -1) for before, after in itertools.pairwise(times)]


def test_an_engine_that_does_not_answer(view: World) -> None:
    """That is a trouble with a name until it ends; it is not the host's fault."""
    good = view.engine.host_devices

    def fail(_: str) -> list[HostDevice]:
        raise FakeError("unreachable")

    async def scenario() -> None:
        view.engine.host_devices = fail  # type: ignore[assignment, method-assign]
        async with view.collecting() as collector:
            await asyncio.sleep(200)
            assert "unreachable" == collector.troubles["engine view"].code
            view.engine.host_devices = good  # type: ignore[method-assign]
            await asyncio.sleep(200)
            assert {} == collector.troubles

    run(scenario())

    assert ["h1"] == refreshed(view)
