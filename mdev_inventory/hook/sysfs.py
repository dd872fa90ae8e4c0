"""Reads a host's mdev bus from sysfs into the model (kernel ABI: sysfs-bus-vfio-mdev).

First what decides where an instance fits, of all parents: their vendors, figures and instances. Then what only
describes, once for all functions of a card, which have it in common. Last the cards that carry no mediated
devices. So a reading that is cut short lacks what is missed least.

Files that the ABI or the device may leave out (`name`, `description`, `vendor`, ...) are None without an
error. A device may vanish between two reads. Runs on Python 3.6: the VDSM hook imports it.
"""

import time
from typing import Dict, List, NamedTuple, Optional, Tuple

from mdev_inventory.hook.bare_cards import bare_cards, surroundings
from mdev_inventory.hook.files import Files, printable
from mdev_inventory.hook.reading import Reading
from mdev_inventory.model import REPLACED, Cut, HostInventory, MdevType, ParentDevice

BUS = "/sys/class/mdev_bus"
BOOT_ID = "/proc/sys/kernel/random/boot_id"

_Texts = Tuple[str, str, str]
"""A type's name, description and device_api."""


class _Decisive(NamedTuple):
    """What decides about one parent; its types as folders' names, figures and instances."""

    name: str
    vendor: Optional[str]
    physfn: Optional[str]
    types: Optional[List[Tuple[str, Optional[int], Optional[Tuple[str, ...]]]]]
    short: bool
    """Whether time ran out for some of it."""


def read_inventory(root: str = "/") -> HostInventory:
    """The mdev bus below `root` (which holds `sys/...`) as it is now; see `inventory_of`."""
    return inventory_of(Files(root))


def inventory_of(files: Files) -> HostInventory:
    """The mdev bus as `files` shows it. Never raises; a host without a bus has no parents.

    Which file is read next depends on nothing but the answers so far, so that a reading that was cut off
    can be resumed by answering what is known (`mdev_inventory.hook.deadline`).
    """
    reading = Reading(files)
    boot_id = reading.text(BOOT_ID) or ""
    names = sorted(reading.names(BUS, optional=True) or ())
    unlisted = reading.was_short()
    decisive = [_decisive(reading, name) for name in names]
    described = _Described(reading)
    parents = tuple(described.parent(one) for one in decisive)
    cards = bare_cards(reading, parents)
    kernel, modules = surroundings(reading) if cards else ("", ())
    cut = Cut(
        cards=reading.was_short(),
        bus=unlisted,
        parents=tuple(printable(one.name) for one in decisive if one.short),
        texts=tuple(described.short),
    )
    return HostInventory(
        parents=parents,
        errors=tuple(reading.errors),
        collected_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        boot_id=boot_id,
        cut=cut if cut != Cut() else None,
        bare_cards=cards,
        kernel=kernel,
        modules=modules,
    )


def _decisive(reading: Reading, name: str) -> _Decisive:
    here = f"{BUS}/{name}"
    vendor = reading.text(here + "/vendor")
    vendor = None if vendor and REPLACED in vendor else vendor
    physfn = reading.link_name(here + "/physfn")
    folder = here + "/mdev_supported_types"
    names = reading.names(folder)
    types = None if names is None else [_figures(reading, folder, one) for one in names]
    return _Decisive(name, vendor, physfn, types, reading.was_short())


def _figures(reading: Reading, folder: str, name: str) -> Tuple[str, Optional[int], Optional[Tuple[str, ...]]]:
    here = f"{folder}/{name}"
    available = reading.number(here + "/available_instances")
    names = reading.names(here + "/devices")
    return name, available, None if names is None else tuple(sorted(map(printable, names)))


class _Described:
    """Completes parents by what describes them; functions of one physical function are described once."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._texts: Dict[Tuple[str, str], _Texts] = {}
        self._hardware: Dict[str, Tuple[Optional[str], Optional[str], Optional[int]]] = {}
        self._cards_short: Dict[str, bool] = {}
        self.short: List[str] = []
        """Addresses of the parents for which time ran out."""

    def parent(self, one: _Decisive) -> ParentDevice:
        """The parent with all that is to be told of it."""
        card = one.physfn or one.name
        device, driver, numa_node = self._of_card(one, card)
        types = None if one.types is None else tuple([self._type(one.name, card, *figures) for figures in one.types])
        short = self._reading.was_short() or self._cards_short.get(card, False)
        if short:
            self._cards_short[card] = True
            self.short.append(printable(one.name))
        return ParentDevice(
            address=printable(one.name),
            vendor=one.vendor,
            device=device,
            driver=driver,
            numa_node=None if numa_node == -1 else numa_node,
            physfn=one.physfn,
            types=types,
        )

    def _of_card(self, one: _Decisive, card: str) -> Tuple[Optional[str], Optional[str], Optional[int]]:
        if card not in self._hardware:
            here, reading = f"{BUS}/{one.name}", self._reading
            self._hardware[card] = (
                reading.text(here + "/device"),
                reading.link_name(here + "/driver"),
                reading.number(here + "/numa_node", optional=True),
            )
        return self._hardware[card]

    def _type(
        self, parent: str, card: str, name: str, available: Optional[int], instances: Optional[Tuple[str, ...]]
    ) -> MdevType:
        if (card, name) not in self._texts:
            self._texts[card, name] = self._read(f"{BUS}/{parent}/mdev_supported_types/{name}")
        type_id, (title, description, device_api) = printable(name), self._texts[card, name]
        return MdevType(type_id, title or type_id, description, device_api, available, instances)

    def _read(self, here: str) -> _Texts:
        text = self._reading.text
        return text(here + "/name") or "", text(here + "/description") or "", text(here + "/device_api") or ""
