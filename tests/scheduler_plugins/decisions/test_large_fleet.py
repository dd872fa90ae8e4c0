"""A thousand hosts: what a decision asks, and how long it takes."""

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Host, MediatedDevice, Vm
from mdev_inventory.model import HostInventory
from mdev_inventory.observation import HostFailure, Observation, Source
from scheduler_plugins.decisions.scheduler import Scheduler
from simulation.kernel.boards import bus_of
from simulation.kernel.inventory import inventory_of

T4_4Q, PER_CARD = "nvidia-232", 4
NOW = 1_800_000_000.0
VM_ID, CLUSTER = "b0000000-0000-4000-8000-000000000000", "cluster"
HOSTS = tuple(f"a{number:07}-0000-4000-8000-000000000000" for number in range(1000))
DEADLINE_S, AT_MOST = 1.5, 16


@cache
def card(taken: int) -> HostInventory:
    """A host with a T4 that has so many instances."""
    bus = bus_of("tesla-t4")
    (parent,) = bus.parents()
    for number in range(taken):
        bus.create(parent, T4_4Q, f"{number:08x}-0000-4000-8000-000000000000")
    return inventory_of(bus)


@dataclass
class Fleet:
    """The engine and the inventories, half a minute old; the first hosts are full."""

    full: int
    vms: dict[str, KnownVm] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    hosts: dict[str, Host] = field(
        default_factory=lambda: {
            host_id: Host(host_id, f"host{n}", f"host{n}", 54321, "up", CLUSTER, separate=False)
            for n, host_id in enumerate(HOSTS)
        }
    )

    changes: Iterator[int] = field(default_factory=itertools.count)

    def observation(self, host_id: str) -> Observation | None:
        """Half a minute old."""
        taken = PER_CARD if HOSTS.index(host_id) < self.full else 0
        return Observation(host_id, card(taken), Source.HOOK, NOW - 30, NOW - 29.5)

    def failure(self, host_id: str) -> HostFailure | None:
        """None of them."""

    @property
    def number(self) -> int:
        """Anything may have changed."""
        return next(self.changes)

    def changed(self, since: int) -> tuple[int, frozenset[str] | None]:
        """Anything may have changed."""
        return next(self.changes), None

    def see_vm(self, vm: KnownVm) -> None:
        """Kept."""
        self.vms[vm.id] = vm

    def vms_by_id(self, vm_ids: Iterable[str], timeout_s: float | None = None, **_: object) -> list[Vm]:
        """The one VM."""
        return [Vm(VM_ID, "vm", "down", CLUSTER, None, T4_4Q, None)] if VM_ID in set(vm_ids) else []

    def devices_of(self, vm_id: str, timeout_s: float | None = None) -> tuple[MediatedDevice, ...] | None:
        """An engine of 4.4."""
        return None

    def find_vm(self, name_or_id: str, timeout_s: float | None = None) -> Vm:
        """The one VM."""
        return self.vms_by_id([VM_ID])[0]

    def refresh(self, host_ids: Sequence[str], deadline_s: float) -> frozenset[str]:
        """Nobody answers; the deadline passes."""
        self.asked.append(tuple(host_ids))
        self.elapsed = deadline_s
        return frozenset()

    elapsed: float = 0.0
    """Time that passed in waiting, on top of the real one."""

    def timer(self) -> float:
        """Real time, and what was waited."""
        return time.monotonic() + self.elapsed

    def decide(self) -> tuple[tuple[str, ...], float]:
        """The hosts answered, and the seconds that it took."""
        scheduler = Scheduler(self, self, lambda: NOW, refresh=self.refresh, timer=self.timer)
        decision = scheduler.filter("MdevFilter", VM_ID, list(HOSTS), {})
        return decision.fitting, decision.duration_s


def test_no_host_is_asked_while_one_fits() -> None:
    """Nine of ten are full, and the hundred others are known: no host is asked anything."""
    fleet = Fleet(full=900)
    fitting, seconds = fleet.decide()

    assert HOSTS[900:] == fitting
    assert [] == fleet.asked
    assert seconds < DEADLINE_S


def test_at_most_so_many_are_asked_before_a_refusal() -> None:
    """All are full: the most promising are asked once, and the decision keeps its deadline."""
    fleet = Fleet(full=len(HOSTS))
    fitting, seconds = fleet.decide()

    assert () == fitting
    assert [AT_MOST] == [len(asked) for asked in fleet.asked]
    assert seconds < DEADLINE_S + 0.5
