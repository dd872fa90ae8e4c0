"""One decision: gathers the request and the hosts' inventories, runs a unit, keeps what it decided.

The units are pure; what they know of the world is put together here and nowhere else. Every host asked
about gets a verdict or a weight, and no other host ever does.

A decision asks the engine in one or two requests, and no host while one fits; `settling.py` has what happens
where none does.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from mdev_inventory.engine.model import Vm
from scheduler_plugins.claims.book import Book, ClaimStore
from scheduler_plugins.claims.ledger import Ledger
from scheduler_plugins.claims.model import Firm, News, Timeouts
from scheduler_plugins.claims.strangers import strangers
from scheduler_plugins.decisions import margins
from scheduler_plugins.decisions.decision import Decision, Weights, least, log_funnel
from scheduler_plugins.decisions.listed import ids_of
from scheduler_plugins.decisions.lookup import FIND_SECONDS, Asked, Engine, Lookup, uuid_of
from scheduler_plugins.decisions.notes import joined, narrowed, not_considered, silence
from scheduler_plugins.decisions.question import Hosts, Inventories, Question, Settled, candidates_in
from scheduler_plugins.decisions.rechecks import unanswered
from scheduler_plugins.decisions.rules import USUAL, Rules, Settings
from scheduler_plugins.decisions.settling import Refresh, Settling
from scheduler_plugins.decisions.weighing import Weighing
from scheduler_plugins.demand.ages import Lives
from scheduler_plugins.errors import UnknownUnitError
from scheduler_plugins.units.registry import FILTERS, WEIGHTS, Filter, Weight

__all__ = ["KEPT", "Decision", "Rules", "Scheduler", "Settings", "Weights"]

log = logging.getLogger("scheduler")
T = TypeVar("T")

KEPT = 200
"""Decisions kept in memory, for the page."""

LAUNCHED_S = 1.0
"""So often decisions ask the engine about VMs that were launched: they keep what they took until their host
shows it, and in a boot storm there are hundreds of them."""


class Scheduler:
    """Answers the endpoints' questions; safe for threads."""

    def __init__(
        self,
        engine: Engine,
        inventories: Inventories,
        clock: Callable[[], float] = time.time,
        filters: Mapping[str, Filter] = FILTERS,
        weights: Mapping[str, Weight] = WEIGHTS,
        engine_deadline_s: float = 2.0,
        *,
        settings: Settings = USUAL,
        store: ClaimStore | None = None,
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
        self.filters = filters
        self.weights = weights
        self.refused = refused
        self._inventories, self._settings = inventories, settings
        self._clock, self._timer = clock, timer
        self._lookup = Lookup(engine, inventories, clock, engine_deadline_s, timer=timer)
        timeouts = Timeouts(settings.unresolved_timeout, settings.claim_timeout)
        self._book = Book(inventories.observation, clock, timeouts, store, lambda: inventories.number)
        self._hosts = Hosts(inventories)
        self._weighing = Weighing(weights, self._hosts, lambda: inventories.vms, clock, lives)
        self._settling = Settling(
            self._book,
            self._hosts,
            settings,
            ask_engine=self._lookup.news,
            refresh=refresh,
            hear=self._hear,
            clock=clock,
            pause=pause,
            timer=timer,
        )
        self._all_asked_at = float("-inf")
        self._decisions: deque[Decision] = deque(maxlen=KEPT)
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
        """Judges every host; raises SchedulerError. Filters have no properties."""
        del properties
        judge = _unit(self.filters, unit)
        started, began = self._timer(), self._clock()
        vm_id, hosts = uuid_of("VM", vm_id), ids_of(tuple(host_ids))
        asked, news = self._lookup.of(vm_id, self._to_ask_about(began))
        if news:
            self._hear(news)
        question = Question(judge, asked, hosts, began)
        settled = self._settling.settle(question, lambda ledger: self._weighing.best(asked, ledger))
        self._book.save()
        decision = self._decision(question, settled, started)
        with self._lock:
            self._decisions.append(decision)
        log_funnel(decision)
        if not decision.fitting and self.refused:
            self.refused(decision)
        return decision

    def _to_ask_about(self, now: float) -> tuple[str, ...]:
        """The VMs in flight to ask the engine about; now and then those that only wait to be seen, too."""
        ledger = self._book.ledger
        if 0 <= now - self._all_asked_at < LAUNCHED_S:
            return ledger.waiting_ids
        self._all_asked_at = now
        return ledger.vm_ids

    def vms_listed(self, vms: Iterable[Vm], asked_at: float, answered_at: float) -> None:
        """The engine listed all its VMs; those not among them are gone."""
        absent = dict.fromkeys(self._book.ledger.vm_ids)
        self._hear(News({**absent, **{vm.id: vm for vm in vms}}, asked_at, answered_at))

    def vm_stopped(self, vm_id: str, after: float) -> None:
        """The VM went down, or its start was given up, at a moment after `after`; later decisions stay."""
        self._book.replace(lambda ledger: ledger.without(vm_id, after))

    def save(self) -> None:
        """Write what is in flight, as far as it has changed since the last decision wrote it."""
        self._book.save()

    def weigh(
        self, unit: str, vm_id: str, host_ids: Sequence[str], properties: Mapping[str, str]
    ) -> list[tuple[str, int]]:
        """Weighs every host, 0 the best; raises SchedulerError."""
        weigher = _unit(self.weights, unit)
        asked = self._lookup.recent(vm_id)
        views = self._hosts.views(ids_of(tuple(host_ids)))
        weights = self._weighing.weigh(weigher, asked, views, self._book.ledger, properties)
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
        candidates, others = candidates_in(self._inventories.hosts.values(), asked.cluster_id)
        judge = next(iter(self.filters.values()))
        question = Question(judge, asked, {host.id: host.id for host in candidates}, began)
        ledger = self._supposed()
        standings = self._hosts.standings(question, ledger, began)
        answer = margins.answer(standings, self._weighing.best(asked, ledger))
        decision = self._decision(question, Settled(standings, answer), started)
        weights = self._weighing.all(asked, (s.view for s in standings if s.able), ledger)
        return replace(decision, weights=weights, note=joined(decision.note, not_considered(others)))

    def _hear(self, news: News) -> None:
        """The engine said where VMs are."""
        self._book.hear(news, self._met(news, self._book.ledger))

    def _supposed(self) -> Ledger:
        """What is in flight by the engine's word of now, for who only asks."""
        ledger = self._book.ledger
        news = self._lookup.news(ledger.vm_ids, FIND_SECONDS) if ledger.vm_ids else None
        return self._book.supposing(ledger, news, self._met(news, ledger)) if news else ledger

    def _met(self, news: News, ledger: Ledger) -> list[Firm]:
        return strangers(news, ledger, self._inventories.vms, self._inventories.observation)

    def _decision(self, question: Question, settled: Settled, started: float) -> Decision:
        asked, answer = question.asked, settled.answer
        told = unanswered(settled.standings, question.silent, self._settings.recheck_deadline)
        return Decision(
            question.unit.name,
            asked.vm_id,
            asked.vm_name,
            asked.request,
            tuple([standing.verdict for standing in told]),
            question.began,
            self._timer() - started,
            joined(asked.note, narrowed(told, answer), silence(told, question.silent)),
            answered=answer,
            risk=question.risk,
            asked_again=question.asked_again or (),
            waited=question.waited,
            stale=asked.note,
        )

    def _keep_weights(self, asked: Asked, weights: Weights, properties: Mapping[str, str]) -> None:
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
            self._weighing.used(asked.cluster_id, (unit.unit for unit in decision.weights), properties)
        if best := least(decision.weights, decision.fitting):
            self._book.replace(lambda ledger: ledger.weighed(asked.vm_id, best.lower()))


def _unit(units: Mapping[str, T], name: str) -> T:
    try:
        return units[name]
    except KeyError:
        raise UnknownUnitError(name, list(units)) from None
