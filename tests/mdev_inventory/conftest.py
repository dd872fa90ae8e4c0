"""Fixtures that several modules' tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mdev_inventory.collector.fake_world import World
from tests.mdev_inventory.known import host


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two hosts that answer, an engine that lists them, and nothing known yet."""
    made = World(tmp_path)
    made.engine.listed = [host("h1"), host("h2")]
    yield made
    made.store.close()
