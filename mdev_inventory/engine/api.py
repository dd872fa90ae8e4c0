"""Asks the engine's REST API about hosts, VMs, host devices and events.

Every method may be called from any thread, ends within its timeout, and raises `EngineError` when the engine
does not answer as it should. Elements that cannot be read are left out, and in the log.
"""

import contextlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Literal, Self

from mdev_inventory.engine import parsing
from mdev_inventory.engine.deadline import Deadline
from mdev_inventory.engine.errors import EngineError, EngineSettingError, one_line
from mdev_inventory.engine.forms import is_uuid
from mdev_inventory.engine.levels import Level
from mdev_inventory.engine.model import Event, Host, HostDevice, MediatedDevice, Vm
from mdev_inventory.engine.rest import EngineRest, in_path
from mdev_inventory.engine.vms import EngineVms

__all__ = ["EngineApi", "EngineError", "EngineSettingError"]

TIMEOUT_S = 10.0
# RefreshHost asks the host twice, and waits for locks that monitoring and others hold.
REFRESH_S = 180.0
ORIGIN = "mdev-scheduler"
LONGEST_EVENT = 10000
# Names that the search cannot take for a word or sign of its own, whatever those are: with a digit or a
# hyphen, without blanks, quotes and wildcards. For all others, every VM's name is looked at.
SEARCHABLE = re.compile(r"(?=.*[0-9-])[0-9A-Za-z][0-9A-Za-z_.-]*", re.ASCII)
Severity = Literal["normal", "warning", "error", "alert"]


class EngineApi:
    """The questions that we ask the engine."""

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        ca_file: Path | None = None,
        timeout: float = TIMEOUT_S,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`user` as the engine wants it (`admin@internal`, `admin@ovirt@internalsso`); `timeout` in seconds.

        EngineSettingError where `url` or `ca_file` cannot be used. Nothing is sent before the first question.
        """
        self.rest = EngineRest(url, user, password, ca_file, clock)
        """The connection below, for questions that decisions do not need: see `administration`."""
        self._vms, self._timeout = EngineVms(self.rest), timeout
        self._levels: dict[str, Level] = {}
        """Of clusters, by id, as last told."""

    def __enter__(self) -> Self:
        """For `with`: closed at its end."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Revoke the token and close the connections; whoever asks later gets EngineError `closed`."""
        self.rest.close()

    def hosts(self) -> list[Host]:
        """All hosts, whatever their status."""
        return self.rest.all("/hosts", parsing.hosts, Deadline(self._timeout))

    def learn_levels(self) -> None:
        """Ask for the clusters' levels, which VMs without one of their own have from then on.

        Where the clusters cannot be listed, the levels stay as they were told last.
        """
        with contextlib.suppress(EngineError):  # VMs are worth more than their levels; the log has the error
            clusters = self.rest.all("/clusters", parsing.clusters, Deadline(self._timeout))
            self._levels |= {cluster.id: cluster.level for cluster in clusters if cluster.level is not None}

    def host_devices(self, host_id: str) -> list[HostDevice]:
        """The engine's copy of a host's devices, seldom refreshed; without types on 4.2 and 4.3."""
        path = f"/hosts/{in_path(host_id, 'host')}/devices"
        return self.rest.all(path, parsing.host_devices, Deadline(self._timeout))

    def events(self, after: int | None, limit: int = 1000) -> list[Event]:
        """Events with an index greater than `after`, oldest first; the newest ones where it is None.

        Which end of a longer list `limit` cuts off is not verified: `limit` events mean that some may lack.
        """
        params = {"max": str(limit)} | ({} if after is None else {"from": str(after)})
        return self.rest.all("/events", parsing.events, Deadline(self._timeout), **params)

    def add_event(
        self, text: str, severity: Severity = "warning", *, vm_id: str | None = None, timeout_s: float | None = None
    ) -> None:
        """Add an event of ours to the engine's log, perhaps about a VM; one line of 10,000 characters.

        No two events of ours may have the same number: it is random, so that it needs no memory. `forbidden`
        without the right INJECT_EXTERNAL_EVENTS.
        """
        event = {
            "origin": ORIGIN,
            "severity": severity,
            "custom_id": str(secrets.randbits(31)),
            "description": one_line(text, LONGEST_EVENT),
            **({"vm": {"id": vm_id}} if vm_id else {}),
        }
        self.rest.post("/events", event, self._deadline(timeout_s))

    def refresh_host(self, host_id: str) -> None:
        """Have the engine read the host's capabilities and devices; returns when its copies are fresh.

        It takes the host's lock and writes an event. `http` where the host's status or a lock forbids it,
        `forbidden` without the right MANIPULATE_HOST. After a `timeout` the engine goes on with it.
        """
        self.rest.post(f"/hosts/{in_path(host_id, 'host')}/refresh", {}, Deadline(REFRESH_S))

    def vm(self, vm_id: str, timeout_s: float | None = None) -> Vm:
        """One VM with its mediated devices, in two requests; `not-found` where there is none.

        An engine of 4.4 or older costs a third one, once for each token, and a single one from then on.
        """
        deadline = self._deadline(timeout_s)
        vm = self.rest.one(f"/vms/{in_path(vm_id, 'VM')}", parsing.vm, deadline)
        if vm.id.lower() != vm_id.lower():
            text = f"GET /api/vms/{vm_id}: the answer is about another VM, {one_line(vm.id)}"
            raise EngineError("bad-answer", text)
        return self._at_level(replace(vm, mediated_devices=self._vms.devices(vm.id, deadline)))

    def vms_by_id(self, vm_ids: Iterable[str], timeout_s: float | None = None, *, starting: bool = False) -> list[Vm]:
        """Those of these VMs that exist, in one request for each hundred; none for no ids.

        With `starting`, every VM that starts (waits for its launch, or powers up) is found as well.
        Status, host and the custom property are told; mediated devices are None unless this engine was seen
        to inline them: see `devices_of`.
        """
        return [self._at_level(vm) for vm in self._vms.by_id(vm_ids, self._deadline(timeout_s), starting)]

    def devices_of(self, vm_id: str, timeout_s: float | None = None) -> tuple[MediatedDevice, ...] | None:
        """The VM's mediated devices, in one request; None, mostly without one, on an engine of 4.4 or older.

        `not-found` where there is no such VM.
        """
        in_path(vm_id, "VM")
        return self._vms.devices(vm_id, self._deadline(timeout_s))

    def find_vm(self, name_or_id: str, timeout_s: float | None = None) -> Vm:
        """The VM of that id or else of that very name, as `vm` gives it.

        `not-found` where there is none, `ambiguous` where VMs of several data centres have that name.
        """
        deadline = self._deadline(timeout_s)
        if is_uuid(name_or_id):
            try:
                return self.vm(name_or_id, deadline.left())
            except EngineError as error:
                if error.code != "not-found":
                    raise
        return self.vm(self._named(name_or_id, deadline), deadline.left())

    def vms(self) -> list[Vm]:
        """All VMs with their requests, for the background: see `EngineVms.all` for what it may cost.

        The time-out holds for each of its requests.
        """
        return [self._at_level(vm) for vm in self._vms.all(self._timeout)]

    def _at_level(self, vm: Vm) -> Vm:
        """The VM at its cluster's level, where it has none of its own."""
        level = self._levels.get(vm.cluster_id) if vm.level is None else None
        return vm if level is None else replace(vm, level=level)

    def _named(self, name: str, deadline: Deadline) -> str:
        """The id. The search narrows the list down; what counts is the name itself, letter by letter."""
        params = {"search": f"name={name}"} if SEARCHABLE.fullmatch(name) else {}
        found = [vm for vm in self.rest.all("/vms", parsing.vms, deadline, **params) if vm.name == name]
        if not found:
            raise EngineError("not-found", f"no VM has the name or the id {one_line(name)!r}")
        if len(found) > 1:
            ids = ", ".join(sorted(vm.id for vm in found))
            raise EngineError("ambiguous", f"several VMs have the name {one_line(name)!r}; use the id: {ids}")
        return found[0].id

    def _deadline(self, timeout_s: float | None) -> Deadline:
        return Deadline(self._timeout if timeout_s is None else timeout_s)
