"""The weights' side of a decision: what they are told, which a cluster uses, and which host is best."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mdev_inventory.engine.known_vm import KnownVm
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.claims.life import Claims
from scheduler_plugins.decisions.answer import Best, as_weighed
from scheduler_plugins.decisions.candidates import Candidate
from scheduler_plugins.decisions.decision import Weights
from scheduler_plugins.decisions.lookup import Asked
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


class Weighing:
    """Weighs hosts; safe for threads."""

    def __init__(
        self,
        units: Mapping[str, Weight],
        vms: Callable[[], Mapping[str, KnownVm]],
        clock: Callable[[], float],
        lives: Callable[[], Lives | None],
    ) -> None:
        """`vms` gives all VMs as known now, `lives` what is known of their lifetimes."""
        self._units, self._clock, self._lives = units, clock, lives
        self._mixes = Mixes(vms, clock)
        self._used: dict[str | None, Used] = {}

    def uses(self, cluster_id: str | None) -> Used:
        """What the cluster was last seen to use."""
        return self._used.get(cluster_id, Used())

    def used(self, cluster_id: str | None, units: Iterable[str], properties: Mapping[str, str]) -> None:
        """The cluster's policy has these of our weights, and these properties."""
        self._used[cluster_id] = Used(tuple(units), dict(properties))

    def weigh(
        self, unit: Weight, asked: Asked, views: Sequence[HostView], claims: Claims, properties: Mapping[str, str]
    ) -> Weights:
        """What one unit says to these hosts; raises BadPropertyError."""
        context = self._context(asked, parameters.settings_of(unit.parameters, properties))
        if unit.with_request != bool(asked.request):
            return Weights(unit.name, tuple([(view.id, 0) for view in views]))
        held = _as_weighed(views, asked, claims)
        return Weights(unit.name, tuple(zip([v.id for v in views], _weights(unit, asked, held, context), strict=True)))

    def all(self, asked: Asked, views: Sequence[HostView], claims: Claims) -> tuple[Weights, ...]:
        """What the units for such VMs would say, with the properties that the cluster last had."""
        held = _as_weighed(views, asked, claims)
        units = [unit for unit in self._units.values() if unit.with_request == bool(asked.request)]
        told = [(unit.name, _weights(unit, asked, held, self._usual_context(unit, asked))) for unit in units]
        return tuple(Weights(name, tuple(zip([v.id for v in held], scores, strict=True))) for name, scores in told)

    def best(self, asked: Asked, claims: Claims) -> Best:
        """The host with the least sum of those of our weights that the cluster uses, the first of several."""
        usual = [name for name in (USUAL, *self._units) if name in self._units][:1]
        units = [self._units[name] for name in self.uses(asked.cluster_id).units or usual]

        def best(candidates: Sequence[Candidate]) -> Candidate:
            held = _as_weighed([candidate.view for candidate in candidates], asked, claims)
            scores = [_weights(unit, asked, held, self._usual_context(unit, asked)) for unit in units]
            sums = [sum(of_host) for of_host in zip(*scores, strict=True)]
            return candidates[sums.index(min(sums))]

        return best

    def _usual_context(self, unit: Weight, asked: Asked) -> Context:
        properties = self.uses(asked.cluster_id).properties
        return self._context(asked, parameters.usable(unit.parameters, properties))

    def _context(self, asked: Asked, settings: Settings) -> Context:
        return Context(settings, self._mixes.of(asked.cluster_id), self._lives(), self._clock())


def _weights(unit: Weight, asked: Asked, views: Sequence[HostView], context: Context) -> list[int]:
    """The unit's weight of each host; one that it gave this view before, going by the same, is remembered."""
    request = asked.request
    question = unit.name, request, unit.cache_key(context)
    return [view.remember(question, unit.weigh, request, view, context) for view in views]


def _as_weighed(views: Sequence[HostView], asked: Asked, claims: Claims) -> Sequence[HostView]:
    """The hosts as weights see them: those few that hold more than they show, with that."""
    running = asked.home is not None
    touched = claims.weighed_on(asked.vm_id, running)
    if not touched:
        return views
    in_flight = claims.by_host(asked.vm_id, running)
    return [as_weighed(v, in_flight.at(ours)) if (ours := v.id.lower()) in touched else v for v in views]
