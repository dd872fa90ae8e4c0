"""A question on its way to its decision: who asks for what, of which hosts, and what was tried for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from mdev_inventory.engine.model import Host
from mdev_inventory.observation import HostFailure, Observation
from scheduler_plugins.claims import NOTHING, Taken
from scheduler_plugins.ledger import Ledger
from scheduler_plugins.lookup import Asked, KnownVms
from scheduler_plugins.margins import Look, Standing, stand
from scheduler_plugins.placement import HostView
from scheduler_plugins.request import Request
from scheduler_plugins.states import AGES_HOLD_S, States
from scheduler_plugins.units import Filter

REQUESTS_KEPT = 16
"""So many different requests are remembered at once."""


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


class Settled(NamedTuple):
    """The end of a question: how each host stands, and which are answered."""

    standings: list[Standing]
    answer: tuple[str, ...]


@dataclass(slots=True)
class _Idle:
    """How hosts with nothing in flight to them stand to one request, as long as their ages are right."""

    at: float
    standings: dict[str, Standing] = field(default_factory=dict)


class Hosts:
    """The hosts as a decision sees them; safe for threads, because whatever it forgets is worked out again.

    Most hosts are what they were at the last decision. They are known by the very objects that it was made
    from: a thousand comparisons of identity take less than one host takes to be judged.
    """

    def __init__(self, inventories: Inventories) -> None:
        """Nothing is known yet."""
        self.inventories = inventories
        self.states = States()
        self._views: dict[str, tuple[Host | None, HostView]] = {}
        self._idle: dict[tuple[str, Request], _Idle] = {}

    def views(self, host_ids: Mapping[str, str]) -> list[HostView]:
        """What a decision knows of each host by its inventory alone."""
        listed, views = self.inventories.hosts, list[HostView]()
        observation, failure = self.inventories.observation, self.inventories.failure
        if len(self._views) > 2 * max(len(listed), len(host_ids)):
            self._views = {}
        for ours, as_asked in host_ids.items():
            host, seen, failed = listed.get(ours), observation(ours), failure(ours)
            before, view = self._views.get(as_asked, _UNKNOWN)
            if (
                view.observation is not seen
                or before is not host
                or view.failure is not failed
                or not view.id
            ):
                view = _view(host, ours, as_asked, seen, failed)
                self._views[as_asked] = host, view
            views.append(view)
        return views

    def standings(
        self, question: Question, ledger: Ledger, now: float, before: Sequence[Standing] = ()
    ) -> list[Standing]:
        """How each host stands; what did not change since `before` is not worked out again."""
        look = Look(question.unit, question.asked.request, self.states, now)
        asked, idle = question.asked, self._idle_of(look)
        busy = ledger.beside(asked.vm_id, asked.home is not None)
        known = {standing.host_id: standing for standing in before if standing.taken}
        standings = []
        for ours, view in zip(question.host_ids, self.views(question.host_ids), strict=True):
            in_flight = busy.get(ours)
            standing = known.get(ours) if in_flight else idle.get(ours)
            if standing is None or standing.view is not view or (in_flight and standing.taken != in_flight):
                standing = stand(look, view, in_flight or NOTHING)
                if in_flight is None:
                    idle[ours] = standing
            standings.append(standing)
        return standings

    def _idle_of(self, look: Look) -> dict[str, Standing]:
        """What is known of idle hosts and that request; nothing once the ages told would be wrong."""
        key = look.unit.name, look.request
        idle = self._idle.get(key)
        if idle is None or not 0 <= look.now - idle.at < AGES_HOLD_S:
            idle = _Idle(look.now)
            self._idle.pop(key, None)
            self._idle[key] = idle
            for oldest in list(self._idle)[:-REQUESTS_KEPT]:
                self._idle.pop(oldest, None)
        return idle.standings


_UNKNOWN: tuple[Host | None, HostView] = (None, HostView("", "", False, None))


def _view(
    host: Host | None, host_id: str, as_asked: str, seen: Observation | None, failed: HostFailure | None
) -> HostView:
    return HostView(
        id=as_asked,
        name=host.name if host else host_id,
        separate=host.separate if host else False,
        observation=seen,
        failure=failed,
    )


def taken(ledger: Ledger, asked: Asked, host_id: str) -> Taken:
    """What is in flight to the host, but for what a decision on this VM will replace."""
    return ledger.on(host_id, asked.vm_id, asked.home is not None)


def candidates_in(hosts: Iterable[Host], cluster_id: str | None) -> tuple[list[Host], list[Host]]:
    """The cluster's hosts by name, those that are up and the others; all hosts where it is not known."""
    own = [host for host in hosts if cluster_id is None or host.cluster_id == cluster_id]
    own.sort(key=lambda host: host.name)
    return [host for host in own if host.status == "up"], [host for host in own if host.status != "up"]
