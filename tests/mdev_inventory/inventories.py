"""Inventories for tests: any that can be, and those of real cards."""

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from mdev_inventory.model import BareCard, Cut, HostInventory, MdevType, ParentDevice, ReadError

# Facts of real cards: per card its types as [id, name, description, max_instance].
TABLES: dict[str, Any] = json.loads((Path(__file__).parent / "type_tables.json").read_text())

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_names = st.sampled_from(["nvidia-2", "nvidia-22", "mtty-1", "vfio_ap-passthrough", "é", ""]) | _texts
_numbers = st.none() | st.integers(-(2**63), 2**63 - 1)
_types = st.builds(
    MdevType,
    id=_names,
    name=_texts,
    description=_texts,
    device_api=_texts,
    available=_numbers,
    instances=st.none() | st.lists(_texts, max_size=3).map(lambda uuids: tuple(sorted(uuids))),
)
_parents = st.builds(
    ParentDevice,
    address=_names,
    vendor=st.none() | _texts,
    device=st.none() | _texts,
    driver=st.none() | _texts,
    numa_node=_numbers,
    physfn=st.none() | _texts,
    types=st.none() | st.lists(_types, max_size=4, unique_by=lambda t: t.id).map(tuple),
    may_hold=st.none(),
)
_lists = st.lists(_texts, max_size=3).map(tuple)
_cuts = st.builds(Cut, bus=st.booleans(), parents=_lists, texts=_lists, cards=st.booleans(), stuck=_lists)
_counts = st.none() | st.integers(0, 256)
_bare_cards = st.builds(
    BareCard,
    address=_texts,
    vendor=st.none() | _texts,
    device=st.none() | _texts,
    driver=st.none() | _texts,
    iommu=st.booleans(),
    functions=_counts,
    most_functions=_counts,
    vfio_functions=st.integers(0, 256),
    typed_functions=st.integers(0, 256),
    function_drivers=_lists,
    types_listed=st.booleans(),
)
inventories = st.builds(
    HostInventory,
    parents=st.lists(_parents, max_size=4, unique_by=lambda p: p.address).map(
        lambda parents: tuple(sorted(parents, key=lambda p: p.address))
    ),
    errors=st.lists(st.builds(ReadError, _texts, _texts), max_size=3).map(tuple),
    collected_at=_texts,
    boot_id=_texts,
    hook_version=_texts,
    cut=st.none() | _cuts,
    bare_cards=st.lists(_bare_cards, max_size=3).map(tuple),
    kernel=_texts,
    modules=_lists,
)


def uuid(number: int) -> str:
    """A UUID as the engine makes them, the same for the same number."""
    return f"{number * 2654435761 % 2**32:08x}-c2d1-4b5e-9f30-{number:012x}"


def cards(card: str, count: int) -> HostInventory:
    """A host with that many empty cards of a kind, each a parent of its own."""
    table = TABLES[card]
    types = tuple(MdevType(i, name, text, "vfio-pci", most) for i, name, text, most in table["types"])
    return _host(
        ParentDevice(f"0000:{0x3B + n:02x}:00.0", table["vendor"], table["device"], table["driver"], 0, None, types)
        for n in range(count)
    )


def virtual_functions(card: str, count: int, used: int = 0) -> HostInventory:
    """A host with one SR-IOV card of that many VFs, `used` of them holding an instance of a middle type."""
    table = TABLES[card]
    free = tuple(MdevType(i, name, text, "vfio-pci", 1) for i, name, text, _ in table["types"])
    middle = free[len(free) // 2].id

    def types(number: int) -> tuple[MdevType, ...]:
        held = (uuid(number),) if number < used else ()
        return tuple(
            t._replace(available=int(not held and t.id == middle), instances=held if t.id == middle else ())
            if used
            else t
            for t in free
        )

    return _host(
        ParentDevice(
            f"0000:3b:{(n + 4) // 8:02x}.{(n + 4) % 8}",
            table["vendor"],
            table["device"],
            table["driver"],
            0,
            "0000:3b:00.0",
            types(n),
        )
        for n in range(count)
    )


def _host(parents: Any) -> HostInventory:
    return HostInventory(
        parents=tuple(parents),
        collected_at="2026-11-22T19:00:00Z",
        boot_id="b0070000-0000-4000-8000-000000000001",
        hook_version="1.0.0",
    )
