"""Learns how long VMs live: from the engine's lists and events, kept in the store.

A VM with a request is known from when it is first seen to run, and counts from then on: its time at risk, and
in the end its departure, go to its type (the first one that it asks for) and its age. What it ran before we
looked does not count: those that ended by then were never seen. The engine's list tells when a VM was
started; where it does not, an event or the first list after its start has to do, and a VM that ran before we
looked never counts, as its age is not known. One that ended unseen, while the service was down for example,
ended half-way between the last list that showed it and the first that did not.

The collector's thread feeds it and its writing thread saves it; decisions read `lives`, which is replaced as
a whole, and never wait.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from mdev_inventory.collector.event_watch import Happened, VmChange
from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Vm
from mdev_inventory.engine.vms import STARTING
from mdev_inventory.store.file import StoreError
from scheduler_plugins.claims.instances import uuids_of
from scheduler_plugins.claims.model import holds_devices
from scheduler_plugins.demand import life_rows
from scheduler_plugins.demand.ages import BINS, EDGES, Lives, Tables
from scheduler_plugins.demand.life_rows import Counted, Running
from scheduler_plugins.demand.lifetimes import add_exposure

TABLES_S, SINCE_S = 600.0, 30.0
"""How often rates are worked out anew, and how often it is told since when VMs run; both cost some time."""
NEAR_S = 600.0
"""Between lists not further apart the start of a VM is known well enough."""
SAME_START_S = 120.0
"""A start that the engine tells is another one than that we saw only where it lies so much later."""


class LifetimeStore(Protocol):
    """What survives the service; may raise StoreError."""

    def lifetimes(self) -> Mapping[str, str]:
        """Every entry by its key."""

    def save_lifetimes(self, put: Mapping[str, str], gone: Collection[str]) -> None:
        """Write some entries, remove others, in one transaction."""


class Learning:
    """What is known of lifetimes; safe for threads."""

    def __init__(
        self,
        store: LifetimeStore,
        vms: Callable[[], Mapping[str, KnownVm]],
        clock: Callable[[], float],
        of_wall: Callable[[float], float] = float,
    ) -> None:
        """Starts with what the store remembers; `vms` gives all VMs as known now. Raises StoreError.

        `of_wall` makes a time of the engine's, which goes by the machine's clock, one of `clock`'s.
        """
        self._of_wall = of_wall
        self._store, self._vms, self._clock = store, vms, clock
        self._rows = dict(store.lifetimes())
        self._running, self._counted, self._listed_at = life_rows.from_rows(self._rows)
        self._lock = threading.Lock()
        self._changed = False
        self.lives: Lives | None = None
        """What is known now; None until it was first worked out."""
        self._worked_out = self._told = float("-inf")

    def happened(self, happened: Happened) -> None:
        """The engine's events told of a VM."""
        with self._lock:
            if happened.change is VmChange.UP:
                now = self._clock()
                self._runs(happened.vm_id, now, now)
            elif happened.change is VmChange.DOWN:
                self._ends(happened.vm_id, self._clock())

    def vms_listed(self, vms: Sequence[Vm], asked_at: float, answered_at: float) -> None:
        """The engine listed all its VMs. An empty list may be a lost right, and tells nothing."""
        del answered_at
        if not vms:
            return
        with self._lock:
            before, self._listed_at = self._listed_at, asked_at
            since = asked_at if before is None else (min(before, asked_at) + asked_at) / 2
            near = before is not None and asked_at - before < NEAR_S
            there = {vm.id: vm for vm in vms if holds_devices(vm) and vm.status not in STARTING}
            for vm_id, one in list(self._running.items()):
                if vm_id not in there and one.since <= asked_at:
                    self._ends(vm_id, since)
            for vm in there.values():
                if vm.started_at is None:
                    self._runs(vm.id, since, since if near else None)
                else:
                    at = min(self._of_wall(vm.started_at), asked_at)
                    self._started(vm.id, at, at if before is not None and at >= before else asked_at)
            self._changed = True

    def save(self) -> None:
        """Write what has changed, and work out anew what is due; raises StoreError."""
        with self._lock:
            running = dict(self._running)
            counted = {type_id: one.copy() for type_id, one in self._counted.items()}
            listed_at, changed, self._changed = self._listed_at, self._changed, False
        self._work_out(running, counted)
        if not changed:
            return
        rows = life_rows.to_rows(running, counted, listed_at)
        put = {key: text for key, text in rows.items() if self._rows.get(key) != text}
        try:
            self._store.save_lifetimes(put, [key for key in self._rows if key not in rows])
        except StoreError:
            self._changed = True
            raise
        self._rows = rows

    def _runs(self, vm_id: str, since: float, watched: float | None) -> None:
        """A VM runs, and was not told to be another start than the one that is known, if any is."""
        vm = self._vms().get(vm_id)
        if vm and vm.types and vm_id not in self._running:
            self._running[vm_id], self._changed = Running(vm.types[0], since, watched), True

    def _started(self, vm_id: str, at: float, watched: float) -> None:
        """The engine tells when the VM that runs was started: since we last looked, or before we knew."""
        known = self._running.get(vm_id)
        if known and known.watched is not None and at > known.since + SAME_START_S:
            self._ends(vm_id, at)
        elif known and known.watched is None:
            del self._running[vm_id]
        self._runs(vm_id, at, watched)

    def _ends(self, vm_id: str, at: float) -> None:
        one, self._changed = self._running.pop(vm_id, None), True
        if one is not None and one.watched is not None:
            self._counted.setdefault(one.type, Counted()).add(*one.ages(at))

    def _work_out(self, running: Mapping[str, Running], counted: Mapping[str, Counted]) -> None:
        now = self._clock()
        if self.lives is None or not 0 <= now - self._worked_out < TABLES_S:
            tables, self._worked_out = _tables(running.values(), counted, now), now
        elif not 0 <= now - self._told < SINCE_S:
            tables = self.lives.tables
        else:
            return
        self._told = now
        vms = self._vms()
        by_vm = {vm_id: one.since for vm_id, one in running.items()}
        by_uuid = {u: since for vm_id, since in by_vm.items() if vm_id in vms for u in uuids_of(vms[vm_id])}
        self.lives = Lives(tables, by_vm, by_uuid)


def _tables(running: Iterable[Running], counted: Mapping[str, Counted], now: float) -> Tables:
    """The rates, with the time at risk of those that run."""
    exposure = {type_id: [*one.exposure] for type_id, one in counted.items()}
    for one in running:
        if one.watched is not None:
            add_exposure(*one.ages(now), EDGES, 0, exposure.setdefault(one.type, [0.0] * BINS))
    nothing = Counted()
    return Tables({type_id: counted.get(type_id, nothing).departures for type_id in exposure}, exposure)
