"""One decision: what the VM asks for, how each host stands to it, which hosts are answered; and its weights.

The units are pure; what they know of the world is put together here and nowhere else. Every host asked
about gets a verdict or a weight, and no other host ever does.

A decision asks the engine in one or two requests, and no host while one fits; `settling.py` has what happens
where none does. An engine that is silent costs no decision: the request as last seen counts (`lookup.py`).
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from mdev_inventory.engine.model import Host, Vm
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.claims.life import Claims
from scheduler_plugins.claims.model import Timeouts, VmLocations
from scheduler_plugins.claims.store import ClaimStore, ClaimTable
from scheduler_plugins.claims.unplanned import unplanned_starts
from scheduler_plugins.config.defaults import Decisions
from scheduler_plugins.decisions.answer import answer
from scheduler_plugins.decisions.decision import Decision, Weights, log_funnel
from scheduler_plugins.decisions.history import History
from scheduler_plugins.decisions.lookup import FIND_SECONDS, Asked, Engine, KnownVms, Lookup, uuid_of
from scheduler_plugins.decisions.notes import joined, narrowed, not_considered, several_in_one_vm, silence
from scheduler_plugins.decisions.question import Conclusion, Question, ids_of
from scheduler_plugins.decisions.rechecks import unanswered
from scheduler_plugins.decisions.settling import Refresh, Settling
from scheduler_plugins.decisions.views import HostInventories, Views
from scheduler_plugins.decisions.weighing import Weighing
from scheduler_plugins.demand.ages import Lives
from scheduler_plugins.errors import UnknownUnitError
from scheduler_plugins.units import registry
from scheduler_plugins.units.registry import WEIGHTS, Filter, Weight

log = logging.getLogger("scheduler")
T = TypeVar("T")

USUAL = Decisions()
PATIENCE_S = 5.0
"""So long who has no answer to give waits for the disk."""
LAUNCHED_S = 1.0
"""So often decisions ask the engine about VMs that were launched: they keep what they took until their host
shows it, and in a boot storm there are hundreds of them."""


class Inventories(KnownVms, HostInventories, Protocol):
    """The current state of hosts and VMs; safe for threads."""


class Scheduler:
    """Answers the endpoints' questions; safe for threads."""

    def __init__(
        self,
        engine: Engine,
        inventories: Inventories,
        clock: Callable[[], float] = time.time,
        filters: Mapping[str, Filter] | None = None,
        weights: Mapping[str, Weight] = WEIGHTS,
        engine_deadline_s: float = 2.0,
        *,
        settings: Decisions = USUAL,
        store: ClaimTable | None = None,
        refresh: Refresh | None = None,
        refused: Callable[[Decision], None] | None = None,
        lives: Callable[[], Lives | None] = lambda: None,
        pause: Callable[[float], None] = time.sleep,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`engine_deadline_s` bounds what a decision waits for the engine's first answer.

        `store` keeps what is in flight over a restart. `refused` is told of every answer without a host.
        `lives` gives what is known of VMs' lifetimes. `pause` and `timer` are how waiting is done and
        measured. Raises StoreError.
        """
        self.filters = registry.filters(settings.limit_per_vm) if filters is None else filters
        self.weights = weights
        self.refused = refused
        self._inventories, self._settings = inventories, settings
        self._clock, self._timer = clock, timer
        self._lookup = Lookup(engine, inventories, clock, engine_deadline_s, timer=timer)
        timeouts = Timeouts(settings.unresolved_timeout, settings.claim_timeout)
        self._claims = ClaimStore(lambda: inventories.observations, clock, timeouts, store)
        self._views = Views(inventories)
        self._weighing = Weighing(weights, lambda: inventories.vms, clock, lives)
        self._settling = Settling(
            self._claims,
            self._views,
            settings,
            ask_engine=self._lookup.locations,
            refresh=refresh,
            apply_locations=self._apply_locations,
            clock=clock,
            pause=pause,
            timer=timer,
        )
        self._history = History()
        self._all_asked_at = float("-inf")

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The last decisions, newest first."""
        return self._history.decisions

    @property
    def claims(self) -> Claims:
        """What is in flight now."""
        return self._claims.claims

    @property
    def trouble(self) -> str:
        """Why a restart would forget what is in flight; empty where it would not."""
        return self._claims.trouble

    def filter(self, unit: str, vm_id: str, host_ids: Sequence[str], properties: Mapping[str, str]) -> Decision:
        """Judges every host; raises SchedulerError. Filters have no properties."""
        del properties
        judge = _unit(self.filters, unit)
        started, began = self._timer(), self._clock()
        vm_id, hosts = uuid_of("VM", vm_id), ids_of(tuple(host_ids))
        if not hosts:  # the engine never asks so
            return Decision(unit, vm_id, "", Request(()), (), began, 0.0)
        asked, locations = self._lookup.of(vm_id, self._to_ask_about(began))
        if locations:
            self._apply_locations(locations)
        question = Question(judge, asked, hosts, began)
        conclusion = self._settling.settle(question, lambda claims: self._weighing.best(asked, claims))
        self._claims.save()
        decision = self._decision(question, conclusion, started)
        self._history.add(decision)
        log_funnel(decision)
        if not decision.fitting and self.refused:
            self.refused(decision)
        return decision

    def weigh(
        self, unit: str, vm_id: str, host_ids: Sequence[str], properties: Mapping[str, str]
    ) -> list[tuple[str, int]]:
        """Weighs every host, 0 the best; raises SchedulerError."""
        weigher = _unit(self.weights, unit)
        asked = self._lookup.recent(vm_id)
        hosts = ids_of(tuple(host_ids))
        weights = self._weighing.weigh(weigher, asked, self._views.of(hosts), self.claims, properties)
        if self._views.any_known(hosts):
            self._keep_weights(asked, weights, properties)
        log.info("Weighed unit=%s vm=%s hosts=%d", unit, asked.vm_id, len(weights.scores))
        log.debug("Weights unit=%s vm=%s scores=%s", unit, asked.vm_id, weights.scores)
        return list(weights.scores)

    def explain(self, vm: str) -> Decision:
        """Would the VM of that id or name start, where, and why not elsewhere; leaves no trace.

        Judges the hosts that the engine would offer: those of the VM's cluster that are up.
        Raises UnknownVmError, AmbiguousNameError, EngineSilentError.
        """
        started, began = self._timer(), self._clock()
        asked = self._lookup.find(vm)
        offered, others = _offered(self._inventories.hosts.values(), asked.cluster_id)
        judge = next(iter(self.filters.values()))
        question = Question(judge, asked, {host.id: host.id for host in offered}, began)
        claims = self._supposed()
        candidates = question.candidates(self._views, claims)
        conclusion = Conclusion(candidates, answer(candidates, self._weighing.best(asked, claims)))
        decision = self._decision(question, conclusion, started)
        weights = self._weighing.all(asked, [c.view for c in candidates if c.able], claims)
        note = joined(decision.note, not_considered(others), several_in_one_vm(candidates, asked.request))
        return replace(decision, weights=weights, note=note)

    def vms_listed(self, vms: Iterable[Vm], asked_at: float, answered_at: float) -> None:
        """The engine listed all its VMs; those not among them are gone."""
        absent = dict.fromkeys(self.claims.vm_ids)
        self._apply_locations(VmLocations({**absent, **{vm.id: vm for vm in vms}}, asked_at, answered_at))

    def vm_stopped(self, vm_id: str, after: float) -> None:
        """The VM went down, or its start was given up, at a moment after `after`; later decisions stay."""
        self._claims.replace(lambda claims: claims.without(vm_id, after))

    def save(self) -> None:
        """Write what is in flight, as far as it has changed since the last decision wrote it; may take a while."""
        self._claims.save(PATIENCE_S)

    def _to_ask_about(self, now: float) -> tuple[str, ...]:
        """The VMs in flight to ask the engine about; now and then those that only wait to be seen, too."""
        if 0 <= now - self._all_asked_at < LAUNCHED_S:
            return self.claims.waiting_ids
        self._all_asked_at = now
        return self.claims.vm_ids

    def _apply_locations(self, locations: VmLocations) -> None:
        """The engine said where VMs are: claims begin, stay or end with it."""
        vms, observations = self._inventories.vms, self._inventories.observations
        self._claims.apply_locations(locations, unplanned_starts(locations, self.claims, vms, observations))

    def _supposed(self) -> Claims:
        """What is in flight by the engine's word of now, for who only asks."""
        claims = self.claims
        locations = self._lookup.locations(claims.vm_ids, FIND_SECONDS) if claims.vm_ids else None
        if locations is None:
            return claims
        vms, observations = self._inventories.vms, self._inventories.observations
        return self._claims.supposing(claims, locations, unplanned_starts(locations, claims, vms, observations))

    def _decision(self, question: Question, conclusion: Conclusion, started: float) -> Decision:
        asked, hosts = question.asked, conclusion.answer
        told = unanswered(conclusion.candidates, question.silent, self._settings.recheck_deadline)
        return Decision(
            question.unit.name,
            asked.vm_id,
            asked.vm_name,
            asked.request,
            tuple([candidate.verdict for candidate in told]),
            question.began,
            self._timer() - started,
            joined(asked.note, narrowed(told, hosts), silence(told, question.silent)),
            answered=hosts,
            risk=question.risk,
            asked_again=question.asked_again or (),
            waited=question.waited,
            stale=asked.note,
        )

    def _keep_weights(self, asked: Asked, weights: Weights, properties: Mapping[str, str]) -> None:
        """The weights belong to the VM's last decision, and tell what its cluster uses."""
        decision = self._history.add_weights(asked.vm_id, weights)
        if decision is None:
            return
        self._weighing.used(asked.cluster_id, [unit.unit for unit in decision.weights], properties)
        if best := decision.best:
            self._claims.replace(lambda claims: claims.weighed(asked.vm_id, best.lower()))


def _offered(hosts: Iterable[Host], cluster_id: str | None) -> tuple[list[Host], list[Host]]:
    """The cluster's hosts by name, those that are up and the others; all hosts where it is not known."""
    own = [host for host in hosts if cluster_id is None or host.cluster_id == cluster_id]
    own.sort(key=lambda host: host.name)
    return [host for host in own if host.status == "up"], [host for host in own if host.status != "up"]


def _unit(units: Mapping[str, T], name: str) -> T:
    try:
        return units[name]
    except KeyError:
        raise UnknownUnitError(name, list(units)) from None
