"""Inventories from VDSM's list of host devices and from the engine's copy of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory import inventory_json
from mdev_inventory.collector.host_lists import from_engine_devices, from_hostdev_list
from mdev_inventory.engine.forms import pci_address
from mdev_inventory.engine.parsing import host_devices
from mdev_inventory.model import HostInventory, InventoryError, MdevType, ParentDevice, ReadError
from mdev_inventory.vdsm import key_reader
from tests.mdev_inventory.engine.samples import T4, sample

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pci_0000_3b_00_0", "0000:3b:00.0"),
        ("pci_0001_c8_1f_7", "0001:c8:1f.7"),
        ("pci_10000_e1_00_0", "10000:e1:00.0"),
        ("pci_0000_3b_00_8", None),
        ("pci_000_3b_00_0", None),
        ("pci_0000_3B_00_0", None),
        ("pci_0000_3b_00_0\n", None),
        ("mdev_c2177883_0000_3b_00_0", None),
        ("css_0_0_fffe", None),
        ("computer", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_addresses_from_libvirts_names(name: object, expected: str | None) -> None:
    """Only a PCI device's name has an address in it."""
    assert expected == pci_address(name)


def test_vdsms_list() -> None:
    """PCI devices with types are parents; the types keep their order; instances are unknown."""
    assert HostInventory((T4,)) == from_hostdev_list(sample("hostdev_list"))


def test_parents_are_sorted_as_the_allocator_walks() -> None:
    """VDSM's list has no order of its own, the inventory has that of the addresses."""
    names = ["pci_0001_00_00_0", "pci_0000_af_00_0", "pci_0000_3b_00_4", "pci_0000_3b_00_0"]
    devices: dict[str, Any] = {name: {"params": {"mdev": {"t": {}}}} for name in names}

    assert ["0000:3b:00.0", "0000:3b:00.4", "0000:af:00.0", "0001:00:00.0"] == [
        parent.address for parent in from_hostdev_list(devices).parents
    ]


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        pytest.param("16", 16, id="a string, as VDSM writes it"),
        pytest.param(16, 16, id="a number"),
        pytest.param("0", 0, id="zero"),
        pytest.param(" 4\n", 4, id="blanks around"),
        pytest.param("-1", -1, id="negative, as older drivers may say"),
        pytest.param("", None, id="empty"),
        pytest.param("many", None, id="a word"),
        pytest.param(None, None, id="null"),
        pytest.param(True, None, id="a boolean"),
        pytest.param(1.5, None, id="a fraction"),
        pytest.param(["4"], None, id="a list"),
        pytest.param("9" * 5000, None, id="without end"),
        pytest.param("٤", None, id="other digits"),
    ],
)
def test_vdsms_figures(figure: object, expected: int | None) -> None:
    """A figure is a number or a string of one; everything else is unknown, never 0."""
    devices = {"pci_0000_3b_00_0": {"params": {"mdev": {"t": {"available_instances": figure}}}}}

    assert [MdevType("t", "t", available=expected, instances=None)] == list(
        from_hostdev_list(devices).parents[0].types or ()
    )


@pytest.mark.parametrize(
    ("params", "member", "expected"),
    [
        pytest.param({"physfn": "pci_0000_3b_00_0"}, "physfn", "0000:3b:00.0", id="a virtual function"),
        pytest.param({"physfn": "scsi_host0"}, "physfn", None, id="physfn of another kind"),
        pytest.param({"numa_node": "1"}, "numa_node", 1, id="numa node"),
        pytest.param({"numa_node": "-1"}, "numa_node", None, id="the kernel's -1"),
        pytest.param({"numa_node": {}}, "numa_node", None, id="numa node is an object"),
        pytest.param({"vendor_id": None}, "vendor", None, id="no vendor"),
        pytest.param({"vendor_id": []}, "vendor", None, id="vendor is a list"),
        pytest.param({"driver": "vfio-pci"}, "driver", "vfio-pci", id="driver"),
        pytest.param({"mdev": {}}, "types", (), id="no types left"),
        pytest.param({"mdev": ["nvidia-231"]}, "types", None, id="types are a list"),
    ],
)
def test_a_parents_facts(params: dict[str, object], member: str, expected: object) -> None:
    """What is missing or junk is unknown; nothing is guessed."""
    devices = {"pci_0000_3b_00_0": {"params": {"mdev": {}} | params}}

    assert expected == getattr(from_hostdev_list(devices).parents[0], member)


def test_junk_in_vdsms_list_is_among_the_errors() -> None:
    """Junk in one device costs that device's types, says so, and does not touch the others."""
    devices = sample("hostdev_list", pci_0000_af_00_0={"params": {"mdev": {"t": 5, "": {}}}}, junk=7)
    devices["pci_0000_5e_00_0"] = {"params": {"mdev": "nvidia-231"}}
    inventory = from_hostdev_list(devices)

    assert T4 == inventory.parents[0]
    assert {
        ReadError("hostdevListByCaps/0000:5e:00.0/mdev", "not an object of types"),
        ReadError("hostdevListByCaps/0000:af:00.0/mdev", "a type without an id"),
        ReadError("hostdevListByCaps/0000:af:00.0/mdev/t", "not an object"),
    } == set(inventory.errors)


def test_a_text_longer_than_sysfs_has() -> None:
    """No attribute is longer than a page: such a text is junk, and would not survive in the store."""
    facts = {"name": "n" * 4097, "description": "d" * 4096}
    devices = {"pci_0000_3b_00_0": {"params": {"mdev": {"t": facts, "t" * 4097: {}}}}}
    inventory = from_hostdev_list(devices)

    assert (MdevType("t", "t", "d" * 4096, instances=None),) == inventory.parents[0].types
    assert [ReadError("hostdevListByCaps/0000:3b:00.0/mdev", "a type without an id")] == list(inventory.errors)


@pytest.mark.parametrize("result", [None, [], "pci_0000_3b_00_0", 7])
def test_what_is_no_list_of_devices(result: object) -> None:
    """An answer of another shape is an error, not a host without cards."""
    with pytest.raises(InventoryError, match="hostdevListByCaps"):
        from_hostdev_list(result)


@given(params=JSON, types=JSON)
def test_any_junk_in_a_device(params: object, types: object) -> None:
    """Whatever VDSM lists, there is an inventory that can be written down."""
    devices = {
        "pci_0000_3b_00_0": {"params": params},
        "pci_0000_3b_00_4": {"params": {"mdev": types}},
        "pci_0000_3b_00_5": {"params": {"mdev": {"t": types}}},
        "pci_0000_3b_00_6": params,
    }

    inventory = from_hostdev_list(devices)

    assert inventory == key_reader.from_key(inventory_json.to_key(inventory))


def test_the_engines_copy() -> None:
    """The engine's devices with types are parents; what it does not tell is unknown."""
    types = (
        MdevType("nvidia-231", "GRID T4-2Q", "max_instance=8", "", 4, None),
        MdevType("nvidia-232", "nvidia-232", "", "", None, None),
    )
    expected = HostInventory((ParentDevice("0000:3b:00.0", "0x10de", "0x1eb8", "nvidia", types=types),))

    assert expected == from_engine_devices(host_devices(sample("host_devices")).items)


@pytest.mark.parametrize(
    ("devices", "types", "wrong"),
    [
        pytest.param(8193, 0, "8193 are more than the 8192 host devices in VDSM's list", id="host devices"),
        pytest.param(1, 257, "257 are more than the 256 types of one host", id="types"),
        pytest.param(200, 200, "40000 are more than the 32768 figures of one host", id="figures"),
    ],
)
def test_what_a_list_may_hold_is_limited(devices: int, types: int, wrong: str) -> None:
    """As with the hook's key: one host cannot make the lists of all unanswerable."""
    mdev = {f"t-{n}": {"name": "t", "available_instances": "1"} for n in range(types)}
    params = {"params": {"mdev": mdev}} if types else {}

    with pytest.raises(InventoryError, match=wrong):
        from_hostdev_list({f"pci_{n:04x}_00_00_0": params for n in range(devices)})
