"""The capabilities' key, read: nothing is believed, what is broken is named, what is unusual is read."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.inventory_json import dump_key, to_key
from mdev_inventory.model import HostInventory, InventoryError, MdevType, ParentDevice
from mdev_inventory.vdsm.key_reader import from_key
from tests.mdev_inventory.inventories import uuid
from tests.mdev_inventory.vdsm.keys import IN_F, IN_P, F, P, broken

SCHEMA_1 = {
    "schema": 1,
    "types": {"t-1": {"name": "one", "description": "d", "device_api": "vfio-pci"}, "t-2": {}},
    "parents": [
        {"address": "a", "figures": {"t-1": [3, [uuid(1)]], "t-2": 0}},
        {"address": "b", "figures": {"t-1": 4}, "types": {"t-1": {"name": "other"}}},
    ],
    "errors": [],
}


def test_the_schema_before_is_read() -> None:
    """Hosts are updated one after the other, and a state file outlives an update."""
    one = MdevType("t-1", "one", "d", "vfio-pci", 3, (uuid(1),))
    first = ParentDevice("a", types=(one, MdevType("t-2", "t-2", available=0)))
    second = ParentDevice("b", types=(MdevType("t-1", "other", available=4),))

    assert HostInventory((first, second)) == from_key(SCHEMA_1)


def test_a_missing_description_of_a_type_is_read_as_unknown() -> None:
    """The members that only people read may be left out."""
    key = {
        "schema": 2,
        "types": [["t-1", None, None, None]],
        "parents": [{"address": "a", "figures": [3]}],
        "errors": [],
    }

    parent = ParentDevice("a", types=(MdevType("t-1", "t-1", available=3),))
    assert HostInventory((parent,)) == from_key(key)


def test_members_that_a_newer_hook_adds_are_skipped() -> None:
    """It may tell more under the same schema; an older service goes on with what it knows."""
    key = to_key(HostInventory((ParentDevice("a", types=()),)))
    key["parents"][0]["later"] = 1
    newer = {**key, "later": {"any": ["thing"]}}

    assert from_key(key) == from_key(newer)


def test_parents_and_instances_are_read_in_order() -> None:
    """Whoever wrote them: equal states give equal inventories."""
    key = to_key(HostInventory((ParentDevice("b"), ParentDevice("a"))))
    key["types"] = [["t-1", None, None, None]]
    key["parents"][0]["figures"] = [[1, ["y", "x"]]]
    key["parents"][1]["figures"] = [0]

    first, second = from_key(key).parents

    assert ("a", "b") == (first.address, second.address)
    assert second.types
    assert ("x", "y") == second.types[0].instances


def test_a_thousand_parents_are_read() -> None:
    """Many virtual functions are unusual, not wrong."""
    parents = tuple(ParentDevice(f"{n:04x}:00:00.0", types=(MdevType("t-1", "t"),)) for n in range(1000))

    assert HostInventory(parents) == from_key(to_key(HostInventory(parents)))


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        pytest.param("parents", [5] * 500_000, "parents is [5, 5", id="parents"),
        pytest.param("parents", [5] * 4096, f"{IN_P} is 5: not an object", id="as many parents as may be"),
        pytest.param("types", ["x"] * 500_000, "500000 are more than the 256 types", id="types"),
        pytest.param(f"{P}/figures", ["x"] * 500_000, f"{IN_F} is 'x': not a whole", id="figures in order"),
        pytest.param(f"{P}/figures", dict.fromkeys(map(str, range(4097)), ""), "4097 are more", id="by id"),
        pytest.param(F, [1, [7] * 500_000], "500000 are more than the 16384 instances", id="instances"),
        pytest.param("errors", [7] * 500_000, "500000 are more than the 1024 errors", id="errors"),
        pytest.param(f"{P}/address", "x" * 256, "text of 256 characters, more than 255", id="an address"),
        pytest.param("types/0/2", "x" * 4097, "text of 4097 characters, more than 4096", id="a description"),
    ],
)
def test_a_key_full_of_errors_costs_no_more_than_one(path: str, value: Any, text: str) -> None:
    """What is wrong first is named; what is said of each would be a gigabyte."""
    key = broken(path, value)
    tracemalloc.start()
    try:
        with pytest.raises(InventoryError) as caught:
            from_key(key)
        assert 2**20 > tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("parents", "types", "instances", "wrong"),
    [
        pytest.param(1024, 32, 0, "", id="as many figures as may be"),
        pytest.param(1024, 33, 0, "33792 are more than the 32768 figures", id="more figures"),
        pytest.param(2, 1, 8192, "", id="as many instances as may be"),
        pytest.param(2, 1, 8193, "16386 are more than the 16384 instances", id="more instances"),
        pytest.param(1, 256, 0, "", id="as many types as may be"),
        pytest.param(1, 257, 0, "257 are more than the 256 types", id="more types"),
        pytest.param(32, 256, 0, "", id="as many comparisons as may be"),
        pytest.param(33, 256, 0, "2162688 are more than the 2097152 figures of one host times", id="more comparisons"),
        pytest.param(4096, 1, 0, "", id="as many parents as may be"),
        pytest.param(4097, 1, 0, "4097 are more than the 4096 parents", id="more parents"),
    ],
)
def test_what_one_host_may_have_is_limited(parents: int, types: int, instances: int, wrong: str) -> None:
    """Several times what the largest machines have; one more of anything is an error that says so."""
    kinds = tuple(MdevType(f"t-{n}", "t", instances=tuple(map(str, range(instances)))) for n in range(types))
    key = to_key(HostInventory(tuple(ParentDevice(f"{n:04x}", types=kinds) for n in range(parents))))

    if not wrong:
        assert parents == len(from_key(key).parents)
        return
    with pytest.raises(InventoryError, match=wrong):
        from_key(key)


def test_types_that_parents_describe_themselves_count_together() -> None:
    """Each parent of its own kind, few types each, and in all too many."""
    parents = tuple(ParentDevice(f"{n:04x}", types=(MdevType(f"t-{n}", "t"),)) for n in range(257))
    key = to_key(HostInventory(parents))
    for told in key["parents"]:
        told["types"], told["figures"] = [[next(iter(told["figures"])), "t", "", ""]], told["figures"]
    key["types"] = []

    with pytest.raises(InventoryError, match="257 are more than the 256 types"):
        from_key(key)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=10,
)


MEMBERS = [
    *("schema", "types", "types/0", "types/0/0", "types/0/1", "parents", P, f"{P}/address", f"{P}/numa_node"),
    *(f"{P}/figures", F, f"{F}/0", f"{F}/1", f"{P}/types", "errors", "errors/0", "errors/0/path"),
]


@given(st.sampled_from(MEMBERS), json_values)
def test_whatever_stands_somewhere_is_read_or_refused(path: str, value: Any) -> None:
    """Nothing but InventoryError leaves the reader, and what it lets through can be written again."""
    try:
        inventory = from_key(broken(path, value))
    except InventoryError:
        return

    assert inventory == from_key(json.loads(dump_key(inventory)))
