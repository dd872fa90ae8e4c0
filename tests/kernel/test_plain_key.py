"""What the guest reads is what the service would."""

import json

from hypothesis import given

from mdev_inventory.inventory_json import dump_key
from mdev_inventory.model import HostInventory
from mdev_inventory.vdsm import key_reader
from tests.kernel.guest import plain_key
from tests.mdev_inventory.inventories import inventories


@given(inventories)
def test_the_guests_reader_is_as_good_as_the_services(inventory: HostInventory) -> None:
    """So what holds for the kernel's files in the guest holds for the service as well."""
    key = json.loads(dump_key(inventory))

    assert key_reader.from_key(key) == plain_key.from_key(key)
