"""The weights' side of a decision: what they are told, which a cluster uses, and which host is best."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mdev_inventory.engine.known_vm import KnownVm
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.claims.ledger import Ledger
from scheduler_plugins.decisions import margins
from scheduler_plugins.decisions.decision import Weights
from scheduler_plugins.decisions.lookup import Asked
from scheduler_plugins.decisions.margins import Standing
from scheduler_plugins.decisions.question import REQUESTS_KEPT, Hosts
from scheduler_plugins.decisions.settling import Best
from scheduler_plugins.demand.ages import Lives
from scheduler_plugins.demand.mix import Mixes
from scheduler_plugins.units import parameters
from scheduler_plugins.units.context import Context
from scheduler_plugins.units.parameters import Settings
from scheduler_plugins.units.registry import Weight

USUAL = "MdevConsolidate"
"""By which the best host is chosen where it is not known which of our weights the cluster uses."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a cluster was last seen to use."""

    units: tuple[str, ...] = ()
    """Names of our weights; none where none was asked for yet."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Of its scheduling policy."""


class Known(NamedTuple):
    """What a unit said to these hosts."""

    by: object
    """What of the context it went by."""
    views: Sequence[HostView]
    weights: Sequence[int]


class Weighing:
    """Weighs hosts; safe for threads."""

    def __init__(
        self,
        units: Mapping[str, Weight],
        hosts: Hosts,
        vms: Callable[[], Mapping[str, KnownVm]],
        clock: Callable[[], float],
        lives: Callable[[], Lives | None],
    ) -> None:
        """`vms` gives all VMs as known now, `lives` what is known of their lifetimes."""
        self._units, self._hosts, self._clock, self._lives = units, hosts, clock, lives
        self._mixes = Mixes(vms, clock)
        self._known: dict[tuple[str, Request, int, str], Known] = {}
        self._used: dict[str | None, Used] = {}

    def uses(self, cluster_id: str | None) -> Used:
        """What the cluster was last seen to use."""
        return self._used.get(cluster_id, Used())

    def used(self, cluster_id: str | None, units: Iterable[str], properties: Mapping[str, str]) -> None:
        """The cluster's policy has these of our weights, and these properties."""
        self._used[cluster_id] = Used(tuple(units), dict(properties))

    def weigh(
        self,
        unit: Weight,
        asked: Asked,
        views: Sequence[HostView],
        ledger: Ledger,
        properties: Mapping[str, str],
    ) -> Weights:
        """What one unit says to these hosts; raises BadPropertyError."""
        context = self._context(asked, parameters.settings_of(unit.parameters, properties))
        if unit.with_request == bool(asked.request):
            weights = self._weights(unit, asked.request, views, context)
            for place, view in self._touched(views, asked, ledger):
                weights[place] = unit.weigh(asked.request, view, context)
        else:
            weights = [0] * len(views)
        return Weights(unit.name, tuple(zip(self._hosts.ids(views), weights, strict=True)))

    def all(self, asked: Asked, views: Iterable[HostView], ledger: Ledger) -> tuple[Weights, ...]:
        """What the units for such VMs would say, with the properties that the cluster last had."""
        held = self._held(views, asked, ledger)
        units = [unit for unit in self._units.values() if unit.with_request == bool(asked.request)]
        told = []
        for unit in units:
            context = self._usual_context(unit, asked)
            told.append((unit.name, tuple((v.id, unit.weigh(asked.request, v, context)) for v in held)))
        return tuple(Weights(name, scores) for name, scores in told)

    def best(self, asked: Asked, ledger: Ledger) -> Best:
        """The host with the least sum of those of our weights that the cluster uses, the first of several."""
        usual = [name for name in (USUAL, *self._units) if name in self._units][:1]
        units = [self._units[name] for name in self.uses(asked.cluster_id).units or usual]

        def best(standings: Sequence[Standing]) -> Standing:
            held = self._held((standing.view for standing in standings), asked, ledger)
            contexts = [(unit, self._usual_context(unit, asked)) for unit in units]
            sums = [sum(unit.weigh(asked.request, view, known) for unit, known in contexts) for view in held]
            return standings[sums.index(min(sums))]

        return best

    def _usual_context(self, unit: Weight, asked: Asked) -> Context:
        properties = self.uses(asked.cluster_id).properties
        return self._context(asked, parameters.usable(unit.parameters, properties))

    def _context(self, asked: Asked, settings: Settings) -> Context:
        return Context(settings, self._mixes.of(asked.cluster_id), self._lives(), self._clock())

    def _held(self, views: Iterable[HostView], asked: Asked, ledger: Ledger) -> list[HostView]:
        """The hosts as weights see them."""
        held = list(views)
        for place, view in self._touched(held, asked, ledger):
            held[place] = view
        return held

    def _touched(
        self, views: Sequence[HostView], asked: Asked, ledger: Ledger
    ) -> Iterator[tuple[int, HostView]]:
        """Those few hosts, by their places, that hold more than they show, as weights see them."""
        states, running = self._hosts.states, asked.home is not None
        touched, busy = ledger.touched(asked.vm_id, running), ledger.beside(asked.vm_id, running)
        places = self._hosts.places(views) if touched else {}
        for host_id in touched:
            place = places.get(host_id)
            if place is not None:
                yield place, margins.holding(states, views[place], busy[host_id])

    def _weights(
        self, unit: Weight, request: Request, views: Sequence[HostView], context: Context
    ) -> list[int]:
        """Of the hosts as their inventories show them; of most hosts the unit has said it before."""
        if not views:
            return []
        key, by = (unit.name, request, len(views), views[0].id), unit.goes_by(context)
        known = self._known.get(key)
        if known is not None and known.by != by:
            known = None
        if known is None or known.views is not views:
            moved = self._hosts.moved(known.views, views) if known else None
            weights = list(known.weights) if known and moved is not None else [0] * len(views)
            for place in range(len(views)) if moved is None else moved:
                weights[place] = unit.weigh(request, views[place], context)
            known = self._known[key] = Known(by, views, weights)
            for oldest in list(self._known)[:-REQUESTS_KEPT]:
                self._known.pop(oldest, None)
        return list(known.weights)
