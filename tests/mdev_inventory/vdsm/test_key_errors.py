"""What is wrong with a key is named, with its place and value."""

from typing import Any

import pytest

from mdev_inventory.inventory_json import to_key
from mdev_inventory.model import HostInventory, InventoryError, ParentDevice
from mdev_inventory.vdsm.key_reader import from_key
from tests.mdev_inventory.vdsm.keys import ADDRESS, IN_F, IN_P, F, P, broken


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        pytest.param("schema", "1", "mdev_inventory.schema is '1': not a whole number", id="schema text"),
        pytest.param("schema", True, "mdev_inventory.schema is True: not a whole number", id="schema bool"),
        pytest.param("schema", 1.0, "mdev_inventory.schema is 1.0: not a whole number", id="schema float"),
        pytest.param("schema", 0, "mdev_inventory.schema is 0: older than 1", id="schema 0"),
        pytest.param(
            "schema", 3, "schema is 3: newer than 2, the newest known here; update mdev-scheduler", id="schema 3"
        ),
        pytest.param("schema", None, "mdev_inventory.schema is None: missing", id="no schema"),
        pytest.param("types", {}, "mdev_inventory.types is {}: not a list", id="types object"),
        pytest.param("types", None, "mdev_inventory.types is None: missing", id="no types"),
        pytest.param("types/0", "x", "mdev_inventory.types[0] is 'x': not a list", id="type text"),
        pytest.param("types/0", ["x"], "mdev_inventory.types[0] is ['x']: not a list of four", id="short type"),
        pytest.param("types/0/0", None, "mdev_inventory.types[0][0] is None: missing", id="no id"),
        pytest.param("types/0/1", 5, "mdev_inventory.types[0][1] is 5: not text", id="name number"),
        pytest.param(
            "types/0/1",
            "x" * 4097,
            "types[0][1] is 'xxxxxxxxxxxx...xxxxxxxxxxxxx': text of 4097 characters",
            id="huge name",
        ),
        pytest.param("types/0/1", "\ud800", "half a surrogate pair", id="name not to be encoded"),
        pytest.param("parents", {}, "mdev_inventory.parents is {}: not a list", id="parents object"),
        pytest.param("parents", None, "mdev_inventory.parents is None: missing", id="no parents"),
        pytest.param(P, 1, f"{IN_P} is 1: not an object", id="parent number"),
        pytest.param(f"{P}/address", None, f"{IN_P}.address is None: missing, must be text", id="no address"),
        pytest.param(f"{P}/address", 1, f"{IN_P}.address is 1: not text", id="address number"),
        pytest.param(f"{P}/vendor", 4318, f"{IN_P}.vendor is 4318: not text", id="vendor number"),
        pytest.param(f"{P}/vendor", "\ud800", "half a surrogate pair", id="vendor not to be encoded"),
        pytest.param(f"{P}/address", "x" * 4097, "text of 4097 characters", id="huge address"),
        pytest.param(f"{P}/device", [], f"{IN_P}.device is []: not text", id="device list"),
        pytest.param(f"{P}/driver", {}, f"{IN_P}.driver is {{}}: not text", id="driver object"),
        pytest.param(f"{P}/physfn", False, f"{IN_P}.physfn is False: not text", id="physfn bool"),
        pytest.param(f"{P}/numa_node", "0", f"{IN_P}.numa_node is '0': not a whole number", id="numa text"),
        pytest.param(f"{P}/types", 1, f"{IN_P}.types is 1: not a list", id="own types number"),
        pytest.param(f"{P}/types", ["x"], f"{IN_P}.types[0] is 'x': not a list", id="own type text"),
        pytest.param(f"{P}/figures", 1, f"{IN_P}.figures is 1: not a list", id="figures number"),
        pytest.param(
            f"{P}/figures", [0, 0], f"{IN_P}.figures is [0, 0]: not one figure for each of 1 types", id="figures"
        ),
        pytest.param(f"{P}/figures", {"x-1": 0}, f"{IN_P}.figures['x-1'] is 0: figure of a type", id="unknown type"),
        pytest.param(F, "1", f"{IN_F} is '1': not a whole number", id="figure text"),
        pytest.param(F, True, f"{IN_F} is True: not a whole number", id="figure bool"),
        pytest.param(F, 0.5, f"{IN_F} is 0.5: not a whole number", id="figure fraction"),
        pytest.param(F, 2**63, f"{IN_F} is {2**63}: a number of more than 64 bits", id="figure giant"),
        pytest.param(F, {}, f"{IN_F} is {{}}: not a whole number", id="figure object"),
        pytest.param(F, [], f"{IN_F} is []: not a list of two", id="figure empty list"),
        pytest.param(F, [1, [], 2], f"{IN_F} is [1, [], 2]: not a list of two", id="figure of three"),
        pytest.param(F, ["1", []], f"{IN_F}[0] is '1': not a whole number", id="pair of text"),
        pytest.param(F, [1, "x"], f"{IN_F}[1] is 'x': not the base64 of UUIDs", id="instances text"),
        pytest.param(F, [1, "!" * 22], "not the base64 of UUIDs", id="instances no base64"),
        pytest.param(F, [1, "A" * 21 + "B"], "not the base64 of UUIDs", id="bits beyond the UUID"),
        pytest.param(F, [1, 7], f"{IN_F}[1] is 7: not a list", id="instances number"),
        pytest.param(F, [1, [7]], f"{IN_F}[1][0] is 7: not text", id="instance number"),
        pytest.param(F, [1, [None]], f"{IN_F}[1][0] is None: missing", id="instance null"),
        pytest.param("errors", None, "mdev_inventory.errors is None: missing", id="no errors"),
        pytest.param("errors/0", "EIO", "mdev_inventory.errors[0] is 'EIO': not an object", id="error text"),
        pytest.param("errors/0/path", 1, "mdev_inventory.errors[0].path is 1: not text", id="path number"),
        pytest.param("errors/0/error", None, "mdev_inventory.errors[0].error is None: missing", id="no error"),
        pytest.param("boot_id", 1, "mdev_inventory.boot_id is 1: not text", id="boot id number"),
        pytest.param("collected_at", 1.5, "mdev_inventory.collected_at is 1.5: not text", id="time number"),
        pytest.param("hook_version", [], "mdev_inventory.hook_version is []: not text", id="version list"),
    ],
)
def test_what_is_broken_is_named_with_its_value(path: str, value: Any, text: str) -> None:
    """Hosts are not trusted: the text says which member, what it is and what is wrong with it."""
    with pytest.raises(InventoryError) as caught:
        from_key(broken(path, value))

    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("types/0/1", "x" * 4096, id="a text of a page"),
        pytest.param("types/0/1", None, id="no name"),
        pytest.param(f"{P}/figures", {"nvidia-22": 1}, id="figures by type"),
        pytest.param(F, 2**63 - 1, id="the largest figure"),
        pytest.param(F, -(2**63), id="the least figure"),
        pytest.param(F, [None, None], id="nothing known"),
        pytest.param(F, [1, []], id="no instances, written out"),
        pytest.param(F, [1, ""], id="no instances, packed"),
        pytest.param(f"{P}/figures", None, id="types not listed"),
        pytest.param("unheard-of", 1, id="a member of another version"),
    ],
)
def test_what_is_unusual_but_sound_is_read(path: str, value: Any) -> None:
    """The other side of each limit."""
    assert from_key(broken(path, value))


@pytest.mark.parametrize("value", [None, [], "x", 5, True], ids=repr)
def test_an_inventory_that_is_no_object_is_refused(value: Any) -> None:
    """Another hook may have taken the name."""
    with pytest.raises(InventoryError, match=r"^mdev_inventory is "):
        from_key(value)


def test_two_parents_of_one_address_are_refused() -> None:
    """One of them would hide the other's instances."""
    key = to_key(HostInventory((ParentDevice(ADDRESS), ParentDevice("mtty"), ParentDevice(ADDRESS))))

    with pytest.raises(InventoryError, match=r"parents is '0000:3b:00.0': address of two parents"):
        from_key(key)
