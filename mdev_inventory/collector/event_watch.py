"""The engine's events, read on every two seconds: what happened to VMs, and which hosts to ask again for it.

An event is seen at most once, however the engine orders its list. Engines write events in transactions of
their own, so one may become visible after a younger one: each question begins a little before what was seen
last. That also shows whether the list is still the one we know. If it is not (the engine's database was put
back to an older state, or more happened than one answer holds), every host is asked again.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from mdev_inventory.engine.model import Event, Vm

# So many events in one answer; more than these in two seconds count as a gap.
PAGE = 1000
# Each question begins so many events before the last one seen.
OVERLAP = 10

log = logging.getLogger("collector")
T = TypeVar("T")


class VmChange(StrEnum):
    """What an event tells of a VM."""

    STARTED = "started"
    """Its start was asked for, or its host was told to create it; it has no devices yet."""
    UP = "up"
    """It runs: its devices exist."""
    DOWN = "down"
    """It runs no more: its devices are gone."""
    FAILED = "failed"
    """A start was given up."""
    MIGRATED = "migrated"
    """A migration ended, well or not."""


CHANGES = {
    32: VmChange.UP,  # USER_RUN_VM
    54: VmChange.FAILED,  # USER_FAILED_RUN_VM
    61: VmChange.DOWN,  # VM_DOWN
    63: VmChange.MIGRATED,  # VM_MIGRATION_DONE
    64: VmChange.MIGRATED,  # VM_MIGRATION_ABORT
    65: VmChange.MIGRATED,  # VM_MIGRATION_FAILED
    119: VmChange.DOWN,  # VM_DOWN_ERROR
    120: VmChange.MIGRATED,  # VM_MIGRATION_FAILED_FROM_TO
    129: VmChange.DOWN,  # VM_CLEARED
    143: VmChange.DOWN,  # VM_WAS_SET_DOWN_DUE_TO_HOST_REBOOT_OR_MANUAL_FENCE
    150: VmChange.STARTED,  # USER_INITIATED_RUN_VM
    151: VmChange.FAILED,  # USER_INITIATED_RUN_VM_FAILED
    153: VmChange.STARTED,  # USER_STARTED_VM
    503: VmChange.DOWN,  # USER_SUSPEND_VM_OK
}
"""By the codes of the engine's audit log (AuditLogType)."""


@dataclass(frozen=True, slots=True)
class Happened:
    """A change of one VM."""

    vm_id: str
    change: VmChange
    hosts: frozenset[str]
    """Ids of the hosts that it concerns, as far as they are known."""
    after: float
    """It happened after this moment: the service's clock. The engine's own may go wrong."""


class Engine(Protocol):
    """What is asked of the engine. Both calls block, and their errors carry a `code`."""

    def events(self, after: int | None, limit: int = PAGE) -> Sequence[Event]:
        """Events with an index greater than `after`, oldest first; the newest ones where it is None."""

    def vms_by_id(self, vm_ids: Iterable[str]) -> Sequence[Vm]:
        """Those of these VMs that exist."""


class EventWatch:
    """Reads on in the engine's events; belongs to the event loop that calls `poll`."""

    def __init__(
        self,
        engine: Engine,
        locations: MutableMapping[str, str],
        ask_soon: Callable[[Iterable[str]], None],
        ask_all: Callable[[], None],
        listeners: Sequence[Callable[[Happened], None]],
        clock: Callable[[], float],
    ) -> None:
        """`locations` is the host of each VM, by id, as far as known: read and kept here.

        `ask_soon` is told the hosts whose devices may have changed, once per poll; `ask_all` that any host's
        may have. `clock` gives the seconds since the epoch.
        """
        self._clock = clock
        self._engine, self._locations = engine, locations
        self._ask_soon, self._ask_all, self._listeners = ask_soon, ask_all, listeners
        self._threads = ThreadPoolExecutor(1, "engine-events")
        self._last: int | None = None
        self._old_until = 0
        self._seen: set[int] = set()
        self._asked_at = 0.0

    def close(self) -> None:
        """Read no more; a call under way is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def poll(self) -> None:
        """Take over what happened since the last time; raises what the engine's calls raise.

        The first time only finds out where the list ends now.
        """
        before, now = self._asked_at, self._clock()
        if self._last is None:
            self._begin(await self._newest())
            self._asked_at = now
            return
        last = self._last
        page = await self._called(lambda: self._engine.events(max(0, last - OVERLAP), PAGE))
        self._asked_at = now
        unseen = [event for event in page if event.index > self._old_until and event.index not in self._seen]
        # One that became visible late may have happened at any time.
        news = [(event, before if event.index > last else 0.0) for event in unseen]
        if _is_gapless(page, last):
            self._advance(page)
            await self._pass_on(news, self._ask_soon)
        else:
            await self._begin_after_gap(page, last)
            await self._pass_on(news, lambda _hosts: None)

    async def _begin_after_gap(self, page: Sequence[Event], last: int) -> None:
        end = max((event.index for event in page), default=last)
        newest = end if end > last else await self._newest()
        log.warning("GAP in the engine's events last=%d newest=%d: every host is asked again", last, newest)
        self._begin(newest)
        self._ask_all()

    def _begin(self, last: int) -> None:
        """What comes after `last` is new, and nothing else."""
        self._last, self._old_until, self._seen = last, last, set()

    def _advance(self, page: Sequence[Event]) -> None:
        indices = {event.index for event in page}
        self._last = last = max(indices, default=self._last or 0)
        self._seen = {index for index in indices | self._seen if index >= last - OVERLAP}

    async def _newest(self) -> int:
        """The index of the newest event; 0 where there is none."""
        events = await self._called(lambda: self._engine.events(None, 1))
        return max((event.index for event in events), default=0)

    async def _pass_on(self, news: Sequence[tuple[Event, float]], ask: Callable[[Iterable[str]], None]) -> None:
        happened = [one for event, after in news if (one := self._change_of(event, after))]
        ask({host for one in happened if one.change is not VmChange.STARTED for host in one.hosts})
        for one in happened:
            self._tell(one)
        moved = sorted({one.vm_id for one in happened if one.change is VmChange.MIGRATED})
        if moved:
            ask(await self._hosts_after_migration(moved))

    def _change_of(self, event: Event, after: float) -> Happened | None:
        """What the event means to us; None where it means nothing."""
        change = CHANGES.get(event.code)
        if change is None or event.vm_id is None:
            return None
        before = self._locations.get(event.vm_id)
        if change is VmChange.DOWN:
            self._locations.pop(event.vm_id, None)
        elif event.host_id is not None and change in (VmChange.STARTED, VmChange.UP):
            self._locations[event.vm_id] = event.host_id
        hosts = frozenset(host for host in (event.host_id, before) if host is not None)
        return Happened(event.vm_id, change, hosts, after)

    async def _hosts_after_migration(self, vm_ids: Sequence[str]) -> set[str]:
        """The hosts of VMs after their migration: whether an event names source or target is not told."""
        vms = await self._called(lambda: self._engine.vms_by_id(vm_ids))
        found = {vm.id: vm.host_id for vm in vms if vm.host_id}
        self._locations.update(found)
        return set(found.values())

    def _tell(self, happened: Happened) -> None:
        for listener in self._listeners:
            try:
                listener(happened)
            except Exception:
                log.exception("A listener fails vm=%s change=%s", happened.vm_id, happened.change)

    async def _called(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


def _is_gapless(page: Sequence[Event], last: int) -> bool:
    """Whether the answer holds all that came after `last`: not cut off, and `last` still among it."""
    return len(page) < PAGE and (last == 0 or any(event.index == last for event in page))
