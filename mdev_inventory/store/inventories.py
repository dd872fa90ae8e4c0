"""What is known now of every host and VM: in memory for decisions, behind that in the store.

Everything that a decision reads hangs on one immutable `Snapshot`, which a writer replaces in one step: a
reader takes no lock and sees no half-made change. What changed is written to the store by `flush`, which
the collector calls from its own thread; no decision ever waits for a disk.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Host
from mdev_inventory.observation import HostFailure, Observation, Source
from mdev_inventory.store.completion import completed
from mdev_inventory.store.gone import Gone
from mdev_inventory.store.snapshot import Snapshot, remembered
from mdev_inventory.store.store import Store

# For so long (seconds) what a host itself told is worth more than the engine's copy of its devices, which
# may be older still: the engine refreshes it rarely.
OWN_WORD_HOLDS = 600.0
# Hosts in one transaction: the decisions' claims are written in between, and must not wait for all of them.
WRITTEN_AT_ONCE = 16


@dataclass(slots=True)
class _Changes:
    """What the store has not been told yet."""

    host_list: bool = False
    hosts: set[str] = field(default_factory=set)
    """Whose observation or failure changed."""
    vms: set[str] = field(default_factory=set)


class Inventories:
    """The current state. Every method may be called from any thread; only `flush` touches the store."""

    def __init__(self, store: Store) -> None:
        """Start with what the store remembers; raises StoreError."""
        self._store = store
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._changes = _Changes()
        self._now = remembered(store)

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The hosts by id, as the engine showed them last."""
        return self._now.hosts

    @property
    def vms(self) -> Mapping[str, KnownVm]:
        """The VMs by id with their requests, as the engine showed them last."""
        return self._now.vms

    @property
    def observations(self) -> Mapping[str, Observation]:
        """Every host's best and newest observation, by id; a host never observed is missing."""
        return self._now.observations

    @property
    def failures(self) -> Mapping[str, HostFailure]:
        """Why a host could not be observed when it was asked last, by id; one that could be is missing."""
        return self._now.failures

    @property
    def gone(self) -> Mapping[str, tuple[Gone, ...]]:
        """What a host had and has no more, by its id: types that its driver no longer offers, cards that went."""
        return self._now.gone

    def set_hosts(self, hosts: Iterable[Host]) -> None:
        """The engine's list of hosts; all that is known of hosts not in it is forgotten."""
        listed = {host.id: host for host in hosts}
        with self._lock:
            if listed == self._now.hosts:
                return
            self._now = self._now.of(listed)
            self._changes.host_list = True

    def put(self, observation: Observation) -> bool:
        """The host was observed; False where what we have is worth more, and is kept.

        What the host had no time to tell is taken from what we have (`completion`).

        The observation's failure, or that it has none, is taken over unless a newer answer overtook it.
        """
        host_id = observation.host_id
        with self._lock:
            now, known = self._now, self._now.observations.get(host_id)
            if known is not None and overtaken(observation, known):
                return False
            taken = known is None or supersedes(observation, known)
            if taken:
                now = now.with_observation(completed(observation, known))
            if taken or observation.failure:
                now = now.with_failure(host_id, observation.failure)
            self._now = now
            self._changes.hosts.add(host_id)
        return taken

    def fail(self, failure: HostFailure) -> None:
        """The host could not be observed; what it was last seen to have stays."""
        with self._lock:
            self._now = self._now.with_failure(failure.host_id, failure)
            self._changes.hosts.add(failure.host_id)

    def see_vm(self, vm: KnownVm) -> None:
        """The engine showed this VM just now, for example for a decision."""
        with self._lock:
            self._now = self._now.with_vm(vm)
            self._changes.vms.add(vm.id)

    def set_vms(self, vms: Iterable[KnownVm], asked_at: float, answered_at: float) -> None:
        """All the VMs that the engine shows; others are forgotten, but for those seen meanwhile."""
        listed = {vm.id: vm for vm in vms}
        with self._lock:
            newer = {k: vm for k, vm in self._now.vms.items() if asked_at < vm.seen_at <= answered_at}
            self._changes.vms.update(self._now.vms.keys() | listed.keys())
            self._now = replace(self._now, vms=MappingProxyType(listed | newer))

    def flush(self) -> None:
        """Write what changed to the store; raises StoreError, and keeps the changes then for the next time."""
        with self._flushing:
            with self._lock:
                now, changes, self._changes = self._now, self._changes, _Changes()
            try:
                self._write(now, changes)
            except BaseException:
                with self._lock:
                    self._changes.host_list |= changes.host_list
                    self._changes.hosts |= changes.hosts
                    self._changes.vms |= changes.vms
                raise
            self._store.checkpoint()

    def _write(self, now: Snapshot, changes: _Changes) -> None:
        hosts = sorted(changes.hosts)
        for first in range(0, len(hosts), WRITTEN_AT_ONCE):
            with self._store.transaction():
                for host_id in hosts[first : first + WRITTEN_AT_ONCE]:
                    self._write_host(now, host_id)
        with self._store.transaction():
            if changes.host_list:
                self._store.save_hosts(now.hosts.values())
            self._store.save_vms(now.vms[vm_id] for vm_id in changes.vms if vm_id in now.vms)
            self._store.remove_vms(vm_id for vm_id in changes.vms if vm_id not in now.vms)

    def _write_host(self, now: Snapshot, host_id: str) -> None:
        if seen := now.observations.get(host_id):
            self._store.save_observation(seen)
            self._store.save_gone(host_id, now.gone.get(host_id, ()))
        if failed := now.failures.get(host_id):
            self._store.save_failure(failed)
        else:
            self._store.clear_failure(host_id)


def overtaken(new: Observation, known: Observation) -> bool:
    """Whether what we have was requested after this new answer's request.

    One requested after the new answer had even arrived comes from before the service's clock was set back:
    holding on to it would freeze the host for as long.
    """
    return new.requested_at < known.requested_at <= new.received_at


def supersedes(new: Observation, known: Observation) -> bool:
    """Whether an observation takes the place of the one that we have: the one requested later does.

    But the engine's copy does not replace the host's own word as long as that is young.
    """
    if overtaken(new, known):
        return False
    copied = new.source is Source.ENGINE and known.source is not Source.ENGINE
    return not copied or abs(new.requested_at - known.requested_at) > OWN_WORD_HOLDS
