"""What the tests of one decision ask."""

import pytest

from scheduler_plugins.decisions.scheduler import Scheduler
from tests.scheduler_plugins.world import World


@pytest.fixture
def world() -> World:
    """A data centre with a free host, a full one, a dead one and others."""
    return World()


@pytest.fixture
def scheduler(world: World) -> Scheduler:
    """A scheduler of that data centre."""
    return Scheduler(world, world, world.clock)
