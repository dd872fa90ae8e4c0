"""What is in flight to each host, but for the entries of the VM that is decided on."""

from collections.abc import Iterable

from scheduler_plugins.claims.model import NOTHING, Claim, InFlight, PendingDecision


class ByHost:
    """Claims and pending decisions by host; hosts to which the same is in flight share one object."""

    def __init__(self, claims: Iterable[Claim], pending: Iterable[PendingDecision]) -> None:
        """Both in the order of the decisions."""
        self._claims: dict[str, tuple[Claim, ...]] = {}
        for claim in claims:
            self._claims[claim.host_id] = (*self._claims.get(claim.host_id, ()), claim)
        self._pending = tuple(pending)
        answers = dict.fromkeys(decision.hosts for decision in self._pending)
        self._answers = {hosts: number for number, hosts in enumerate(answers)}
        self._members = [frozenset(hosts) for hosts in answers]
        self._shared: dict[tuple[bool, ...], InFlight] = {(False,) * len(self._members): NOTHING}

    def at(self, host_id: str) -> InFlight:
        """What is in flight to that host."""
        claims = self._claims.get(host_id)
        if not claims and not self._members:
            return NOTHING
        named = tuple([host_id in hosts for hosts in self._members])
        shared = self._shared.get(named)
        if shared is None:
            pending = [d for d in self._pending if named[self._answers[d.hosts]]]
            shared = self._shared[named] = InFlight((), tuple(pending))
        return InFlight(claims, shared.pending) if claims else shared
