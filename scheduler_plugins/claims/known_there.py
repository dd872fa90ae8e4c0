"""Which instances the VMs on a host have, by what they asked for: for hosts that do not show instances."""

from collections.abc import Mapping
from functools import cached_property

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.observation import Observation, Source

Types = tuple[str, ...]
"""The type of each instance, with repetition, sorted."""


class KnownThere:
    """The same for many hosts, by the VMs as known at one moment."""

    def __init__(self, vms: Mapping[str, KnownVm]) -> None:
        """`vms` by id."""
        self._vms = vms

    def types(self, seen: Observation) -> Types | None:
        """The types of the instances there; None where the source shows them itself, or the VMs are not known.

        VDSM tells its VMs with the inventory. The engine's copy comes without: there the engine's own word counts.
        """
        if seen.source is Source.HOOK:
            return None
        if seen.source is Source.ENGINE:
            return self._of_the_engine(seen.host_id)
        if seen.vms is None:
            return None
        known = [self._vms.get(vm_id) for vm_id in seen.vms]
        told = [vm for vm in known if vm is not None]
        return _types(told) if len(told) == len(known) else None

    def _of_the_engine(self, host_id: str) -> Types | None:
        if self._untold:
            return None
        return _types(self._by_host.get(host_id, []))

    @cached_property
    def _untold(self) -> bool:
        """Whether the engine did not tell of some VM with a request where it is."""
        return any(vm.host_id is None and vm.types for vm in self._vms.values())

    @cached_property
    def _by_host(self) -> dict[str, list[KnownVm]]:
        found: dict[str, list[KnownVm]] = {}
        for vm in self._vms.values():
            if vm.host_id and vm.types:
                found.setdefault(vm.host_id, []).append(vm)
        return found


def _types(vms: list[KnownVm]) -> Types:
    return tuple(sorted(type_id for vm in vms for type_id in vm.types))
