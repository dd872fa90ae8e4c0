"""What is left of a decision: for the log, the page, and whoever asks why."""

import logging
from dataclasses import dataclass

from scheduler_plugins.allocator.request import Request
from scheduler_plugins.units.verdict import Verdict, summary

log = logging.getLogger("scheduler")


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
    """One for every host asked about, in the order asked: whether it could hold the VM."""
    at: float
    """Seconds since the epoch."""
    duration_s: float
    note: str = ""
    """Why the request may be out of date, who was not considered, who did not answer; mostly empty."""
    weights: tuple[Weights, ...] = ()
    """What the weight units said to the hosts that were left."""
    answered: tuple[str, ...] | None = None
    """The hosts answered, where that is not every host that fits: see `answer.py`."""
    risk: str = ""
    """Why the host answered may turn out to be taken; empty where nothing speaks for that."""
    asked_again: tuple[str, ...] = ()
    """Hosts whose inventory was fetched anew for this decision."""
    stale: str = ""
    """Why the request is not what the engine says now, with its age; empty where it is."""
    waited: int = 0
    """How often the engine was asked again about earlier decisions that stood in the way."""

    @property
    def fitting(self) -> tuple[str, ...]:
        """The hosts answered, in the order asked."""
        if self.answered is not None:
            return self.answered
        return tuple(verdict.host_id for verdict in self.verdicts if verdict.fits)

    @property
    def summary(self) -> str:
        """One line: how many hosts fit, else why they refuse."""
        return summary(self.verdicts)

    def age_s(self, verdict: Verdict) -> float | None:
        """How old the inventory was, in seconds, that the verdict rests on; None where it rests on none."""
        return None if verdict.seen_at is None else max(0.0, self.at - verdict.seen_at)

    @property
    def best(self) -> str | None:
        """Of the hosts answered the one with the least sum of weights, the first of several; None without."""
        first, *others = [unit.scores for unit in self.weights] or [()]
        sums = dict(first)
        for scores in others:
            for host_id, weight in scores:
                sums[host_id] = sums.get(host_id, 0) + weight
        return min(filter(sums.__contains__, self.fitting), key=sums.__getitem__, default=None)

    def weights_of(self, host_id: str) -> dict[str, int]:
        """The host's weight by unit; empty where none weighed it."""
        return {w.unit: score for w in self.weights for host, score in w.scores if host == host_id}


def log_funnel(decision: Decision) -> None:
    """The funnel for everyone, each rejection for who looks closer."""
    log.info(
        "Filter unit=%s vm=%s name=%r request=%s start=%d end=%d ms=%.1f note=%r risk=%r",
        decision.unit,
        decision.vm_id,
        decision.vm_name,
        ",".join(decision.request.types) or "-",
        len(decision.verdicts),
        len(decision.fitting),
        decision.duration_s * 1000,
        decision.note,
        decision.risk,
    )
    for verdict in decision.verdicts if log.isEnabledFor(logging.DEBUG) else ():
        if not verdict.fits:
            log.debug(
                "Rejected vm=%s host=%s code=%s reason=%r", decision.vm_id, verdict.host_id, verdict.code, verdict.text
            )
