"""From a question to its answer: judge, and where the answer would be empty, ask and judge again.

Nobody is asked with the lock held, and nobody at all while a host fits. Otherwise, until the deadline: the
engine about starts that stand in the way, until it shows where they went; else once those hosts that may have
changed, and the engine once more about the claims that close hosts. What is left is a risk, or a refusal.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.claims.book import Book
from scheduler_plugins.claims.ledger import Ledger
from scheduler_plugins.claims.model import News, Start
from scheduler_plugins.decisions import margins
from scheduler_plugins.decisions.margins import Look, Standing
from scheduler_plugins.decisions.question import Hosts, Question, Settled
from scheduler_plugins.decisions.rechecks import worth_asking

POLL_S = 0.15
"""Between two questions to the engine about decisions that stand in the way."""
LAG_S = 0.6
"""So long the engine needs to notice that a start failed on its host: whoever was full then may have room."""

Refresh = Callable[[Sequence[str], float], frozenset[str]]
"""Asks hosts again within so many seconds and gives the ids of those that answered; blocks."""
Best = Callable[[Sequence[Standing]], Standing]
"""The best of several hosts."""


class Waiting(Protocol):
    """How a decision waits; times in seconds."""

    @property
    def recheck_deadline(self) -> float:
        """How long at most, before it refuses a VM or takes a risk."""

    @property
    def recheck_hosts(self) -> int:
        """How many hosts are asked again at most."""


class Settling:
    """Settles questions; safe for threads."""

    def __init__(
        self,
        book: Book,
        hosts: Hosts,
        limits: Waiting,
        *,
        ask_engine: Callable[[Iterable[str], float], News | None],
        refresh: Refresh | None,
        hear: Callable[[News], None],
        clock: Callable[[], float],
        pause: Callable[[float], None],
        timer: Callable[[], float],
    ) -> None:
        """`ask_engine` about VMs, within seconds; `hear` what it said. Without `refresh` no host is asked."""
        self._book, self._hosts, self._limits = book, hosts, limits
        self._ask_engine, self._refresh, self._hear = ask_engine, refresh, hear
        self._clock, self._pause, self._timer = clock, pause, timer

    def settle(self, question: Question, best: Callable[[Ledger], Best]) -> Settled:
        """The standings and the answer, which is in the ledger then."""
        deadline = self._timer() + self._limits.recheck_deadline
        standings = self._hosts.standings(question, self._book.ledger, self._clock())
        while True:
            with self._book.alone() as ledger:
                standings = self._hosts.standings(question, ledger, self._clock())
                answer = margins.answer(standings, best(ledger))
                if answer or not self._may_wait(question, standings, deadline):
                    settled = Settled(standings, answer)
                    settled = settled if answer else self._risked(question, settled, best(ledger))
                    self._enter(question, settled.answer)
                    return settled
            self._wait(question, standings, deadline)

    def _may_wait(self, question: Question, standings: Sequence[Standing], deadline: float) -> bool:
        """Whether there is somebody to ask yet, and time for it."""
        if self._timer() >= deadline or not question.asked.request:
            return False
        return (
            any(standing.in_the_way for standing in standings)
            or (question.asked_again is None and self._refresh is not None)
            or (not question.looked_again and bool(_closing(standings)))
        )

    def _wait(self, question: Question, standings: Sequence[Standing], deadline: float) -> None:
        """Ask whoever may help the VM."""
        doubtful = [start.vm_id for standing in standings for start in standing.in_the_way]
        if doubtful:
            self._pause(min(POLL_S, max(0.0, deadline - self._timer())))
            self._ask_about(question, doubtful, deadline)
        elif question.asked_again is None and self._refresh:
            self._ask_hosts(question, self._refresh, standings, deadline)
        else:
            self._look_again(question, standings, deadline)

    def _ask_hosts(
        self, question: Question, refresh: Refresh, standings: Sequence[Standing], deadline: float
    ) -> None:
        """Ask the most promising hosts for their inventories; leave time to ask the engine about claims."""
        worth = worth_asking(standings, question.began, self._limits.recheck_hosts)
        question.asked_again = worth
        if worth:
            reserved = POLL_S if _closing(standings) else 0.0
            answered = refresh(worth, max(0.0, deadline - reserved - self._timer()))
            question.silent = tuple(host_id for host_id in worth if host_id not in answered)

    def _look_again(self, question: Question, standings: Sequence[Standing], deadline: float) -> None:
        """Ask the engine once more about claims that close hosts: their starts may have failed just now."""
        question.looked_again = True
        left = deadline - self._timer()
        self._pause(max(0.0, min(left, LAG_S - (self._limits.recheck_deadline - left))))
        self._ask_about(question, _closing(standings), deadline)

    def _ask_about(self, question: Question, vm_ids: Iterable[str], deadline: float) -> None:
        question.waited += 1
        if news := self._ask_engine(vm_ids, max(POLL_S, deadline - self._timer())):
            self._hear(news)

    def _risked(self, question: Question, settled: Settled, best: Best) -> Settled:
        """As it is, but where only doubtful starts keep every host from fitting: then the best chance."""
        chosen = margins.best_chance(settled.standings, best)
        if chosen is None:
            return settled
        names = margins.labels(chosen.in_the_way)
        question.risk = f"{names} may have been sent to {chosen.view.name} as well"
        look = Look(question.unit, question.asked.request, self._hosts.states, self._clock())
        taken = replace(chosen, verdict=margins.at_risk(look, chosen))
        return Settled([taken if s is chosen else s for s in settled.standings], (chosen.view.id,))

    def _enter(self, question: Question, answer: tuple[str, ...]) -> None:
        """The decision is in the ledger from now on."""
        asked, now = question.asked, self._clock()
        start = Start(asked.vm_id, asked.vm_name, asked.request.types, asked.uuids)
        # As one text: mostly the engine's ids are in our form already, and there may be a thousand.
        hosts = answer if "".join(answer).islower() else [host_id.lower() for host_id in answer]
        self._book.replace(lambda ledger: ledger.decided(start, hosts, now, asked.home))


def _closing(standings: Iterable[Standing]) -> list[str]:
    """The VMs whose claims alone keep hosts from fitting."""
    closed = [standing for standing in standings if standing.verdict.code is RefusalCode.CLAIMED]
    return list(dict.fromkeys(claim.start.vm_id for s in closed for claim in s.taken.firm))
