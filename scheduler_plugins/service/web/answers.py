"""The shapes of the API's answers, apart from the objects behind them: nothing here changes by accident.

Here is what is told of decisions, starts in flight and the service; `host_answers.py` has hosts and types.
"""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from scheduler_plugins.claims.model import Claim, PendingDecision
from scheduler_plugins.decisions.decision import Decision
from scheduler_plugins.units.verdict import Verdict


class Answer(BaseModel):
    """One shape; made from any object that has its members."""

    model_config = ConfigDict(from_attributes=True)


class ErrorBody(Answer):
    """Why there is no answer: the code is stable, the text is for people."""

    code: str
    text: str


class ErrorAnswer(Answer):
    """What every answer with a status of 400 and above holds."""

    error: ErrorBody


class SlotAnswer(Answer):
    """Where one requested instance would land."""

    parent: str
    type: str


class VerdictAnswer(Answer):
    """Whether the VM would start on this host, and why not; `weights` are by unit, 0 the best."""

    host_id: str
    host_name: str
    fits: bool
    code: str | None
    text: str
    age_s: float | None
    source: str | None
    placement: list[SlotAnswer]
    weights: dict[str, int]

    @classmethod
    def of(cls, verdict: Verdict, decision: Decision) -> "VerdictAnswer":
        """The answer's form of it."""
        slots = verdict.placement.slots if verdict.placement else ()
        age_s = decision.age_s(verdict)
        return cls(
            host_id=verdict.host_id,
            host_name=verdict.host_name,
            fits=verdict.fits,
            code=verdict.code,
            text=verdict.text,
            age_s=None if age_s is None else round(age_s, 3),
            source=verdict.source,
            placement=[SlotAnswer.model_validate(slot) for slot in slots],
            weights=decision.weights_of(verdict.host_id),
        )


class DecisionAnswer(Answer):
    """One decision: the verdicts in the order asked."""

    vm_id: str
    vm_name: str | None
    request: list[str]
    fits: bool
    summary: str
    note: str
    at: float
    duration_ms: float
    verdicts: list[VerdictAnswer]

    @classmethod
    def of(cls, decision: Decision) -> "DecisionAnswer":
        """The answer's form of it."""
        return cls(
            vm_id=decision.vm_id,
            vm_name=decision.vm_name or None,
            request=list(decision.request.types),
            fits=bool(decision.fitting),
            summary=decision.summary,
            note=decision.note,
            at=decision.at,
            duration_ms=round(decision.duration_s * 1000, 3),
            verdicts=[VerdictAnswer.of(v, decision) for v in decision.verdicts],
        )


class ClaimAnswer(Answer):
    """A start in flight: what no inventory shows yet. Not `firm`, it may go to any of several hosts."""

    vm_id: str
    vm_name: str | None
    types: list[str]
    firm: bool
    host_ids: list[str]
    host_names: list[str]
    age_s: float

    @classmethod
    def of(cls, claim: Claim | PendingDecision, names: Mapping[str, str], now: float) -> "ClaimAnswer":
        """The answer's form of it; `names` are the hosts' by their ids."""
        firm = isinstance(claim, Claim)
        hosts, since = ([claim.host_id], claim.since) if isinstance(claim, Claim) else ([*claim.hosts], claim.at)
        return cls(
            vm_id=claim.start.vm_id,
            vm_name=claim.start.vm_name or None,
            types=list(claim.start.types),
            firm=firm,
            host_ids=hosts,
            host_names=[names.get(host, host) for host in hosts],
            age_s=round(max(0.0, now - since), 3),
        )


class HealthAnswer(Answer):
    """`ok`, or `degraded` with what does not work."""

    status: str
    reasons: list[str]
    version: str


class Claims(Answer):
    """All starts in flight."""

    items: list[ClaimAnswer]
