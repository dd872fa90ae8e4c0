"""No verdict rests on what a host had no time to tell."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdev_inventory.hook.sysfs import inventory_of, read_inventory
from mdev_inventory.model import Cut, HostInventory, ParentDevice
from mdev_inventory.observation import Observation, Source
from mdev_inventory.store.completion import completed
from scheduler_plugins.allocator.placement import Placement, place
from scheduler_plugins.allocator.refusals import Refusal, RefusalCode
from scheduler_plugins.allocator.request import Request
from tests import trees
from tests.mdev_inventory.hook.test_deadline import Short

WANTED = Request(("nvidia-22",))


def host(root: Path, free: list[bool]) -> Path:
    """Cards of two types: the free ones are empty, the others hold an instance of the other type."""
    for number, empty in enumerate(free):
        device = trees.add_parent(root, f"0000:{number:02x}:00.0", vendor="0x10de")
        trees.add_type(device, "nvidia-22", 1 if empty else 0)
        held = [] if empty else [f"{number:08x}-0000-4000-8000-000000000001"]
        trees.add_type(device, "nvidia-18", 4, instances=held)
    return root


def observed(inventory: HostInventory, at: float) -> Observation:
    """What the hook told."""
    return Observation("h1", inventory, Source.HOOK, at, at)


def verdict(seen: Observation) -> Placement | Refusal:
    """On one instance."""
    return place(seen.inventory, seen.source, WANTED, separate=False)


@settings(max_examples=60)
@given(st.lists(st.booleans(), min_size=1, max_size=4), st.integers(0, 60), st.booleans())
def test_a_cut_reading_never_refuses_for_what_was_not_read(free: list[bool], reads: int, known: bool) -> None:
    """Where a whole one came before, the verdict is that of the whole one; else it says that it does not know."""
    with tempfile.TemporaryDirectory() as folder:
        root = host(Path(folder), free)
        whole = observed(read_inventory(str(root)), 0.0)
        short = observed(inventory_of(Short(root, reads)), 60.0)

    found = verdict(completed(short, whole if known else None))

    if known:
        assert type(verdict(whole)) is type(found)
    elif any(free) and isinstance(found, Refusal):
        assert RefusalCode.NO_INVENTORY == found.code


@pytest.mark.parametrize(
    ("cut", "text"),
    [
        pytest.param(Cut(bus=True), "the host's list of parents could not be read in time yet", id="the bus"),
        pytest.param(
            Cut(parents=("b", "c"), stuck=("/sys/b/vendor",)),
            "the host's parents b, c could not be read in time yet (its driver hangs at /sys/b/vendor)",
            id="some parents",
        ),
    ],
)
def test_the_refusal_says_what_was_not_read(cut: Cut, text: str) -> None:
    """And is none that the host's devices could be blamed for."""
    found = place(HostInventory((ParentDevice("a", "0x10de"),), cut=cut), Source.HOOK, WANTED, separate=False)

    assert isinstance(found, Refusal)
    assert RefusalCode.NO_INVENTORY == found.code
    assert text in found.text
