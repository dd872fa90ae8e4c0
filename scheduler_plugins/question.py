"""A question on its way to its decision: who asks for what, of which hosts, and what was tried for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from mdev_inventory.engine.model import Host
from mdev_inventory.observation import HostFailure, Observation
from scheduler_plugins.claims import Taken
from scheduler_plugins.ledger import Ledger
from scheduler_plugins.lookup import Asked, KnownVms
from scheduler_plugins.margins import Look, Standing, stand
from scheduler_plugins.placement import HostView
from scheduler_plugins.states import States
from scheduler_plugins.units import Filter


class Inventories(KnownVms, Protocol):
    """The current state of hosts and VMs; safe for threads."""

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The engine's hosts, by id."""

    def observation(self, host_id: str) -> Observation | None:
        """What the host was last seen to have."""

    def failure(self, host_id: str) -> HostFailure | None:
        """Why it could not be observed the last time."""


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

    def taken(self, ledger: Ledger, host_id: str) -> Taken:
        """What is in flight to the host, but for what this question's answer will replace."""
        return taken(ledger, self.asked, host_id)


class Settled(NamedTuple):
    """The end of a question: how each host stands, and which are answered."""

    standings: list[Standing]
    answer: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts as a decision sees them."""

    inventories: Inventories
    states: States = field(default_factory=States)

    def views(self, host_ids: Mapping[str, str]) -> list[HostView]:
        """What a decision knows of each host by its inventory alone."""
        listed = self.inventories.hosts
        return [self._view(listed.get(ours), ours, as_asked) for ours, as_asked in host_ids.items()]

    def standings(
        self, question: Question, ledger: Ledger, now: float, before: Sequence[Standing] = ()
    ) -> list[Standing]:
        """How each host stands; what did not change since `before` is not worked out again."""
        look = Look(question.unit, question.asked.request, self.states, now)
        known = {standing.host_id: standing for standing in before}
        standings = []
        for view in self.views(question.host_ids):
            in_flight = question.taken(ledger, view.id.lower())
            standing = known.get(view.id.lower())
            if standing is None or standing.view != view or standing.taken != in_flight:
                standing = stand(look, view, in_flight)
            standings.append(standing)
        return standings

    def _view(self, host: Host | None, host_id: str, as_asked: str) -> HostView:
        return HostView(
            id=as_asked,
            name=host.name if host else host_id,
            separate=host.separate if host else False,
            observation=self.inventories.observation(host_id),
            failure=self.inventories.failure(host_id),
        )


def taken(ledger: Ledger, asked: Asked, host_id: str) -> Taken:
    """What is in flight to the host, but for what a decision on this VM will replace."""
    return ledger.on(host_id, asked.vm_id, asked.home is not None)


def candidates_in(hosts: Iterable[Host], cluster_id: str | None) -> tuple[list[Host], list[Host]]:
    """The cluster's hosts by name, those that are up and the others; all hosts where it is not known."""
    own = [host for host in hosts if cluster_id is None or host.cluster_id == cluster_id]
    own.sort(key=lambda host: host.name)
    return [host for host in own if host.status == "up"], [host for host in own if host.status != "up"]
