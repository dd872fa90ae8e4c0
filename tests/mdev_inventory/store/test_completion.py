"""A reading that was cut short never worsens what is known of a host."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.model import Cut, HostInventory, MdevType, ParentDevice
from mdev_inventory.observation import Observation, Source
from mdev_inventory.store.completion import completed
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.store import Store
from tests.mdev_inventory.known import host, seen

ADDRESSES = ("a", "b", "c", "d")


def parent(address: str, available: int, description: str = "text") -> ParentDevice:
    """A parent with one type, by its figure."""
    return ParentDevice(address, "0x10de", types=(MdevType("t-1", "one", description, "vfio-pci", available),))


def inventory(available: int, *addresses: str, boot: str = "boot", cut: Cut | None = None) -> HostInventory:
    """A host whose parents all show that figure."""
    return HostInventory(tuple(parent(address, available) for address in addresses), boot_id=boot, cut=cut)


def unread(address: str) -> ParentDevice:
    """A parent to which a reading did not come."""
    return ParentDevice(address, types=None)


subsets = st.sets(st.sampled_from(ADDRESSES))


@given(st.lists(st.tuples(subsets, st.booleans()), min_size=1, max_size=6))
def test_each_parent_is_told_as_of_the_last_time_that_it_was_read(readings: list[tuple[set[str], bool]]) -> None:
    """In any course of cut readings: its figure and its age belong together, and none is forgotten."""
    known = seen(at=0.0, inventory=inventory(0, *ADDRESSES))
    last = dict.fromkeys(ADDRESSES, 0)
    for at, (missing, unlisted) in enumerate(readings, 1):
        lacking = set(ADDRESSES) if unlisted else missing
        last |= dict.fromkeys(set(ADDRESSES) - lacking, at)
        cut = Cut(bus=unlisted, parents=() if unlisted else tuple(sorted(missing)))
        told = [unread(a) if a in missing else parent(a, at) for a in ADDRESSES if not unlisted]
        told_now = HostInventory(tuple(told), boot_id="boot", cut=cut if cut != Cut() else None)
        known = completed(seen(at=float(at), inventory=told_now), known)

        figures = {p.address: p.types[0].available for p in known.inventory.parents if p.types}
        assert last == figures
        assert {a: float(when) for a, when in last.items() if when < at} == known.carried
        assert min(last.values()) == known.holds_to
        assert known.inventory.cut is None


def test_what_was_never_read_is_left_out_and_named() -> None:
    """It is no parent without types: nothing is concluded from it."""
    told = HostInventory((parent("a", 1), unread("b")), cut=Cut(parents=("b",)))

    now = completed(seen(inventory=told), None)

    assert ["a"] == [p.address for p in now.inventory.parents]
    assert Cut(parents=("b",)) == now.inventory.cut
    assert {} == now.carried


def test_what_was_read_before_another_boot_says_nothing() -> None:
    """Instances end with the boot."""
    before = seen(at=0.0, inventory=inventory(1, "a", "b", boot="before"))
    told = HostInventory((parent("a", 1), unread("b")), boot_id="after", cut=Cut(parents=("b",)))

    now = completed(seen(inventory=told), before).inventory

    assert (("a",), Cut(parents=("b",))) == (tuple(p.address for p in now.parents), now.cut)


def test_descriptions_that_were_not_read_are_as_before() -> None:
    """The figures are those of now."""
    bare = ParentDevice("a", "0x10de", types=(MdevType("t-1", "t-1", available=5),))
    told = HostInventory((bare,), boot_id="boot", cut=Cut(texts=("a",)))

    now = completed(seen(inventory=told), seen(at=0.0, inventory=inventory(1, "a")))

    assert (parent("a", 5),) == now.inventory.parents
    assert ({}, None) == (now.carried, now.inventory.cut)


def test_a_parent_that_is_gone_is_not_brought_back() -> None:
    """The bus was listed: it is not there any more."""
    told = HostInventory((unread("a"),), boot_id="boot", cut=Cut(parents=("a",)))

    now = completed(seen(inventory=told), seen(at=0.0, inventory=inventory(1, "a", "b")))

    assert [parent("a", 1)] == list(now.inventory.parents)


def test_poorer_sources_complete_nothing() -> None:
    """VDSM's list knows no instances: it is no last reading of the hook's."""
    told = HostInventory((unread("a"),), boot_id="boot", cut=Cut(parents=("a",)))

    now = completed(seen(inventory=told), seen(at=0.0, inventory=inventory(1, "a"), source=Source.VDSM))

    assert () == now.inventory.parents


def cut_after_whole() -> tuple[Observation, Observation]:
    """A whole reading, and one a minute later that did not come to the second parent."""
    told = HostInventory((parent("a", 7), unread("b")), boot_id="boot", cut=Cut(parents=("b",)))
    return seen(at=100.0, inventory=inventory(1, "a", "b")), seen(at=160.0, inventory=told)


def test_a_partial_answer_does_not_replace_a_whole_one(inventories: Inventories) -> None:
    """The host's age is that of its oldest part."""
    inventories.set_hosts([host()])
    for observation in cut_after_whole():
        assert inventories.put(observation)

    now = inventories.observations["h1"]

    assert [7, 1] == [t.available for p in now.inventory.parents for t in p.types or ()]
    assert (60.0, 0.0) == (now.age(160.0), now.age(50.0))


def test_what_was_carried_survives_a_restart(store: Store, path: Path) -> None:
    """With its age."""
    whole, cut = cut_after_whole()
    now = completed(cut, whole)

    store.save_observation(now)

    assert {"h1": now} == store.observations()
    assert {"b": 100.0} == store.observations()["h1"].carried
