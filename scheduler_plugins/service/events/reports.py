"""What happened while nobody could say so: told to the administrator once the engine accepts an event.

Two things are told so: the VMs that the proxy's plugin refused while the service was down, and a state file
that could not be used when it started. Both are in the log as well, and what waits is in `/healthz`.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from mdev_inventory.collector.troubles import Troubles
from mdev_inventory.engine.api import Severity
from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.known_vm import KnownVm
from scheduler_plugins.service.events.drops import Drop, DropFile

LOOK_S = 5.0
"""Between two looks at the file: the plugin refuses VMs also while we run but do not answer in time."""
RETRY_S = 20.0
"""Until an engine that did not accept an event is asked again."""
EVENT_S = 5.0
"""For the engine to take one event; a stop of the service may have to wait for it."""
NAMED = 20
"""So many VMs are named in one event."""

log = logging.getLogger("reports")


class Events(Protocol):
    """The engine's list of events. Blocks, ends in time, raises EngineError."""

    def add_event(
        self, text: str, severity: Severity = "warning", *, vm_id: str | None, timeout_s: float | None = None
    ) -> None:
        """Add one of ours, about that VM if it is about one."""


class Reports:
    """`run` is its life; what does not work is in `troubles`."""

    def __init__(
        self,
        engine: Events | None,
        drops: DropFile,
        vms: Callable[[], Mapping[str, KnownVm]],
        clock: Callable[[], float],
    ) -> None:
        """`engine` is None where the administrator wants no events: then the log has to do."""
        self._engine, self._drops, self._vms = engine, drops, vms
        self._waiting: list[str] = []
        self._logged = 0
        self.troubles = Troubles(clock)

    def add(self, text: str) -> None:
        """Have that told, as an error."""
        self._waiting.append(text)

    async def run(self) -> None:
        """Tell whatever there is to tell, until cancelled."""
        await asyncio.to_thread(self._try, "refusals while the service was down", self._drops.prepare)
        while True:
            told = await asyncio.to_thread(self.tell)
            await asyncio.sleep(LOOK_S if told else RETRY_S)

    def tell(self) -> bool:
        """Tell it now; False where some of it has to wait. Blocks."""
        told = self._try("event about the state file", self._tell_waiting)
        return self._try("event about refused VMs", self._tell_drops) and told

    def _tell_waiting(self) -> None:
        while self._waiting:
            self._say(self._waiting[0])
            del self._waiting[0]

    def _tell_drops(self) -> None:
        taken = self._drops.take()
        if taken is None:
            return
        drops = {drop.vm_id: drop for drop in taken.drops}
        if drops:
            text = refused(list(drops.values()), self._vms())
            if len(taken.drops) != self._logged:
                log.warning("REFUSED while the service did not answer: %s", text)
                self._logged = len(taken.drops)
            self._say(text, next(iter(drops)) if len(drops) == 1 else None)
        self._drops.forget(taken)
        self._logged = 0

    def _say(self, text: str, vm_id: str | None = None) -> None:
        if self._engine is None:
            return
        text = f"mdev-scheduler: {text}"
        try:
            self._engine.add_event(text, "error", vm_id=vm_id, timeout_s=EVENT_S)
        except EngineError as error:
            if vm_id is None or error.code not in ("http", "not-found"):
                raise
            # The engine refuses events about a VM that it does not know any more.
            self._engine.add_event(text, "error", vm_id=None, timeout_s=EVENT_S)

    def _try(self, name: str, work: Callable[[], None]) -> bool:
        try:
            work()
        except Exception as error:
            self.troubles.failed(name, error)
            return False
        self.troubles.works(name)
        return True


def refused(drops: Sequence[Drop], vms: Mapping[str, KnownVm]) -> str:
    """One sentence about the VMs that were refused, with what to do."""
    named = [_named(drop, vms) for drop in drops[:NAMED]]
    more = f" and {len(drops) - NAMED} more" if len(drops) > NAMED else ""
    count = "a VM that asks" if len(drops) == 1 else f"{len(drops)} VMs that ask"
    return (
        f"while the service did not answer, {count} for mediated devices could not be started: "
        f"{', '.join(named)}{more}. Start them again; with [service] on_failure = pass they would be "
        "left to the engine's own check"
    )


def _named(drop: Drop, vms: Mapping[str, KnownVm]) -> str:
    known = vms.get(drop.vm_id)
    name = known.name if known else drop.vm_id
    return f"{name} ({datetime.fromtimestamp(drop.at, UTC):%Y-%m-%d %H:%M:%S} UTC)" if drop.at else name
