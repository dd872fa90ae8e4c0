"""What a weight may know beside the request and the host: the same for all hosts of one decision."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from scheduler_plugins.demand.ages import Lives
from scheduler_plugins.demand.mix import Mix
from scheduler_plugins.units.parameters import USUAL, Settings


@dataclass(frozen=True, slots=True)
class Context:
    """Beside the request and the host."""

    settings: Settings = USUAL
    """The cluster's policy properties, understood."""
    mix: Mix = field(default_factory=Mix)
    """What the cluster's VMs ask for."""
    lives: Lives | None = None
    """How long VMs live; None where that is not to count."""
    now: float = 0.0
    """Seconds since the epoch."""
    memo: dict[Hashable, int] = field(default_factory=dict, compare=False, repr=False)
    """For the units: what was worked out in this decision and holds for other hosts as well."""


ALONE = Context()
"""For who knows nothing beside the request and the host."""
WORST = 1000
"""The weight of a host that would refuse, or of which nothing is known."""
