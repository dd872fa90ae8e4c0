"""What people and programs are shown of hosts and types: free and used, by the same replay as decisions."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from mdev_inventory.engine.model import Host
from mdev_inventory.model import MdevType
from mdev_inventory.observation import HostFailure, Observation
from scheduler_plugins.allocator.model import HostView, once
from scheduler_plugins.allocator.placement import free_instances
from scheduler_plugins.claims.instances import Derived, Orphan, foreign, orphans
from scheduler_plugins.decisions.scheduler import Inventories
from scheduler_plugins.decisions.views import Views


@dataclass(frozen=True, slots=True)
class TypeOnHost:
    """One mdev type on one host."""

    id: str
    name: str
    description: str
    free: int
    """How many more the host's allocator would create, one after the other, of this type alone."""
    used: int | None
    """Living instances; None where the source cannot tell."""


@dataclass(frozen=True, slots=True)
class HostState:
    """One host with all that is known of it."""

    host: Host
    observation: Observation | None
    failure: HostFailure | None
    types: tuple[TypeOnHost, ...]
    """By name, as people read it; empty where nothing was observed."""
    orphans: tuple[Orphan, ...] | None
    """vGPUs that belong to no VM; None where that cannot be told."""
    foreign: tuple[Orphan, ...] = ()
    """Instances that are no vGPUs and that no VM is known to have."""


class TypeThere(NamedTuple):
    """What one host has of a type; its members are the host's but for the figures."""

    id: str
    name: str
    status: str
    free: int
    used: int | None


@dataclass(frozen=True, slots=True)
class TypeState:
    """One mdev type over all hosts that offer it."""

    id: str
    name: str
    description: str
    hosts: tuple[TypeThere, ...]

    @property
    def free(self) -> int:
        """On all hosts that are up."""
        return sum(there.free for there in self.hosts if there.status == "up")

    @property
    def used(self) -> int | None:
        """On all hosts; None where one of them cannot tell."""
        return _sum(there.used for there in self.hosts)


class Capacities:
    """The hosts' capacities, worked out once per observation; safe for threads."""

    def __init__(
        self, inventories: Inventories, clock: Callable[[], float], to_wall: Callable[[float], float] = float
    ) -> None:
        """`clock` is the service's, seconds since the epoch; `to_wall` makes its times those of the machine's."""
        self._inventories, self._views = inventories, Views(inventories)
        self.clock, self.to_wall = clock, to_wall
        self._derived = Derived(lambda: inventories.vms)

    def hosts(self) -> list[HostState]:
        """Every host, by name."""
        return sorted(map(self._state, self._inventories.hosts.values()), key=lambda state: state.host.name)

    def host(self, host_id: str) -> HostState | None:
        """One host; None where the engine has none of that id."""
        host = self._inventories.hosts.get(host_id.lower())
        return self._state(host) if host else None

    def types(self) -> list[TypeState]:
        """Every type that some host offers, by name."""
        found: dict[str, tuple[TypeOnHost, list[TypeThere]]] = {}
        for state in self.hosts():
            host = state.host
            for on in state.types:
                there = TypeThere(host.id, host.name, host.status, on.free, on.used)
                found.setdefault(on.id, (on, []))[1].append(there)
        types = [TypeState(on.id, on.name, on.description, tuple(there)) for on, there in found.values()]
        return sorted(types, key=lambda state: (state.name, state.id))

    def names(self) -> dict[str, str]:
        """The hosts' names by their ids."""
        return {host.id: host.name for host in self._inventories.hosts.values()}

    def _state(self, host: Host) -> HostState:
        (view,) = self._views.of({host.id: host.id})
        if view.observation is None:
            return HostState(host, None, view.failure, (), None)
        owners = self._derived.now
        left, others = orphans(view.observation, owners), foreign(view.observation, owners)
        return HostState(host, view.observation, view.failure, _types(view), left, others)


@once
def _types(view: HostView) -> tuple[TypeOnHost, ...]:
    """The types on the host, by name."""
    if view.observation is None:
        return ()
    inventory, source = view.observation.inventory, view.observation.source
    by_id: dict[str, list[MdevType]] = defaultdict(list)
    for parent in inventory.parents:
        for mdev_type in parent.types or ():
            by_id[mdev_type.id].append(mdev_type)
    types = [
        TypeOnHost(
            type_id,
            alike[0].name or type_id,
            alike[0].description,
            free_instances(inventory, source, type_id, view.separate),
            _sum(None if one.instances is None else len(one.instances) for one in alike),
        )
        for type_id, alike in by_id.items()
    ]
    return tuple(sorted(types, key=lambda on_host: (on_host.name, on_host.id)))


def _sum(counts: Iterable[int | None]) -> int | None:
    """The sum; None where any of them is unknown."""
    told = list(counts)
    known = [count for count in told if count is not None]
    return sum(known) if len(known) == len(told) else None
