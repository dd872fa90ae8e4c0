"""One decision: gathers the request and the hosts' inventories, runs a unit, keeps what it decided.

The units are pure; what they know of the world is put together here and nowhere else. Every host asked
about gets a verdict or a weight, and no other host ever does.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from mdev_inventory.engine.model import Host
from mdev_inventory.observation import HostFailure, Observation
from scheduler_plugins.errors import UnknownUnitError
from scheduler_plugins.lookup import Asked, Engine, KnownVms, Lookup, uuid_of
from scheduler_plugins.placement import HostView
from scheduler_plugins.request import Request
from scheduler_plugins.units import FILTERS, WEIGHTS, Filter, Weight
from scheduler_plugins.verdict import Verdict, summary

log = logging.getLogger("scheduler")
T = TypeVar("T")

KEPT = 200
"""Decisions kept in memory, for the page."""


class Inventories(KnownVms, Protocol):
    """The current state of hosts and VMs; safe for threads."""

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The engine's hosts, by id."""

    def observation(self, host_id: str) -> Observation | None:
        """What the host was last seen to have."""

    def failure(self, host_id: str) -> HostFailure | None:
        """Why it could not be observed the last time."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What one weight unit answered."""

    unit: str
    scores: tuple[tuple[str, int], ...]
    """Host id and weight, 0 the best, in the order asked."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one VM, and why."""

    unit: str
    vm_id: str
    vm_name: str
    """Empty where nobody told it."""
    request: Request
    verdicts: tuple[Verdict, ...]
    """One for every host asked about, in the order asked."""
    at: float
    """Seconds since the epoch."""
    duration_s: float
    note: str = ""
    """Why the request may be out of date, and who was not considered; empty where there is nothing to say."""
    weights: tuple[Weights, ...] = ()
    """What the weight units said to the hosts that were left."""

    @property
    def fitting(self) -> tuple[str, ...]:
        """The hosts that fit, in the order asked."""
        return tuple(verdict.host_id for verdict in self.verdicts if verdict.fits)

    @property
    def summary(self) -> str:
        """One line: how many hosts fit, else why they refuse."""
        return summary(self.verdicts)

    def weights_of(self, host_id: str) -> dict[str, int]:
        """The host's weight by unit; empty where none weighed it."""
        return {w.unit: score for w in self.weights for host, score in w.scores if host == host_id}


class Scheduler:
    """Answers the doors' questions; safe for threads."""

    def __init__(
        self,
        engine: Engine,
        inventories: Inventories,
        clock: Callable[[], float] = time.time,
        filters: Mapping[str, Filter] = FILTERS,
        weights: Mapping[str, Weight] = WEIGHTS,
        engine_deadline_s: float = 2.0,
    ) -> None:
        """`engine_deadline_s` bounds what a decision waits for the engine; nothing else in it waits."""
        self.filters = filters
        self.weights = weights
        self._inventories = inventories
        self._clock = clock
        self._lookup = Lookup(engine, inventories, clock, engine_deadline_s)
        self._decisions: deque[Decision] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The last decisions, newest first."""
        with self._lock:
            return tuple(reversed(self._decisions))

    def filter(
        self, unit: str, vm_id: str, host_ids: Sequence[str], properties: Mapping[str, str]
    ) -> Decision:
        """Judges every host; raises SchedulerError. No unit has properties yet."""
        del properties
        judge = _unit(self.filters, unit)
        started = time.perf_counter()
        asked, views = self._lookup.of(vm_id), self._views(host_ids)
        decision = self._judge(judge, asked, views, started)
        with self._lock:
            self._decisions.append(decision)
        _log_funnel(decision)
        return decision

    def weigh(
        self, unit: str, vm_id: str, host_ids: Sequence[str], properties: Mapping[str, str]
    ) -> list[tuple[str, int]]:
        """Weighs every host, 0 the best; raises SchedulerError. No unit has properties yet."""
        del properties
        weigher = _unit(self.weights, unit)
        asked = self._lookup.recent(vm_id)
        weights = _weigh(weigher, asked.request, self._views(host_ids))
        self._keep_weights(asked.vm_id, weights)
        log.info("Weighed unit=%s vm=%s hosts=%d", unit, asked.vm_id, len(weights.scores))
        log.debug("Weights unit=%s vm=%s scores=%s", unit, asked.vm_id, weights.scores)
        return list(weights.scores)

    def explain(self, vm: str) -> Decision:
        """Would the VM of that id or name start, where, and why not elsewhere; leaves no trace.

        Judges the hosts that the engine would offer: those of the VM's cluster that are up.
        Raises UnknownVmError, AmbiguousNameError, EngineSilentError.
        """
        started = time.perf_counter()
        asked = self._lookup.find(vm)
        candidates, others = _candidates(self._inventories.hosts.values(), asked.cluster_id)
        views = self._views([host.id for host in candidates])
        decision = self._judge(next(iter(self.filters.values())), asked, views, started)
        fitting = [view for view in views if view.id in decision.fitting]
        weights = tuple(_weigh(unit, asked.request, fitting) for unit in self.weights.values())
        return replace(decision, weights=weights, note=_joined(asked.note, others))

    def _judge(self, unit: Filter, asked: Asked, views: Sequence[HostView], started: float) -> Decision:
        now = self._clock()
        verdicts = tuple(unit.judge(asked.request, view, now) for view in views)
        duration = time.perf_counter() - started
        return Decision(
            unit.name, asked.vm_id, asked.vm_name, asked.request, verdicts, now, duration, asked.note
        )

    def _views(self, host_ids: Sequence[str]) -> list[HostView]:
        """What a decision knows of each host, duplicates collapsed.

        Whatever else is taken on a host than its inventory shows is to be added here: filter, weights
        and explanations all see their hosts through this.
        """
        asked = {uuid_of("host", host_id): host_id for host_id in host_ids}
        return [self._view(host_id, as_asked) for host_id, as_asked in asked.items()]

    def _view(self, host_id: str, as_asked: str) -> HostView:
        host = self._inventories.hosts.get(host_id)
        return HostView(
            id=as_asked,
            name=host.name if host else host_id,
            separate=host.separate if host else False,
            observation=self._inventories.observation(host_id),
            failure=self._inventories.failure(host_id),
        )

    def _keep_weights(self, vm_id: str, weights: Weights) -> None:
        """Adds the weights to the VM's last decision, where there is one."""
        with self._lock:
            for index in reversed(range(len(self._decisions))):
                decision = self._decisions[index]
                if decision.vm_id == vm_id:
                    others = tuple(kept for kept in decision.weights if kept.unit != weights.unit)
                    self._decisions[index] = replace(decision, weights=(*others, weights))
                    return


def _unit(units: Mapping[str, T], name: str) -> T:
    try:
        return units[name]
    except KeyError:
        raise UnknownUnitError(name, list(units)) from None


def _weigh(unit: Weight, request: Request, views: Sequence[HostView]) -> Weights:
    return Weights(unit.name, tuple((view.id, unit.weigh(request, view)) for view in views))


def _candidates(hosts: Iterable[Host], cluster_id: str | None) -> tuple[list[Host], list[Host]]:
    """The cluster's hosts by name, those that are up and the others; all hosts where it is not known."""
    own = [host for host in hosts if cluster_id is None or host.cluster_id == cluster_id]
    own.sort(key=lambda host: host.name)
    return [host for host in own if host.status == "up"], [host for host in own if host.status != "up"]


def _joined(note: str, others: list[Host]) -> str:
    names = ", ".join(f"{host.name} ({host.status})" for host in others)
    return "; ".join(part for part in (note, names and f"not considered: {names}") if part)


def _log_funnel(decision: Decision) -> None:
    log.info(
        "Filter unit=%s vm=%s name=%r request=%s start=%d end=%d ms=%.1f note=%r",
        decision.unit,
        decision.vm_id,
        decision.vm_name,
        ",".join(decision.request.types) or "-",
        len(decision.verdicts),
        len(decision.fitting),
        decision.duration_s * 1000,
        decision.note,
    )
    for verdict in decision.verdicts:
        if not verdict.fits:
            log.debug(
                "Rejected vm=%s host=%s code=%s reason=%r",
                decision.vm_id,
                verdict.host_id,
                verdict.code,
                verdict.text,
            )
