"""The mdev bus of a simulated host: pure, deterministic, in memory.

`Bus` answers as sysfs does: names, texts and errno values, from the cards below it. What the kernel's
core does for every driver is here (names are unique on the whole bus, UUIDs lower-cased, a removed
device that is still open keeps its share); what a card has left is the family's (`families.py`).
"""

import errno
import hashlib
import os
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple, TypedDict

from mdev_inventory.engine.forms import is_uuid
from simulation.kernel.card import Card, SysfsDevice

_UUID_LENGTH = 36


class Attributes(TypedDict):
    """The facts of a device folder; None where there is no such file or link."""

    device: str | None
    driver: str | None
    numa_node: int | None
    physfn: str | None
    path: str
    bus: str | None


class TypeFacts(NamedTuple):
    """The descriptive files of a type folder; None where there is no such file."""

    name: str | None
    description: str | None
    device_api: str | None


class Change(NamedTuple):
    """What happened on the bus: figures of `parents` may differ now."""

    parents: tuple[str, ...]
    kind: Literal["created", "removed", "figures"]
    uuid: str = ""
    parent: str = ""
    type_id: str = ""


class Bus:
    """All parent devices of one host."""

    def __init__(self, cards: Iterable[Card] = (), *, seed: int | None = None, present: bool | None = None) -> None:
        """An empty bus.

        `seed` sets the directory order of types: None is the order of the drivers' tables. As in kernfs
        the order hangs on the names alone, so that like parents list their types alike. `present` is
        whether `/sys/class/mdev_bus` exists; by default it does where a parent does.
        """
        self.cards = tuple(cards)
        self._card = {parent: card for card in self.cards for parent in card.parents}
        self._device = {d.address: d for card in self.cards for d in card.devices}
        self.present = bool(self._card) if present is None else present
        self._order = {parent: _directory_order(card, seed) for parent, card in self._card.items()}
        self._living: dict[str, tuple[str, str]] = {}
        self._listed: dict[tuple[str, str], dict[str, None]] = {}
        self._spoiled: dict[tuple[str, str], str | OSError] = {}
        self.listeners: list[Callable[[Change], None]] = []

    def parents(self) -> list[str]:
        """Names in `/sys/class/mdev_bus`, in the cards' order; empty also where the folder is missing."""
        return list(self._card)

    def addresses(self) -> list[str]:
        """Every sysfs device of every card: parent devices, and physical functions that are none."""
        return list(self._device)

    def card(self, parent: str) -> Card:
        """The card that the parent device belongs to; FileNotFoundError for an unknown parent."""
        if parent not in self._card:
            raise _missing(parent)
        return self._card[parent]

    def vendor(self, parent: str) -> str:
        """The parent's `vendor` file; FileNotFoundError where it has none (whatever is not PCI)."""
        vendor = self._find(parent).vendor
        if vendor is None:
            raise _missing(f"{parent}/vendor")
        return vendor

    def attributes(self, address: str) -> Attributes:
        """Facts of a sysfs device, a parent device or not; FileNotFoundError for an unknown one."""
        found = self._find(address)
        return Attributes(
            device=found.device,
            driver=found.driver,
            numa_node=found.numa_node,
            physfn=found.physfn,
            path=found.path,
            bus=found.bus,
        )

    def types(self, parent: str) -> list[str]:
        """Type ids in directory order; FileNotFoundError for an unknown parent."""
        if parent not in self._order:
            raise _missing(f"{parent}/mdev_supported_types")
        return list(self._order[parent])

    def type_facts(self, parent: str, type_id: str) -> TypeFacts:
        """A type's name, description (without its last newline) and device API."""
        found = self._type_card(parent, type_id).types[type_id]
        return TypeFacts(found.name, found.description, found.device_api)

    def available(self, parent: str, type_id: str) -> str:
        """`available_instances` as it reads, without its newline; OSError where it cannot be read."""
        card = self._type_card(parent, type_id)
        spoiled = self._spoiled.get((parent, type_id))
        if isinstance(spoiled, OSError):
            raise spoiled
        return str(card.figure(parent, type_id)) if spoiled is None else spoiled

    def devices(self, parent: str, type_id: str) -> list[str]:
        """UUIDs in the type's `devices` folder, oldest first."""
        self._type_card(parent, type_id)
        return list(self._listed.get((parent, type_id), ()))

    def instances(self) -> dict[str, tuple[str, str]]:
        """Every instance in `/sys/bus/mdev/devices`: UUID to (parent device, type)."""
        return {uuid: where for where, uuids in self._listed.items() for uuid in uuids}

    def create(self, parent: str, type_id: str, uuid: str) -> None:
        """Write a UUID to the type's `create` file.

        OSError with the errno measured on the real bus: EINVAL for what is no UUID, EEXIST for one that
        lives anywhere on the bus, the device's own where it has no room.
        """
        card = self._type_card(parent, type_id)
        uuid = _parse_uuid(uuid)
        if uuid in self._living:
            raise OSError(errno.EEXIST, os.strerror(errno.EEXIST), uuid)
        card.take(parent, type_id)
        self._living[uuid] = (parent, type_id)
        self._listed.setdefault((parent, type_id), {})[uuid] = None
        self._tell(Change(card.parents, "created", uuid, parent, type_id))

    def remove(self, uuid: str, *, held: bool = False) -> None:
        """Write 1 to an instance's `remove` file; FileNotFoundError where there is no such instance.

        `held`: a process still has it open. It vanishes from every listing at once, but keeps its share
        and its UUID until `close`.
        """
        uuid = uuid.lower()
        where = self._living.get(uuid, ("", ""))
        if uuid not in self._listed.get(where, ()):
            raise _missing(uuid)
        del self._listed[where][uuid]
        if not held:
            self._release(uuid)
        self._tell(Change(self._card[where[0]].parents, "removed", uuid, *where))

    def close(self, uuid: str) -> None:
        """The last process closes an instance that was removed while `held`."""
        parent, _ = self._living[uuid.lower()]
        self._release(uuid.lower())
        self._tell(Change(self._card[parent].parents, "figures"))

    def spoil(self, parent: str, type_id: str, figure: str | OSError | None) -> None:
        """Make a figure read as that text or fail with that error; None heals it."""
        card = self._type_card(parent, type_id)
        if figure is None:
            self._spoiled.pop((parent, type_id), None)
        else:
            self._spoiled[parent, type_id] = figure
        self._tell(Change(card.parents, "figures"))

    def _release(self, uuid: str) -> None:
        parent, type_id = self._living.pop(uuid)
        self._card[parent].release(parent, type_id)

    def _tell(self, change: Change) -> None:
        for listener in self.listeners:
            listener(change)

    def _find(self, address: str) -> SysfsDevice:
        if address not in self._device:
            raise _missing(address)
        return self._device[address]

    def _type_card(self, parent: str, type_id: str) -> Card:
        card = self.card(parent)
        if type_id not in card.types:
            raise _missing(f"{parent}/mdev_supported_types/{type_id}")
        return card


def _parse_uuid(text: str) -> str:
    """What the kernel makes of a write to `create`: 36 characters, and one more that it ignores."""
    name = text[:_UUID_LENGTH]
    if len(text) > _UUID_LENGTH + 1 or not is_uuid(name):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), text)
    return name.lower()


def _directory_order(card: Card, seed: int | None) -> tuple[str, ...]:
    if seed is None:
        return tuple(card.types)
    return tuple(sorted(card.types, key=lambda t: hashlib.sha256(f"{seed}/{t}".encode()).digest()))


def _missing(path: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
