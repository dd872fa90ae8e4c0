"""A simulated oVirt host: what VDSM does for whoever asks it, on a simulated mdev bus and a timeline."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from simulation.hosts import vdsm_answers
from simulation.hosts.allocator import choose
from simulation.hosts.starts import Starts
from simulation.hosts.virtual_machine import (
    DOWN,
    MIGRATION_DESTINATION,
    MIGRATION_SOURCE,
    NO_SUCH_VM,
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
        self.tree = tree
        self.vms: dict[str, RunningVm] = {}
        self.listeners: list[Listener] = [on_status] if on_status else []
        self._delays = delays or Delays()
        self._sysfs = SysfsTree(tree, bus) if tree else None
        self._starts = Starts(bus, timeline, self.choose, self._tell)

    def create_vm(self, spec: VmSpec) -> None:
        """Start a VM, or take an incoming one: its first status at once, the rest on the timeline.

        VdsmRefusalError where a VM of that id is there already; one that is Down is replaced.
        """
        known = self.vms.get(spec.vm_id)
        if known and known.status != DOWN:
            raise VdsmRefusalError(VM_EXISTS, f"Virtual machine already exists: {spec.vm_id}")
        status = MIGRATION_DESTINATION if spec.incoming else WAIT
        vm = self.vms[spec.vm_id] = RunningVm(spec, status, spec.delays or self._delays)
        self._tell(vm)
        self._starts.begin(vm)

    def destroy_vm(self, vm_id: str) -> None:
        """Stop a VM: its devices are removed, then it is Down and forgotten.

        A start under way ends at its next step. VdsmRefusalError where there is no such VM.
        """
        vm = self._vm(vm_id)
        if vm.status == DOWN:
            del self.vms[vm_id]
        else:
            self._starts.destroy(vm)

    def shut_down_vm(self, vm_id: str) -> None:
        """The guest of a running VM powers off by itself: Down, and kept until it is destroyed."""
        vm = self._vm(vm_id)
        if vm.status in (POWERING_UP, UP, MIGRATION_SOURCE):
            self._starts.stop(vm)

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
        self._starts.forget()
        for uuid in self.bus.instances():
            self.bus.remove(uuid)

    def choose(self, type_id: str) -> str | None:
        """The parent device that the next instance would be created on; raises as `allocator.choose`."""
        separate = self.separate and vdsm_answers.release_of(self.version) >= SEPARATE_SINCE
        return choose(self.bus, type_id, separate)

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

    def _tell(self, vm: RunningVm) -> None:
        """Say the VM's status; one that was destroyed is forgotten once it is Down."""
        if vm.destroyed and vm.status == DOWN:
            del self.vms[vm.spec.vm_id]
        for listener in self.listeners:
            listener(vm.spec.vm_id, vm.status, vm.exit_ok)
