"""One decision: gathers the request and the hosts' inventories, runs a unit, keeps what it decided.

The units are pure; what they know of the world is put together here and nowhere else. Every host asked
about gets a verdict or a weight, and no other host ever does.

A decision asks as little as it can: the engine in one or two requests, and no host while one fits. Only when
the answer would be empty does it wait, and never with the lock held: once for hosts that are asked again,
then for what the engine can tell of earlier decisions that stand in the way.
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
from scheduler_plugins import margins
from scheduler_plugins.book import Book, ClaimStore
from scheduler_plugins.claims import Ledger, Start, Timeouts
from scheduler_plugins.decision import Decision, Weights, least, log_funnel
from scheduler_plugins.errors import UnknownUnitError
from scheduler_plugins.lookup import Asked, Engine, KnownVms, Lookup, uuid_of
from scheduler_plugins.margins import Standing
from scheduler_plugins.placement import HostView, RefusalCode
from scheduler_plugins.rechecks import unanswered, worth_asking
from scheduler_plugins.request import Request
from scheduler_plugins.units import FILTERS, WEIGHTS, Filter, Weight
from scheduler_plugins.verdict import Verdict

__all__ = ["KEPT", "Decision", "Rules", "Scheduler", "Settings", "Weights"]

log = logging.getLogger("scheduler")
T = TypeVar("T")

KEPT = 200
"""Decisions kept in memory, for the page."""
POLL_S = 0.15
"""Between two questions to the engine about decisions that stand in the way."""
LAG_S = 0.6
"""So long the engine needs to notice that a start failed on its host: whoever was full then may have room."""
USUAL_WEIGHT = "MdevConsolidate"
"""By which the best host is chosen where it is not known which of our weights the cluster uses."""

Refresh = Callable[[Sequence[str], float], frozenset[str]]
"""Asks hosts again within so many seconds and gives the ids of those that answered; blocks."""


class Inventories(KnownVms, Protocol):
    """The current state of hosts and VMs; safe for threads."""

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The engine's hosts, by id."""

    def observation(self, host_id: str) -> Observation | None:
        """What the host was last seen to have."""

    def failure(self, host_id: str) -> HostFailure | None:
        """Why it could not be observed the last time."""


class Settings(Protocol):
    """Section `[decisions]` of the configuration; times in seconds."""

    @property
    def unresolved_timeout(self) -> float:
        """How long a decision counts whose host is not known."""

    @property
    def claim_timeout(self) -> float:
        """How long a claim lasts at most."""

    @property
    def recheck_deadline(self) -> float:
        """How long a decision may wait before it refuses a VM, or takes a risk."""

    @property
    def recheck_hosts(self) -> int:
        """How many hosts are asked again at most."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The usual settings."""

    unresolved_timeout: float = 30.0
    claim_timeout: float = 300.0
    recheck_deadline: float = 1.5
    recheck_hosts: int = 16


@dataclass(slots=True)
class _Question:
    """One question of the engine's to a filter, on its way to its decision."""

    unit: Filter
    asked: Asked
    host_ids: dict[str, str]
    """Our id and the id as it was asked, in the order asked."""
    began: float
    """By the service's clock."""
    asked_again: tuple[str, ...] | None = None
    """None while no host was asked again."""
    silent: tuple[str, ...] = ()
    looked_again: bool = False
    """The engine was asked once more about the claims that close hosts."""
    waited: int = 0
    risk: str = ""


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
        *,
        settings: Settings = Rules(),
        store: ClaimStore | None = None,
        refresh: Refresh | None = None,
        refused: Callable[[Decision], None] | None = None,
        pause: Callable[[float], None] = time.sleep,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`engine_deadline_s` bounds what a decision waits for the engine's first answer.

        `store` keeps what is in flight over a restart. `refused` is told of every answer without a host.
        `pause` and `timer` are how waiting is done and measured. Raises StoreError.
        """
        self.filters = filters
        self.weights = weights
        self.refused = refused
        self._inventories = inventories
        self._clock, self._pause, self._timer = clock, pause, timer
        self._settings, self._refresh = settings, refresh
        self._lookup = Lookup(engine, inventories, clock, engine_deadline_s, timer=timer)
        timeouts = Timeouts(settings.unresolved_timeout, settings.claim_timeout)
        self._book = Book(inventories.observation, clock, timeouts, store)
        self._decisions: deque[Decision] = deque(maxlen=KEPT)
        self._used: dict[str | None, tuple[str, ...]] = {}
        self._lock = threading.Lock()

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The last decisions, newest first."""
        with self._lock:
            return tuple(reversed(self._decisions))

    @property
    def ledger(self) -> Ledger:
        """What is in flight now."""
        return self._book.ledger

    @property
    def trouble(self) -> str:
        """Why a restart would forget what is in flight; empty where it would not."""
        return self._book.trouble

    def filter(
        self, unit: str, vm_id: str, host_ids: Sequence[str], properties: Mapping[str, str]
    ) -> Decision:
        """Judges every host; raises SchedulerError. No unit has properties yet."""
        del properties
        judge = _unit(self.filters, unit)
        started, began = self._timer(), self._clock()
        vm_id, hosts = uuid_of("VM", vm_id), {uuid_of("host", host_id): host_id for host_id in host_ids}
        asked, news = self._lookup.of(vm_id, self._book.ledger.vm_ids)
        if news:
            self._book.hear(news)
        question = _Question(judge, asked, hosts, began)
        standings, answer = self._settled(question)
        self._book.save()
        decision = self._record(question, standings, answer, started)
        log_funnel(decision)
        if not decision.fitting and self.refused:
            self.refused(decision)
        return decision

    def vm_stopped(self, vm_id: str, after: float) -> None:
        """The VM went down, or its start was given up, at a moment after `after`; later decisions stay."""
        self._book.replace(lambda ledger: ledger.without(vm_id, after))

    def weigh(
        self, unit: str, vm_id: str, host_ids: Sequence[str], properties: Mapping[str, str]
    ) -> list[tuple[str, int]]:
        """Weighs every host, 0 the best; raises SchedulerError. No unit has properties yet."""
        del properties
        weigher = _unit(self.weights, unit)
        asked = self._lookup.recent(vm_id)
        ids = {uuid_of("host", host_id): host_id for host_id in host_ids}
        ledger = self._book.ledger
        weights = _weigh(weigher, asked.request, self._held(self._views(ids), asked, ledger))
        self._keep_weights(asked, weights)
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
        candidates, others = _candidates(self._inventories.hosts.values(), asked.cluster_id)
        question = _Question(
            next(iter(self.filters.values())), asked, {h.id: h.id for h in candidates}, began
        )
        ledger = self._book.ledger
        standings = self._standings(question, ledger)
        answer = margins.answer(standings, self._best(question, ledger))
        decision = self._decision(question, standings, answer, started)
        fitting = [standing.view for standing in standings if standing.able]
        held = self._held(fitting, asked, ledger)
        weights = tuple(_weigh(unit, asked.request, held) for unit in self.weights.values())
        return replace(decision, weights=weights, note=_joined(decision.note, others))

    def _settled(self, question: _Question) -> tuple[list[Standing], tuple[str, ...]]:
        """The standings and the answer, which is in the ledger then."""
        deadline = 0.0
        standings = self._standings(question, self._book.ledger)
        while True:
            with self._book.alone() as ledger:
                standings = self._standings(question, ledger, standings)
                answer = margins.answer(standings, self._best(question, ledger))
                deadline = deadline or self._timer() + self._settings.recheck_deadline
                if answer or not self._may_wait(question, standings, deadline):
                    standings, answer = self._last_chance(question, standings, answer, ledger)
                    self._enter(question, answer)
                    return standings, answer
            self._wait(question, standings, deadline)

    def _may_wait(self, question: _Question, standings: list[Standing], deadline: float) -> bool:
        """Whether there is somebody to ask yet, and time for it."""
        if self._timer() >= deadline or not question.asked.request:
            return False
        return (
            any(s.in_the_way for s in standings)
            or (question.asked_again is None and self._refresh is not None)
            or (not question.looked_again and bool(_closing(standings)))
        )

    def _wait(self, question: _Question, standings: list[Standing], deadline: float) -> None:
        """Ask whoever may help the VM: the engine about what is in the way, else hosts for news."""
        waiting = {start.vm_id: None for s in standings for start in s.in_the_way}
        if waiting:
            self._pause(min(POLL_S, max(0.0, deadline - self._timer())))
            left = max(POLL_S, deadline - self._timer())
            question.waited += 1
            if news := self._lookup.news(waiting, left):
                self._book.hear(news)
            return
        if question.asked_again is None and self._refresh:
            worth = worth_asking(standings, question.began, self._settings.recheck_hosts)
            question.asked_again = worth
            reserved = POLL_S if _closing(standings) else 0.0
            left = max(0.0, deadline - reserved - self._timer())
            answered = self._refresh(worth, left) if worth else frozenset()
            question.silent = tuple(host_id for host_id in worth if host_id not in answered)
            return
        self._look_again(question, standings, deadline)

    def _look_again(self, question: _Question, standings: list[Standing], deadline: float) -> None:
        """Ask the engine once more about claims that close hosts: their starts may have failed just now."""
        question.looked_again = True
        question.waited += 1
        left = deadline - self._timer()
        self._pause(max(0.0, min(left, LAG_S - (self._settings.recheck_deadline - left))))
        if news := self._lookup.news(_closing(standings), max(POLL_S, deadline - self._timer())):
            self._book.hear(news)

    def _last_chance(
        self, question: _Question, standings: list[Standing], answer: tuple[str, ...], ledger: Ledger
    ) -> tuple[list[Standing], tuple[str, ...]]:
        """As they are, but for an empty answer that only unresolved decisions cause: then the best chance."""
        chosen = None if answer else margins.best_chance(standings, self._best(question, ledger))
        if chosen is None:
            return standings, answer
        question.risk = (
            f"{margins.labels(chosen.in_the_way)} may have been sent to {chosen.view.name} as well"
        )
        verdict = margins.at_risk(chosen, lambda view: self._judge(question, view))
        return [replace(s, verdict=verdict) if s is chosen else s for s in standings], (chosen.view.id,)

    def _enter(self, question: _Question, answer: tuple[str, ...]) -> None:
        asked = question.asked
        start = Start(asked.vm_id, asked.vm_name, asked.request.types, asked.uuids)
        hosts = [host_id.lower() for host_id in answer]
        now = self._clock()
        self._book.replace(lambda ledger: ledger.decided(start, hosts, now, asked.home))

    def _standings(
        self, question: _Question, ledger: Ledger, before: Sequence[Standing] = ()
    ) -> list[Standing]:
        """How each host stands; what did not change since `before` is not worked out again."""
        asked, known = question.asked, {standing.host_id: standing for standing in before}
        standings = []
        for view in self._views(question.host_ids):
            taken = ledger.on(view.id.lower(), asked.vm_id, asked.home is not None)
            standing = known.get(view.id.lower())
            if standing is None or standing.view != view or standing.taken != taken:
                standing = margins.stand(lambda held: self._judge(question, held), asked.request, view, taken)
            standings.append(standing)
        return standings

    def _judge(self, question: _Question, view: HostView) -> Verdict:
        return question.unit.judge(question.asked.request, view, self._clock())

    def _best(self, question: _Question, ledger: Ledger) -> Callable[[Sequence[Standing]], Standing]:
        """The host with the least sum of those of our weights that the cluster uses, the first of several."""
        asked = question.asked
        usual = [name for name in (USUAL_WEIGHT, *self.weights) if name in self.weights][:1]
        units = [self.weights[name] for name in self._used.get(asked.cluster_id, usual)]

        def best(standings: Sequence[Standing]) -> Standing:
            held = self._held([standing.view for standing in standings], asked, ledger)
            sums = [sum(unit.weigh(asked.request, view) for unit in units) for view in held]
            return standings[sums.index(min(sums))]

        return best

    def _held(self, views: Iterable[HostView], asked: Asked, ledger: Ledger) -> list[HostView]:
        """The hosts as weights see them."""
        running = asked.home is not None
        return [margins.holding(v, ledger.on(v.id.lower(), asked.vm_id, running)) for v in views]

    def _views(self, host_ids: Mapping[str, str]) -> list[HostView]:
        """What a decision knows of each host by its inventory alone."""
        return [self._view(host_id, as_asked) for host_id, as_asked in host_ids.items()]

    def _view(self, host_id: str, as_asked: str) -> HostView:
        host = self._inventories.hosts.get(host_id)
        return HostView(
            id=as_asked,
            name=host.name if host else host_id,
            separate=host.separate if host else False,
            observation=self._inventories.observation(host_id),
            failure=self._inventories.failure(host_id),
        )

    def _record(
        self, question: _Question, standings: list[Standing], answer: tuple[str, ...], started: float
    ) -> Decision:
        decision = self._decision(question, standings, answer, started)
        with self._lock:
            self._decisions.append(decision)
        return decision

    def _decision(
        self, question: _Question, standings: list[Standing], answer: tuple[str, ...], started: float
    ) -> Decision:
        asked = question.asked
        told = unanswered(standings, question.silent, self._settings.recheck_deadline)
        note = "; ".join(
            part for part in (asked.note, _narrowed(told, answer), _silence(told, question)) if part
        )
        return Decision(
            question.unit.name,
            asked.vm_id,
            asked.vm_name,
            asked.request,
            tuple(standing.verdict for standing in told),
            question.began,
            self._timer() - started,
            note,
            answered=answer,
            risk=question.risk,
            asked_again=question.asked_again or (),
            waited=question.waited,
            stale=asked.note,
        )

    def _keep_weights(self, asked: Asked, weights: Weights) -> None:
        """Adds the weights to the VM's last decision, where there is one."""
        with self._lock:
            for index in reversed(range(len(self._decisions))):
                decision = self._decisions[index]
                if decision.vm_id == asked.vm_id:
                    others = tuple(kept for kept in decision.weights if kept.unit != weights.unit)
                    decision = replace(decision, weights=(*others, weights))
                    self._decisions[index] = decision
                    break
            else:
                return
            self._used[asked.cluster_id] = tuple(unit.unit for unit in decision.weights)
        if best := least(decision.weights, decision.fitting):
            self._book.replace(lambda ledger: ledger.weighed(asked.vm_id, best.lower()))


def _unit(units: Mapping[str, T], name: str) -> T:
    try:
        return units[name]
    except KeyError:
        raise UnknownUnitError(name, list(units)) from None


def _weigh(unit: Weight, request: Request, views: Sequence[HostView]) -> Weights:
    return Weights(unit.name, tuple((view.id, unit.weigh(request, view)) for view in views))


def _closing(standings: Iterable[Standing]) -> list[str]:
    """The VMs whose claims alone keep hosts from fitting."""
    closed = [standing for standing in standings if standing.verdict.code is RefusalCode.CLAIMED]
    return list(dict.fromkeys(claim.start.vm_id for s in closed for claim in s.taken.firm))


def _candidates(hosts: Iterable[Host], cluster_id: str | None) -> tuple[list[Host], list[Host]]:
    """The cluster's hosts by name, those that are up and the others; all hosts where it is not known."""
    own = [host for host in hosts if cluster_id is None or host.cluster_id == cluster_id]
    own.sort(key=lambda host: host.name)
    return [host for host in own if host.status == "up"], [host for host in own if host.status != "up"]


def _narrowed(standings: list[Standing], answer: tuple[str, ...]) -> str:
    able = [standing.view for standing in standings if standing.able]
    if len(able) <= 1 or len(answer) != 1:
        return ""
    name = next(view.name for view in able if view.id == answer[0])
    return f"{name} alone was answered, no host has room for another such start"


def _silence(standings: list[Standing], question: _Question) -> str:
    names = ", ".join(standing.view.name for standing in standings if standing.host_id in question.silent)
    return names and f"asked again, gave no answer in time: {names}"


def _joined(note: str, others: list[Host]) -> str:
    names = ", ".join(f"{host.name} ({host.status})" for host in others)
    return "; ".join(part for part in (note, names and f"not considered: {names}") if part)
