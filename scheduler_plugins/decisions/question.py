"""A question on its way to its decision: who asks for what, of which hosts, and what was tried for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from scheduler_plugins.claims.life import Claims
from scheduler_plugins.decisions.candidates import Candidate, candidate
from scheduler_plugins.decisions.lookup import Asked, uuid_of
from scheduler_plugins.decisions.views import Views
from scheduler_plugins.units.registry import Filter

LISTS_KEPT = 16
"""So many lists of hosts are remembered: a cluster's hosts, and what filters left of them."""


@dataclass(slots=True)
class Question:
    """One question of the engine's to a filter."""

    unit: Filter
    asked: Asked
    host_ids: Mapping[str, str]
    """Our id and the id as it was asked, in the order asked."""
    began: float
    """By the service's clock."""
    asked_again: tuple[str, ...] | None = None
    """None while no host was asked again."""
    silent: tuple[str, ...] = ()
    """Those of them that did not answer."""
    looked_again: bool = False
    """The engine was asked once more about the claims that close hosts."""
    waited: int = 0
    """How often the engine was asked again."""
    risk: str = ""

    def candidates(self, views: Views, claims: Claims) -> Sequence[Candidate]:
        """How each host stands to the request now."""
        unit, request = self.unit, self.asked.request
        in_flight = claims.by_host(self.asked.vm_id, running=self.asked.home is not None)
        seen = zip(self.host_ids, views.of(self.host_ids), strict=True)
        return [candidate(unit, request, view, in_flight.at(ours)) for ours, view in seen]


class Conclusion(NamedTuple):
    """The end of a question: how each host stands, and which are answered."""

    candidates: Sequence[Candidate]
    answer: tuple[str, ...]


@lru_cache(maxsize=LISTS_KEPT)
def ids_of(host_ids: tuple[str, ...]) -> Mapping[str, str]:
    """Each host's id as we know it, and as it was asked; raises MalformedIdError."""
    return {uuid_of("host", host_id): host_id for host_id in host_ids}
