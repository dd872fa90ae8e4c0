"""How each host stands to a request while other starts are in flight: its verdict, and what room it keeps.

A candidate is a pure function of three immutable values: the host's view, the request, and what is in flight
to the host. What is in flight counts by what it asks for, not by who asks; so the answer is kept with the
view, for whoever asks the same next (`model.once`).

The allocator is replayed three times: on the inventory alone, with the VMs applied that the engine shows on
the host, and with those applied too that are only expected, as if all of them came. What is left for the
request after that is the host's margin. It is counted up to 2, because no rule asks for more.

A claim that only our own answer tells of counts as taken like any other, but it refuses no VM: the engine
may have given that host up without showing the VM there, and nobody tells us. As with pending decisions, the
engine is asked for a while, then a risk is taken.

Starts in flight reach their hosts in any order. Where they and the request want different types, a host
counts as free only if the request fits before and after the others, and they fit with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from scheduler_plugins.allocator.model import HostView, once
from scheduler_plugins.allocator.placement import Placement, place
from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.claims.model import NOTHING, InFlight, Start
from scheduler_plugins.claims.outstanding import all_outstanding, living
from scheduler_plugins.units.registry import Filter
from scheduler_plugins.units.verdict import Verdict

TAKEN = "what it has free is taken by starts in flight"
DOUBTFUL = "what it has free may be taken by starts in flight"

Order = tuple[Request, ...]
"""What several starts ask for, one after the other."""


@dataclass(frozen=True)
class Candidate:
    """A host with its verdict on a request, everything considered that is in flight and may be in the way."""

    view: HostView
    """The host as its inventory shows it."""
    verdict: Verdict
    certain: HostView | None = None
    """Where starts that may yet go elsewhere alone keep it from fitting: the host without those."""
    in_the_way: tuple[Start, ...] = ()
    """These starts; empty where the host fits."""
    in_flight: InFlight = NOTHING
    """What is in flight to the host, where that keeps it from fitting."""

    @property
    def host_id(self) -> str:
        """As we know it: in lower case."""
        return self.view.id.lower()

    @property
    def able(self) -> bool:
        """Margin 1 or more."""
        return self.verdict.fits

    @cached_property
    def roomy(self) -> bool:
        """Margin 2 or more."""
        placement, seen = self.verdict.placement, self.view.observation
        if not self.verdict.fits:
            return False
        if placement is None or seen is None:
            return True
        again = Request(tuple(slot.type for slot in placement.slots))
        return isinstance(place(placement.after, seen.source, again, placement.separate), Placement)


def candidate(unit: Filter, request: Request, view: HostView, in_flight: InFlight) -> Candidate:
    """How the host stands to the request, with that in flight to it."""
    if not in_flight or not request or view.observation is None:
        return _candidate(view, unit, request, (), ())
    shown, expected = still_to_come(view, in_flight.shown), still_to_come(view, in_flight.expected)
    found = _candidate(view, unit, request, order_of(shown), order_of(expected))
    if found.verdict.code is not RefusalCode.CLAIMED:
        return found
    doubtful = found.certain is not None
    who = (expected or shown) if doubtful else shown
    verdict = replace(found.verdict, text=f"{found.verdict.text}: {labels(who)}")
    return replace(found, verdict=verdict, in_the_way=who if doubtful else (), in_flight=in_flight)


@once
def _candidate(view: HostView, unit: Filter, request: Request, shown: Order, expected: Order) -> Candidate:
    """The candidate, with starts of these types in flight; a refusal for their sake names none of them."""
    certain = with_starts(view, shown)
    verdict = judged(certain, unit, request)
    if not verdict.fits:
        taken = bool(shown) and judged(view, unit, request).fits
        return Candidate(view, _refused(verdict, TAKEN) if taken else verdict)
    final = judged(with_starts(certain, expected), unit, request)
    if final.fits and _in_any_order(view, request, (*shown, *expected)):
        return Candidate(view, final)
    return Candidate(view, _refused(verdict, DOUBTFUL), certain)


@once
def judged(view: HostView, unit: Filter, request: Request) -> Verdict:
    """The unit's verdict on the host."""
    return unit.judge(request, view)


def still_to_come(view: HostView, starts: tuple[Start, ...]) -> tuple[Start, ...]:
    """The starts of which the host does not show all instances yet, with those alone that are missing."""
    seen, names = view.observation, _names(view)
    if seen is None or all(map(names.isdisjoint, [start.names for start in starts])):
        return starts
    return all_outstanding(starts, seen)


def with_starts(view: HostView, order: Order) -> HostView:
    """The host once these starts have taken what they can get there, one after the other."""
    for start in order:
        view, _ = _with_start(view, start)
    return view


def order_of(starts: Iterable[Start]) -> Order:
    """What the starts ask for, in the order in which they come."""
    return tuple([request_for(start) for start in starts])


def request_for(start: Start) -> Request:
    """What a start asks for."""
    return Request(start.types, start.compact)


def labels(starts: Iterable[Start]) -> str:
    """The VMs, for people."""
    return "VM " + ", ".join(start.label for start in starts)


@once
def _with_start(view: HostView, start: Request) -> tuple[HostView, bool]:
    """The host with one start more, each instance where the allocator puts it; whether all had a place."""
    seen, placed = view.observation, 0
    if seen is None:
        return view, False
    inventory = seen.inventory
    for type_id in start.types:
        found = place(inventory, seen.source, start._replace(types=(type_id,)), view.separate)
        if isinstance(found, Placement):
            inventory, placed = found.after, placed + 1
    taken = replace(view, observation=replace(seen, inventory=inventory)) if placed else view
    return taken, placed == len(start.types)


def _whole(view: HostView, order: Order) -> list[bool]:
    """Of each start, one after the other, whether it gets all that it wants."""
    whole = list[bool]()
    for start in order:
        view, got_all = _with_start(view, start)
        whole.append(got_all)
    return whole


def _in_any_order(view: HostView, request: Request, ahead: Order) -> bool:
    """Whether the request and those ahead of it fit together in whatever order they come; few are tried.

    Of starts that are in each other's way some will fail: the request must fit whichever they are.
    """
    if len({*request.types, *(type_id for start in ahead for type_id in start.types)}) <= 1:
        return True
    come = list(zip(ahead, _whole(view, ahead), strict=True))
    others = tuple([start for start, whole in come if whole])
    lost = tuple([start for start, whole in come if not whole])
    if lost and not _whole(view, (*lost, *others, request))[-1]:
        return False
    return all(_whole(view, (request, *others))) and all(_whole(view, (*others[::-1], request)))


def _refused(verdict: Verdict, why: str) -> Verdict:
    return replace(verdict, fits=False, placement=None, code=RefusalCode.CLAIMED, text=why)


@once
def _names(view: HostView) -> frozenset[str]:
    """The instances on a host, and the VMs that its VDSM says have them."""
    seen = view.observation
    return frozenset(living(seen.inventory)).union((seen.owners or {}).values()) if seen else frozenset()
