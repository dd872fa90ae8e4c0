"""A card of the simulated kernel: the sysfs devices that share one stock of mdev instances.

What a creation leaves of the stock is each family's own business (`families.py`); here is only what
all have in common: which sysfs devices the card consists of, and which instances it holds.
"""

import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from simulation.kernel.profiles import TypeProfile


@dataclass(frozen=True, slots=True)
class SysfsDevice:
    """One device folder of sysfs: a PCI function, or a virtual, css or matrix one."""

    address: str
    path: str
    """Its folder under `/sys`."""
    vendor: str | None = None
    device: str | None = None
    driver: str | None = None
    numa_node: int | None = None
    """None where the device has no such file; -1 is the kernel's word for no node."""
    physfn: str | None = None
    """Address of the physical function, for a virtual one."""
    bus: str | None = "pci"
    """The bus that its driver is bound on; None for a device of no bus."""


class Card(ABC):
    """Parent devices that draw on the same stock; an instance is one (parent device, type) pair."""

    def __init__(
        self, devices: Sequence[SysfsDevice], parents: Sequence[str], types: Sequence[TypeProfile], exhausted: int
    ) -> None:
        """An empty card; `exhausted` is the errno of a creation that finds no room."""
        self.devices = tuple(devices)
        self.parents = tuple(parents)
        self.types = {t.id: t for t in types}
        self._exhausted = exhausted
        self.by_type: Counter[str] = Counter()
        self.by_parent: Counter[str] = Counter()
        self.total = 0

    @abstractmethod
    def figure(self, parent: str, type_id: str) -> int:
        """How many more instances of the type the parent device takes now: its `available_instances`."""

    def take(self, parent: str, type_id: str) -> None:
        """Hold one more instance; OSError with the device's errno where it has no room."""
        if self.figure(parent, type_id) < 1:
            raise OSError(self._exhausted, os.strerror(self._exhausted), f"{parent}/{type_id}/create")
        self._count(parent, type_id, 1)

    def release(self, parent: str, type_id: str) -> None:
        """Hold one instance less."""
        self._count(parent, type_id, -1)

    def _count(self, parent: str, type_id: str, step: int) -> None:
        self.by_type[type_id] += step
        self.by_parent[parent] += step
        self.total += step
