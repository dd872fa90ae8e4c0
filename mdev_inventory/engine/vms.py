"""VMs with what they ask for, from engines that have mediated devices (4.5+) and from older ones.

Which kind an engine is, is not told by its version, which differs between oVirt and its rebuilds, but by the
thing itself: `/vms/{id}/mediateddevices` answers 404 although the VM exists. A VM that has just gone answers
404 as well, so the VM is asked for again before an engine counts as older. What was learnt holds as long as
the token: an engine that was upgraded was restarted and wants a new one. And the list of all VMs finds out
anew each time while an engine counts as older.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mdev_inventory.engine import parsing
from mdev_inventory.engine.deadline import Deadline
from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.forms import is_uuid
from mdev_inventory.engine.http import PASSING
from mdev_inventory.engine.model import MediatedDevice, Vm
from mdev_inventory.engine.rest import EngineRest, in_path

FOLLOW = {"follow": "mediateddevices"}
# From this HTTP status on, it is not the question that the engine dislikes.
SERVER_TROUBLE = 500
# So many in one search: 45 characters each in an URL, of which the engine's web server takes 8,190.
SEARCHED_AT_ONCE = 100
# Statuses of a VM that starts, with the search's words for them.
STARTING = {"wait_for_launch": "waitforlaunch", "powering_up": "poweringup"}


@dataclass(slots=True)
class _Learnt:
    """What is known of the engine that gave `token`; None where it is not known yet."""

    token: str
    devices: bool | None = None
    """Whether it has mediated devices."""
    follow: bool | None = None
    """Whether `follow` inlines them in the list of VMs."""


class EngineVms:
    """VMs, each with its request; safe to be called from several threads."""

    def __init__(self, rest: EngineRest) -> None:
        """Nothing is learnt yet."""
        self._rest, self._last = rest, _Learnt("")

    def devices(self, vm_id: str, deadline: Deadline) -> tuple[MediatedDevice, ...] | None:
        """The VM's mediated devices; None on an older engine; `not-found` where there is no such VM.

        An engine that is known to be older is not asked.
        """
        known = self._learnt(deadline)
        return None if known.devices is False else self._devices(vm_id, known, deadline)

    def by_id(self, vm_ids: Iterable[str], deadline: Deadline, starting: bool = False) -> list[Vm]:
        """Those of these VMs that exist: one search for each hundred.

        With `starting`, the first one finds every VM that starts as well. Mediated devices are None but on an
        engine that was seen to inline them in its list of VMs.

        What is no UUID is no VM's id, and would be words of the search's own language: it is not sent.
        """
        wanted = sorted({vm_id.lower() for vm_id in vm_ids if is_uuid(vm_id)})
        found: list[Vm] = []
        for first in range(0, len(wanted), SEARCHED_AT_ONCE):
            part = wanted[first : first + SEARCHED_AT_ONCE]
            statuses = STARTING if starting and not first else {}
            terms = [f"id={vm_id}" for vm_id in part] + [f"status={word}" for word in statuses.values()]
            vms = self._searched(" or ".join(terms), deadline)
            # An engine that passes over a search that it does not understand lists all VMs.
            found += [vm for vm in vms if vm.id.lower() in part or vm.status in statuses]
        return found

    def all(self, seconds: float) -> list[Vm]:
        """All VMs with their requests; each question to the engine has `seconds` of its own.

        On 4.5+ the devices come inlined in one answer, once an answer has shown that this engine does so.
        As long as no VM in any answer has carried any, each VM is asked by itself: a list without them may
        mean that nobody has devices or that they are not inlined. A VM that
        goes meanwhile is left out; one whose devices cannot be read is `unreadable`.
        """
        known = self._learnt(Deadline(seconds))
        if not known.devices:
            vms = self._list({}, Deadline(seconds))
            if not self._has_devices(vms, known, seconds):
                return [replace(vm, mediated_devices=None) for vm in vms]
        following = None if known.follow is False else self._following({}, known, Deadline(seconds))
        if following and known.follow:
            return [_inlined(vm) for vm in following]
        vms = self._list({}, Deadline(seconds)) if following is None else following
        return self._one_by_one(vms, known, seconds)

    def _searched(self, search: str, deadline: Deadline) -> list[Vm]:
        """The VMs with their devices where the engine inlines them, else without."""
        known, params = self._learnt(deadline), {"search": search}
        following = self._following(params, known, deadline) if known.devices and known.follow else None
        if following is not None:
            return [_inlined(vm) for vm in following]
        return [replace(vm, mediated_devices=None) for vm in self._list(params, deadline)]

    def _list(self, params: dict[str, str], deadline: Deadline) -> list[Vm]:
        return self._rest.all("/vms", parsing.vms, deadline, **params)

    def _following(self, params: dict[str, str], known: _Learnt, deadline: Deadline) -> list[Vm] | None:
        """The list with devices inlined; None where the engine refuses to."""
        try:
            vms = self._list({**params, **FOLLOW}, deadline)
        except EngineError as error:
            if error.code not in ("http", "forbidden", "not-found") or error.status in PASSING:
                raise
            if (error.status or 0) < SERVER_TROUBLE:
                known.follow = False
            return None
        if any(device.spec_params for vm in vms for device in vm.mediated_devices or ()):
            known.follow = True
        return vms

    def _has_devices(self, vms: list[Vm], known: _Learnt, seconds: float) -> bool:
        """Whether the engine has mediated devices, tried on the first VM that still exists."""
        for vm in vms:
            try:
                return self._devices(vm.id, known, Deadline(seconds)) is not None
            except EngineError as error:
                if not _of_one_vm(error):
                    raise
        return False

    def _one_by_one(self, vms: list[Vm], known: _Learnt, seconds: float) -> list[Vm]:
        """Each VM with its devices; what is wrong with one VM alone does not lose the others."""
        found: list[Vm] = []
        for vm in vms:
            try:
                devices = self._devices(vm.id, known, Deadline(seconds))
                found.append(replace(vm, mediated_devices=devices, unreadable=""))
            except EngineError as error:
                if not _of_one_vm(error):
                    raise
                if error.code != "not-found":
                    found.append(replace(vm, mdev_type=None, mediated_devices=None, unreadable=error.text))
        self._rest.record("/vms, one by one", [vm.unreadable for vm in found if vm.unreadable])
        return found

    def _devices(self, vm_id: str, known: _Learnt, deadline: Deadline) -> tuple[MediatedDevice, ...] | None:
        path = f"/vms/{in_path(vm_id, 'VM')}"
        try:
            devices = self._rest.one(f"{path}/mediateddevices", parsing.mediated_devices, deadline)
        except EngineError as error:
            if error.code != "not-found":
                raise
            self._rest.get(path, deadline)  # `not-found`: it is the VM that has gone
            if known.devices:
                text = f"GET /api{path}/mediateddevices: 404 although the VM exists and other VMs have them"
                raise EngineError("http", text, error.status) from None
            known.devices = False
            return None
        known.devices = True
        return devices

    def _learnt(self, deadline: Deadline) -> _Learnt:
        """What is known of the engine that gave the token in use; of an older token nothing is kept."""
        token = self._rest.token(deadline)
        if self._last.token != token:
            self._last = _Learnt(token)
        return self._last


def _inlined(vm: Vm) -> Vm:
    """The VM out of a list that inlines devices: one without any has none."""
    return replace(vm, mediated_devices=()) if vm.mediated_devices is None and not vm.unreadable else vm


def _of_one_vm(error: EngineError) -> bool:
    """Whether this may be wrong with one VM while the engine is well."""
    return error.code in ("not-found", "forbidden", "http", "bad-answer") and error.status not in PASSING
