"""From a question to its answer: judge, and where the answer would be empty, ask and judge again.

Hosts are judged side by side, and only the last look and the answer are one step for all decisions. Nobody is
asked with the lock held, and nobody at all while a host fits. Otherwise, until the deadline: the
engine about starts that stand in the way, until it shows where they went; else once those hosts that may have
changed, and the engine once more about the claims that close hosts. What is left is a risk, or a refusal.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.claims.life import Claims
from scheduler_plugins.claims.model import Start, VmLocations
from scheduler_plugins.claims.store import ClaimStore
from scheduler_plugins.config.defaults import Decisions
from scheduler_plugins.decisions.answer import Best, answer, at_risk, best_chance
from scheduler_plugins.decisions.candidates import Candidate, labels
from scheduler_plugins.decisions.question import Conclusion, Question
from scheduler_plugins.decisions.rechecks import worth_asking
from scheduler_plugins.decisions.views import Views

POLL_S = 0.15
"""Between two questions to the engine about decisions that stand in the way."""
LAG_S = 0.6
"""So long the engine needs to notice that a start failed on its host: whoever was full then may have room."""

Refresh = Callable[[Sequence[str], float], frozenset[str]]
"""Asks hosts again within so many seconds and gives the ids of those that answered; blocks."""


class Settling:
    """Settles questions; safe for threads."""

    def __init__(
        self,
        claims: ClaimStore,
        views: Views,
        limits: Decisions,
        *,
        ask_engine: Callable[[Iterable[str], float], VmLocations | None],
        refresh: Refresh | None,
        apply_locations: Callable[[VmLocations], None],
        clock: Callable[[], float],
        pause: Callable[[float], None],
        timer: Callable[[], float],
    ) -> None:
        """`ask_engine` about VMs, within seconds; `apply_locations` takes what it said.

        Without `refresh` no host is asked.
        """
        self._claims, self._views, self._limits = claims, views, limits
        self._ask_engine, self._refresh, self._apply_locations = ask_engine, refresh, apply_locations
        self._clock, self._pause, self._timer = clock, pause, timer

    def settle(self, question: Question, best: Callable[[Claims], Best]) -> Conclusion:
        """The candidates and the answer, which is among the claims then."""
        deadline = self._timer() + self._limits.recheck_deadline
        while True:
            before = self._claims.claims
            candidates = question.candidates(self._views, before)
            with self._claims.alone() as claims:
                if claims is not before:  # another decision came between; what is judged twice is remembered
                    candidates = question.candidates(self._views, claims)
                conclusion = Conclusion(candidates, answer(candidates, best(claims)))
                if conclusion.answer or not self._may_wait(question, candidates, deadline):
                    conclusion = conclusion if conclusion.answer else _risked(question, conclusion, best(claims))
                    self._enter(question, conclusion.answer)
                    return conclusion
            self._wait(question, candidates, deadline)

    def _may_wait(self, question: Question, candidates: Sequence[Candidate], deadline: float) -> bool:
        """Whether there is somebody to ask yet, and time for it."""
        if self._timer() >= deadline or not question.asked.request:
            return False
        return (
            any(candidate.in_the_way for candidate in candidates)
            or (question.asked_again is None and self._refresh is not None)
            or (not question.looked_again and bool(_closing(candidates)))
        )

    def _wait(self, question: Question, candidates: Sequence[Candidate], deadline: float) -> None:
        """Ask whoever may help the VM."""
        doubtful = [start.vm_id for candidate in candidates for start in candidate.in_the_way]
        if doubtful:
            self._pause(min(POLL_S, max(0.0, deadline - self._timer())))
            self._ask_about(question, doubtful, deadline)
        elif question.asked_again is None and self._refresh:
            self._ask_hosts(question, self._refresh, candidates, deadline)
        else:
            self._look_again(question, candidates, deadline)

    def _ask_hosts(
        self, question: Question, refresh: Refresh, candidates: Sequence[Candidate], deadline: float
    ) -> None:
        """Ask the most promising hosts for their inventories; leave time to ask the engine about claims."""
        worth = worth_asking(candidates, question.began, self._limits.recheck_hosts)
        question.asked_again = worth
        if worth:
            reserved = POLL_S if _closing(candidates) else 0.0
            answered = refresh(worth, max(0.0, deadline - reserved - self._timer()))
            question.silent = tuple(host_id for host_id in worth if host_id not in answered)

    def _look_again(self, question: Question, candidates: Sequence[Candidate], deadline: float) -> None:
        """Ask the engine once more about claims that close hosts: their starts may have failed just now."""
        question.looked_again = True
        left = deadline - self._timer()
        self._pause(max(0.0, min(left, LAG_S - (self._limits.recheck_deadline - left))))
        self._ask_about(question, _closing(candidates), deadline)

    def _ask_about(self, question: Question, vm_ids: Iterable[str], deadline: float) -> None:
        question.waited += 1
        if locations := self._ask_engine(vm_ids, max(POLL_S, deadline - self._timer())):
            self._apply_locations(locations)

    def _enter(self, question: Question, hosts: Iterable[str]) -> None:
        """The decision is among the claims from now on, in the place of what was promised to the VM before.

        Not where none of the hosts is one of the engine's: the engine does not ask so, and nobody else may end a claim.
        """
        if not self._views.any_known(question.host_ids):
            return
        asked, now = question.asked, self._clock()
        start = Start(asked.vm_id, asked.vm_name, asked.request.types, asked.uuids, asked.request.compact)
        answered = tuple([host_id.lower() for host_id in hosts])
        self._claims.replace(lambda claims: claims.decided(start, answered, now, asked.home))


def _risked(question: Question, conclusion: Conclusion, best: Best) -> Conclusion:
    """As it is, but where only doubtful starts keep every host from fitting: then the best chance."""
    chosen = best_chance(conclusion.candidates, best)
    if chosen is None:
        return conclusion
    question.risk = f"{labels(chosen.in_the_way)} may have been sent to {chosen.view.name} as well"
    taken = replace(chosen, verdict=at_risk(question.unit, question.asked.request, chosen))
    return Conclusion([taken if c is chosen else c for c in conclusion.candidates], (chosen.view.id,))


def _closing(candidates: Iterable[Candidate]) -> list[str]:
    """The VMs whose claims alone keep hosts from fitting."""
    closed = [candidate for candidate in candidates if candidate.verdict.code is RefusalCode.CLAIMED]
    return list(dict.fromkeys(claim.start.vm_id for c in closed for claim in c.in_flight.claims))
