"""MdevFragmentation: the host where this start destroys least of the capacity that the cluster can use.

An NVIDIA card takes one type at a time, until its last instance ends. So what a start costs is not what it
takes, but what others cannot have any more. The weight adds up (`scores.py` has the figures):

- **joining** a card in use costs little, the less the fuller it is; **opening** an empty card costs so much
  that every host where the VM joins comes before every host where it opens;
- the **disorder** that the start leaves, less what was there before. The host's allocator takes the first
  card that fits: free places on a later card are out of reach for those who would fit on an earlier one that
  is empty, or soon will be. That counts by how large a share of the cluster's requests wants such places.
  A single empty card on the host counts as well, by how many VMs of the cluster ask for several instances:
  one that needs two cards finds none there;
- **ages**: a card whose neighbours will stay for long anyway lives no longer for the newcomer, and is the one
  to join; one whose last VM is about to leave would be empty soon. How long VMs of a type live, given how
  long they have run, is learnt from those that ended and those that run. While fewer than 20 have been seen
  to end, ages say nothing.

Joins weigh 0 to 499, opens 500 to 999; a request of several instances divides the range by how many cards it
opens, so that opening one outweighs anything that joining can cost.

Parameters, in the properties of the cluster's scheduling policy:

- `MdevFragmentationMix` (a list of types and parts, such as `nvidia-231:80,nvidia-234:20`; default empty):
  what the cluster's VMs will ask for, where that is known better than from the VMs defined today. Types that
  are not in the list count as never asked for. Empty: learnt from the engine, every VM with a request counts.
- `MdevFragmentationAges` (`yes` or `no`; default `yes`): whether ages count.
"""

from collections.abc import Hashable

from scheduler_plugins.allocator.footprint import Figures, footprint
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.demand.ages import UNKNOWN
from scheduler_plugins.demand.mix import Mix
from scheduler_plugins.units import scores
from scheduler_plugins.units.context import ALONE, WORST, Context
from scheduler_plugins.units.parameters import AGES, MIX, declared

MOMENT_S = 10.0
"""Ages are of so long ago at most; the finest bin of ages is five minutes."""


class MdevFragmentation:
    """Prefers the host where the start destroys least of the capacity that the cluster's VMs can use."""

    name = "MdevFragmentation"
    description = "Prefers hosts where the VM's vGPU destroys least of the capacity that others can use"
    parameters = (MIX, AGES)
    properties = declared(*parameters)
    with_request = True

    def cache_key(self, context: Context) -> Hashable:
        """What is asked for, who lives how long, and, where that counts, what time it is."""
        lives = context.lives if context.settings.ages else None
        return _mix(context), lives, _moment(context) if lives else None

    def weigh(self, request: Request, host: HostView, context: Context = ALONE) -> int:
        """The host's weight, 0 the best."""
        seen, taken = host.observation, footprint(host, request) if request else None
        if seen is None or taken is None:
            return WORST if request else 0
        life = (UNKNOWN,) * len(taken.residents)
        if context.lives and context.settings.ages:
            life = context.lives.of(taken, seen.owners or {}, _moment(context))
        question = taken.figures, life
        if question not in context.memo:
            context.memo[question] = _weight(taken.figures, life, _mix(context))
        return context.memo[question]


def _mix(context: Context) -> Mix:
    told = context.settings.mix
    return Mix.given(told, context.mix) if told else context.mix


def _moment(context: Context) -> float:
    """The time as ages are told by: what was worked out holds for a moment."""
    return context.now // MOMENT_S * MOMENT_S


def _weight(figures: Figures, life: tuple[float, ...], mix: Mix) -> int:
    size, used, places, cards, kinds, room, types = figures
    value = [mix.value(type_id) for type_id in types]
    cost = scores.fragmentation_cost(size, used, places, value, mix.several, cards, kinds, room, life)
    return scores.weight_of(cost, scores.opened_by(size, cards), len(cards))
