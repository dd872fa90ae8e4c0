"""A list of hosts as the engine asks about them, which is mostly the list of the last decision.

Most hosts are what they were a moment ago, and most of them have the same in flight: nothing, or an answer
that went out for all of them. So what is made of the whole list is kept with it, and as long as nothing that
it hangs on was replaced, no host is so much as looked at.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from threading import RLock
from typing import NamedTuple, Protocol

from mdev_inventory.engine.model import Host
from mdev_inventory.observation import HostFailure, Observation
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.claims.model import Start, Unresolved
from scheduler_plugins.claims.outstanding import living
from scheduler_plugins.decisions.lookup import uuid_of
from scheduler_plugins.decisions.margins import Standing
from scheduler_plugins.decisions.states import Order

STEPS_KEPT = 64
"""So many changes of a list are remembered."""
LISTS_KEPT = 16
"""So many different lists are remembered at once: a cluster's hosts, and what filters left of them."""

Question = tuple[str, Request]
"""A filter's name, and what is asked for."""
Signature = tuple[tuple[Start, bool] | Start, ...]
"""What is in flight to a host, as far as it counts: starts; of firm ones, whether the engine shows them."""


@lru_cache(maxsize=LISTS_KEPT)
def ids_of(host_ids: tuple[str, ...]) -> Mapping[str, str]:
    """Each host's id as we know it, and as it was asked; raises MalformedIdError."""
    return {uuid_of("host", host_id): host_id for host_id in host_ids}


class Crowd(NamedTuple):
    """How the hosts of a list stand to one question with the same expected everywhere."""

    at: float
    """When it was begun: ages are of then."""
    views: list[HostView]
    standings: Sequence[Standing | None]
    """None for a host that showed some of what was expected then."""
    whole: bool
    """Whether each of them holds for whoever else is expected, too."""


class Single(NamedTuple):
    """How one host stood with just this in flight."""

    at: float
    view: HostView
    signature: Signature
    standing: Standing


class Step(NamedTuple):
    """How a list's views became others."""

    before: Sequence[HostView]
    now: Sequence[HostView]
    places: Sequence[int]
    """Where they differ."""


class Inventories(Protocol):
    """The current state of hosts; safe for threads."""

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The engine's hosts, by id."""

    def observation(self, host_id: str) -> Observation | None:
        """What the host was last seen to have."""

    def failure(self, host_id: str) -> HostFailure | None:
        """Why it could not be observed the last time."""

    @property
    def number(self) -> int:
        """How many changes there have been."""

    def changed(self, since: int) -> tuple[int, frozenset[str] | None]:
        """The number of changes so far, and the hosts that those after `since` concern; None for any."""


class Listed:
    """Hosts in the order asked."""

    def __init__(self, host_ids: Mapping[str, str]) -> None:
        """Our id of each host, and the id as it was asked."""
        self.host_ids = host_ids
        self.as_asked = tuple(host_ids.values())
        self.lock = RLock()
        """Held while the list is brought up to date; never while a host is judged."""
        self.place = {ours: number for number, ours in enumerate(host_ids)}
        self.views: list[HostView] = []
        """Another list whenever one of them is another."""
        self.crowds: dict[tuple[Question, Order], Crowd] = {}
        self.singles: dict[Question, dict[str, Single]] = {}
        self._ids = list(host_ids)
        self.number = -1
        """Of the last change to the inventories that the views show."""
        self._hosts: list[Host | None] = []
        self._steps: deque[Step] = deque(maxlen=STEPS_KEPT)
        self._shown: list[HostView] = []
        self._showing: dict[str, set[int]] = {}

    def update(self, inventories: Inventories) -> None:
        """The hosts as they are now; what did not change stays the same object."""
        number, changed = inventories.changed(self.number)
        if number == self.number:
            return
        ids = self._ids
        places = range(len(ids)) if changed is None or not self.views else self._places(changed)
        listed = inventories.hosts
        before: Sequence[HostView | None] = self.views or [None] * len(ids)
        known: Sequence[Host | None] = self._hosts or [None] * len(ids)
        views, hosts, moved = list(before), list(known), list[int]()
        for place in places:
            ours = ids[place]
            host, was, view = listed.get(ours), known[place], before[place]
            now, why = inventories.observation(ours), inventories.failure(ours)
            if view is None or view.observation is not now or view.failure is not why or host is not was:
                views[place], hosts[place] = _view(host, ours, self.host_ids[ours], now, why), host
                moved.append(place)
        if moved:
            whole = [view for view in views if view is not None]  # which all are by now
            self._steps.append(Step(self.views, whole, moved))
            self.views, self._hosts = whole, hosts
        self.number = number

    def _places(self, host_ids: Iterable[str]) -> list[int]:
        return [self.place[host_id] for host_id in host_ids if host_id in self.place]

    def moved(self, before: Sequence[HostView], now: Sequence[HostView]) -> set[int] | None:
        """The places at which these views of the list differ; None where that is long ago."""
        places = set[int]()
        for step in reversed(list(self._steps)):
            if step.now is now:
                places.update(step.places)
                now = step.before
                if now is before:
                    return places
        return None

    def showing(self, views: Sequence[HostView], entries: Iterable[Unresolved]) -> set[int]:
        """The places of those of these views that show an instance of one of the entries, or might."""
        found = set[int]()
        with self.lock:
            if len(self._shown) != len(views) or not all(map(_is, views, self._shown)):
                self._look(views)
            for entry in entries:
                for name in (entry.start.vm_id, *entry.start.uuids):
                    found |= self._showing.get(name, set())
        return found

    def _look(self, views: Sequence[HostView]) -> None:
        """Take in which instances, and whose, the hosts show; those that show what they did are skipped."""
        before: Sequence[HostView | None] = self._shown or [None] * len(views)
        for place, (view, was) in enumerate(zip(views, before, strict=True)):
            if view is not was:
                for name in _names(was):
                    self._showing[name].discard(place)
                    if not self._showing[name]:
                        del self._showing[name]
                for name in _names(view):
                    self._showing.setdefault(name, set()).add(place)
        self._shown = list(views)


def _names(view: HostView | None) -> frozenset[str]:
    """The instances on a host, and the VMs that its VDSM says have them."""
    seen = view.observation if view else None
    if seen is None:
        return frozenset()
    return frozenset(living(seen.inventory)).union((seen.owners or {}).values())


def _is(one: object, other: object) -> bool:
    return one is other


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
