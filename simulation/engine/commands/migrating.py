"""Migrating VMs: MigrateVmCommand, MigrateMultipleVmsCommand."""

from collections.abc import Sequence
from dataclasses import replace

from simulation.engine.audit import Code
from simulation.engine.commands.creation import send, spec
from simulation.engine.commands.monitoring import forget
from simulation.engine.commands.scheduling import Scheduling
from simulation.engine.state import Host, Vm
from simulation.engine.world import ActionError, World
from simulation.hosts.virtual_machine import VdsmRefusalError
from simulation.timeline.processes import Promise, Steps


class Migrating:
    """Moves running VMs. While one migrates, the engine shows it on its source."""

    def __init__(self, world: World, scheduling: Scheduling) -> None:
        """Of that engine."""
        self._world = world
        self._scheduling = scheduling

    def migrate(self, vm: Vm) -> Promise[bool]:
        """To a host of the engine's choice, never the present one; whether it arrived."""
        if vm.status != "up" or vm.host is None:
            raise ActionError(f"Cannot migrate VM {vm.name}: its status is {vm.status}.")
        return self._world.processes.spawn(self._migrate(vm, vm.host))

    def migrate_group(self, vms: Sequence[Vm]) -> Promise[list[bool]]:
        """One target for all; the hosts they are on are among the candidates."""
        if any(vm.status != "up" for vm in vms):
            raise ActionError("Cannot migrate VMs together: all of them have to be up.")
        return self._world.processes.spawn(self._migrate_group(vms))

    def _migrate(self, vm: Vm, source: Host) -> Steps[bool]:
        decision = yield from self._scheduling.decide([vm], [source.id])
        return (yield from self._move(vm, decision.host))

    def _migrate_group(self, vms: Sequence[Vm]) -> Steps[list[bool]]:
        decision = yield from self._scheduling.decide(vms)
        moves = [self._world.processes.spawn(self._move(vm, decision.host)) for vm in vms]
        arrived: list[bool] = []
        for move in moves:
            arrived.append((yield move.wait))
        return arrived

    def _move(self, vm: Vm, target: Host | None) -> Steps[bool]:
        """Whether the VM is on `target` in the end."""
        source = vm.host
        if target is not None and target is source:
            return True
        if target is None or source is None or vm.status != "up":
            self._world.write(Code.VM_MIGRATION_FAILED, f"Migration failed (VM: {vm.name}).", vm, source)
            return False
        vm.status, vm.target, vm.arrival = "migrating", target, Promise()
        yield self._world.processes.sleep(self._world.draw(self._world.delays.create))
        arrived = yield from self._arrive(vm, source, target, vm.arrival)
        vm.target = vm.arrival = None
        self._settle(vm, source, target, arrived)
        return arrived

    def _arrive(self, vm: Vm, source: Host, target: Host, arrival: Promise[bool]) -> Steps[bool]:
        try:
            if source.driver is not None:
                source.driver.migrate_vm(vm.id)
            send(target, replace(spec(vm), incoming=True))
        except (VdsmRefusalError, OSError):
            return False
        arrived: bool = yield arrival.wait
        return arrived

    def _settle(self, vm: Vm, source: Host, target: Host, arrived: bool) -> None:
        if arrived:
            vm.host, vm.status = target, "up"
            text, code = f"Migration completed (VM: {vm.name}).", Code.VM_MIGRATION_DONE
        else:
            # The source may have died meanwhile: then the VM is down already and stays so.
            vm.status = "up" if vm.host is source else vm.status
            if source.driver is not None:
                source.driver.keep_vm(vm.id)
            text, code = f"Migration failed (VM: {vm.name}).", Code.VM_MIGRATION_FAILED
        forget(source if arrived else target, vm)
        self._world.write(code, text, vm, vm.host)
