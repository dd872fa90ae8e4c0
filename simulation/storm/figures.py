"""What came of a storm, counted from the engine's records, the hosts' and the judge's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from simulation.engine import mdevice
from simulation.engine.state import Attempt, Decision, Ending, Run, Vm
from simulation.storm.course import Course, PacedHost
from simulation.storm.judge import Judge, Question

NO_DEVICE, SLOT_TAKEN = "vgpu: No device with type", "vgpu: Failed to create mdev"


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds, or counts: the middle and the worst of so many."""

    count: int
    median: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """All 0 where there is none."""
        every = sorted(values)
        return cls(len(every), round(median(every), 3), round(every[-1], 3)) if every else cls(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Figures:
    """One storm's. What is wanted to be 0 comes first."""

    cannot_hold: int
    """Starts sent to a host that could not hold them, but for decisions at risk and unanswered ones."""
    refused_wrongly: int
    """Decisions that left no host although one that was asked about could hold the VM."""
    claims_left: int
    """Afterwards."""
    faults: int
    """Answers without a decision: the unit failed."""
    starts: int
    """With every new try of a VM that did not start."""
    decisions: int
    """Questions that the service answered."""
    unanswered: int
    """Questions that found no service: the engine then takes any host."""
    up: int
    instances: int
    """Alive at the end, of ..."""
    capacity: int
    failed_for_want: int
    """Attempts that ended for want of an instance, whoever is to blame."""
    lost_races: int
    """... because two starts on one host had chosen one slot: VDSM's missing lock."""
    failed_otherwise: int
    gave_up: int
    """Starts that ended for want of an instance, the engine having tried enough hosts."""
    at_risk: int
    """Decisions taken although an unresolved one might be in the way."""
    at_risk_wrong: int
    """Those of them whose host could not hold the VM."""
    hidden_by_engine: int
    """Starts that the engine's own filter ended before we were asked, ..."""
    hidden_wrongly: int
    """... although a host could hold the VM, of those that it refused at once."""
    freed_to_start: Spread
    """Seconds from a stopped VM's device being gone to a start on that host."""
    shown_to_device: Spread
    """Seconds from the host's being shown to the VM's first device."""
    decision_s: Spread
    engine_requests: Spread
    """Per decision that did not wait for an unresolved one."""
    waited: int
    """Decisions that did."""
    hosts_asked: Spread
    """Again, per decision that asked any."""


def total(several: Sequence[Figures]) -> Figures:
    """Of several storms: sums, and of spreads the middle of the middles and the worst."""
    merged: dict[str, Any] = {}
    for name in Figures.__dataclass_fields__:
        values = [getattr(one, name) for one in several]
        merged[name] = _merged(values) if isinstance(values[0], Spread) else sum(values)
    return Figures(**merged)


def _merged(spreads: Sequence[Spread]) -> Spread:
    known = [spread for spread in spreads if spread.count] or list(spreads)
    middle = round(median(spread.median for spread in known), 3)
    return Spread(sum(s.count for s in known), middle, max(s.most for s in known))


def figures(course: Course, judge: Judge, hosts: Mapping[str, PacedHost], claims_left: int, capacity: int) -> Figures:
    """Counts them; alone with the engine."""
    runs = [run for vm in course.vms for run in vm.runs]
    attempts = [attempt for run in runs for attempt in run.attempts]
    answered = [question for question in judge.questions if question.answer is not None]
    sent = list(_sent(course.vms, judge.questions))
    wrong = [
        (attempt, question)
        for attempt, question in sent
        if question.answer is not None and attempt.host_id not in question.able_then
    ]
    return Figures(
        cannot_hold=sum(not question.at_risk for _, question in wrong),
        refused_wrongly=sum(question.refused and bool(question.able) for question in answered),
        claims_left=claims_left,
        faults=sum(question.faulty for question in answered),
        starts=len(runs),
        decisions=len(answered),
        unanswered=len(judge.questions) - len(answered),
        up=sum(vm.status == "up" for vm in course.vms),
        instances=sum(len(host.bus.instances()) for host in hosts.values()),
        capacity=capacity,
        failed_for_want=sum(attempt.reason.startswith((NO_DEVICE, SLOT_TAKEN)) for attempt in attempts),
        lost_races=sum(attempt.reason.startswith(SLOT_TAKEN) for attempt in attempts),
        failed_otherwise=sum(_failed(attempt) and not attempt.reason.startswith("vgpu:") for attempt in attempts),
        gave_up=sum(_gave_up(run) for run in runs),
        at_risk=sum(question.at_risk for question in answered),
        at_risk_wrong=sum(question.at_risk for _, question in wrong),
        hidden_by_engine=len(course.hidden) + sum(_is_hidden(d) for run in runs for d in run.decisions),
        hidden_wrongly=sum(course.hidden),
        freed_to_start=Spread.of(_freed_to_start(course, hosts, attempts)),
        shown_to_device=Spread.of(_shown_to_device(course.vms, hosts)),
        decision_s=Spread.of(question.took_s for question in answered),
        engine_requests=Spread.of(question.engine_requests for question in answered if not question.waited),
        waited=sum(question.waited for question in answered),
        hosts_asked=Spread.of(question.hosts_asked for question in answered if question.hosts_asked),
    )


def _failed(attempt: Attempt) -> bool:
    return attempt.ending in (Ending.FAILED, Ending.CREATE_FAILED)


def _is_hidden(decision: Decision) -> bool:
    """The engine's own filter left no host to ask us about."""
    last = decision.rounds[-1]
    return bool(last.candidates) and set(last.candidates) == set(last.removed.get(mdevice.NAME, ()))


def _gave_up(run: Run) -> bool:
    """Reruns have come to their end, or no other host was left, and the last one failed for a device."""
    last = run.attempts[-1] if run.attempts else None
    return run.ending is not Ending.UP and last is not None and last.reason.startswith("vgpu:")


def _sent(vms: Iterable[Vm], questions: Sequence[Question]) -> Iterator[tuple[Attempt, Question]]:
    """Every attempt with the question that chose its host."""
    by_vm: dict[str, list[Question]] = {}
    for question in questions:
        by_vm.setdefault(question.vm_id, []).append(question)
    for vm in vms:
        for run in vm.runs:
            for attempt in run.attempts:
                before = [question for question in by_vm.get(vm.id, ()) if question.answered_at <= attempt.decided_at]
                if before:
                    yield attempt, before[-1]


def _freed_to_start(course: Course, hosts: Mapping[str, PacedHost], attempts: list[Attempt]) -> Iterator[float]:
    decided: dict[str, list[float]] = {}
    for attempt in attempts:
        decided.setdefault(attempt.host_id, []).append(attempt.decided_at)
    for vm in course.stopped:
        for host_id, host in hosts.items():
            moments = [host.gone[uuid] for uuid, _ in vm.instances if uuid in host.gone]
            after = [at - max(moments) for at in decided.get(host_id, ()) if moments and at >= max(moments)]
            if after:
                yield min(after)


def _shown_to_device(vms: Iterable[Vm], hosts: Mapping[str, PacedHost]) -> Iterator[float]:
    for vm in vms:
        attempt = vm.run.attempts[-1] if vm.run and vm.run.attempts else None
        if attempt is None or attempt.created_at is None or not vm.instances:
            continue
        at = hosts[attempt.host_id].appeared.get(vm.instances[0][0])
        if at is not None and at >= attempt.created_at:
            yield at - attempt.created_at
