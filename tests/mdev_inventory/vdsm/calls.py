"""Calls that fail, for the tests of the client."""

import asyncio

import pytest

from mdev_inventory.vdsm.rpc import VdsmClient, VdsmError
from tests.mdev_inventory.vdsm.world import LOOPBACK


def fail(
    client: VdsmClient, port: int, address: str = LOOPBACK, deadline_s: float = 5.0, method: str = "Host.ping2"
) -> VdsmError:
    """The error of a call that must fail."""
    with pytest.raises(VdsmError) as caught:
        asyncio.run(client.call(address, port, method, {}, deadline_s))
    return caught.value
