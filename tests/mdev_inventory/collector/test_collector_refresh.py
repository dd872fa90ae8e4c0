"""Hosts asked now, for somebody who waits. On virtual time."""

import asyncio

import pytest

from tests.mdev_inventory.collector import virtual_time
from tests.mdev_inventory.collector.fake_world import FakeError, World, run
from tests.mdev_inventory.known import host


def test_refresh_asks_now(world: World) -> None:
    """A refresh returns who answered a request that left after the call."""

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(30)
            began = virtual_time.now()

            assert {"h1", "h2"} == await collector.refresh(["h1", "h2"], 1.5)
            assert pytest.approx(0.2) == virtual_time.now() - began
            assert max(world.ages(["h1", "h2"]).values()) < 0.21

    run(scenario())


def test_refresh_keeps_its_deadline(world: World) -> None:
    """Who is late is left out; the late answer still updates the inventory."""

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(30)
            world.hosts.delay = 4
            began = virtual_time.now()

            assert frozenset() == await collector.refresh(["h1"], 1.5)
            assert pytest.approx(1.5) == virtual_time.now() - began
            await asyncio.sleep(3)
            assert began == world.inventories.observations.get("h1").requested_at  # type: ignore[union-attr]

    run(scenario())


def test_refresh_does_not_take_an_old_requests_answer(world: World) -> None:
    """An answer to a request that left before the call may lack what the caller waits for."""
    world.hosts.delay = 2

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(1)
            assert "h1" in world.hosts.open

            assert {"h1"} == await collector.refresh(["h1"], 5)
            assert [0, 2] == world.hosts.asked["h1"]

    run(scenario())


def test_refreshes_share_a_request(world: World) -> None:
    """Several who want to know at the same moment cost the host one request."""

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(30)
            before = len(world.hosts.asked["h1"])
            answers = await asyncio.gather(*(collector.refresh(["h1"], 1.5) for _ in range(20)))

            assert [frozenset({"h1"})] * 20 == answers
            assert 1 == len(world.hosts.asked["h1"]) - before

    run(scenario())


@pytest.mark.parametrize("trouble", ["hangs", "fails"])
def test_refresh_of_a_host_that_does_not_answer(world: World, trouble: str) -> None:
    """It is simply not among those that answered."""
    if trouble == "hangs":
        world.hosts.hanging.add("h1")
    else:
        world.hosts.errors["h1"] = FakeError()

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(30)

            assert {"h2"} == await collector.refresh(["h1", "h2"], 1.5)

    run(scenario())


def test_refresh_of_an_unknown_host_reads_the_list(world: World) -> None:
    """A host that the engine has and we do not know yet is found soon, however many ask for it."""

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(5)
            world.engine.listed.append(host("h3"))
            for _ in range(10):
                assert frozenset() == await collector.refresh(["h3"], 1.5)
            await asyncio.sleep(3)
            assert world.inventories.observations.get("h3") is not None
            assert len(world.engine.asked) <= 3

    run(scenario())


def test_refresh_overtakes_hosts_that_hang(world: World) -> None:
    """With every routine connection taken by a hanging host, who must know now still gets an answer."""
    hosts = [host(f"h{n}") for n in range(100)]
    world.engine.listed = hosts
    world.hosts.hanging = {each.id for each in hosts[:99]}

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(1)
            assert "h99" not in world.hosts.asked

            assert {"h99"} == await collector.refresh(["h99"], 1.5)

    run(scenario())


def test_stopping_ends_a_refresh(world: World) -> None:
    """Nobody waits for ever when the collector is stopped meanwhile."""

    async def scenario() -> None:
        world.hosts.hanging.add("h1")
        async with world.collecting() as collector:
            await asyncio.sleep(1)
            waiting = asyncio.create_task(collector.refresh(["h1"], 3600))
            await asyncio.sleep(1)

        assert frozenset() == await waiting
        assert not world.hosts.open

    run(scenario())
