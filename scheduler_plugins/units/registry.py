"""All policy units by name: what the engine discovers, and where a new unit is entered.

A unit needs a class of its name in `proxy/mdev_units.py` as well, by which ovirt-scheduler-proxy finds it,
and a section in `docs/units.md`.
"""

from collections.abc import Hashable
from typing import Protocol

from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.units.consolidate import MdevConsolidate
from scheduler_plugins.units.context import Context
from scheduler_plugins.units.fragmentation import MdevFragmentation
from scheduler_plugins.units.mdev_filter import MdevFilter
from scheduler_plugins.units.parameters import Parameter
from scheduler_plugins.units.reserve import MdevReserve
from scheduler_plugins.units.spread import MdevSpread
from scheduler_plugins.units.verdict import Verdict


class Unit(Protocol):
    """What the engine is told of a policy unit."""

    name: str
    description: str
    """One line, shown in the Administration Portal."""
    properties: str
    """The policy properties that it understands, as the engine takes them: `key=regex;key=regex`."""


class Filter(Unit, Protocol):
    """Drops hosts."""

    def judge(self, request: Request, host: HostView) -> Verdict:
        """The verdict on one host: a pure function of the two."""


class Weight(Unit, Protocol):
    """Ranks the hosts that are left."""

    with_request: bool
    """Whether it is for VMs that ask for mediated devices, or for those that do not: 0 for the others."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those that `properties` declares."""

    def cache_key(self, context: Context) -> Hashable:
        """What of the context weights hang on: where it is equal, the same host weighs the same."""

    def weigh(self, request: Request, host: HostView, context: Context) -> int:
        """0 for the best host to 1000 for the worst, or one of which nothing is known."""


_WEIGHTS: tuple[Weight, ...] = (MdevConsolidate(), MdevSpread(), MdevFragmentation(), MdevReserve())


def filters(limit_per_vm: bool = True) -> dict[str, Filter]:
    """The filters by name; `limit_per_vm` is `MdevFilter`'s."""
    return {MdevFilter.name: MdevFilter(limit_per_vm)}


FILTERS = filters()
WEIGHTS = {unit.name: unit for unit in _WEIGHTS}
