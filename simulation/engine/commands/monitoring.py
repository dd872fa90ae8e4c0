"""What the engine learns from hosts about their VMs: VdsEventListener and VmAnalyzer."""

from simulation.engine.audit import Code
from simulation.engine.commands.refresh import Refresher
from simulation.engine.state import Attempt, Ending, Host, Vm
from simulation.engine.world import World
from simulation.hosts.virtual_machine import (
    DOWN,
    MIGRATION_SOURCE,
    POWERING_DOWN,
    POWERING_UP,
    UP,
    WAIT,
    VdsmRefusalError,
)

REST_STATUS = {
    WAIT: "wait_for_launch",
    POWERING_UP: "powering_up",
    UP: "up",
    POWERING_DOWN: "powering_down",
    "Paused": "paused",
    MIGRATION_SOURCE: "migrating",
}
"""VDSM's words for a VM's status, and REST's."""


class Monitoring:
    """Turns VDSM's events into the engine's statuses, in order and a little late."""

    def __init__(self, world: World, refresher: Refresher) -> None:
        """Of that engine."""
        self._world = world
        self._refresher = refresher

    def watch(self, host: Host) -> None:
        """Subscribes to the host's events; they are lost while the host is not up."""
        if host.driver is not None:
            host.driver.listeners.append(lambda vm_id, status, ok: self._hear(host, vm_id, status, ok))

    def poll(self, host: Host) -> None:
        """Compares with what runs on a host that has just come up: events may have been lost."""
        stats = {entry["vmId"]: entry for entry in host.driver.all_vm_stats()} if host.driver else {}
        for vm in list(self._world.vms.values()):
            if host not in (vm.host, vm.target):
                continue
            entry = stats.get(vm.id, {"status": DOWN})
            self._hear(host, vm.id, entry["status"], not entry.get("exitCode"))

    def lost(self, host: Host) -> None:
        """The host does not answer: its VMs may be running (`not_responding`)."""
        for vm in self._world.vms.values():
            if vm.host is host and vm.status != "unknown":
                vm.status = "not_responding"

    def fenced(self, host: Host) -> None:
        """The host is switched off: its VMs are down."""
        if host.driver is not None:
            host.driver.power_off()
        for vm in list(self._world.vms.values()):
            if host in (vm.host, vm.target):
                self._learn(host, vm, DOWN, f"host {host.name} was switched off")

    def _hear(self, host: Host, vm_id: str, status: str, ok: bool) -> None:
        vm = self._world.vms.get(vm_id)
        if vm is None or host.status != "up":
            return
        reason = "" if ok else _exit_message(host, vm_id)
        vm.heard_at = max(vm.heard_at, self._world.now + self._world.draw(self._world.delays.monitoring))
        self._world.timeline.call_at(vm.heard_at, lambda: self._learn(host, vm, status, reason))

    def _learn(self, host: Host, vm: Vm, status: str, reason: str) -> None:
        if vm.arrival is not None and host is vm.target:
            if status in (UP, DOWN) and not vm.arrival.done:
                vm.arrival.resolve(status == UP)
        elif host is not vm.host:
            return
        elif status == DOWN:
            self._gone(host, vm, reason)
        elif not vm.stopping and vm.arrival is None:
            self._lives(host, vm, status)

    def _lives(self, host: Host, vm: Vm, status: str) -> None:
        vm.status = REST_STATUS.get(status, "unknown")
        if status == POWERING_UP and vm.instances:
            attempt = vm.run.attempts[-1] if vm.run and vm.run.attempts else None
            delay = self._world.draw(self._world.delays.domain_xml)
            self._world.timeline.call_later(delay, lambda: self._store_mdev_row(vm, attempt))
        if status == UP:
            self._is_up(host, vm)

    def _store_mdev_row(self, vm: Vm, attempt: Attempt | None) -> None:
        """The domain XML was read: an unmanaged host device `mdev` is stored (VmDevicesConverter)."""
        if vm.host is not None and vm.run and attempt in vm.run.attempts[-1:]:
            vm.mdev_row = True

    def _is_up(self, host: Host, vm: Vm) -> None:
        self._world.write(Code.USER_RUN_VM, f"VM {vm.name} started on Host {host.name}", vm, host)
        end_attempt(vm, Ending.UP)
        if vm.mdev_row:
            self._refresher.refresh_if_possible(host)

    def _gone(self, host: Host, vm: Vm, reason: str) -> None:
        had_row, stopped = vm.mdev_row, vm.stopping or not reason
        vm.status, vm.host, vm.stopping, vm.mdev_row = "down", None, False, False
        if vm.arrival is not None and not vm.arrival.done:
            vm.arrival.resolve(False)
        if stopped:
            self._world.write(Code.VM_DOWN, f"VM {vm.name} is down.", vm, host)
        else:
            text = f"VM {vm.name} is down with error. Exit message: {reason}."
            self._world.write(Code.VM_DOWN_ERROR, text, vm, host)
        forget(host, vm)
        end_attempt(vm, Ending.STOPPED if stopped else Ending.FAILED, reason)
        if had_row:
            self._refresher.refresh_if_possible(host)


def end_attempt(vm: Vm, ending: Ending, reason: str = "") -> None:
    """The attempt under way, if there is one, has ended so."""
    attempt = vm.run.attempts[-1] if vm.run and vm.run.attempts else None
    if attempt is not None and attempt.ending is None:
        attempt.ending, attempt.reason = ending, reason
        attempt.ended.resolve(ending)


def forget(host: Host, vm: Vm) -> None:
    """Destroy: a VM that is Down stays on its host until told so; gone already is fine."""
    if host.driver is not None:
        try:
            host.driver.destroy_vm(vm.id)
        except VdsmRefusalError:
            return


def _exit_message(host: Host, vm_id: str) -> str:
    stats = host.driver.all_vm_stats() if host.driver else []
    messages = (entry.get("exitMessage") for entry in stats if entry["vmId"] == vm_id)
    return next(messages, None) or "unknown error"
