"""The engine's own view of the hosts' devices, compared with ours and corrected.

The engine's built-in filter for mediated devices runs before any external unit. It works on a copy of the
hosts' devices that the engine refreshes rarely, so it can refuse a host that has long
been free, and we are never asked about it. Where the engine shows nothing left of a type that the host itself
calls free, the engine is asked to refresh that host. That takes the host's exclusive lock and writes an
event: so only hosts that are up, one at a time in a cluster, each at most once a minute, and ever more rarely
where it does not help.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mdev_inventory.collector.event_watch import Happened, VmChange
from mdev_inventory.collector.schedule import next_turn
from mdev_inventory.collector.troubles import Troubles, code_of
from mdev_inventory.engine.detached import Detached
from mdev_inventory.engine.forms import is_pci_address
from mdev_inventory.engine.model import Host, HostDevice
from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Observation, Source
from mdev_inventory.store.inventories import Inventories

# The engine lists PCI devices only; a parent elsewhere (mtty, matrix) never shows, however often refreshed.
# A host is refreshed at most this often (seconds),
LEAST_GAP = 60.0
# and at least this often where it never helped.
LONGEST_GAP = 6 * 3600.0
# After a VM went down, the engine gets this long (seconds) to refresh the host by itself, as it often does.
OWN_REFRESH = 5.0
# How long (seconds) a host may take to confirm that it is free.
CONFIRM = 10.0
TICK = 1.0

log = logging.getLogger("collector")
T = TypeVar("T")


class Engine(Protocol):
    """What is asked of the engine. Both calls block, and their errors carry a `code`."""

    def host_devices(self, host_id: str) -> Sequence[HostDevice]:
        """The engine's copy of the host's devices."""

    def refresh_host(self, host_id: str) -> None:
        """Make that copy fresh."""


class NoRightError(Exception):
    """The engine's user may not refresh hosts."""

    code = "forbidden"

    def __init__(self, host: Host, said: str) -> None:
        """`said` is the engine's refusal to refresh `host`."""
        super().__init__(
            f"{said}; the engine's own filter may go on refusing hosts like {host.name} that are free. "
            "Give the engine's user a role with MANIPULATE_HOST there and restart the service, "
            "or set [engine] engine_refresh = no"
        )


def available_types(inventory: HostInventory) -> frozenset[str]:
    """The types with available instances on a parent device that the engine can show."""
    parents = (parent for parent in inventory.parents if is_pci_address(parent.address))
    types = (mdev_type for parent in parents for mdev_type in parent.types or ())
    return frozenset(mdev_type.id for mdev_type in types if (mdev_type.available or 0) > 0)


def hidden_types(inventory: HostInventory, devices: Iterable[HostDevice]) -> frozenset[str]:
    """The types that are available by the host's own word, and of which the engine shows nothing left."""
    shown = {one.id for device in devices for one in device.types if (one.available or 0) > 0}
    return available_types(inventory) - shown


@dataclass(slots=True)
class _Tries:
    """The refreshes of one host so far."""

    last_at: float = float("-inf")
    """The loop's time."""
    in_vain: int = 0
    """So many times in a row a refresh changed nothing."""

    def may_go_on_at(self, interval: float) -> float:
        """When it may be refreshed again: the later, the more often that did not help."""
        rare = min(interval * 2.0 ** min(self.in_vain, 30), LONGEST_GAP) if self.in_vain else 0.0
        return self.last_at + max(LEAST_GAP, rare)


class EngineView:
    """Looks at every host in its turn; belongs to the event loop that runs it."""

    def __init__(
        self,
        engine: Engine,
        inventories: Inventories,
        ask_now: Callable[[Iterable[str], float], Awaitable[frozenset[str]]],
        interval: float,
        troubles: Troubles,
        clock: Callable[[], float],
    ) -> None:
        """`ask_now` asks hosts now (`Collector.refresh`); `interval` in seconds; `clock` since the epoch."""
        self._engine, self._inventories, self._ask_now = engine, inventories, ask_now
        self._interval, self._troubles, self._clock = interval, troubles, clock
        self._threads: Executor = Detached("engine-view")
        self._due: dict[str, float] = {}
        self._busy: set[str] = set()
        self._tries: dict[str, _Tries] = defaultdict(_Tries)
        self._clusters: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._forbidden: set[str] = set()
        self._engine_shows_types = self._no_types_after_refresh = False

    def vm_changed(self, happened: Happened) -> None:
        """A VM changed: where one with a request went down, its host is looked at soon."""
        vm = self._inventories.vms.get(happened.vm_id)
        if happened.change is VmChange.DOWN and vm and vm.types:
            soon = asyncio.get_running_loop().time() + OWN_REFRESH
            for host_id in happened.hosts:
                self._due[host_id] = min(soon, self._due.get(host_id, soon))

    async def run(self) -> None:
        """Look at hosts until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                for host_id in self._turns(asyncio.get_running_loop().time()):
                    self._busy.add(host_id)
                    group.create_task(self._look(host_id), name=f"engine view {host_id}")
                await asyncio.sleep(TICK)

    def _turns(self, now: float) -> list[str]:
        """The hosts whose turn it is; every other one gets its turn within the interval."""
        hosts = self._inventories.hosts
        self._due = {host_id: self._due.get(host_id, next_turn(host_id, now, self._interval)) for host_id in hosts}
        turns = [host_id for host_id, due in self._due.items() if due <= now and host_id not in self._busy]
        for host_id in turns:
            del self._due[host_id]
        return turns

    async def _look(self, host_id: str) -> None:
        try:
            host = self._inventories.hosts.get(host_id)
            if host and self._own_word(host):
                async with self._clusters[host.cluster_id]:
                    await self._correct(host)
        except Exception as error:
            if code_of(error) != "not-found":  # it has just been removed
                self._troubles.failed("engine view", error)
        finally:
            self._busy.discard(host_id)

    def _own_word(self, host: Host) -> Observation | None:
        """What the host itself last told, where that leaves anything for the engine to hide."""
        seen = self._inventories.observations.get(host.id)
        return seen if seen and seen.source is not Source.ENGINE and available_types(seen.inventory) else None

    async def _correct(self, host: Host) -> None:
        """Refresh the host if its own word, newer than the engine's, says that something is hidden."""
        hidden = await self._hidden(host) if self._may_refresh(host) else frozenset()
        may_help = self._engine_shows_types or not self._no_types_after_refresh
        if not (hidden and may_help and self._may_refresh(host)):
            return
        may_go_on_at = self._tries[host.id].may_go_on_at(self._interval)
        if may_go_on_at > asyncio.get_running_loop().time():
            self._due[host.id] = may_go_on_at
        else:
            await self._refresh(host, hidden)

    def _may_refresh(self, host: Host) -> bool:
        now = self._inventories.hosts.get(host.id)
        return now is not None and now.status == "up" and now.cluster_id not in self._forbidden

    async def _hidden(self, host: Host) -> frozenset[str]:
        asked_at = self._clock()
        devices = await self._called(lambda: self._engine.host_devices(host.id))
        self._troubles.works("engine view")
        self._engine_shows_types = self._engine_shows_types or any(device.types for device in devices)
        seen = self._own_word(host)
        if not seen:
            return frozenset()
        if not hidden_types(seen.inventory, devices):
            self._tries[host.id].in_vain = 0
            return frozenset()
        if seen.requested_at < asked_at and not await self._ask_now([host.id], CONFIRM):
            return frozenset()
        seen = self._own_word(host)
        return hidden_types(seen.inventory, devices) if seen else frozenset()

    async def _refresh(self, host: Host, hidden: frozenset[str]) -> None:
        tries = self._tries[host.id]
        tries.last_at = asyncio.get_running_loop().time()
        tries.in_vain += 1
        log.info("REFRESH host=%s: the engine shows nothing left of types=%s", host.name, _listed(hidden))
        try:
            await self._called(lambda: self._engine.refresh_host(host.id))
        except Exception as error:
            self._refused(host, error)
            return
        self._troubles.works("engine refresh")
        still = await self._hidden(host)
        self._no_types_after_refresh = not self._engine_shows_types
        if still:
            log.warning("HIDDEN still host=%s types=%s tries=%d", host.name, _listed(still), tries.in_vain)
        else:
            tries.in_vain = 0

    def _refused(self, host: Host, error: Exception) -> None:
        if code_of(error) == "forbidden":
            self._forbidden.add(host.cluster_id)
            self._troubles.failed("engine refresh", NoRightError(host, str(error)))
        elif code_of(error) == "http":
            # Its lock is taken, or its status has just changed: nothing was tried.
            log.info("REFRESH refused host=%s: %s", host.name, error)
            self._tries[host.id].in_vain -= 1
            self._due[host.id] = asyncio.get_running_loop().time() + LEAST_GAP
        else:
            raise error

    async def _called(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


def _listed(types: frozenset[str]) -> str:
    return ",".join(sorted(types))
