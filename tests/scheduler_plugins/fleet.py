"""Hosts with so many free instances, VMs that want one each, and a scheduler that decides among them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mdev_inventory.engine.model import Vm
from mdev_inventory.store.file import StoreError
from scheduler_plugins.claims.store import ClaimTable
from scheduler_plugins.decisions.scheduler import Scheduler
from tests.scheduler_plugins.world import CLUSTER, TYPE, World, host, observation

HOSTS = tuple(f"a{n:07}-0000-4000-8000-000000000000" for n in range(1000))
A, B, C = HOSTS[:3]
VMS = tuple(f"b{n}000000-0000-4000-8000-000000000000" for n in range(9))


class Rows:
    """A state file in memory, as far as claims go; it counts, and fails when it is told to."""

    def __init__(self) -> None:
        self.rows: dict[str, str] = {}
        self.writes = 0
        self.broken = False

    def claims(self) -> Mapping[str, str]:
        """Every row."""
        return dict(self.rows)

    def save_claims(self, put: Mapping[str, str], gone: Iterable[str]) -> None:
        """Write and remove."""
        if self.broken:
            raise StoreError(Path("state"), "is full")
        self.writes += 1
        self.rows.update(put)
        for key in gone:
            del self.rows[key]


class Fleet(World):
    """Hosts with so many free instances each, VMs that want one."""

    def __init__(self, *free: int, store: ClaimTable | None = None) -> None:
        ids = HOSTS[: len(free)]
        super().__init__(
            engine_vms=[Vm(vm, f"vm{n}", "down", CLUSTER, None, TYPE, None) for n, vm in enumerate(VMS)],
            host_list=tuple(host(host_id, f"gpu{n}") for n, host_id in enumerate(ids)),
            observations={host_id: observation(host_id, left) for host_id, left in zip(ids, free, strict=True)},
            failures={},
        )
        self.paused = 0.0
        self.meanwhile: Callable[[], None] = lambda: None
        """What happens while a decision waits."""
        self.refreshed: list[tuple[str, ...]] = []
        self.answers: dict[str, int] = {}
        """What hosts show when they are asked again; those not in it do not answer."""
        self.scheduler = self.started(store)

    def started(self, store: ClaimTable | None = None) -> Scheduler:
        """A service that starts now in this data centre, and remembers what `store` does."""
        return Scheduler(self, self, self.clock, pause=self.pause, timer=self.clock, refresh=self.refresh, store=store)

    def restart(self, store: ClaimTable) -> Scheduler:
        """The service is killed, and starts again with what `store` remembers."""
        self.scheduler = self.started(store)
        return self.scheduler

    def pause(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds
        self.paused += seconds
        self.meanwhile()

    def refresh(self, host_ids: Sequence[str], deadline_s: float) -> frozenset[str]:
        """Those hosts answer that can."""
        self.refreshed.append(tuple(host_ids))
        for host_id in host_ids:
            if host_id in self.answers:
                self.inventory(host_id, self.answers[host_id])
        if any(host_id not in self.answers for host_id in host_ids):
            self.now += deadline_s
        return frozenset(host_ids) & self.answers.keys()

    def inventory(self, host_id: str, free: int, instances: tuple[str, ...] = ()) -> None:
        """The host shows this, asked now."""
        seen = observation(host_id, free, instances)
        self.observations = {**self.observations, host_id: replace(seen, requested_at=self.now, received_at=self.now)}

    def show(self, vm_id: str, status: str, host_id: str | None = None) -> None:
        """The engine shows the VM so from now on."""
        self.engine_vms = [
            replace(vm, status=status, host_id=host_id) if vm.id == vm_id else vm for vm in self.engine_vms
        ]

    def ask(self, number: int, *hosts: str) -> tuple[str, ...]:
        """The hosts answered for the VM of that number, a little later than whatever was before."""
        self.now += 0.01
        return self.scheduler.filter("MdevFilter", VMS[number], hosts or list(self.observations), {}).fitting
