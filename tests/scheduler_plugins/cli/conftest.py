"""What the tests of this folder share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.service.web.api import api
from scheduler_plugins.service.web.capacity import Capacities
from tests import trees
from tests.scheduler_plugins.service import fakes
from tests.scheduler_plugins.world import World


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, str]]:
    """A world, and the URL of the API over it."""
    world = World()
    scheduler = Scheduler(world, world, world.clock)
    with fakes.http(api(scheduler, Capacities(world, world.clock), list)) as url:
        yield world, url


@pytest.fixture
def world(served: tuple[World, str]) -> World:
    """The world as it was in the beginning."""
    vars(served[0]).update(vars(World()))
    return served[0]


@pytest.fixture
def url(served: tuple[World, str], world: World) -> str:
    """Where the API is."""
    return served[1]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A machine's /sys as a real kernel showed it, with several drivers and living instances."""
    mixed = next(capture for capture in trees.CAPTURES if capture.stem == "pci-mixed")
    return trees.build(tmp_path, trees.load(mixed))
