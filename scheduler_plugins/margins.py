"""Which hosts to answer while other starts are in flight: every host that has room, so that one is left.

For each host the allocator is replayed three times: on the inventory alone, with the firm claims applied, and
with the unresolved decisions applied too, as if all of them went there. What is left for the request after
that is the host's margin. It is counted up to 2, because no rule asks for more.

A firm claim that only our own answer tells of counts as taken like any other, but it refuses no VM: the
engine may have given that host up without showing the VM there, and nobody tells us. As with unresolved
decisions, the engine is asked for a while, then a risk is taken.

Starts in flight reach their devices in any order. Where they and the request want different types, a host
counts as free only if the request fits before and after the others, and they fit with it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Observation, Source
from scheduler_plugins.claims import Firm, Start, Taken, Unresolved
from scheduler_plugins.placement import HostView, Placement, RefusalCode, place
from scheduler_plugins.request import Request
from scheduler_plugins.verdict import Verdict

Judge = Callable[[HostView], Verdict]
"""The filter unit's verdict on a host as it stands."""
MANY = 4
"""Places are counted so far where chances are compared."""


@dataclass(frozen=True)
class Standing:
    """How one host stands to a request."""

    view: HostView
    """The host as its inventory shows it."""
    taken: Taken
    verdict: Verdict
    """With everything in flight that may be in the way."""
    ahead: HostView
    """The host once everything that is in flight to it has arrived."""
    in_the_way: tuple[Start, ...] = ()
    """What may yet go elsewhere, and alone keeps the host from fitting; empty where it fits."""
    claimed: HostView | None = None
    """The host with what is certain alone, where something doubtful is in the way."""

    @property
    def host_id(self) -> str:
        """As the engine knows it."""
        return self.view.id.lower()

    @property
    def able(self) -> bool:
        """Margin 1 or more."""
        return self.verdict.fits

    @cached_property
    def roomy(self) -> bool:
        """Margin 2 or more."""
        placement, seen = self.verdict.placement, self.ahead.observation
        if not self.verdict.fits:
            return False
        if placement is None or seen is None:
            return True
        again = Request(tuple(slot.type for slot in placement.slots))
        found = place(placement.after, seen.source, again, self.view.separate)
        return isinstance(found, Placement)


def stand(judge: Judge, request: Request, view: HostView, taken: Taken) -> Standing:
    """The host's standing, with what is in flight to it."""
    seen = view.observation
    if seen is None or not request or not taken:
        return Standing(view, taken, judge(view), view)
    firm = [left for claim in taken.firm if (left := outstanding(claim.start, seen)).types]
    waiting = [left for entry in taken.unresolved if (left := outstanding(entry.start, seen)).types]
    claimed, present = _holding(view, firm)
    verdict = judge(claimed)
    if not verdict.fits:
        return _full(judge, Standing(view, taken, verdict, claimed), firm, waiting)
    ahead, arriving = _holding(claimed, waiting)
    final = judge(ahead)
    if final.fits and _any_order(view, seen, request, [*present, *arriving]):
        return Standing(view, taken, final, ahead)
    doubtful = tuple(waiting) or tuple(firm)
    verdict = _refused(verdict, "what it has free may be taken by starts in flight", doubtful)
    return Standing(view, taken, verdict, ahead, doubtful, claimed)


def _full(judge: Judge, full: Standing, firm: Sequence[Start], waiting: Sequence[Start]) -> Standing:
    """The standing of a host without room beside its firm claims, once it is clear who took it."""
    if not firm or not judge(full.view).fits:
        return full
    shown = {claim.start.vm_id for claim in full.taken.firm if claim.shown_at is not None}
    sure, _ = _holding(full.view, [start for start in firm if start.vm_id in shown])
    if not judge(sure).fits:
        verdict = _refused(full.verdict, "what it has free is taken by starts in flight", firm)
        return replace(full, verdict=verdict)
    doubtful = (*(start for start in firm if start.vm_id not in shown), *waiting)
    verdict = _refused(full.verdict, "what it has free may be taken by starts in flight", doubtful)
    return replace(full, verdict=verdict, in_the_way=doubtful, claimed=sure)


def answer(standings: Sequence[Standing], best: Callable[[Sequence[Standing]], Standing]) -> tuple[str, ...]:
    """The hosts to answer, as they were asked; none where no host has a margin.

    All that have a margin, while one of them keeps room for the next start; else the best alone.
    """
    able = [standing for standing in standings if standing.able]
    if len(able) > 1 and not any(standing.roomy for standing in able):
        able = [best(able)]
    return tuple(standing.view.id for standing in able)


def best_chance(
    standings: Sequence[Standing], best: Callable[[Sequence[Standing]], Standing]
) -> Standing | None:
    """Of the hosts that only doubtful starts keep from fitting, the one that most likely fits.

    Where the doubt is equal, those that the engine has not shown for longer are the less likely to come.
    """
    doubtful = [standing for standing in standings if standing.in_the_way]
    if not doubtful:
        return None
    demand = {standing.host_id: (_demand(standing), _newest(standing)) for standing in doubtful}
    least = min(demand.values())
    return best([standing for standing in doubtful if demand[standing.host_id] <= least])


def at_risk(standing: Standing, judge: Judge) -> Verdict:
    """The verdict on a host that is answered although something unresolved may be in the way."""
    verdict = judge(standing.claimed or standing.view)
    names = labels(standing.in_the_way)
    return replace(verdict, text=f"{verdict.text}; at risk: {names} may have been sent there")


def holding(view: HostView, taken: Taken) -> HostView:
    """The host as weights see it: firm claims applied, unresolved ones where their weights were least."""
    seen = view.observation
    if seen is None or not taken:
        return view
    here = [entry for entry in taken.unresolved if entry.best == view.id.lower()]
    entries: list[Firm | Unresolved] = [*taken.firm, *here]
    return _holding(view, [outstanding(entry.start, seen) for entry in entries])[0]


def outstanding(start: Start, seen: Observation) -> Start:
    """The start with only those instances that the inventory does not show yet."""
    told = seen.owners or {}
    own = {uuid for uuid in start.uuids if uuid not in told}
    own.update(uuid for uuid, vm_id in told.items() if vm_id == start.vm_id)
    if not own:
        return start
    left = list(start.types)
    for parent in seen.inventory.parents:
        for mdev_type in parent.types or ():
            for _ in own.intersection(mdev_type.instances or ()):
                if mdev_type.id in left:
                    left.remove(mdev_type.id)
    return start if len(left) == len(start.types) else replace(start, types=tuple(left))


def labels(starts: Iterable[Start]) -> str:
    """The VMs, for people."""
    return "VM " + ", ".join(start.label for start in starts)


def _holding(view: HostView, starts: Iterable[Start]) -> tuple[HostView, list[Start]]:
    """The host once these starts have taken what they can get there, and those of them that got all."""
    seen, whole = view.observation, list[Start]()
    if seen is None:
        return view, whole
    inventory = seen.inventory
    for start in starts:
        placed = 0
        for type_id in start.types:
            found = place(inventory, seen.source, Request((type_id,)), view.separate)
            if isinstance(found, Placement):
                inventory, placed = found.after, placed + 1
        if placed == len(start.types):
            whole.append(start)
    if inventory is seen.inventory:
        return view, whole
    return replace(view, observation=replace(seen, inventory=inventory)), whole


def _any_order(view: HostView, seen: Observation, request: Request, starts: Sequence[Start]) -> bool:
    """Whether request and starts fit together in whatever order they come; few orders are tried."""
    others = [start.types for start in starts]
    if len({*request.types, *(t for types in others for t in types)}) <= 1:
        return True
    mine, back = request.types, others[::-1]
    orders = ([mine, *others], [mine, *back], [*back, mine])
    return all(_all_fit(seen.inventory, seen.source, view.separate, order) for order in orders)


def _all_fit(
    inventory: HostInventory, source: Source, separate: bool, order: Iterable[tuple[str, ...]]
) -> bool:
    for types in order:
        found = place(inventory, source, Request(types), separate)
        if not isinstance(found, Placement):
            return False
        inventory = found.after
    return True


def _demand(standing: Standing) -> float:
    """How many of the doubtful will go there, as far as one can tell, for each place that there is."""
    expected = sum(1 / len(entry.hosts) for entry in standing.taken.unresolved)
    expected += sum(claim.shown_at is None for claim in standing.taken.firm)
    return expected / max(1, _places(standing))


def _newest(standing: Standing) -> float:
    """When the latest of the doubtful was decided."""
    unshown = [claim.since for claim in standing.taken.firm if claim.shown_at is None]
    return max([*unshown, *(entry.at for entry in standing.taken.unresolved)], default=0.0)


def _places(standing: Standing) -> int:
    """How often one of the starts in the way still fits beside the firm claims."""
    view = standing.claimed or standing.view
    seen, request = view.observation, Request(standing.in_the_way[0].types)
    if seen is None:
        return 0
    inventory, places = seen.inventory, 0
    while places < MANY:
        found = place(inventory, seen.source, request, view.separate)
        if not isinstance(found, Placement):
            break
        inventory, places = found.after, places + 1
    return places


def _refused(verdict: Verdict, why: str, by: Iterable[Start]) -> Verdict:
    text = f"{why}: {labels(by)}"
    return replace(verdict, fits=False, placement=None, code=RefusalCode.CLAIMED, text=text)
