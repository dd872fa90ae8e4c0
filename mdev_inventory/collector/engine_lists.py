"""What the engine lists, hosts and VMs, taken over into the inventories.

An engine that cannot be reached changes nothing: the last lists stay. Neither does one that suddenly shows
nothing at all, because a right lost looks the same as an empty data centre. The calls have threads of their
own, because those that asyncio shares may all wait for the engine on behalf of hosts.
"""

import asyncio
import logging
from collections.abc import Callable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Host, Vm
from mdev_inventory.store.inventories import Inventories

RequestTypes = Callable[[Vm], Sequence[str] | None]
"""The types that a VM asks for, in order; None where the engine's words do not tell. May raise."""

VmsListed = Callable[[Sequence[Vm], float, float], object]
"""Told all VMs, when the engine was asked for them and when it had answered."""

log = logging.getLogger("collector")
T = TypeVar("T")


class Engine(Protocol):
    """What is asked of the engine. The calls block, and their errors carry a `code`."""

    def hosts(self) -> Sequence[Host]:
        """All hosts."""

    def learn_levels(self) -> None:
        """Ask for the clusters' levels, for the VMs that are told from then on; no error where that fails."""

    def vms(self) -> Sequence[Vm]:
        """All VMs, with their requests."""


class EmptyListError(Exception):
    """The engine shows no host where there were some."""

    code = "empty-list"

    def __init__(self, known: int) -> None:
        """`known` hosts were listed before."""
        super().__init__(
            f"the engine lists no host; the {known} known before are kept: "
            "does the service's engine user still have the role ReadOnlyAdmin?"
        )


class EngineLists:
    """Reads the lists, each call once; raises what the engine's calls raise, or EmptyListError."""

    def __init__(
        self,
        engine: Engine,
        inventories: Inventories,
        request_types: RequestTypes,
        clock: Callable[[], float],
        locations: MutableMapping[str, str],
    ) -> None:
        """`clock` gives the seconds since the epoch; `locations`, the host of each VM by id, is kept here."""
        self._locations = locations
        self._engine, self._inventories = engine, inventories
        self._request_types, self._clock = request_types, clock
        self._threads = ThreadPoolExecutor(2, "engine-list")
        self._unreadable: dict[str, str] = {}
        self.listeners: list[VmsListed] = []
        """Told of every list of VMs, as the engine gave it; they must not block."""

    def close(self) -> None:
        """Read no more; a call under way is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def read_hosts(self) -> None:
        """Take over the list of hosts."""
        hosts = await self._called(self._engine.hosts)
        if not hosts and self._inventories.hosts:
            raise EmptyListError(len(self._inventories.hosts))
        self._inventories.set_hosts(hosts)

    async def read_vms(self) -> None:
        """Take over the list of VMs; an empty one is believed where the engine still shows hosts."""
        await self._called(self._engine.learn_levels)
        asked_at = self._clock()
        vms = await self._called(self._engine.vms)
        if not vms and self._inventories.vms:
            await self.read_hosts()
        known = [vm for vm in (self._known(vm, asked_at) for vm in vms) if vm]
        answered_at = self._clock()
        self._inventories.set_vms(known, asked_at, answered_at)
        for listener in self.listeners:
            listener(vms, asked_at, answered_at)
        self._locations.clear()
        self._locations.update({vm.id: vm.host_id for vm in vms if vm.host_id})

    async def _called(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def _known(self, vm: Vm, asked_at: float) -> KnownVm | None:
        """The VM with its request, or with the one known before where the list does not tell."""
        try:
            types = self._request_types(vm)
        except Exception as error:  # one VM's request must not cost the others theirs
            self._report(vm, str(error))
            types = None
        if types is not None:
            return KnownVm.of(vm, types, asked_at)
        before = self._inventories.vms.get(vm.id)
        return before and before._replace(name=vm.name)

    def _report(self, vm: Vm, error: str) -> None:
        """Log what is wrong with a VM's request, once."""
        if self._unreadable.get(vm.id) != error:
            log.warning("UNREADABLE request vm=%s id=%s: %s", vm.name, vm.id, error)
            self._unreadable[vm.id] = error
