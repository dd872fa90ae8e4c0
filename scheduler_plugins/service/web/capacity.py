"""What people and programs are shown of hosts and types: free and used, by the same replay as decisions."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Host
from mdev_inventory.model import HostInventory, MdevType
from mdev_inventory.observation import HostFailure, Observation
from scheduler_plugins.allocator.placement import free_instances
from scheduler_plugins.claims.instances import Derived, Orphan, orphans
from scheduler_plugins.decisions.views import HostInventories


class Inventories(HostInventories, Protocol):
    """The current state of hosts and VMs; safe for threads."""

    @property
    def vms(self) -> Mapping[str, KnownVm]:
        """The VMs by id: the same mapping until one of them is another."""


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
    """Instances that belong to no VM; None where that cannot be told."""


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
        self._inventories = inventories
        self.clock, self.to_wall = clock, to_wall
        self._derived = Derived(lambda: inventories.vms)
        self._known: dict[str, tuple[Observation, bool, tuple[TypeOnHost, ...]]] = {}

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
        observation = self._inventories.observations.get(host.id)
        failure = self._inventories.failures.get(host.id)
        left = orphans(observation, self._derived.now) if observation else None
        return HostState(host, observation, failure, self._types(host, observation), left)

    def _types(self, host: Host, observation: Observation | None) -> tuple[TypeOnHost, ...]:
        if observation is None:
            return ()
        known = self._known.get(host.id)
        if known and known[0] is observation and known[1] == host.separate:
            return known[2]
        types = _types(observation, host.separate)
        self._known[host.id] = (observation, host.separate, types)
        return types


def _types(observation: Observation, separate: bool) -> tuple[TypeOnHost, ...]:
    inventory, source = observation.inventory, observation.source
    types = [
        TypeOnHost(
            mdev_type.id,
            mdev_type.name or mdev_type.id,
            mdev_type.description,
            free_instances(inventory, source, mdev_type.id, separate),
            _sum(_used(same) for same in _all_of(inventory, mdev_type.id)),
        )
        for mdev_type in _distinct(inventory)
    ]
    return tuple(sorted(types, key=lambda on_host: (on_host.name, on_host.id)))


def _distinct(inventory: HostInventory) -> Iterable[MdevType]:
    by_id: dict[str, MdevType] = {}
    for parent in inventory.parents:
        for mdev_type in parent.types or ():
            by_id.setdefault(mdev_type.id, mdev_type)
    return by_id.values()


def _all_of(inventory: HostInventory, type_id: str) -> Iterable[MdevType]:
    return (found for parent in inventory.parents if (found := parent.find(type_id)))


def _used(mdev_type: MdevType) -> int | None:
    return None if mdev_type.instances is None else len(mdev_type.instances)


def _sum(counts: Iterable[int | None]) -> int | None:
    """The sum; None where any of them is unknown."""
    told = list(counts)
    known = [count for count in told if count is not None]
    return sum(known) if len(known) == len(told) else None
