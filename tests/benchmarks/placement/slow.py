"""A second replay, slow and plain: inventories of T4s, on which the product's own `place` puts the VMs."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.placement.replaying.state import EMPTY, Demand, Fleet
from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.placement import Placement, place
from scheduler_plugins.allocator.request import Request
from tests.scheduler_plugins.inventories import Size, gpu
from tests.scheduler_plugins.inventories import host as inventory_of

TYPES = {
    "nvidia-230": Size("GRID T4-1Q", 1024, 16),
    "nvidia-231": Size("GRID T4-2Q", 2048, 8),
    "nvidia-232": Size("GRID T4-4Q", 4096, 4),
    "nvidia-233": Size("GRID T4-8Q", 8192, 2),
    "nvidia-234": Size("GRID T4-16Q", 16384, 1),
}
NAMES = list(TYPES)


class Vm(NamedTuple):
    """One VM of a small demand."""

    when: float
    life: float
    kind: int
    """Index of its type in NAMES."""
    count: int = 1  # type: ignore[assignment] # tuples have a method of that name


Alive = list[dict[str, int]]
"""By card: instances by type."""
Rule = Callable[[HostInventory, Alive, Placement], float]


def fleet(hosts: int, cards: int) -> Fleet:
    """Hosts of so many T4s each."""
    every = hosts * cards
    table = np.array([[size.most for size in TYPES.values()]])
    return Fleet(np.arange(0, every + 1, cards), np.zeros(every, np.int64), table, np.full(every, EMPTY))


def demand(vms: Sequence[Vm]) -> Demand:
    """Those VMs, which must be in the order of their arrival."""
    when, life, kind, count = (np.array(column) for column in zip(*vms, strict=True))
    ends = when + life
    cpus = np.ones(len(vms), np.int64)
    return Demand(when, ends, np.argsort(ends, kind="stable"), kind, count, cpus)


def inventory(alive: Alive) -> HostInventory:
    """The host as its own hook would report it."""
    return inventory_of(*(gpu(f"0000:{0x10 + number:02x}:00.0", TYPES, held) for number, held in enumerate(alive)))


def replayed(hosts: int, cards: int, vms: Sequence[Vm], rule: Rule) -> list[int]:
    """The host of each VM, -1 where it was refused; the first host with the lowest weight is taken."""
    alive: list[Alive] = [[{} for _ in range(cards)] for _ in range(hosts)]
    running: list[tuple[float, int, list[tuple[int, str]]]] = []
    found = []
    for vm in vms:
        for _, host, slots in (one for one in running if one[0] <= vm.when):
            for card, name in slots:
                alive[host][card][name] -= 1
        running = [one for one in running if one[0] > vm.when]
        request = Request(types=(NAMES[vm.kind],) * vm.count)
        best, lowest, where = -1, float("inf"), None
        for host in range(hosts):
            seen = inventory(alive[host])
            put = place(seen, Source.HOOK, request, separate=False)
            if isinstance(put, Placement) and (weight := rule(seen, alive[host], put)) < lowest:
                best, lowest, where = host, weight, put
        found.append(best)
        if where is not None:
            slots = [(int(slot.parent[5:7], 16) - 0x10, slot.type) for slot in where.slots]
            for card, name in slots:
                alive[best][card][name] = alive[best][card].get(name, 0) + 1
            running.append((vm.when + vm.life, best, slots))
        _check(alive)
    return found


def _check(alive: list[Alive]) -> None:
    """No card holds more than it can, nor two types."""
    for card in (card for host in alive for card in host):
        held = {name: count for name, count in card.items() if count}
        assert len(held) <= 1
        assert all(count <= TYPES[name].most for name, count in held.items())
