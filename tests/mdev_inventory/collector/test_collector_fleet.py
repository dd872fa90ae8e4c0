"""A thousand hosts, many of which hang. On virtual time."""

import asyncio
from pathlib import Path

from tests.mdev_inventory.collector.fake_world import Settings, World, run
from tests.mdev_inventory.known import host


def test_a_thousand_hosts_of_which_fifty_hang(tmp_path: Path) -> None:
    """The others stay as fresh as if all were well, and connections stay within their bound."""
    world = World(tmp_path, Settings(max_connections=64))
    ids = [f"host-{n}" for n in range(1000)]
    world.engine.listed = [host(each) for each in ids]
    world.hosts.hanging = set(ids[::20])
    healthy = [each for each in ids if each not in world.hosts.hanging]

    async def scenario() -> None:
        async with world.collecting():
            await asyncio.sleep(90)
            for _ in range(20):
                await asyncio.sleep(7)
                assert max(world.ages(healthy).values()) < 62

    run(scenario())

    assert world.hosts.hanging == world.failing().keys()
    assert world.hosts.most_open <= 64
    assert {*ids} == world.hosts.asked.keys()
    world.store.close()


def test_a_rack_that_dies(tmp_path: Path) -> None:
    """Three hundred hosts hang from one moment on: after they are known, the others are fresh again."""
    world = World(tmp_path, Settings(max_connections=64))
    ids = [f"host-{n}" for n in range(1000)]
    world.engine.listed = [host(each) for each in ids]
    healthy = ids[300:]

    async def scenario() -> None:
        async with world.collecting():
            await asyncio.sleep(90)
            world.hosts.hanging = set(ids[:300])
            for _ in range(20):
                await asyncio.sleep(7)
                assert max(world.ages(healthy).values()) < 120
            for _ in range(10):
                await asyncio.sleep(7)
                assert max(world.ages(healthy).values()) < 62

    run(scenario())

    world.store.close()
