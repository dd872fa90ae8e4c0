"""The state of all hosts and VMs at one moment, as decisions read it."""

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Host
from mdev_inventory.observation import HostFailure, Observation
from mdev_inventory.store.layered import Layered
from mdev_inventory.store.store import Store

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state at one moment; its mappings never change."""

    hosts: MappingProxyType[str, Host]
    """By id, as the engine showed them last."""
    observations: MappingProxyType[str, Observation]
    """By host id; hosts never observed are missing."""
    failures: MappingProxyType[str, HostFailure]
    """By host id: only hosts that failed when they were asked last."""
    vms: Layered[KnownVm]
    """By id: every VM that the engine showed, those without a request included."""


def remembered(store: Store) -> Snapshot:
    """What the store remembers; raises StoreError."""
    failures = store.failures()
    observations = store.observations()
    for host_id, seen in observations.items():
        failure = failures.get(host_id)
        if failure and failure.at <= seen.received_at:  # it came with the observation, not after it
            observations[host_id] = replace(seen, failure=failure)
    return Snapshot(
        MappingProxyType(store.hosts()),
        MappingProxyType(observations),
        MappingProxyType(failures),
        Layered(store.vms()),
    )


def with_(mapping: MappingProxyType[str, V], key: str, value: V) -> MappingProxyType[str, V]:
    """The mapping with that value; as a union, for `{**mapping}` would look up each key by itself."""
    return MappingProxyType(mapping | {key: value})


def without(mapping: MappingProxyType[str, V], key: str) -> MappingProxyType[str, V]:
    """The mapping without that key."""
    if key not in mapping:
        return mapping
    left = mapping.copy()
    del left[key]
    return MappingProxyType(left)
