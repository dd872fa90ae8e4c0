"""A simulated oVirt host: VDSM's VM life cycle on a simulated mdev bus and a timeline.

Starts run as VDSM runs them: at most four at once; the devices of a VM one after the other, each chosen
at one moment and created at a later one with no lock between, so that two VMs may choose one slot; what
was made is torn down before a VM that failed goes Down.
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from simulation.hosts import vdsm_answers
from simulation.hosts.allocator import choose
from simulation.hosts.virtual_machine import (
    DOWN,
    MIGRATION_DESTINATION,
    MIGRATION_SOURCE,
    NO_SUCH_VM,
    POWERING_DOWN,
    POWERING_UP,
    UP,
    VM_EXISTS,
    WAIT,
    Clock,
    Delays,
    Listener,
    RunningVm,
    VdsmRefusalError,
    VmSpec,
)
from simulation.kernel import Bus
from simulation.kernel.sysfs_tree import SysfsTree

ONGOING_CREATIONS = 4
"""VDSM's bound on VM creations at once."""
SEPARATE_SINCE = (4, 3)
"""VDSM's first release that knows the placement `separate`."""


class SimulatedHost:
    """One host; everything it does happens on the timeline."""

    def __init__(
        self,
        id: str,  # noqa: A002
        name: str,
        bus: Bus,
        timeline: Clock,
        *,
        separate: bool = False,
        tree: Path | None = None,
        version: str = "4.5",
        delays: Delays | None = None,
        on_status: Listener | None = None,
    ) -> None:
        """Where `tree` is given, the bus is written there and kept in step.

        `separate` is the host's vGPU placement; `version` its VDSM's, `4.2` to `4.5`.
        """
        self.id = id
        self.name = name
        self.bus = bus
        self.separate = separate
        self.version = version
        self.delays = delays or Delays()
        self.tree = tree
        self.vms: dict[str, RunningVm] = {}
        self.listeners: list[Listener] = [on_status] if on_status else []
        self._clock = timeline
        self._sysfs = SysfsTree(tree, bus) if tree else None
        self._waiting: deque[RunningVm] = deque()
        self._creating = 0

    def create_vm(self, spec: VmSpec) -> None:
        """Start a VM, or take an incoming one: its first status at once, the rest on the timeline.

        VdsmRefusalError where a VM of that id is there already; one that is Down is replaced.
        """
        known = self.vms.get(spec.vm_id)
        if known and known.status != DOWN:
            raise VdsmRefusalError(VM_EXISTS, f"Virtual machine already exists: {spec.vm_id}")
        vm = RunningVm(spec, MIGRATION_DESTINATION if spec.incoming else WAIT)
        self.vms[spec.vm_id] = vm
        self._tell(vm)
        self._waiting.append(vm)
        self._admit()

    def destroy_vm(self, vm_id: str) -> None:
        """Stop a VM: its devices are removed, then it is Down and forgotten.

        A start under way ends at its next step. VdsmRefusalError where there is no such VM.
        """
        vm = self._vm(vm_id)
        if vm.status == DOWN:
            del self.vms[vm_id]
            return
        vm.destroyed = True
        if vm in self._waiting:
            self._waiting.remove(vm)
            self._finish(vm, "")
        elif not vm.creating:
            self._stop(vm)

    def shut_down_vm(self, vm_id: str) -> None:
        """The guest of a running VM powers off by itself: Down, and kept until it is destroyed."""
        vm = self._vm(vm_id)
        if vm.status in (POWERING_UP, UP, MIGRATION_SOURCE):
            self._stop(vm)

    def migrate_vm(self, vm_id: str) -> None:
        """A VM that is up is sent to another host; the engine, which wants it so, is told nothing."""
        vm = self._vm(vm_id)
        if vm.status == UP:
            vm.status = MIGRATION_SOURCE

    def keep_vm(self, vm_id: str) -> None:
        """The migration failed: the VM is up here as before, if it still lives."""
        vm = self.vms.get(vm_id)
        if vm and vm.status == MIGRATION_SOURCE:
            vm.status = UP

    def power_off(self) -> None:
        """The host loses its power: VMs and instances are gone at once, and nobody is told."""
        for vm in self.vms.values():
            vm.lost = True
        self.vms.clear()
        self._waiting.clear()
        self._creating = 0
        for uuid in self.bus.instances():
            self.bus.remove(uuid)

    def capabilities(self) -> dict[str, Any]:
        """What `Host.getCapabilities` says before any hook has added to it."""
        return vdsm_answers.capabilities(self.id, self.name, self.version)

    def hostdev_list(self) -> dict[str, Any]:
        """What `Host.hostdevListByCaps` says, figures as of now."""
        return vdsm_answers.hostdev_list(self.bus, self.version)

    def all_vm_stats(self) -> list[dict[str, Any]]:
        """What `Host.getAllVmStats` says."""
        return [vdsm_answers.vm_stats(vm) for vm in self.vms.values()]

    def domain_xmls(self, vm_ids: Iterable[str]) -> dict[str, str]:
        """What `Host.dumpxmls` says; KeyError where one of the VMs is not there."""
        return {vm_id: vdsm_answers.domain_xml(self.vms[vm_id]) for vm_id in vm_ids}

    def _vm(self, vm_id: str) -> RunningVm:
        if vm_id not in self.vms:
            raise VdsmRefusalError(NO_SUCH_VM, f"Virtual machine does not exist: {vm_id}")
        return self.vms[vm_id]

    def _later(self, vm: RunningVm, delay_s: float, step: Callable[[], None]) -> None:
        """The next step of a VM's life, unless the host loses its power before."""
        self._clock.call_later(delay_s, lambda: None if vm.lost else step())

    def _pace(self, vm: RunningVm) -> Delays:
        return vm.spec.delays or self.delays

    def _admit(self) -> None:
        """Give free creation slots to the VMs that wait for one, first come, first served."""
        while self._waiting and self._creating < ONGOING_CREATIONS:
            vm = self._waiting.popleft()
            vm.creating = True
            self._creating += 1
            self._later(vm, self._pace(vm).prepare, partial(self._choose, vm))

    def _choose(self, vm: RunningVm) -> None:
        """Choose a parent for the VM's next device, or launch it if it has all."""
        if vm.destroyed:
            self._fail(vm, "")
        elif len(vm.made) == len(vm.spec.devices):
            self._later(vm, self._pace(vm).launch, lambda: self._launch(vm))
        else:
            self._choose_for(vm, *vm.spec.devices[len(vm.made)])

    def _choose_for(self, vm: RunningVm, uuid: str, type_id: str) -> None:
        try:
            parent = choose(self.bus, type_id, self._separate())
        except (OSError, ValueError) as error:
            self._fail(vm, str(error))
            return
        if parent is None:
            self._fail(vm, f"vgpu: No device with type {type_id} is available")
            return
        self._later(vm, self._pace(vm).create, lambda: self._create(vm, parent, type_id, uuid))

    def _separate(self) -> bool:
        return self.separate and vdsm_answers.release_of(self.version) >= SEPARATE_SINCE

    def _create(self, vm: RunningVm, parent: str, type_id: str, uuid: str) -> None:
        try:
            self.bus.create(parent, type_id, uuid)
        except OSError as error:
            self._fail(
                vm, f"vgpu: Failed to create mdev {uuid} of type {type_id} on {parent}: {error.strerror}"
            )
            return
        vm.made.append(uuid)
        self._choose(vm)

    def _launch(self, vm: RunningVm) -> None:
        if vm.destroyed or vm.spec.fails:
            self._fail(vm, "" if vm.destroyed else vm.spec.fails)
            return
        self._leave_slot(vm)
        if not vm.spec.incoming:
            self._change(vm, POWERING_UP)
        self._later(vm, self._pace(vm).boot, lambda: self._booted(vm))

    def _booted(self, vm: RunningVm) -> None:
        if vm.status in (POWERING_UP, MIGRATION_DESTINATION):
            self._change(vm, UP)

    def _fail(self, vm: RunningVm, message: str) -> None:
        """End a start: what it made is torn down within its creation slot, then it is Down."""
        delay = self._pace(vm).teardown if vm.made else 0.0

        def end() -> None:
            self._finish(vm, message)
            self._leave_slot(vm)

        self._later(vm, delay, end)

    def _leave_slot(self, vm: RunningVm) -> None:
        vm.creating = False
        self._creating -= 1
        self._admit()

    def _stop(self, vm: RunningVm) -> None:
        if vm.status != POWERING_DOWN:
            self._change(vm, POWERING_DOWN)
            self._later(vm, self._pace(vm).teardown, lambda: self._finish(vm, ""))

    def _finish(self, vm: RunningVm, message: str) -> None:
        """Remove the VM's devices, newest first, then say Down; forget it if it was destroyed."""
        while vm.made:
            # Somebody else may have removed it; VDSM logs that and goes on.
            with contextlib.suppress(FileNotFoundError):
                self.bus.remove(vm.made.pop())
        vm.exit_ok, vm.exit_message = not message, message
        if vm.destroyed:
            del self.vms[vm.spec.vm_id]
        self._change(vm, DOWN)

    def _change(self, vm: RunningVm, status: str) -> None:
        vm.status = status
        self._tell(vm)

    def _tell(self, vm: RunningVm) -> None:
        for listener in self.listeners:
            listener(vm.spec.vm_id, vm.status, vm.exit_ok)
