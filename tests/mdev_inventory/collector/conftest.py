"""Fixtures that several modules' tests share."""

import pytest

from tests.mdev_inventory.collector.engine_views import devices, has
from tests.mdev_inventory.collector.fake_world import Settings, World
from tests.mdev_inventory.known import host


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
