"""The life of starts in flight: what a decision, the engine's word, an inventory and time do to them.

Pure: every change makes a new ledger, out of plain data and the service's own clock; whoever calls brings the
news.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

from mdev_inventory.engine.model import Vm
from mdev_inventory.observation import Observation, Source
from scheduler_plugins.claims.model import (
    NOTHING,
    Firm,
    News,
    Start,
    Taken,
    Timeouts,
    Unresolved,
    holds_devices,
)

RUNNING_TIMEOUT = 10.0
"""How long (seconds) an entry for a VM that already runs lasts: the engine often asks, and does nothing."""
MIGRATING = "migrating"
LAUNCHED = frozenset({"powering_up", "up", "paused", "reboot_in_progress", "migrating", "saving_state"})
"""Statuses of a VM whose devices its host has made. In any other they may be still to come."""

V = TypeVar("V")


@dataclass(frozen=True)
class Ledger:
    """All starts in flight at one moment; every change makes a new one."""

    unresolved: Mapping[str, Unresolved] = field(default_factory=dict)
    """By VM id."""
    firm: Mapping[str, Firm] = field(default_factory=dict)
    """By VM id."""

    def decided(self, start: Start, hosts: Iterable[str], now: float, home: str | None = None) -> "Ledger":
        """We answered these hosts for the VM; `home` is where it runs already."""
        answer = tuple(hosts)
        unresolved = _without(self.unresolved, start.vm_id)
        firm = self.firm if home else _without(self.firm, start.vm_id)
        if start.types and len(answer) == 1 and not home:
            firm = _with(firm, start.vm_id, Firm(start, answer[0], now))
        elif start.types and answer:
            unresolved = _with(unresolved, start.vm_id, Unresolved(start, answer, now, home))
        return self._beside_same(start.vm_id, self._now(unresolved, firm))

    def weighed(self, vm_id: str, best: str) -> "Ledger":
        """Our weights for the VM are least on that host."""
        entry = self.unresolved.get(vm_id)
        if entry is None or entry.best == best:
            return self
        return self._beside_same(
            vm_id, self._now(_with(self.unresolved, vm_id, replace(entry, best=best)), self.firm)
        )

    def told(self, news: News, timeouts: Timeouts) -> "Ledger":
        """The engine said where VMs are; what it was asked before a decision says nothing about it."""
        unresolved, firm = dict(self.unresolved), dict(self.firm)
        for vm_id, vm in news.vms.items():
            claim = firm.pop(vm_id, None)
            kept = claim and _after_news(claim, vm, news, timeouts)
            entry = unresolved.get(vm_id)
            if entry and entry.at < news.asked_at:
                if shown := _shown(entry, vm, news):
                    kept = shown
                if shown or not _stays(entry, vm):
                    del unresolved[vm_id]
            if kept:
                firm[vm_id] = kept
        return self._now(unresolved, firm)

    def met(self, claims: Iterable[Firm]) -> "Ledger":
        """The engine shows VMs that start although we know of no decision; those that we do know stay."""
        new = {
            c.start.vm_id: c for c in claims if c.start.vm_id not in self.unresolved.keys() | self.firm.keys()
        }
        return self._now(self.unresolved, {**self.firm, **new})

    def seen(self, observation: Callable[[str], Observation | None]) -> "Ledger":
        """The hosts' inventories as they are now: what they must show by now is in flight no more.

        And a VM that already ran is expected where its host says that it arrives.
        """
        found = {k: _arrived(entry, observation) for k, entry in self.unresolved.items() if entry.home}
        arrived = {k: claim for k, claim in found.items() if claim}
        firm = {k: claim for k, claim in self.firm.items() if not _shows(observation(claim.host_id), claim)}
        waiting = {k: entry for k, entry in self.unresolved.items() if k not in arrived}
        return self._now(waiting, {**firm, **arrived})

    def at(self, now: float, timeouts: Timeouts) -> "Ledger":
        """Without what has lasted too long, also by a clock that was set back."""
        unresolved = {k: e for k, e in self.unresolved.items() if abs(now - e.at) < _lasts(e, timeouts)}
        firm = {k: claim for k, claim in self.firm.items() if abs(now - claim.since) < timeouts.claim}
        return self._now(unresolved, firm)

    def holds_until(self, timeouts: Timeouts) -> float:
        """When the first entry will have lasted too long, while the clock goes on."""
        firm = min([claim.since for claim in self.firm.values()], default=math.inf) + timeouts.claim
        return min([firm, *(entry.at + _lasts(entry, timeouts) for entry in self.unresolved.values())])

    def without(self, vm_id: str, before: float) -> "Ledger":
        """The VM stopped, or its start failed, at a moment after `before`; later decisions stay."""
        entry, claim = self.unresolved.get(vm_id), self.firm.get(vm_id)
        return self._now(
            _without(self.unresolved, vm_id) if entry and entry.at <= before else self.unresolved,
            _without(self.firm, vm_id) if claim and claim.since <= before else self.firm,
        )

    def on(self, host_id: str, vm_id: str = "", running: bool = False) -> Taken:
        """What is in flight to the host, but for the VM's own entries that its new decision will replace."""
        return self.beside(vm_id, running).get(host_id, NOTHING)

    def beside(self, vm_id: str = "", running: bool = False) -> Mapping[str, Taken]:
        """The hosts to which anything is in flight beside the VM's own entries, by id, as `on` has it."""
        if vm_id not in self.unresolved and (running or vm_id not in self.firm):
            vm_id, running = "", False
        index = self._indexes.get((vm_id, running))
        if index is None:
            index = self._indexes[vm_id, running] = self._index(vm_id, running)
        return index

    def touched(self, vm_id: str = "", running: bool = False) -> frozenset[str]:
        """Those hosts of `beside` that hold, as weights see it, more than they show."""
        own = {vm_id}
        claimed = [c.host_id for c in self.firm.values() if running or c.start.vm_id not in own]
        best = [e.best for e in self.unresolved.values() if e.best and e.start.vm_id not in own]
        busy = self.beside(vm_id, running)
        return frozenset(host_id for host_id in (*claimed, *best) if host_id in busy)

    @property
    def vm_ids(self) -> tuple[str, ...]:
        """The VMs to ask the engine about: those without a host, then those not launched, then the others."""
        launched = [k for k, claim in self.firm.items() if claim.launched_at is not None]
        return tuple(dict.fromkeys([*self.waiting_ids, *launched]))

    @property
    def waiting_ids(self) -> tuple[str, ...]:
        """Those without a host or not launched: what the engine says of them counts at once."""
        unlaunched = [k for k, claim in self.firm.items() if claim.launched_at is None]
        return tuple(dict.fromkeys([*self.unresolved, *unlaunched]))

    @cached_property
    def _indexes(self) -> dict[tuple[str, bool], Mapping[str, Taken]]:
        """What `beside` has answered so far."""
        return {}

    def _beside_same(self, vm_id: str, changed: "Ledger") -> "Ledger":
        """The changed ledger, where nothing changed but the VM's own entries: what is beside them did not."""
        changed._indexes[vm_id, False] = self.beside(vm_id)  # noqa: SLF001 (of the same class)
        return changed

    def _index(self, vm_id: str, running: bool) -> Mapping[str, Taken]:
        firm: dict[str, list[Firm]] = {}
        for claim in self.firm.values():
            if running or claim.start.vm_id != vm_id:
                firm.setdefault(claim.host_id, []).append(claim)
        index = {host_id: Taken(tuple(claims)) for host_id, claims in firm.items()}
        for entry in self.unresolved.values():
            if entry.start.vm_id != vm_id:
                _add(index, entry)
        return index

    def _now(self, unresolved: Mapping[str, Unresolved], firm: Mapping[str, Firm]) -> "Ledger":
        """These entries; the very same ledger where nothing has changed, for its index is worth keeping."""
        if unresolved == self.unresolved and firm == self.firm:
            return self
        return Ledger(MappingProxyType(dict(unresolved)), MappingProxyType(dict(firm)))


def _lasts(entry: Unresolved, timeouts: Timeouts) -> float:
    """How long (seconds) a decision stays open at most."""
    return min(RUNNING_TIMEOUT, timeouts.unresolved) if entry.home else timeouts.unresolved


def _add(index: dict[str, Taken], entry: Unresolved) -> None:
    """One decision more; hosts to which the same is in flight share one object, for most do."""
    if not index:
        index.update(dict.fromkeys(entry.hosts, Taken((), (entry,))))
        return
    grown: dict[int, tuple[Taken, Taken]] = {}
    for host_id in entry.hosts:
        before = index.get(host_id, NOTHING)
        known = grown.get(id(before))
        if known is None:
            known = grown[id(before)] = before, Taken(before.firm, (*before.unresolved, entry))
        index[host_id] = known[1]


def _shown(entry: Unresolved, vm: Vm | None, news: News) -> Firm | None:
    """The claim that an unresolved decision becomes, where the VM is on a host (on another than before)."""
    if vm is None or vm.host_id is None or not holds_devices(vm) or vm.host_id == entry.home:
        return None
    return Firm(entry.start, vm.host_id, news.answered_at, news.asked_at, _launched(vm, news))


def _stays(entry: Unresolved, vm: Vm | None) -> bool:
    """Whether a decision is open whose VM shows no new host: one that starts is `down` until it does."""
    return vm is not None and (entry.home is None or holds_devices(vm))


def _after_news(claim: Firm, vm: Vm | None, news: News, timeouts: Timeouts) -> Firm | None:
    """The claim as it is after the engine's word; None where it ends."""
    if news.asked_at <= (claim.since if claim.shown_at is None else claim.shown_at):
        return claim
    if vm is None:
        return None
    if vm.host_id is None or not holds_devices(vm):
        early = news.asked_at - claim.since < timeouts.unresolved
        return claim if claim.shown_at is None and early else None
    if vm.host_id == claim.home:
        return claim if vm.status == MIGRATING else None
    if vm.host_id != claim.host_id:
        return Firm(claim.start, vm.host_id, news.answered_at, news.asked_at, _launched(vm, news))
    launched = _launched(vm, news) if claim.launched_at is None else claim.launched_at
    return replace(claim, shown_at=news.asked_at, launched_at=launched)


def _launched(vm: Vm, news: News) -> float | None:
    return news.answered_at if vm.status in LAUNCHED else None


def _arrived(entry: Unresolved, observation: Callable[[str], Observation | None]) -> Firm | None:
    """The claim on the host to which the VM migrates, where that host says so after the decision."""
    for host_id in entry.hosts:
        seen = observation(host_id)
        if seen and entry.start.vm_id in seen.arriving and seen.requested_at > entry.at:
            return Firm(entry.start, host_id, seen.received_at, seen.requested_at, home=entry.home)
    return None


def _shows(seen: Observation | None, claim: Firm) -> bool:
    """Whether the host's inventory must show the claim's devices, if the VM has them still."""
    if seen is None or seen.source is Source.ENGINE or claim.launched_at is None:
        return False
    return seen.requested_at > claim.launched_at


def _with(mapping: Mapping[str, V], key: str, value: V) -> Mapping[str, V]:
    """The mapping with that entry last."""
    return {**_without(mapping, key), key: value}


def _without(mapping: Mapping[str, V], key: str) -> Mapping[str, V]:
    return {k: v for k, v in mapping.items() if k != key}
