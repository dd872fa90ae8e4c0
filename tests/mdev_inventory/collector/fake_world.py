"""An engine and hosts for the collector, on virtual time; and a collector that works with them."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mdev_inventory.collector.collector import Collector
from mdev_inventory.engine.model import Event, Host, HostDevice, Vm
from mdev_inventory.observation import Observation
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.request_files import RequestFiles
from mdev_inventory.store.store import Store
from tests.mdev_inventory.collector import virtual_time
from tests.mdev_inventory.known import seen


class FakeError(Exception):
    """A source's or an engine's error: it carries a code."""

    def __init__(self, code: str = "connect") -> None:
        super().__init__(f"it fails with {code}")
        self.code = code


@dataclass
class FakeEngine:
    """Lists that a test sets; or an error in their place."""

    listed: list[Host] = field(default_factory=list)
    vm_list: list[Vm] = field(default_factory=list)
    error: Exception | None = None
    asked: list[float] = field(default_factory=list)
    """When it was asked for hosts."""
    takes: float = 0.0
    """Seconds for each list."""
    log: list[Event] = field(default_factory=list)
    """All events, oldest first."""
    event_error: Exception | None = None
    device_lists: dict[str, list[HostDevice]] = field(default_factory=dict)
    """The engine's copy of hosts' devices."""
    refreshed: list[tuple[float, str]] = field(default_factory=list)
    """Which host was refreshed when."""
    on_refresh: Callable[[str], object] = len

    def hosts(self) -> list[Host]:
        """All hosts."""
        self.asked.append(virtual_time.now())
        virtual_time.spend(self.takes)
        if self.error:
            raise self.error
        return list(self.listed)

    def learn_levels(self) -> None:
        """Nothing to learn."""

    def vms(self) -> list[Vm]:
        """All VMs."""
        virtual_time.spend(self.takes)
        if self.error:
            raise self.error
        return list(self.vm_list)

    def events(self, after: int | None, limit: int = 1000) -> list[Event]:
        """The newest ones, of those after an index."""
        if self.event_error:
            raise self.event_error
        return [event for event in self.log if event.index > (after or 0)][-limit:]

    def vms_by_id(self, vm_ids: Iterable[str]) -> list[Vm]:
        """Those that exist."""
        wanted = set(vm_ids)
        return [vm for vm in self.vm_list if vm.id in wanted]

    def host_devices(self, host_id: str) -> list[HostDevice]:
        """The engine's copy."""
        return self.device_lists.get(host_id, [])

    def refresh_host(self, host_id: str) -> None:
        """The copy becomes what `on_refresh` makes of it."""
        self.refreshed.append((virtual_time.now(), host_id))
        self.on_refresh(host_id)


@dataclass
class FakeHosts:
    """Hosts that answer after `delay` seconds, hang, or fail; it knows who was asked when."""

    delay: float = 0.2
    hanging: set[str] = field(default_factory=set)
    errors: dict[str, Exception] = field(default_factory=dict)
    answers: dict[str, Observation] = field(default_factory=dict)
    telling: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What is unusual in a host's answers, whenever it is asked."""
    asked: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    open: set[str] = field(default_factory=set)
    most_open: int = 0

    async def observe(self, host: Host, timeout_s: float) -> Observation:
        """What the host has, as a source tells it."""
        if host.id in self.open:
            raise AssertionError(f"{host.id} has two requests at a time")
        at = virtual_time.now()
        self.asked[host.id].append(at)
        self.open.add(host.id)
        self.most_open = max(self.most_open, len(self.open))
        try:
            await self._answer(host.id)
        finally:
            self.open.remove(host.id)
        told = {"received_at": virtual_time.now(), **self.telling.get(host.id, {})}
        return self.answers.get(host.id) or seen(host.id, at, **told)

    async def _answer(self, host_id: str) -> None:
        if host_id in self.hanging:
            await asyncio.Event().wait()
        await asyncio.sleep(self.delay)
        if error := self.errors.get(host_id):
            raise error


@dataclass(frozen=True)
class Settings:
    """The collector's settings at their usual values."""

    collect_interval: float = 60.0
    host_timeout: float = 10.0
    vms_interval: float = 60.0
    max_connections: int = 64
    engine_view_interval: float = 300.0


def types_of(vm: Vm) -> list[str] | None:
    """The request of a VM: `?` is unknown, `!` unreadable."""
    if vm.mdev_type == "!":
        raise ValueError(f"VM {vm.name} asks for '!'")
    if vm.mdev_type == "?":
        return None
    return vm.mdev_type.split(",") if vm.mdev_type else []


@dataclass
class World:
    """All that a test of the collector needs, in one folder."""

    folder: Path
    settings: Settings = field(default_factory=Settings)
    engine: FakeEngine = field(default_factory=FakeEngine)
    hosts: FakeHosts = field(default_factory=FakeHosts)
    offset: float = 0.0
    """The service's clock is so far ahead of the loop's."""
    corrects: bool = False
    """Whether the engine's view is corrected."""

    def __post_init__(self) -> None:
        """Open the store."""
        self.store = Store(self.folder / "state.sqlite")
        self.inventories = Inventories(self.store)

    @contextlib.asynccontextmanager
    async def collecting(self) -> AsyncIterator[Collector]:
        """A collector that runs until the block ends."""
        collector = Collector(
            self.engine,
            self.hosts.observe,
            self.inventories,
            self.settings,
            lambda: virtual_time.now() + self.offset,
            request_types=types_of,
            files=RequestFiles(self.folder, "drop"),
            engine_refresh=self.corrects,
        )
        task = asyncio.create_task(collector.run())
        try:
            yield collector
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def failing(self) -> dict[str, str]:
        """The codes of the hosts that fail now."""
        return {host_id: failure.code for host_id, failure in self.inventories.failures.items()}

    def ages(self, host_ids: Iterable[str]) -> dict[str, float]:
        """How old what we know of each of these hosts is; endless where nothing is."""
        now = virtual_time.now() + self.offset
        known = self.inventories.observations
        return {each: known[each].age(now) if each in known else float("inf") for each in host_ids}


def run(scenario: Coroutine[Any, Any, None]) -> None:
    """Run a scenario on virtual time."""
    virtual_time.run(scenario)


async def collect(world: World, seconds: float) -> None:
    """Let the collector run so long."""
    async with world.collecting():
        await asyncio.sleep(seconds)
