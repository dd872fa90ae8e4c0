"""The inventory's JSON forms: nothing is lost, little is written."""

import json
from typing import Any

import pytest
from hypothesis import given

from mdev_inventory.inventory_json import dump_key, to_document, to_key
from mdev_inventory.model import Cut, HostInventory, MdevType, ParentDevice, ReadError
from mdev_inventory.vdsm.key_reader import from_key
from tests.mdev_inventory.inventories import cards, inventories, uuid, virtual_functions

ADDRESS = "0000:3b:00.0"


def host(*types: MdevType, address: str = ADDRESS, **members: Any) -> HostInventory:
    """A host with one parent of these types."""
    return HostInventory(parents=(ParentDevice(address, types=types, **members),))


@given(inventories)
def test_every_inventory_survives_the_way_through_the_capabilities(inventory: HostInventory) -> None:
    """What the hook wrote is what the service reads, also where types differ between parents."""
    assert inventory == from_key(json.loads(dump_key(inventory)))


@given(inventories)
def test_every_inventory_has_a_document(inventory: HostInventory) -> None:
    """With each parent and each type in their order."""
    document = json.loads(json.dumps(to_document(inventory)))

    assert [p.address for p in inventory.parents] == [p["address"] for p in document["parents"]]


def test_the_key_is_as_designed() -> None:
    """Types stand once per host, figures per parent in their order, instances only where there are any."""
    types = (
        MdevType("nvidia-222", "GRID T4-1B", "max_instance=16", "vfio-pci", 15, (uuid(1),)),
        MdevType("nvidia-223", "GRID T4-2B", "max_instance=8", "vfio-pci", 0),
        MdevType("nvidia-224", "GRID T4-2B4", "", "", None, None),
    )
    parent = ParentDevice(ADDRESS, "0x10de", "0x1eb8", "nvidia", 0, None, types)
    errors = (ReadError("/sys/x", "EIO"),)

    key = to_key(HostInventory((parent,), errors, "2026-11-22T19:00:00Z", "boot", "1.0.0"))

    assert {
        "schema": 2,
        "collected_at": "2026-11-22T19:00:00Z",
        "boot_id": "boot",
        "hook_version": "1.0.0",
        "types": [
            ["nvidia-222", "GRID T4-1B", "max_instance=16", "vfio-pci"],
            ["nvidia-223", "GRID T4-2B", "max_instance=8", "vfio-pci"],
            ["nvidia-224", "GRID T4-2B4", "", ""],
        ],
        "parents": [
            {
                "address": ADDRESS,
                "vendor": "0x10de",
                "device": "0x1eb8",
                "driver": "nvidia",
                "numa_node": 0,
                "physfn": None,
                "figures": [[15, "njd5scLRS16fMAAAAAAAAQ"], 0, [None, None]],
            }
        ],
        "errors": [{"path": "/sys/x", "error": "EIO"}],
    } == key


def test_types_that_cannot_be_listed_are_null() -> None:
    """Not the same as a parent without types."""
    unlisted = ParentDevice("a", types=None)
    without = ParentDevice("b", types=())

    assert [None, []] == [p["figures"] for p in to_key(HostInventory((unlisted, without)))["parents"]]


def test_what_a_reading_lacks_is_told_as_short_as_it_can_be() -> None:
    """Nothing where it lacks nothing; of the rest only what there is."""
    cut = Cut(parents=("b",), stuck=("/sys/x",))

    assert "cut" not in to_key(HostInventory())
    assert {"parents": ("b",), "stuck": ("/sys/x",)} == to_key(HostInventory(cut=cut))["cut"]


def test_figures_stand_by_type_where_a_parent_has_not_just_the_hosts_types() -> None:
    """Another card, or the same types in another order."""
    one, two = MdevType("t-1", "one", available=1), MdevType("t-2", "two", available=2)
    parents = (ParentDevice("a", types=(one, two)), ParentDevice("b", types=(two,)), ParentDevice("c"))

    assert [[1, 2], {"t-2": 2}, {}] == [p["figures"] for p in to_key(HostInventory(parents))["parents"]]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("x", id="no UUID"),
        pytest.param(uuid(1).upper(), id="upper case"),
        pytest.param(uuid(1).replace("-", ""), id="without dashes"),
        pytest.param(uuid(1) + "00", id="too long"),
        pytest.param(f"{{{uuid(1)}}}", id="in braces"),
    ],
)
def test_instances_of_other_names_stand_as_they_are(text: str) -> None:
    """The kernel only takes UUIDs, but what is there is told."""
    mixed = host(MdevType("t-1", "one", "", "", 1, tuple(sorted((text, uuid(2))))))

    assert [1, sorted([text, uuid(2)])] == to_key(mixed)["parents"][0]["figures"][0]
    assert mixed == from_key(to_key(mixed))


def test_a_parent_that_describes_a_type_otherwise_carries_its_own_description() -> None:
    """The same id may mean different things under two drivers."""
    first = ParentDevice("a", types=(MdevType("t-1", "one", "old"), MdevType("t-2", "two")))
    second = ParentDevice("b", types=(MdevType("t-1", "one", "new"), MdevType("t-2", "two")))

    parents = to_key(HostInventory((first, second)))["parents"]

    assert "types" not in parents[0]
    assert [["t-1", "one", "new", ""]] == parents[1]["types"]


def in_use(inventory: HostInventory, count: int) -> HostInventory:
    """The host with so many instances of its first type on each parent."""
    parents = []
    for number, parent in enumerate(inventory.parents):
        first, *others = parent.types or ()
        uuids = tuple(sorted(uuid(number * count + n) for n in range(count)))
        parents.append(parent._replace(types=(first._replace(instances=uuids), *others)))
    return inventory._replace(parents=tuple(parents))


@pytest.mark.parametrize(
    ("inventory", "budget"),
    [
        pytest.param(cards("T4", 4), 4096, id="four T4"),
        pytest.param(in_use(cards("T4", 4), 4), 4096, id="four T4 with 16 instances"),
        pytest.param(in_use(cards("T4", 4), 16), 4096, id="four T4 with 64 instances, all that they hold"),
        pytest.param(cards("M60", 4), 4096, id="four GPUs of two M60"),
        pytest.param(virtual_functions("A40", 64), 40960, id="64 empty VFs of an A40"),
        pytest.param(virtual_functions("RTX A6000", 64), 40960, id="64 empty VFs of an RTX A6000"),
        pytest.param(virtual_functions("L40S", 64), 40960, id="64 empty VFs of an L40S"),
        pytest.param(virtual_functions("A40", 64, used=64), 40960, id="64 VFs of an A40, all in use"),
    ],
)
def test_the_key_keeps_to_its_budget(inventory: HostInventory, budget: int) -> None:
    """VDSM logs the capabilities in full, every time that they are asked for."""
    assert budget >= len(dump_key(inventory))


def test_the_document_is_as_designed() -> None:
    """Null stands for what is not known."""
    types = (
        MdevType("nvidia-22", "GRID M60-8Q", "max_instance=1", "vfio-pci", 0, (uuid(1),)),
        MdevType("nvidia-21", "nvidia-21", "", "", None, None),
    )
    known = ParentDevice(ADDRESS, "0x10de", "0x13f2", "nvidia", 0, "0000:3b:00.4", types)
    errors = (ReadError("/sys/x", "EIO"),)

    document = to_document(HostInventory((known, ParentDevice("mtty", types=None)), errors))

    assert {
        "parents": [
            {
                "address": ADDRESS,
                "vendor": "0x10de",
                "driver": "nvidia",
                "physfn": "0000:3b:00.4",
                "types": [
                    {
                        "id": "nvidia-22",
                        "name": "GRID M60-8Q",
                        "description": "max_instance=1",
                        "device_api": "vfio-pci",
                        "available_instances": 0,
                        "instances": [uuid(1)],
                    },
                    {
                        "id": "nvidia-21",
                        "name": "nvidia-21",
                        "description": None,
                        "device_api": None,
                        "available_instances": None,
                        "instances": None,
                    },
                ],
            },
            {"address": "mtty", "vendor": None, "driver": None, "physfn": None, "types": None},
        ],
        "errors": [{"path": "/sys/x", "error": "EIO"}],
    } == document
