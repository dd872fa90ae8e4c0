"""Keeps the inventories fresh: the engine's hosts and VMs, and every host's own answer.

Several things go on side by side, and none waits for another: the engine's lists are read (`engine_lists`),
and its events (`event_watch`), every host is asked on its own schedule and soon after its VMs changed
(`host_watch`), the engine's copies of hosts' devices are corrected (`engine_view`), and what was learned is
written (`write_behind`).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol

from mdev_inventory.collector import engine_lists as lists
from mdev_inventory.collector import engine_view, event_watch
from mdev_inventory.collector.engine_lists import EngineLists, RequestTypes
from mdev_inventory.collector.engine_view import EngineView
from mdev_inventory.collector.event_watch import EventWatch, Happened
from mdev_inventory.collector.host_watch import ConnectionShares, HostWatch, Observe, Shared
from mdev_inventory.collector.troubles import Trouble, Troubles
from mdev_inventory.collector.write_behind import WriteBehind
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.request_files import RequestFiles

# How often (seconds) the engine's events are read on.
EVENTS_INTERVAL = 2.0
# How often (seconds) what was learned is written: as much is learned again after a crash.
WRITE_INTERVAL = 2.0
# The engine rests so many times longer than it took to answer: a large one is not kept busy by us,
REST_FACTOR = 10
# for so long (seconds) at least, whoever wants its list,
REST_AT_LEAST = 2.0
# and one that failed is asked again after this (seconds), to notice soon that it is back.
RETRY = 10.0


class Engine(lists.Engine, event_watch.Engine, engine_view.Engine, Protocol):
    """What is asked of the engine."""


class Settings(Protocol):
    """Section `[collector]` of the configuration; times in seconds."""

    @property
    def collect_interval(self) -> float:
        """How often every host is asked, and the engine for its hosts."""

    @property
    def host_timeout(self) -> float:
        """How long a host may take."""

    @property
    def vms_interval(self) -> float:
        """How often the engine is asked for its VMs."""

    @property
    def max_connections(self) -> int:
        """How many hosts are asked at the same time, at most."""

    @property
    def engine_view_interval(self) -> float:
        """How often the engine's copy of each host's devices is compared with ours."""


class Collector:
    """`run` is its life; everything here belongs to the event loop that runs it."""

    def __init__(
        self,
        engine: Engine,
        observe: Observe,
        inventories: Inventories,
        settings: Settings,
        clock: Callable[[], float],
        *,
        request_types: RequestTypes,
        files: RequestFiles,
        engine_refresh: bool = True,
    ) -> None:
        """`observe` asks one host (see `sources`); `clock` gives the seconds since the epoch.

        `engine_refresh`: whether the engine may be told to refresh its copies of hosts' devices.
        """
        self._inventories, self._settings = inventories, settings
        locations: dict[str, str] = {}
        self._lists = EngineLists(engine, inventories, request_types, clock, locations)
        self._shared = Shared(
            observe=observe,
            inventories=inventories,
            connections=ConnectionShares.of(settings.max_connections),
            interval=settings.collect_interval,
            timeout=settings.host_timeout,
            clock=clock,
        )
        self._watches: dict[str, HostWatch] = {}
        self._hosts_wanted = asyncio.Event()
        self._troubles = Troubles(clock)
        self._writer = WriteBehind(inventories, files, self._troubles)
        self.also_written = self._writer.also
        """What is written every time after the inventories: a name for troubles, and the work."""
        self.vm_listeners: list[Callable[[Happened], None]] = []
        """Told what happened to VMs, in the collector's thread: they must not block."""
        self.list_listeners = self._lists.listeners
        """Told of every list of VMs, likewise."""
        self._events = EventWatch(engine, locations, self.ask_soon, self._ask_all_soon, self.vm_listeners, clock)
        self._view = EngineView(engine, inventories, self.refresh, settings.engine_view_interval, self._troubles, clock)
        self._corrects_view = engine_refresh
        if engine_refresh:
            self.vm_listeners.append(self._view.vm_changed)

    @property
    def troubles(self) -> Mapping[str, Trouble]:
        """What does not work now: any of `engine hosts`, `engine vms`, `engine events`, `engine view`,
        `engine refresh`, `store`, `request files`.
        """
        return self._troubles.now

    async def run(self) -> None:
        """Collect, once, until cancelled; begins at once with the hosts that the store remembers."""
        try:
            await self._watch_hosts()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_hosts())
                group.create_task(self._keep_vms())
                group.create_task(self._keep_written())
                group.create_task(self._keep_events())
                if self._corrects_view:
                    group.create_task(self._view.run())
        finally:
            await self._stop(list(self._watches))
            await self._writer.end()
            self._lists.close()
            self._events.close()

    async def refresh(self, host_ids: Iterable[str], deadline_s: float) -> frozenset[str]:
        """Ask these hosts now, side by side; the ids of those that answered by the deadline.

        An answer counts when its request left after this call. One that comes later still updates the
        inventories. A host that we do not know makes us read the engine's list of hosts soon.
        """
        watches = {host_id: self._watches.get(host_id) for host_id in host_ids}
        if None in watches.values():
            self._hosts_wanted.set()
        asked = {asyncio.create_task(watch.ask_now()): host_id for host_id, watch in watches.items() if watch}
        if not asked:
            return frozenset()
        try:
            done, _ = await asyncio.wait(asked, timeout=deadline_s)
        finally:
            for task in asked:
                task.cancel()  # ends the waiting; the request goes on
        return frozenset(asked[task] for task in done if task.result())

    def ask_soon(self, host_ids: Iterable[str]) -> None:
        """Ask these hosts once more, without waiting for it: something changed there."""
        for host_id in host_ids:
            if watch := self._watches.get(host_id):
                watch.ask_soon()

    def _ask_all_soon(self) -> None:
        self.ask_soon(list(self._watches))

    async def _keep_hosts(self) -> None:
        interval = self._settings.collect_interval
        while True:
            least, usual = await self._paced("engine hosts", self._lists.read_hosts, interval)
            await self._watch_hosts()
            await asyncio.sleep(least)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(usual - least):
                    await self._hosts_wanted.wait()
            self._hosts_wanted.clear()

    async def _keep_vms(self) -> None:
        while True:
            _, usual = await self._paced("engine vms", self._list_vms, self._settings.vms_interval)
            await asyncio.sleep(usual)

    async def _keep_events(self) -> None:
        while True:
            _, usual = await self._paced("engine events", self._events.poll, EVENTS_INTERVAL)
            await asyncio.sleep(usual)

    async def _keep_written(self) -> None:
        while True:
            await self._writer.write()
            await asyncio.sleep(WRITE_INTERVAL)

    async def _list_vms(self) -> None:
        await self._lists.read_vms()
        self._writer.vms_listed = True

    async def _paced(self, name: str, work: Callable[[], Awaitable[None]], interval: float) -> tuple[float, float]:
        """Do it once; the seconds to rest before the next time, at least and usually.

        Whatever fails, foreseen or not, is reported and costs this round only.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            await work()
        except Exception as error:
            self._troubles.failed(name, error)
            return REST_AT_LEAST, max(REST_AT_LEAST, min(interval, RETRY))
        self._troubles.works(name)
        least = max(REST_AT_LEAST, REST_FACTOR * (loop.time() - began))
        return least, max(least, interval)

    async def _watch_hosts(self) -> None:
        """A watch for every host of the list, none for any other."""
        hosts = self._inventories.hosts
        for host_id, host in hosts.items():
            if watch := self._watches.get(host_id):
                watch.update(host)
            else:
                self._watches[host_id] = HostWatch(host, self._shared)
        await self._stop([host_id for host_id in self._watches if host_id not in hosts])

    async def _stop(self, host_ids: list[str]) -> None:
        await asyncio.gather(*(self._watches.pop(host_id).stop() for host_id in host_ids))
