"""Which hosts are answered: all that have room, so that one is left; else the best, or the best chance."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.placement import Placement, place
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.claims.model import InFlight
from scheduler_plugins.decisions.candidates import (
    Candidate,
    judged,
    labels,
    order_of,
    request_for,
    still_to_come,
    with_starts,
)
from scheduler_plugins.units.registry import Filter
from scheduler_plugins.units.verdict import Verdict

PLACES_COUNTED = 4
"""Places are counted so far where chances are compared."""

Best = Callable[[Sequence[Candidate]], Candidate]
"""The best of several candidates."""


def answer(candidates: Sequence[Candidate], best: Best) -> tuple[str, ...]:
    """The hosts to answer, as they were asked; none where no host has a margin.

    All that have a margin, while one of them keeps room for the next start; else the best alone.
    """
    able = [candidate for candidate in candidates if candidate.verdict.fits]
    if len(able) > 1 and not any(candidate.roomy for candidate in able):
        able = [best(able)]
    return tuple([candidate.view.id for candidate in able])


def best_chance(candidates: Sequence[Candidate], best: Best) -> Candidate | None:
    """Of the hosts that only doubtful starts keep from fitting, the one that most likely fits.

    Where the doubt is equal, those that the engine has not shown for longer are the less likely to come.
    """
    doubtful = [candidate for candidate in candidates if candidate.in_the_way]
    if not doubtful:
        return None
    chances = [(_demand(candidate), _newest(candidate.in_flight)) for candidate in doubtful]
    likeliest = min(chances)
    return best([candidate for candidate, chance in zip(doubtful, chances, strict=True) if chance == likeliest])


def at_risk(unit: Filter, request: Request, chosen: Candidate) -> Verdict:
    """The verdict on a host that is answered although something doubtful may be in the way."""
    verdict = judged(chosen.certain or chosen.view, unit, request)
    names = labels(chosen.in_the_way)
    return replace(verdict, text=f"{verdict.text}; at risk: {names} may have been sent there")


def as_weighed(view: HostView, in_flight: InFlight) -> HostView:
    """The host as weights see it: claims applied, pending decisions where their weights were least."""
    if view.observation is None or not in_flight:
        return view
    ours = view.id.lower()
    here = [decision.start for decision in in_flight.pending if decision.best == ours]
    starts = (*(claim.start for claim in in_flight.claims), *here)
    return with_starts(view, order_of(still_to_come(view, starts)))


def _demand(candidate: Candidate) -> float:
    """How many of those expected will come, as far as one can tell, for each place that there is."""
    told = sum(claim.shown_at is None for claim in candidate.in_flight.claims)
    shares = sum(1 / len(decision.hosts) for decision in candidate.in_flight.pending)
    return (told + shares) / max(1, _places(candidate))


def _newest(in_flight: InFlight) -> float:
    """When the latest of those expected was decided on."""
    told = [claim.since for claim in in_flight.claims if claim.shown_at is None]
    return max([*told, *(decision.at for decision in in_flight.pending)], default=0.0)


def _places(candidate: Candidate) -> int:
    """How often one of the starts in the way still fits beside what is certain."""
    view = candidate.certain or candidate.view
    seen, request, places = view.observation, request_for(candidate.in_the_way[0]), 0
    inventory = seen and seen.inventory
    while seen and inventory and places < PLACES_COUNTED:
        found = place(inventory, seen.source, request, view.separate)
        if not isinstance(found, Placement):
            break
        inventory, places = found.after, places + 1
    return places
