"""How often a host is refreshed: what refuses, or does not help, is left alone for longer."""

import asyncio
import itertools
import logging
import queue
import threading
import time
from collections.abc import Iterable

import pytest

from mdev_inventory.collector.engine_view import LEAST_GAP, EngineView
from mdev_inventory.collector.troubles import Troubles
from mdev_inventory.engine.model import Event, HostDevice
from tests.mdev_inventory.collector import virtual_time
from tests.mdev_inventory.collector.engine_views import DOWN, TYPE, devices, has, inventory, refreshed
from tests.mdev_inventory.collector.fake_world import FakeError, World, collect, run
from tests.mdev_inventory.known import host, known_vm, seen


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
