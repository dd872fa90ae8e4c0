"""Hosts with starts applied to them, worked out once for each inventory.

A decision looks at every host of the cluster, and most of them show what they showed a moment ago, with the
same starts in flight. So what the replay made of a host is kept until its inventory is another one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.placement import Placement, place
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.claims.model import Start
from scheduler_plugins.units.registry import Filter
from scheduler_plugins.units.verdict import Verdict

K = TypeVar("K")
V = TypeVar("V")

AGES_HOLD_S = 1.0
"""An inventory's age is told to within so much (seconds): decisions in a boot storm are far closer."""
KEPT = 16
"""States and verdicts kept of one host."""

Order = tuple[tuple[str, ...], ...]
"""The types of several starts, one after the other."""


@dataclass(frozen=True, slots=True)
class State:
    """A host once several starts have taken what they can get there, one after the other."""

    view: HostView
    order: Order
    whole: tuple[bool, ...]
    """Of each start, whether it got all that it wants."""


@dataclass(slots=True)
class _Host:
    """What is known of a host as long as nothing about it changes."""

    view: HostView
    states: dict[Order, State] = field(default_factory=dict)
    verdicts: dict[tuple[str, Request, Order], Verdict] = field(default_factory=dict)


class States:
    """Remembers; safe for threads, because whatever it forgets is worked out again."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._hosts: dict[str, _Host] = {}

    def after(self, view: HostView, order: Order) -> State:
        """The host once these starts have been there."""
        known = self._known(view)
        if (state := known.states.get(order)) is not None:
            return state
        kept = next((n for n in range(len(order), 0, -1) if order[:n] in known.states), 0)
        state = known.states[order[:kept]] if kept else State(view, (), ())
        for types in order[kept:]:
            state = _with(state, types)
        _keep(known.states, order, state)
        return state

    def judged(self, unit: Filter, request: Request, view: HostView, state: State, now: float) -> Verdict:
        """The unit's verdict on `view` in that state; but for the age it must depend on nothing else."""
        known, key = self._known(view), (unit.name, request, state.order)
        verdict, seen = known.verdicts.get(key), view.observation
        if verdict is None:
            verdict = unit.judge(request, state.view, now)
        elif seen is None or verdict.age_s is None or 0 <= seen.age(now) - verdict.age_s < AGES_HOLD_S:
            return verdict
        else:
            verdict = replace(verdict, age_s=seen.age(now))
        _keep(known.verdicts, key, verdict)
        return verdict

    def _known(self, view: HostView) -> _Host:
        known = self._hosts.get(view.id)
        if known is None or (known.view is not view and known.view != view):
            known = self._hosts[view.id] = _Host(view)
        return known


def order_of(starts: Iterable[Start]) -> Order:
    """The starts' types, in the order in which they come."""
    return tuple(start.types for start in starts)


def all_fit(view: HostView, order: Order) -> bool:
    """Whether these starts fit on the host, all of them, in that order."""
    return all(_in_order(view, order).whole)


def _in_order(view: HostView, order: Order) -> State:
    state = State(view, (), ())
    for types in order:
        state = _with(state, types)
    return state


def _with(state: State, types: tuple[str, ...]) -> State:
    """The state with one start more, each of its instances where the host's allocator puts it."""
    view, seen = state.view, state.view.observation
    if seen is None:
        return replace(state, order=(*state.order, types), whole=(*state.whole, False))
    inventory, placed = seen.inventory, 0
    for type_id in types:
        found = place(inventory, seen.source, Request((type_id,)), view.separate)
        if isinstance(found, Placement):
            inventory, placed = found.after, placed + 1
    if placed:
        view = replace(view, observation=replace(seen, inventory=inventory))
    return State(view, (*state.order, types), (*state.whole, placed == len(types)))


def _keep(mapping: dict[K, V], key: K, value: V) -> None:
    """Add it, and drop the oldest where there are too many. Another thread may be at it as well."""
    mapping[key] = value
    for oldest in list(mapping)[:-KEPT]:
        mapping.pop(oldest, None)
