"""What became of every promise: each answer that left a host is one, until its VM starts, ends, or is decided on anew.

A promise may be kept or end without anybody's fault; the service may have said that it is at risk. What no filter
can prevent is counted apart: two starts that met on one slot of a host, and starts that nobody was asked about, while
the service was down. Everything else is broken, and there must be none of it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from simulation.engine.state import Attempt, Vm
from simulation.storm.figures import NO_DEVICE, SLOT_TAKEN
from simulation.storm.judge import Question


class Outcome(StrEnum):
    """Of one promise."""

    KEPT = "kept"
    """The VM got its instances on a host of the answer."""
    ENDED = "ended"
    """It was not started on it: decided on anew, stopped, or failed for other reasons."""
    AT_RISK = "at risk"
    """It found no instance, and the service had said that this may be."""
    RACED = "raced"
    """Another start had chosen the same slot of the host: VDSM chooses and creates without a lock."""
    BESIDE = "beside"
    """A start at risk, or one that the service was not asked about, took its place."""
    BROKEN = "broken"
    """It found no instance, or the host could not hold it when we answered, for no other reason than the service's."""


class Promise(NamedTuple):
    """An answer, and the start that followed it."""

    question: Question
    attempt: Attempt | None


def outcomes(vms: Iterable[Vm], questions: Sequence[Question]) -> Counter[Outcome]:
    """How many promises ended how."""
    every = list(promises(vms, questions))
    uncertain = [attempt for question, attempt in every if attempt and not is_sure(question)]
    return Counter(outcome(each, uncertain) for each in every if each.question.answer)


def promises(vms: Iterable[Vm], questions: Sequence[Question]) -> Iterator[Promise]:
    """Every question, with the start that followed it before the next question about that VM."""
    by_vm: dict[str, list[Question]] = {}
    for question in questions:
        by_vm.setdefault(question.vm_id, []).append(question)
    for vm in vms:
        attempts = [attempt for run in vm.runs for attempt in run.attempts]
        asked = sorted(by_vm.get(vm.id, ()), key=lambda question: question.answered_at)
        ends = [*(question.answered_at for question in asked[1:]), float("inf")]
        for question, end in zip(asked, ends, strict=True):
            after = [attempt for attempt in attempts if question.answered_at <= attempt.decided_at < end]
            yield Promise(question, after[0] if after else None)


def is_sure(question: Question) -> bool:
    """Whether the service answered, and said nothing of a risk."""
    return question.answer is not None and not question.at_risk


def outcome(promise: Promise, uncertain: Iterable[Attempt]) -> Outcome:
    """What became of it; `uncertain` are the starts that no sure answer of ours sent to their hosts."""
    question, attempt = promise
    if attempt is None or not (question.answer and attempt.host_id in question.answer):
        return Outcome.ENDED
    there = [one for one in uncertain if one.host_id == attempt.host_id and one is not attempt]
    unseen = any(one.decided_at <= question.answered_at for one in there)
    if attempt.host_id not in question.able_then and not (question.at_risk or unseen):
        return Outcome.BROKEN
    if attempt.reason.startswith(SLOT_TAKEN):
        return Outcome.RACED
    if not attempt.reason.startswith(NO_DEVICE):
        return Outcome.KEPT if not attempt.reason and attempt.created_at is not None else Outcome.ENDED
    if question.at_risk:
        return Outcome.AT_RISK
    return Outcome.BESIDE if there else Outcome.BROKEN
