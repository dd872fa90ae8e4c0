"""Keys with something wrong in them."""

from typing import Any

from mdev_inventory.inventory_json import to_key
from mdev_inventory.model import HostInventory, MdevType, ParentDevice, ReadError
from tests.mdev_inventory.inventories import uuid

ADDRESS = "0000:3b:00.0"


def broken(path: str, value: Any) -> dict[str, Any]:
    """A sound key in which the member at `path` has another value."""
    key = to_key(
        HostInventory(
            (ParentDevice(ADDRESS, types=(MdevType("nvidia-22", "GRID", "", "", 1, (uuid(1),)),)),),
            (ReadError("/sys/x", "EIO"),),
        )
    )
    place: Any = key
    *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    for step in steps:
        place = place[step]
    place[last] = value
    return key


P = "parents/0"


F = "parents/0/figures/0"


IN_P = "mdev_inventory.parents[0]"


IN_F = IN_P + ".figures[0]"
