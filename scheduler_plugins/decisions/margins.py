"""Which hosts to answer while other starts are in flight: every host that has room, so that one is left.

For each host the allocator is replayed three times: on the inventory alone, with the VMs applied that the
engine shows there, and with those applied too that are only expected, as if all of them came. What is left
for the request after that is the host's margin. It is counted up to 2, because no rule asks for more.

A firm claim that only our own answer tells of counts as taken like any other, but it refuses no VM: the
engine may have given that host up without showing the VM there, and nobody tells us. As with unresolved
decisions, the engine is asked for a while, then a risk is taken.

Starts in flight reach their devices in any order. Where they and the request want different types, a host
counts as free only if the request fits before and after the others, and they fit with it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.placement import Placement, place
from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.claims.model import Start, Taken, Unresolved
from scheduler_plugins.claims.outstanding import all_outstanding
from scheduler_plugins.decisions.states import State, States, all_fit, order_of
from scheduler_plugins.units.registry import Filter
from scheduler_plugins.units.verdict import Verdict

MANY = 4
"""Places are counted so far where chances are compared."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a decision looks at a host."""

    unit: Filter
    request: Request
    states: States
    now: float

    def judge(self, view: HostView, state: State) -> Verdict:
        """The unit's verdict on the host in that state."""
        return self.states.judged(self.unit, self.request, view, state, self.now)


@dataclass(frozen=True)
class Standing:
    """How one host stands to a request."""

    view: HostView
    """The host as its inventory shows it."""
    taken: Taken
    verdict: Verdict
    """With everything in flight that may be in the way."""
    in_the_way: tuple[Start, ...] = ()
    """What may yet go elsewhere, and alone keeps the host from fitting; empty where it fits."""
    sure: State | None = None
    """The host with what is certain alone, where something doubtful is in the way."""

    @property
    def host_id(self) -> str:
        """As the engine knows it."""
        return self.view.id.lower()

    @property
    def able(self) -> bool:
        """Margin 1 or more."""
        return self.verdict.fits

    def aged(self, now: float) -> "Standing":
        """The same at another moment: only the age that its verdict tells is another."""
        told, seen = self.verdict, self.view.observation
        if told.age_s is None or seen is None:
            return self
        verdict = Verdict(
            told.host_id,
            told.fits,
            told.placement,
            told.code,
            told.text,
            seen.age(now),
            told.source,
            told.host_name,
        )
        copy = object.__new__(Standing)
        copy.__dict__.update(self.__dict__, verdict=verdict)  # with what was worked out, `roomy`
        return copy

    @cached_property
    def roomy(self) -> bool:
        """Margin 2 or more."""
        placement, seen = self.verdict.placement, self.view.observation
        if not self.verdict.fits:
            return False
        if placement is None or seen is None:
            return True
        again = Request(tuple(slot.type for slot in placement.slots))
        found = place(placement.after, seen.source, again, self.view.separate)
        return isinstance(found, Placement)


def stand(look: Look, view: HostView, taken: Taken) -> Standing:
    """The host's standing, with what is in flight to it."""
    seen, states = view.observation, look.states
    if seen is None or not look.request or not taken:
        return Standing(view, taken, look.judge(view, states.after(view, ())))
    shown = all_outstanding(taken.shown, seen)
    sure = states.after(view, order_of(shown))
    verdict = look.judge(view, sure)
    if not verdict.fits:
        if shown and look.judge(view, states.after(view, ())).fits:
            verdict = _refused(verdict, "what it has free is taken by starts in flight", shown)
        return Standing(view, taken, verdict)
    expected = all_outstanding(taken.expected, seen)
    ahead = states.after(view, order_of([*shown, *expected]))
    final = look.judge(view, ahead)
    if final.fits and _any_order(look, view, ahead):
        return Standing(view, taken, final)
    doubtful = tuple(expected) or tuple(shown)
    verdict = _refused(verdict, "what it has free may be taken by starts in flight", doubtful)
    return Standing(view, taken, verdict, doubtful, sure)


def answer(standings: Sequence[Standing], best: Callable[[Sequence[Standing]], Standing]) -> tuple[str, ...]:
    """The hosts to answer, as they were asked; none where no host has a margin.

    All that have a margin, while one of them keeps room for the next start; else the best alone.
    """
    able = [standing for standing in standings if standing.verdict.fits]
    if len(able) > 1 and not any(standing.roomy for standing in able):
        able = [best(able)]
    return tuple([standing.view.id for standing in able])


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


def at_risk(look: Look, standing: Standing) -> Verdict:
    """The verdict on a host that is answered although something doubtful may be in the way."""
    view = standing.view
    verdict = look.judge(view, standing.sure or look.states.after(view, ()))
    names = labels(standing.in_the_way)
    return replace(verdict, text=f"{verdict.text}; at risk: {names} may have been sent there")


def holding(states: States, view: HostView, taken: Taken) -> HostView:
    """The host as weights see it: firm claims applied, unresolved ones where their weights were least."""
    seen = view.observation
    if seen is None or not taken:
        return view
    here = [entry for entry in taken.unresolved if entry.best == view.id.lower()]
    return states.after(view, order_of(all_outstanding([*taken.firm, *here], seen))).view


def labels(starts: Iterable[Start]) -> str:
    """The VMs, for people."""
    return "VM " + ", ".join(start.label for start in starts)


def _any_order(look: Look, view: HostView, ahead: State) -> bool:
    """Whether the request and those ahead of it fit together in whatever order they come; few are tried.

    Of starts that are in each other's way some will fail: the request must fit whichever they are.
    """
    mine = look.request.types
    if len({*mine, *(type_id for types in ahead.order for type_id in types)}) <= 1:
        return True
    come = list(zip(ahead.order, ahead.whole, strict=True))
    others = [types for types, whole in come if whole]
    lost = [types for types, whole in come if not whole]
    if lost and not look.states.after(view, (*lost, *others, mine)).whole[-1]:
        return False
    return all(look.states.after(view, (mine, *others)).whole) and all_fit(view, (*others[::-1], mine))


def _demand(standing: Standing) -> float:
    """How many of those expected will come, as far as one can tell, for each place that there is."""
    shares = (1 / len(e.hosts) if isinstance(e, Unresolved) else 1 for e in standing.taken.expected)
    return sum(shares) / max(1, _places(standing))


def _newest(standing: Standing) -> float:
    """When the latest of those expected was decided on."""
    return max((e.at if isinstance(e, Unresolved) else e.since for e in standing.taken.expected), default=0.0)


def _places(standing: Standing) -> int:
    """How often one of the starts in the way still fits beside what is certain."""
    view = standing.sure.view if standing.sure else standing.view
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
