"""What a VM asks for: from the engine, and where the engine is silent, from what it told before.

Where it does not answer in time, the request as last seen counts, and the decision says so with its age; a VM
never seen counts as one without a request.

The engine is given a short total deadline: the proxy's plugin waits 5 s in all, and the engine holds
its cluster's lock meanwhile. A decision costs two requests at most: one search for the VM together with those
decided on before and whatever else starts, and one for the VM's mediated devices, which only engines from
4.5 on have, and which need not be asked for where the search tells them.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.forms import is_uuid
from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import MediatedDevice, Vm
from scheduler_plugins.allocator.request import Request, request_of
from scheduler_plugins.claims.instances import uuids_of
from scheduler_plugins.claims.model import VmLocations, holds_devices
from scheduler_plugins.errors import AmbiguousNameError, EngineSilentError, MalformedIdError, UnknownVmError

log = logging.getLogger("lookup")

FIND_SECONDS = 15.0
"""For finding a VM by name, which only people ask for and which may list all VMs."""
LEAST_SECONDS = 0.2
"""A second question to the engine gets so long at least."""
REMEMBERED = 1024
SEARCHED_AT_ONCE = 100
"""VMs in one search: more would not fit into one request. Those left out are asked for by later decisions."""


class Engine(Protocol):
    """The engine's REST API, as far as decisions need it. Methods end in time and raise EngineError."""

    def vms_by_id(
        self, vm_ids: Iterable[str], timeout_s: float | None = None, *, starting: bool = False
    ) -> Sequence[Vm]:
        """Those of these VMs that exist, and with `starting` those that start.

        One request for a hundred of them; mediated devices are None where that did not tell them.
        """

    def devices_of(self, vm_id: str, timeout_s: float | None = None) -> tuple[MediatedDevice, ...] | None:
        """The VM's mediated devices; None, without a request, on engines that have none."""

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
    """None where the engine never told."""
    request: Request
    at: float
    """When we learned it, seconds since the epoch."""
    note: str = ""
    """Why this may be out of date; empty where it comes from the engine."""
    home: str | None = None
    """The host on which the VM runs already; None where it does not, or nobody told."""
    uuids: tuple[str, ...] = ()
    """That its instances will have, as far as that is known."""


class Lookup:
    """Finds VMs and their requests; safe for threads."""

    def __init__(
        self,
        engine: Engine,
        known: KnownVms,
        clock: Callable[[], float],
        deadline_s: float = 2.0,
        memory_s: float = 10.0,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`deadline_s` bounds the engine's answer, `memory_s` is how long `recent` trusts the last one.

        `timer` measures by what time the former is spent.
        """
        self._engine = engine
        self._known = known
        self._clock = clock
        self._deadline_s = deadline_s
        self._memory_s = memory_s
        self._timer = timer
        self._memory: dict[str, Asked] = {}
        self._lock = threading.Lock()

    def of(self, vm_id: str, others: Iterable[str] = ()) -> tuple[Asked, VmLocations | None]:
        """The VM as the engine shows it now, else as last known, and what it said about it and the others.

        The locations are None where the engine did not answer. Raises UnknownVmError, MalformedIdError.
        """
        vm_id, began = uuid_of("VM", vm_id), self._timer()
        locations, error = self._locations([vm_id, *others], self._deadline_s)
        if locations is None:
            return self._stored(vm_id, error), None
        vm = locations.vms[vm_id]
        if vm is None:
            raise UnknownVmError(vm_id)
        if vm.unreadable:
            return self._stored(vm_id, vm.unreadable), locations
        try:
            if vm.mediated_devices is None:
                left = max(LEAST_SECONDS, self._deadline_s - (self._timer() - began))
                vm = replace(vm, mediated_devices=self._engine.devices_of(vm_id, left))
        except EngineError as failed:
            if failed.code == "not-found":
                raise UnknownVmError(vm_id) from failed
            return self._stored(vm_id, str(failed)), locations
        return self._learn(vm, locations.asked_at), locations

    def locations(self, vm_ids: Iterable[str], timeout_s: float) -> VmLocations | None:
        """What the engine says about these VMs; None where it does not answer."""
        return self._locations(vm_ids, timeout_s)[0]

    def _locations(self, vm_ids: Iterable[str], timeout_s: float) -> tuple[VmLocations | None, str]:
        """The locations, or why there are none."""
        wanted, asked_at = list(dict.fromkeys(vm_ids))[:SEARCHED_AT_ONCE], self._clock()
        try:
            found = {vm.id.lower(): vm for vm in self._engine.vms_by_id(wanted, timeout_s, starting=True)}
        except EngineError as error:
            return None, str(error)
        absent = dict.fromkeys(wanted)
        return VmLocations({**absent, **found}, asked_at, self._clock()), ""

    def recent(self, vm_id: str) -> Asked:
        """As `of`, without asking the engine where it was asked a moment ago: weights follow their filter."""
        with self._lock:
            asked = self._memory.get(uuid_of("VM", vm_id))
        if asked and 0 <= self._clock() - asked.at <= self._memory_s:
            return asked
        return self.of(vm_id)[0]

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
        home = vm.host_id if holds_devices(vm) else None
        request = request_of(vm)
        known = KnownVm.of(vm, request.types, at)
        uuids = tuple(sorted(uuids_of(known)))
        asked = Asked(vm.id, vm.name, vm.cluster_id or None, request, at, home=home, uuids=uuids)
        self._known.see_vm(known)
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
            asked = Asked(vm_id, known.name, known.cluster_id or None, Request(known.types, known.compact), now, note)
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
