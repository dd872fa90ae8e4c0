"""Data centres for measuring: hosts of one shape, half of whose cards are in use, and VMs that want a place.

The same name and number give the same fleet in every process: ids, inventories and requests are worked out,
not passed around.
"""

import json
import random
import uuid
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from mdev_inventory import inventory_json
from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Host
from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Observation, Source
from mdev_inventory.store.store import Store
from mdev_inventory.vdsm import key_reader
from simulation.kernel.boards import Board, build_bus
from simulation.kernel.inventory import inventory_of

CLUSTER = "c0000000-0000-4000-8000-000000000000"
VARIANTS = 16
"""Hosts differ in what lives on their cards, in so many ways."""
VMS_A_HOST = 10
"""So many VMs the engine has for each host, most of them down."""
TAKES_S = 0.05
"""So long ago before it arrived an inventory was asked for."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What every host of a fleet is like."""

    text: str
    boards: tuple[Board, ...]
    type_id: str
    """The type of which instances live there, and which VMs ask for."""
    most: int
    """Instances on the busiest hosts."""
    full: int
    """Instances on a host that has no room left."""


def _cards(profile: str, count: int) -> tuple[Board, ...]:
    return tuple(Board(profile, f"0000:{0x3B + 0x10 * n:02x}:00.0") for n in range(count))


SHAPES = {
    "cards": Shape("4 cards x 20 types", _cards("tesla-p40", 4), "nvidia-48", most=24, full=32),
    "functions": Shape(
        "64 functions x 22 types", (Board("a40", "0000:3b:00.0", vfs=64),), "nvidia-571", most=6, full=8
    ),
}


@dataclass(frozen=True)
class Fleet:
    """So many hosts of a shape; the first `full` of them have no room left."""

    shape_name: str
    count: int
    full: int = 0

    @property
    def shape(self) -> Shape:
        """What its hosts are like."""
        return SHAPES[self.shape_name]

    @cached_property
    def host_ids(self) -> tuple[str, ...]:
        """As the engine knows them."""
        return tuple(_id(f"host {number}") for number in range(self.count))

    def hosts(self, ports: tuple[int, ...] = (), address: str = "127.0.0.1") -> list[Host]:
        """As the engine shows them, each with its VDSM's port; where there is none, nobody can ask them."""
        # A host that is down is not asked, so that the service's collector has nothing to do.
        status = "up" if ports else "down"
        numbered = enumerate(self.host_ids)
        return [
            Host(host_id, f"host{n}", address, ports[n] if ports else 54321, status, CLUSTER, separate=False)
            for n, host_id in numbered
        ]

    def key(self, number: int) -> str:
        """What the capability hook of that host publishes, as JSON."""
        return key_of(self.shape_name, self.used(number))

    def used(self, number: int) -> int:
        """How many instances live on that host before anything starts."""
        shape = self.shape
        return shape.full if number < self.full else (number % VARIANTS) * shape.most // VARIANTS

    def observation(self, number: int, requested_at: float, more: int = 0) -> Observation:
        """What was seen of that host; an inventory of its own, as if it had been read for itself.

        So many instances `more` live on it, if there is room.
        """
        used = min(self.shape.full, self.used(number) + more)
        seen = key_reader.from_key(json.loads(key_of(self.shape_name, used)))
        return Observation(self.host_ids[number], seen, Source.HOOK, requested_at, requested_at + TAKES_S, owners={})

    @property
    def instances(self) -> list[str]:
        """The UUIDs of all instances on any of its hosts: a host has the first few of them."""
        parents = inventory(self.shape_name, self.shape.full).parents
        return [uuid for parent in parents for t in parent.types or () for uuid in t.instances or ()]

    @cached_property
    def vm_ids(self) -> tuple[str, ...]:
        """The VMs that the engine lists."""
        return tuple(self.vm_id(number) for number in range(VMS_A_HOST * self.count))

    def vm_id(self, number: int) -> str:
        """Of one of as many VMs as anybody wants."""
        return _id(f"vm {number}")

    def fill(self, path: Path, now: float, age_s: float = 1.0, ports: tuple[int, ...] = ()) -> None:
        """Writes the state file of a service that has seen every host `age_s` ago, and all VMs."""
        store = Store(path)
        try:
            with store.transaction():
                store.save_hosts(self.hosts(ports))
                for number in range(self.count):
                    store.save_observation(self.observation(number, now - age_s))
                types = (self.shape.type_id,)
                store.save_vms(KnownVm(vm_id, vm_id, types, now, (), CLUSTER) for vm_id in self.vm_ids)
        finally:
            store.close()


@cache
def inventory(shape_name: str, used: int) -> HostInventory:
    """A host of that shape on which so many instances live."""
    # The first instances are the same everywhere: so few VMs explain them all.
    shape, chance = SHAPES[shape_name], random.Random(0)  # noqa: S311 - ids that can be repeated
    bus = build_bus(shape.boards)
    for _ in range(used):
        parent = next(p for p in bus.parents() if bus.available(p, shape.type_id) != "0")
        bus.create(parent, shape.type_id, str(uuid.UUID(bytes=chance.randbytes(16), version=4)))
    return inventory_of(bus)._replace(
        collected_at="2026-01-01T00:00:00Z", boot_id=str(uuid.UUID(int=used, version=4)), hook_version="1.0.0"
    )


@cache
def key_of(shape_name: str, used: int) -> str:
    """What the hook publishes on a host of that shape with so many instances, as JSON."""
    return inventory_json.dump_key(inventory(shape_name, used))


@cache
def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))
