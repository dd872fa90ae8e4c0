"""The state of all hosts and VMs at one moment, as decisions read it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

from mdev_inventory.engine.model import Host
from mdev_inventory.known_vm import KnownVm
from mdev_inventory.observation import HostFailure, Observation
from mdev_inventory.store import Store

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state at one moment; its mappings never change."""

    hosts: Mapping[str, Host]
    """By id, as the engine showed them last."""
    observations: Mapping[str, Observation]
    """By host id; hosts never observed are missing."""
    failures: Mapping[str, HostFailure]
    """By host id: only hosts that failed when they were asked last."""
    vms: Mapping[str, KnownVm]
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
        MappingProxyType(store.vms()),
    )


def with_(mapping: Mapping[str, V], key: str, value: V) -> Mapping[str, V]:
    """The mapping with that value, which nobody can change."""
    return MappingProxyType({**mapping, key: value})


def without(mapping: Mapping[str, V], key: str) -> Mapping[str, V]:
    """The mapping without that key."""
    if key not in mapping:
        return mapping
    return MappingProxyType({k: v for k, v in mapping.items() if k != key})
