"""Fixtures that several modules' tests share."""

from collections.abc import Iterator

import pytest

from simulation.vdsm.farm import VdsmFarm
from tests.mdev_inventory.vdsm.world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Certificates and a thread for servers, once for this file."""
    with VdsmFarm() as farm:
        yield World(tmp_path_factory.mktemp("pki"), farm)
