"""How old the VMs on a card are, and what that says about how long the card stays in use.

`Lives` is what is known at one moment: rates of departure by type and age, as tables that decisions look
things up in, and since when each VM has run. `learning.py` keeps it up to date.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scheduler_plugins.allocator.footprint import Footprint, Resident
from scheduler_plugins.demand import lifetimes

EDGES = (0.0, *(300.0 * 2 ** (step / 4) for step in range(59)))
"""Lower ends of the age bins, in seconds: five minutes, then each 1.19 times the last, up to 80 days."""
BINS = len(EDGES)
LEAST_DEPARTURES = 20.0
"""Until so many VMs have been seen to end, ages say nothing."""
POOLED = ""
"""Stands for every type of which nothing is known: it has the rates of all types together."""
UNKNOWN = -1.0
"""How long the card lives for it: not known."""
REMEMBERED = 100_000
"""So many answers are kept: one for each type and each set of neighbours' ages."""

Counts = Mapping[str, Sequence[float]]
"""By type, one figure for each age bin."""


class Tables:
    """How long VMs live, by type: worked out from departures and time at risk; safe for threads."""

    def __init__(self, departures: Counts, exposure: Counts) -> None:
        """Both of the same types. `known` tells whether they suffice to say anything."""
        types = sorted(departures)
        self.kinds = {type_id: kind for kind, type_id in enumerate((POOLED, *types))}
        nothing = (0.0,) * BINS
        left = [*nothing, *(count for type_id in types for count in departures[type_id])]
        at_risk = [*nothing, *(time for type_id in types for time in exposure[type_id])]
        rates = [0.0] * len(left)
        self.mean_s = lifetimes.fill_rates(left, at_risk, BINS, rates)
        """The mean lifetime of all VMs, in seconds."""
        self.known = sum(left) >= LEAST_DEPARTURES and self.mean_s > 0
        self._lasts = [0.0] * (len(self.kinds) * lifetimes.POINTS)
        self._gone = [0.0] * (len(left) * lifetimes.POINTS)
        self._answers: dict[tuple[int, tuple[tuple[int, int], ...]], float] = {}
        if self.known:
            lifetimes.fill_lives(rates, EDGES, self.mean_s, self._lasts, self._gone)

    def extension(self, type_id: str, neighbours: Iterable[tuple[str, float]]) -> float:
        """By how much a new VM of the type prolongs the life of a card with these, in mean lifetimes.

        Each neighbour is a type and an age in seconds.
        """
        kinds = self.kinds
        others = sorted((kinds.get(of, 0), bisect_right(EDGES, age, 1) - 1) for of, age in neighbours)
        question = kinds.get(type_id, 0), tuple(others)
        answer = self._answers.get(question)
        if answer is None:
            of, ages = [kind for kind, _ in others], [age for _, age in others]
            answer = lifetimes.extension(question[0], of, ages, BINS, self._lasts, self._gone)
            if len(self._answers) >= REMEMBERED:
                self._answers.clear()
            self._answers[question] = answer
        return answer


@dataclass(frozen=True, eq=False)
class Lives:
    """What is known of VMs' lifetimes at one moment; no other is equal."""

    tables: Tables
    since_by_vm: Mapping[str, float] = field(default_factory=dict)
    """When each VM that runs was started, seconds since the epoch."""
    since_by_uuid: Mapping[str, float] = field(default_factory=dict)
    """The same by the UUIDs that its instances may have."""

    def of(self, taken: Footprint, owners: Mapping[str, str], now: float) -> tuple[float, ...]:
        """By how much each instance prolongs the life of its card; `UNKNOWN` for all where nobody can tell.

        `owners` is what the host told: VM id by instance. Who is not known yet counts as just started. An
        instance beside another one of the same VM prolongs nothing.
        """
        if not self.tables.known:
            return (UNKNOWN,) * len(taken.residents)
        kinds, types = taken.figures.kinds, taken.figures.types
        return tuple(
            0.0 if residents is None else self._extension(types[kind], residents, owners, now)
            for kind, residents in zip(kinds, taken.residents, strict=True)
        )

    def _extension(self, type_id: str, residents: Iterable[Resident], owners: Mapping[str, str], now: float) -> float:
        ages = [(one.type, max(0.0, now - self._since(one.uuid, owners, now))) for one in residents]
        return self.tables.extension(type_id, ages)

    def _since(self, uuid: str, owners: Mapping[str, str], now: float) -> float:
        vm_id = owners.get(uuid)
        since = self.since_by_uuid.get(uuid) if vm_id is None else self.since_by_vm.get(vm_id)
        return now if since is None else since
