"""A question on its way to its decision: who asks for what, of which hosts, and what was tried for it."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar, cast

from mdev_inventory.engine.model import Host
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.claims.ledger import Ledger
from scheduler_plugins.claims.model import NOTHING, Taken
from scheduler_plugins.decisions.listed import LISTS_KEPT, Crowd, Listed, Signature, Single
from scheduler_plugins.decisions.listed import Inventories as HostInventories
from scheduler_plugins.decisions.lookup import Asked, KnownVms
from scheduler_plugins.decisions.margins import Look, Standing, stand
from scheduler_plugins.decisions.states import AGES_HOLD_S, States, order_of
from scheduler_plugins.units.registry import Filter

K = TypeVar("K")
V = TypeVar("V")

REQUESTS_KEPT = 16
"""So many different requests are remembered at once."""


class Inventories(KnownVms, HostInventories, Protocol):
    """The current state of hosts and VMs; safe for threads."""


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
    last: "Looked | None" = None
    """How the hosts stood when it was last looked."""


class Looked(NamedTuple):
    """How the hosts of a question stood when it was last looked, and what that hangs on."""

    ledger: Ledger
    views: Sequence[HostView]
    standings: Sequence[Standing]


class Settled(NamedTuple):
    """The end of a question: how each host stands, and which are answered."""

    standings: Sequence[Standing]
    answer: tuple[str, ...]


class Hosts:
    """The hosts as a decision sees them; safe for threads."""

    def __init__(self, inventories: Inventories) -> None:
        """Nothing is known yet."""
        self.inventories = inventories
        self.states = States()
        self._lists: dict[tuple[str, ...], Listed] = {}

    def views(self, host_ids: Mapping[str, str]) -> list[HostView]:
        """What is known of each host by its inventory alone; the same list until something changes."""
        return self._views(self._list(host_ids))

    def standings(self, question: Question, ledger: Ledger, now: float) -> Sequence[Standing]:
        """How each host stands; what did not change since it was looked at last is not worked out again."""
        listed = self._list(question.host_ids)
        views, last = self._views(listed), question.last
        if last is not None and last.ledger is ledger and last.views is views:
            return last.standings
        look = Look(question.unit, question.asked.request, self.states, now)
        busy = ledger.beside(question.asked.vm_id, question.asked.home is not None)
        standings = self._standings(listed, views, look, busy)
        question.last = Looked(ledger, views, standings)
        return standings

    def _standings(
        self, listed: Listed, views: list[HostView], look: Look, busy: Mapping[str, Taken]
    ) -> list[Standing]:
        standings: list[Standing | None] = list(_crowd(listed, views, look, NOTHING, set()))
        crowds: dict[int, Sequence[Standing | None]] = {}
        entries = [entry for taken in _distinct(busy) for entry in taken.unresolved]
        apart = listed.showing(views, entries) if entries else set()
        for ours, taken in busy.items():
            place = listed.place.get(ours)
            if place is None:
                continue
            if taken.firm or place in apart:
                standings[place] = _single(listed, views[place], look, ours, taken)
                continue
            crowd = crowds.get(id(taken))
            if crowd is None:
                crowd = crowds[id(taken)] = _crowd(listed, views, look, taken, apart)
            standings[place] = crowd[place]
        return cast("list[Standing]", standings)  # those apart have theirs by now

    def _list(self, host_ids: Mapping[str, str]) -> Listed:
        key = tuple(host_ids.values())
        listed = self._lists.get(key)
        if listed is None:
            listed = self._lists[key] = Listed(host_ids)
            _shorten(self._lists, LISTS_KEPT)
        return listed

    def _views(self, listed: Listed) -> list[HostView]:
        """The list's views, up to date."""
        with listed.lock:
            listed.update(self.inventories)
            return listed.views

    def moved(self, before: Sequence[HostView], now: Sequence[HostView]) -> set[int] | None:
        """The places at which these views of a list differ; None where that is not known."""
        listed = self._listed(now)
        return listed.moved(before, now) if listed else None

    def places(self, views: Sequence[HostView]) -> Mapping[str, int]:
        """Where each host stands among these views, by our id."""
        listed = self._listed(views)
        return listed.place if listed else {view.id.lower(): place for place, view in enumerate(views)}

    def ids(self, views: Sequence[HostView]) -> Sequence[str]:
        """The hosts' ids, as they were asked."""
        listed = self._listed(views)
        return listed.as_asked if listed else [view.id for view in views]

    def _listed(self, views: Sequence[HostView]) -> Listed | None:
        """The list that has these views now."""
        return next((listed for listed in list(self._lists.values()) if listed.views is views), None)


def _crowd(
    listed: Listed, views: list[HostView], look: Look, taken: Taken, apart: Container[int]
) -> Sequence[Standing | None]:
    """All hosts of the list, as if that were in flight to each of them, and none showed any of it yet.

    None for those of which that is not so, by their places.
    """
    key = (look.unit.name, look.request), order_of(entry.start for entry in taken.unresolved)
    crowd = listed.crowds.get(key)
    if crowd is None:
        crowd = Crowd(look.now, [], [], whole=False)
    elif not 0 <= look.now - crowd.at < AGES_HOLD_S:
        aged = [standing and standing.aged(look.now) for standing in crowd.standings]
        crowd = listed.crowds[key] = Crowd(look.now, crowd.views, aged, crowd.whole)
    if crowd.views is views and crowd.whole:
        return crowd.standings
    known: Sequence[Standing | None] = crowd.standings or [None] * len(views)
    moved = listed.moved(crowd.views, views) if crowd.whole else None
    standings = list(known)
    for place in range(len(views)) if moved is None else moved:
        standing, view = known[place], views[place]
        if standing is None or standing.view is not view or _in_doubt(standing):
            standings[place] = None if place in apart else stand(look, view, taken)
    looked = standings if moved is None else [standings[place] for place in moved]
    whole = not any(standing is None or _in_doubt(standing) for standing in looked)
    listed.crowds.pop(key, None)
    listed.crowds[key] = Crowd(crowd.at, views, standings, whole)
    _shorten(listed.crowds)
    return standings


def _single(listed: Listed, view: HostView, look: Look, ours: str, taken: Taken) -> Standing:
    """One host, to which something else is in flight than to others."""
    singles = listed.singles.setdefault((look.unit.name, look.request), {})
    _shorten(listed.singles)
    known = singles.get(ours)
    signature: Signature = (
        *((claim.start, claim.shown_at is not None) for claim in taken.firm),
        *(entry.start for entry in taken.unresolved),
    )
    if (
        known
        and known.view is view
        and known.signature == signature
        and 0 <= look.now - known.at < AGES_HOLD_S
        and not _in_doubt(known.standing)
    ):
        return known.standing
    standing = stand(look, view, taken)
    singles[ours] = Single(look.now, view, signature, standing)
    return standing


def _distinct(busy: Mapping[str, Taken]) -> list[Taken]:
    return list({id(taken): taken for taken in busy.values()}.values())


def _in_doubt(standing: Standing) -> bool:
    """Whether it names the VMs that are in the way: it holds for them alone."""
    return standing.verdict.code is RefusalCode.CLAIMED


def _shorten(mapping: dict[K, V], kept: int = REQUESTS_KEPT) -> None:
    """Drop the oldest where there are too many. Another thread may be at it as well."""
    for oldest in list(mapping)[:-kept]:
        mapping.pop(oldest, None)


def candidates_in(hosts: Iterable[Host], cluster_id: str | None) -> tuple[list[Host], list[Host]]:
    """The cluster's hosts by name, those that are up and the others; all hosts where it is not known."""
    own = [host for host in hosts if cluster_id is None or host.cluster_id == cluster_id]
    own.sort(key=lambda host: host.name)
    return [host for host in own if host.status == "up"], [host for host in own if host.status != "up"]
