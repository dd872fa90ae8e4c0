"""Why a VM found no host, told in the Administration Portal: the engine itself only names the filter.

One event for the VM, with the reason of each host, after the answer was given: a decision only leaves a note
for a thread of its own, and where that does not keep up, events are dropped, never answers held up. A VM
that is tried again and again, and a data centre that is full, get a few events, not hundreds.

What the engine endpoint tells the engine beside an answer, the proxy keeps to itself: that is told here, too.
"""

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from mdev_inventory.collector.troubles import Troubles
from mdev_inventory.engine.errors import EngineError
from scheduler_plugins.allocator.as_typed import listed
from scheduler_plugins.decisions.decision import Decision
from scheduler_plugins.service.events.reports import Events
from scheduler_plugins.units.verdict import TELLING, Verdict, some

log = logging.getLogger("portal")

TROUBLE = "portal events"
NO_RIGHT = (
    "no event tells why a VM finds no host. Give the engine's user the role ExternalEventsCreator and "
    "restart the service, or set [engine] engine_events = no"
)
PER_VM_S = 300.0
"""A VM has one event in so many seconds,"""
MOST, PERIOD_S = 20, 60.0
"""and all VMs together have at most so many in so many seconds."""
WAITING = 20
"""So many may wait for an engine that is slow."""
REASONS = 20
STOP_S = 2.0
PROXY_ASKED = "ovirt-scheduler-proxy asked for mediated devices what cannot be read"
SERVER_TROUBLE = 500
"""From this HTTP status on it is the engine that is in trouble, not the event."""


class Note(NamedTuple):
    """What waits to be told."""

    vm_id: str
    """Empty where it is about no VM."""
    text: Callable[[], str]


class Portal:
    """Tells the engine about VMs, from `start` to `stop`. Methods may be called from any thread."""

    def __init__(
        self, engine: Events, clock: Callable[[], float] = time.time, timer: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` gives seconds since the epoch, `timer` counts seconds for the limits."""
        self._engine, self._timer = engine, timer
        self.troubles = Troubles(clock)
        """What does not work now: `portal events` or nothing."""
        self._limits = Limits()
        self._lock = threading.Lock()
        self._off = True
        self._waiting: queue.Queue[Note | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._live, name="portal", daemon=True)

    def start(self) -> None:
        """Events are sent from now on; what was to be told before is not."""
        self._off = False
        self._thread.start()

    def stop(self) -> None:
        """What waits is dropped; an event that is being sent is waited for only a moment."""
        self._off = True
        with suppress(queue.Full):  # then it need not be woken
            self._waiting.put_nowait(None)
        self._thread.join(STOP_S)

    def refused(self, decision: Decision) -> None:
        """A decision left no host; returns at once."""
        if decision.verdicts:
            self._tell(Note(decision.vm_id, partial(text_of, decision)))

    def undecided(self, vm_id: str, unit: str, why: str) -> None:
        """A question that the proxy put to this unit was not decided as it should; returns at once.

        Both ids are empty where the question could not even be read.
        """
        asked = f"{unit} was asked about VM {vm_id} through ovirt-scheduler-proxy" if vm_id else PROXY_ASKED
        self._tell(Note(vm_id, lambda: f"{asked}: {why}"))

    def _tell(self, note: Note) -> None:
        if self._off:
            return
        with self._lock:
            if not self._limits.allow(note.vm_id, self._timer()):
                log.debug("Not told vm=%s: too many events", note.vm_id)
                return
        try:
            self._waiting.put_nowait(note)
        except queue.Full:
            log.warning("Not told vm=%s: %d events wait for the engine", note.vm_id, WAITING)

    def _live(self) -> None:
        while not self._off:
            note = self._waiting.get()
            if note and not self._off:
                self._send(note)

    def _send(self, note: Note) -> None:
        try:
            self._add(note)
        except EngineError as error:
            self._failed(note, error)
        except Exception as error:  # this thread has to live on
            self.troubles.failed(TROUBLE, error)
        else:
            self.troubles.works(TROUBLE)

    def _add(self, note: Note) -> None:
        text = note.text()
        try:
            self._engine.add_event(text, vm_id=note.vm_id or None)
        except EngineError as error:
            if not note.vm_id or not _refused(error):
                raise
            # The engine takes no event about a VM that it does not know.
            self._engine.add_event(text, vm_id=None)

    def _failed(self, note: Note, error: EngineError) -> None:
        if error.code == "forbidden":
            self._off = True
            self.troubles.failed(TROUBLE, EngineError("forbidden", f"{error}; {NO_RIGHT}"))
        elif _refused(error):
            log.info("Not told vm=%s: the engine refuses the event: %s", note.vm_id, error)
        else:
            self.troubles.failed(TROUBLE, error)


def _refused(error: EngineError) -> bool:
    """The engine is well, and does not take this event."""
    return error.code == "not-found" or (error.code == "http" and (error.status or 0) < SERVER_TROUBLE)


class Limits:
    """How many events there may be, for one VM and in all. Not safe for threads."""

    def __init__(self) -> None:
        """Nothing was told yet."""
        self._told: deque[float] = deque(maxlen=MOST)
        self._by_vm: dict[str, float] = {}

    def allow(self, vm_id: str, now: float) -> bool:
        """Whether this VM may have an event now; counts it if so."""
        self._by_vm = {vm: at for vm, at in self._by_vm.items() if now - at < PER_VM_S}
        full = len(self._told) == MOST and now - self._told[0] < PERIOD_S
        if full or vm_id in self._by_vm:
            return False
        self._told.append(now)
        self._by_vm[vm_id] = now
        return True


def text_of(decision: Decision) -> str:
    """The event's text: what the VM asks for, then the reason of each host, likes together."""
    wanted = listed(decision.request.types) or "no mediated device"
    parts = [f"No host can start VM {decision.vm_name or decision.vm_id}, which asks for {wanted}."]
    reasons = _by_reason(decision.verdicts)
    parts += [f"{some(hosts)}: {reason}." for reason, hosts in reasons[:REASONS]]
    if len(reasons) > REASONS:
        parts.append(f"{len(reasons) - REASONS} more reasons: see `mdev-scheduler explain`.")
    if decision.note:
        parts.append(f"({decision.note})")
    return " ".join(parts)


def _by_reason(verdicts: Sequence[Verdict]) -> list[tuple[str, list[str]]]:
    """Each reason with the hosts that gave it; what time or an administrator can mend comes first."""
    reasons: dict[str, list[str]] = {}
    for verdict in (one for code in TELLING for one in verdicts if one.code is code):
        reasons.setdefault(verdict.text, []).append(verdict.host_name or verdict.host_id)
    return list(reasons.items())
