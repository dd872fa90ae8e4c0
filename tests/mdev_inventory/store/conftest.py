"""Fixtures that several modules' tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state file that does not exist yet, in a folder that does not either."""
    return tmp_path / "state" / "state.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """An open store."""
    opened = Store(path)
    yield opened
    opened.close()


@pytest.fixture
def inventories(store: Store) -> Inventories:
    """Nothing known yet."""
    return Inventories(store)
