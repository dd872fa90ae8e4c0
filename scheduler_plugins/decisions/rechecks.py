"""Which hosts are worth asking again before a VM is refused.

A host that lacked instances, or the type, when it was last asked may have them by now. The likelier first:
those that have the type and whose instances are many and were seen long ago, then those never seen; hosts
that did not answer the last time come last among their like, hosts without the type at the very end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from mdev_inventory.observation import Observation
from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.decisions.candidates import Candidate

_CLASSES = {
    RefusalCode.NO_FREE_INSTANCE: 0,
    RefusalCode.HELD_BY_OTHER_TYPE: 0,
    RefusalCode.CLAIMED: 0,
    RefusalCode.NO_INVENTORY: 1,
    RefusalCode.NO_SUCH_TYPE: 2,
}
"""Refusals that a fresh inventory may undo, the most promising first."""


def worth_asking(candidates: Iterable[Candidate], since: float, at_most: int) -> tuple[str, ...]:
    """The hosts to ask again, best first; one asked after `since` has nothing new to tell."""
    stale = [s for s in candidates if not s.able and s.verdict.code in _CLASSES and not _fresh(s, since)]
    stale.sort(key=lambda candidate: _hope(candidate, since))
    return tuple(candidate.host_id for candidate in stale[:at_most])


def unanswered(candidates: Sequence[Candidate], silent: Sequence[str], deadline_s: float) -> Sequence[Candidate]:
    """The candidates, with the word of those hosts that were asked again and did not answer."""
    if not silent:
        return candidates
    return [_silent(s, deadline_s) if s.host_id in silent else s for s in candidates]


def _fresh(candidate: Candidate, since: float) -> bool:
    seen = candidate.view.observation
    return seen is not None and seen.requested_at >= since


def _hope(candidate: Candidate, now: float) -> tuple[int, bool, float]:
    seen, code = candidate.view.observation, candidate.verdict.code
    promise = seen.age(now) * (1 + _living(seen)) if seen else 0.0
    return _CLASSES[code] if code else 0, candidate.view.failure is not None, -promise


def _living(seen: Observation) -> int:
    return sum(len(t.instances or ()) for parent in seen.inventory.parents for t in parent.types or ())


def _silent(candidate: Candidate, deadline_s: float) -> Candidate:
    verdict = candidate.verdict
    if verdict.fits:
        return candidate
    text = f"{verdict.text}; asked again, it gave no answer within {deadline_s:.4g} s"
    return replace(candidate, verdict=replace(verdict, text=text))
