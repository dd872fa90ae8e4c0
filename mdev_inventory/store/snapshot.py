"""The state of all hosts and VMs at one moment, as decisions read it."""

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Host
from mdev_inventory.observation import HostFailure, Observation
from mdev_inventory.store.gone import Gone, gone_after
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
    vms: MappingProxyType[str, KnownVm]
    """By id: every VM that the engine showed, those without a request included."""
    gone: MappingProxyType[str, tuple[Gone, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """By host id: what a host had and has no more; hosts of which nothing is gone are missing."""

    def of(self, hosts: dict[str, Host]) -> "Snapshot":
        """With these hosts; what is known of others is forgotten."""
        return Snapshot(
            MappingProxyType(hosts),
            MappingProxyType({k: v for k, v in self.observations.items() if k in hosts}),
            MappingProxyType({k: v for k, v in self.failures.items() if k in hosts}),
            self.vms,
            MappingProxyType({k: v for k, v in self.gone.items() if k in hosts}),
        )

    def with_observation(self, seen: Observation) -> "Snapshot":
        """With that host's observation, and what is gone since the last one."""
        before, known = self.gone.get(seen.host_id, ()), self.observations.get(seen.host_id)
        gone, after = self.gone, gone_after(before, known, seen)
        if after != before:
            gone = MappingProxyType({k: v for k, v in (gone | {seen.host_id: after}).items() if v})
        return replace(self, observations=_with(self.observations, seen.host_id, seen), gone=gone)

    def with_failure(self, host_id: str, failure: HostFailure | None) -> "Snapshot":
        """With that host's failure, or without one."""
        if failure:
            return replace(self, failures=_with(self.failures, host_id, failure))
        return replace(self, failures=MappingProxyType({k: v for k, v in self.failures.items() if k != host_id}))

    def with_vm(self, vm: KnownVm) -> "Snapshot":
        """With that VM."""
        return replace(self, vms=_with(self.vms, vm.id, vm))


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
        MappingProxyType(store.gone()),
    )


def _with(mapping: MappingProxyType[str, V], key: str, value: V) -> MappingProxyType[str, V]:
    """The mapping with that value; as a union, for `{**mapping}` would look up each key by itself."""
    return MappingProxyType(mapping | {key: value})
