"""The life of starts in flight: what a decision, the engine's word, an inventory and time do to them.

Pure: every change makes a new set of claims, out of plain data and the service's own clock. Where a claim
ends: `apply_locations` (the VM stopped, failed or has gone), `apply_inventories` (its host shows the
instances), `expire` (it has lasted too long), `without` (an event told its end).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from mdev_inventory.engine.model import Vm
from mdev_inventory.observation import Observation, Source
from scheduler_plugins.claims.by_host import ByHost
from scheduler_plugins.claims.model import Claim, PendingDecision, Start, Timeouts, VmLocations, holds_devices

RUNNING_TIMEOUT = 10.0
"""How long (seconds) an entry for a VM that already runs lasts: the engine often asks, and does nothing."""
MIGRATING = "migrating"
LAUNCHED = frozenset({"powering_up", "up", "paused", "reboot_in_progress", "migrating", "saving_state"})
"""Statuses of a VM whose instances its host has made. In any other they may be still to come."""

V = TypeVar("V")
Observations = Mapping[str, Observation]
"""What each host was last seen to have, by its id."""


@dataclass(frozen=True)
class Claims:
    """All starts in flight at one moment; every change makes a new set."""

    pending: Mapping[str, PendingDecision] = field(default_factory=dict)
    """By VM id."""
    by_vm: Mapping[str, Claim] = field(default_factory=dict)
    """The claims, by VM id."""

    def decided(self, start: Start, hosts: Iterable[str], now: float, home: str | None = None) -> "Claims":
        """We answered these hosts for the VM; `home` is where it runs already."""
        answer = tuple(hosts)
        pending = _without(self.pending, start.vm_id)
        claims = self.by_vm if home else _without(self.by_vm, start.vm_id)
        if start.types and len(answer) == 1 and not home:
            claims = {**claims, start.vm_id: Claim(start, answer[0], now)}
        elif start.types and answer:
            pending = {**pending, start.vm_id: PendingDecision(start, answer, now, home)}
        return self._now(pending, claims)

    def weighed(self, vm_id: str, best: str) -> "Claims":
        """Our weights for the VM are least on that host."""
        decision = self.pending.get(vm_id)
        if decision is None or decision.best == best:
            return self
        return self._now({**self.pending, vm_id: replace(decision, best=best)}, self.by_vm)

    def apply_locations(self, locations: VmLocations, timeouts: Timeouts) -> "Claims":
        """The engine said where VMs are; what it was asked before a decision says nothing about it."""
        pending, claims = dict(self.pending), dict(self.by_vm)
        for vm_id, vm in locations.vms.items():
            claim = claims.pop(vm_id, None)
            kept = claim and _kept(claim, vm, locations, timeouts)
            decision = pending.get(vm_id)
            if decision and decision.at < locations.asked_at:
                if shown := _shown(decision, vm, locations):
                    kept = shown
                if shown or not _stays(decision, vm):
                    del pending[vm_id]
            if kept:
                claims[vm_id] = kept
        return self._now(pending, claims)

    def add_unplanned(self, claims: Iterable[Claim]) -> "Claims":
        """The engine shows VMs that start although we know of no decision; those that we do know stay."""
        known = self.pending.keys() | self.by_vm.keys()
        new = {claim.start.vm_id: claim for claim in claims if claim.start.vm_id not in known}
        return self._now(self.pending, {**self.by_vm, **new})

    def apply_inventories(self, observations: Observations) -> "Claims":
        """The hosts' inventories as they are now: what they must show by now is in flight no more.

        And a VM that already ran is expected where its host says that it arrives.
        """
        found = {k: _arrived(entry, observations) for k, entry in self.pending.items() if entry.home}
        arrived = {k: claim for k, claim in found.items() if claim}
        launched = [claim for claim in self.by_vm.values() if claim.launched_at is not None]
        shown = [claim.start.vm_id for claim in launched if _shows(observations.get(claim.host_id), claim)]
        if not arrived and not shown:
            return self
        return self._now(_without(self.pending, *arrived), {**_without(self.by_vm, *shown), **arrived})

    def expire(self, now: float, timeouts: Timeouts) -> "Claims":
        """Without what has lasted too long, also by a clock that was set back."""
        waited = [k for k, entry in self.pending.items() if abs(now - entry.at) >= _lasts(entry, timeouts)]
        taken = [k for k, claim in self.by_vm.items() if abs(now - claim.since) >= timeouts.claim]
        return self._now(_without(self.pending, *waited), _without(self.by_vm, *taken)) if waited or taken else self

    def without(self, vm_id: str, before: float) -> "Claims":
        """The VM stopped, or its start failed, at a moment after `before`; later decisions stay."""
        entry, claim = self.pending.get(vm_id), self.by_vm.get(vm_id)
        return self._now(
            _without(self.pending, vm_id) if entry and entry.at <= before else self.pending,
            _without(self.by_vm, vm_id) if claim and claim.since <= before else self.by_vm,
        )

    def by_host(self, vm_id: str = "", running: bool = False) -> ByHost:
        """What is in flight to each host, but for the VM's own entries that its new decision will replace.

        The claim of a VM that is `running` stays: its new decision is about another host.
        """
        claims = self.by_vm if running else _without(self.by_vm, vm_id)
        return ByHost(claims.values(), _without(self.pending, vm_id).values())

    def weighed_on(self, vm_id: str = "", running: bool = False) -> frozenset[str]:
        """The hosts that hold, as weights see it, more than they show: by claims, or as the best for a VM."""
        claims = self.by_vm if running else _without(self.by_vm, vm_id)
        best = [entry.best for entry in _without(self.pending, vm_id).values() if entry.best]
        return frozenset([*(claim.host_id for claim in claims.values()), *best])

    @property
    def vm_ids(self) -> tuple[str, ...]:
        """The VMs to ask the engine about: those without a host, then those not launched, then the others."""
        return tuple(dict.fromkeys([*self.waiting_ids, *self.by_vm]))

    @property
    def waiting_ids(self) -> tuple[str, ...]:
        """Those without a host or not launched: what the engine says of them counts at once."""
        unlaunched = [k for k, claim in self.by_vm.items() if claim.launched_at is None]
        return tuple(dict.fromkeys([*self.pending, *unlaunched]))

    def _now(self, pending: Mapping[str, PendingDecision], claims: Mapping[str, Claim]) -> "Claims":
        """These entries; the very same set where nothing has changed."""
        if pending == self.pending and claims == self.by_vm:
            return self
        return Claims(MappingProxyType(dict(pending)), MappingProxyType(dict(claims)))


def _lasts(entry: PendingDecision, timeouts: Timeouts) -> float:
    """How long (seconds) a decision stays open at most."""
    return min(RUNNING_TIMEOUT, timeouts.pending) if entry.home else timeouts.pending


def _shown(entry: PendingDecision, vm: Vm | None, locations: VmLocations) -> Claim | None:
    """The claim that a pending decision becomes, where the VM is on a host (on another than before)."""
    if vm is None or vm.host_id is None or not holds_devices(vm) or vm.host_id == entry.home:
        return None
    return _claim(entry.start, vm, vm.host_id, locations)


def _stays(entry: PendingDecision, vm: Vm | None) -> bool:
    """Whether a decision is open whose VM shows no new host: one that starts is `down` until it does."""
    return vm is not None and (entry.home is None or holds_devices(vm))


def _kept(claim: Claim, vm: Vm | None, locations: VmLocations, timeouts: Timeouts) -> Claim | None:
    """The claim as it is after the engine's word; None where it ends."""
    if locations.asked_at <= (claim.since if claim.shown_at is None else claim.shown_at):
        return claim
    if vm is None:
        return None
    if vm.host_id is None or not holds_devices(vm):
        early = locations.asked_at - claim.since < timeouts.pending
        return claim if claim.shown_at is None and early else None
    if vm.host_id == claim.home:
        return claim if vm.status == MIGRATING else None
    if vm.host_id != claim.host_id:
        return _claim(claim.start, vm, vm.host_id, locations)
    launched = _launched(vm, locations) if claim.launched_at is None else claim.launched_at
    return replace(claim, shown_at=locations.asked_at, launched_at=launched)


def _claim(start: Start, vm: Vm, host_id: str, locations: VmLocations) -> Claim:
    return Claim(start, host_id, locations.answered_at, locations.asked_at, _launched(vm, locations))


def _launched(vm: Vm, locations: VmLocations) -> float | None:
    return locations.answered_at if vm.status in LAUNCHED else None


def _arrived(entry: PendingDecision, observations: Observations) -> Claim | None:
    """The claim on the host to which the VM migrates, where that host says so after the decision."""
    for host_id in entry.hosts:
        seen = observations.get(host_id)
        if seen and entry.start.vm_id in seen.arriving and seen.requested_at > entry.at:
            return Claim(entry.start, host_id, seen.received_at, seen.requested_at, home=entry.home)
    return None


def _shows(seen: Observation | None, claim: Claim) -> bool:
    """Whether the host's inventory must show the claim's instances, if the VM has them still."""
    if seen is None or seen.source is Source.ENGINE or claim.launched_at is None:
        return False
    return seen.holds_to > claim.launched_at


def _without(mapping: Mapping[str, V], *keys: str) -> Mapping[str, V]:
    gone = mapping.keys() & keys
    return {k: v for k, v in mapping.items() if k not in gone} if gone else mapping
