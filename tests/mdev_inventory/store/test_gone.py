"""What a host had and has no more is remembered, with the time since when."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.model import Cut, HostInventory, MdevType, ParentDevice, ReadError
from mdev_inventory.observation import Observation, Source
from mdev_inventory.store.gone import MOST_GONE, Gone, Kind, gone_after
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.store import Store
from tests.mdev_inventory.known import host, seen
from tests.mdev_inventory.store.state_files import alter

A, B = "0000:3b:00.0", "0000:86:00.0"


def parent(address: str, *types: str) -> ParentDevice:
    """A card with these types."""
    return ParentDevice(address, "0x10de", "0x1eb8", "nvidia", types=tuple(MdevType(t, f"GRID {t}") for t in types))


def told(at: float, *parents: ParentDevice, source: Source = Source.HOOK, cut: Cut | None = None) -> Observation:
    """What the host told then."""
    return seen(at=at, inventory=HostInventory(parents, cut=cut), source=source)


WHOLE = told(100.0, parent(A, "t-1", "t-2"), parent(B, "t-1"))
CARD_B = Gone(Kind.CARD, B, "10de:1eb8 nvidia", 100.0, 160.0)
TYPE_2 = Gone(Kind.TYPE, "t-2", "GRID t-2", 100.0, 160.0)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        pytest.param(told(160.0, parent(A, "t-1", "t-2"), parent(B, "t-1")), [], id="all is there"),
        pytest.param(told(160.0, parent(A, "t-1"), parent(B, "t-1")), [TYPE_2], id="a type"),
        pytest.param(told(160.0, parent(A, "t-1", "t-2")), [CARD_B], id="a card whose type another has"),
        pytest.param(told(160.0, parent(A, "t-1", "t-2"), ParentDevice(B, types=None)), [], id="unreadable types"),
        pytest.param(told(160.0, ParentDevice(A, types=None)), [CARD_B], id="a card, with unreadable types beside"),
        pytest.param(told(160.0, source=Source.VDSM), [], id="a poorer source tells less"),
        pytest.param(told(160.0, cut=Cut(bus=True)), [], id="the bus was not read"),
        pytest.param(told(160.0, parent(A, "t-1"), cut=Cut(parents=(B,))), [], id="a card was not read"),
        pytest.param(told(160.0, parent(A, "t-1"), parent(B), cut=Cut(cards=True)), [TYPE_2], id="others were cut"),
    ],
)
def test_what_is_gone(new: Observation, expected: list[Gone]) -> None:
    """Only what the host tells for sure: what was not read is not gone."""
    assert expected == list(gone_after((), WHOLE, new))


def test_a_bus_that_cannot_be_listed_takes_nothing_away() -> None:
    """Unknown is not the same as empty."""
    errors = (ReadError("/sys/class/mdev_bus", "EIO"),)

    assert () == gone_after((), WHOLE, seen(at=160.0, inventory=HostInventory(errors=errors)))


@given(st.lists(st.sets(st.sampled_from(["t-1", "t-2", "t-3"])), min_size=1, max_size=8))
def test_a_type_is_gone_from_when_it_was_missed_first_until_it_is_back(course: list[set[str]]) -> None:
    """In any course of readings."""
    gone: tuple[Gone, ...] = ()
    known, had, since = None, dict[str, float](), dict[str, float]()
    for at, types in enumerate(course):
        new = told(float(at), parent(A, *sorted(types)))
        gone = gone_after(gone, known, new)
        had |= dict.fromkeys(types, float(at))
        since = {t: since.get(t, float(at)) for t in had if t not in types}
        known = new

        assert {t: (had[t], since[t]) for t in since} == {one.id: (one.last_seen, one.since) for one in gone}


def test_no_more_are_remembered_than_a_number() -> None:
    """A host whose types change each time costs no more; those that went last are kept."""
    gone: tuple[Gone, ...] = ()
    for at in range(5):
        types = [[f"t-{at + step}-{n}" for n in range(200)] for step in (0, 1)]
        gone = gone_after(gone, told(at, parent(A, *types[0])), told(at + 1, parent(A, *types[1])))

    assert MOST_GONE == len(gone)
    assert "t-4-199" == gone[-1].id


def test_it_survives_a_restart_and_ends_with_the_host(store: Store, inventories: Inventories) -> None:
    """Whoever asks finds it by the host's id."""
    inventories.set_hosts([host()])
    inventories.put(WHOLE)
    inventories.put(told(160.0, parent(A, "t-1", "t-2")))
    inventories.flush()

    again = Inventories(store)
    assert {"h1": (CARD_B,)} == again.gone == inventories.gone
    again.put(told(220.0, parent(A, "t-1", "t-2"), parent(B)))
    again.flush()
    assert {} == again.gone == Inventories(store).gone

    inventories.set_hosts([])
    inventories.flush()
    assert {} == inventories.gone == Inventories(store).gone


@pytest.mark.parametrize(
    "entries", ["", "{}", "[7]", '[["type"]]', '[["x", "a", "b", 1.0, 2.0]]', '[["type", 1, "b", 1.0, 2.0]]']
)
def test_a_damaged_row_is_left_out(store: Store, path: Path, entries: str) -> None:
    """It costs that host's memory alone."""
    store.save_gone("h1", [CARD_B])
    store.save_gone("h2", [CARD_B])
    alter(path, "UPDATE gone SET entries = ? WHERE host_id = 'h1'", entries)

    assert {"h2": (CARD_B,)} == store.gone()
