"""What a VM asks for: from the engine, and where it cannot tell in time, from what it told before.

The engine is given a short total deadline: the proxy's plugin waits 5 s in all, and the engine holds
its cluster's lock meanwhile.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.model import Vm
from mdev_inventory.known_vm import KnownVm
from scheduler_plugins.errors import AmbiguousNameError, EngineSilentError, MalformedIdError, UnknownVmError
from scheduler_plugins.request import Request, request_of

log = logging.getLogger("lookup")

FIND_SECONDS = 15.0
"""For finding a VM by name, which only people ask for and which may list all VMs."""
REMEMBERED = 1024


class Engine(Protocol):
    """The engine's REST API, as far as decisions need it. Methods end in time and raise EngineError."""

    def vm(self, vm_id: str, timeout_s: float | None = None) -> Vm:
        """One VM, its request included."""

    def find_vm(self, name_or_id: str, timeout_s: float | None = None) -> Vm:
        """The VM of that id or name, its request included."""


class KnownVms(Protocol):
    """The VMs as last seen, in memory: reading and writing them waits for nobody."""

    @property
    def vms(self) -> Mapping[str, KnownVm]:
        """Every VM with its request as last seen, by id."""

    def see_vm(self, vm: KnownVm) -> None:
        """The engine showed this VM just now."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A VM, what it asks for, and how we know."""

    vm_id: str
    vm_name: str
    """Empty where nobody told it."""
    cluster_id: str | None
    """None where the engine did not tell."""
    request: Request
    at: float
    """When we learned it, seconds since the epoch."""
    note: str = ""
    """Why this may be out of date; empty where it comes from the engine."""


class Lookup:
    """Finds VMs and their requests; safe for threads."""

    def __init__(
        self,
        engine: Engine,
        known: KnownVms,
        clock: Callable[[], float],
        deadline_s: float = 2.0,
        memory_s: float = 10.0,
    ) -> None:
        """`deadline_s` bounds the engine's answer, `memory_s` is how long `recent` trusts the last one."""
        self._engine = engine
        self._known = known
        self._clock = clock
        self._deadline_s = deadline_s
        self._memory_s = memory_s
        self._memory: dict[str, Asked] = {}
        self._lock = threading.Lock()

    def of(self, vm_id: str) -> Asked:
        """The VM as the engine shows it now, else as last known; raises UnknownVmError, MalformedIdError."""
        vm_id, at = uuid_of("VM", vm_id), self._clock()
        try:
            vm = self._engine.vm(vm_id, self._deadline_s)
        except EngineError as error:
            if error.code == "not-found":
                raise UnknownVmError(vm_id) from error
            return self._stored(vm_id, str(error))
        return self._learn(vm, at)

    def recent(self, vm_id: str) -> Asked:
        """As `of`, without asking the engine where it was asked a moment ago: weights follow their filter."""
        with self._lock:
            asked = self._memory.get(uuid_of("VM", vm_id))
        if asked and 0 <= self._clock() - asked.at <= self._memory_s:
            return asked
        return self.of(vm_id)

    def find(self, vm: str) -> Asked:
        """The VM of that id or name; raises UnknownVmError, AmbiguousNameError, EngineSilentError."""
        at = self._clock()
        try:
            return self._learn(self._engine.find_vm(vm, FIND_SECONDS), at)
        except EngineError as error:
            if error.code == "not-found":
                raise UnknownVmError(vm) from error
            if error.code == "ambiguous":
                raise AmbiguousNameError(str(error)) from error
            return self._stored(self._stored_id(vm, str(error)), str(error))

    def _learn(self, vm: Vm, at: float) -> Asked:
        asked = Asked(vm.id, vm.name, vm.cluster_id, request_of(vm), at)
        self._known.see_vm(KnownVm(vm.id, vm.name, asked.request.types, at))
        self._remember(asked)
        return asked

    def _stored(self, vm_id: str, reason: str) -> Asked:
        now = self._clock()
        known = self._known.vms.get(vm_id)
        if known is None:
            note = f"{reason}; never seen before, so taken as a VM without a request"
            asked = Asked(vm_id, "", None, Request(()), now, note)
        else:
            note = f"{reason}; its request is as known {max(0, now - known.seen_at):.0f} s ago"
            asked = Asked(vm_id, known.name, None, Request(known.types), now, note)
        self._remember(asked)
        log.warning("Request from memory vm=%s note=%s", vm_id, note)
        return asked

    def _stored_id(self, vm: str, reason: str) -> str:
        if is_uuid(vm):
            return vm.lower()
        ids = sorted(known.id for known in self._known.vms.values() if known.name == vm)
        if not ids:
            raise EngineSilentError(f"which VM is {vm!r}", reason)
        if len(ids) > 1:
            raise AmbiguousNameError(f"{len(ids)} VMs are named {vm!r}; ask by id: {', '.join(ids)}")
        return ids[0]

    def _remember(self, asked: Asked) -> None:
        with self._lock:
            self._memory.pop(asked.vm_id, None)
            self._memory[asked.vm_id] = asked
            if len(self._memory) > REMEMBERED:
                del self._memory[next(iter(self._memory))]


def uuid_of(what: str, value: str) -> str:
    """The id in the form that the engine uses; raises MalformedIdError, naming `what` it is the id of."""
    if not is_uuid(value):
        raise MalformedIdError(what, value)
    return value.lower()


def is_uuid(value: str) -> bool:
    """Whether this is a UUID as the engine writes it, in either case."""
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return False
