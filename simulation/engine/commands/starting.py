"""Starting and stopping VMs: RunVmCommand with its reruns, and StopVmCommand."""

from collections.abc import Sequence

from simulation.engine.audit import Code
from simulation.engine.commands import creation
from simulation.engine.commands.monitoring import forget
from simulation.engine.commands.scheduling import Scheduling
from simulation.engine.state import Attempt, Decision, Ending, Host, Run, Vm
from simulation.engine.world import ActionError, World
from simulation.timeline.processes import Steps

RERUN_AFTER = (Ending.FAILED, Ending.CREATE_FAILED)
NO_HOST = "There is no host that satisfies current scheduling constraints."


class Starting:
    """Starts and stops VMs."""

    def __init__(self, world: World, scheduling: Scheduling) -> None:
        """Of that engine."""
        self._world = world
        self._scheduling = scheduling

    def start(self, vm: Vm) -> Run:
        """RunVm: validated now, the rest on the timeline. ActionError where the VM is not down."""
        run = self._new_run(vm)
        if run.ending is None:
            self._world.processes.spawn(self._start(vm, run, None))
        return run

    def start_group(self, vms: Sequence[Vm]) -> list[Run]:
        """Starts VMs of one positive, hard affinity group: one host for all, decided before any starts."""
        runs = [self._new_run(vm) for vm in vms]
        able = [(vm, run) for vm, run in zip(vms, runs, strict=True) if run.ending is None]
        if able:
            self._world.processes.spawn(self._start_group(able))
        return runs

    def stop(self, vm: Vm) -> None:
        """StopVm: powering_down now, the host told a little later. ActionError where that cannot be."""
        host = vm.host
        if host is None or host.status != "up" or vm.target is not None or vm.stopping:
            raise ActionError(f"Cannot stop VM {vm.name}: its status is {vm.status}.")
        vm.stopping, vm.status = True, "powering_down"
        delay = self._world.draw(self._world.delays.stop)
        self._world.timeline.call_later(delay, lambda: forget(host, vm))

    def _new_run(self, vm: Vm) -> Run:
        """RunVmValidator: only internal filters are asked."""
        if vm.status != "down" or vm.busy:
            raise ActionError(f"Cannot run VM {vm.name}: its status is {vm.status}, or a start is under way.")
        run = Run(vm.id, self._world.now)
        vm.runs.append(run)
        if self._scheduling.can_schedule(vm):
            vm.busy = True
        else:
            run.refused = f"Cannot run VM. {NO_HOST}"
            self._end(run, Ending.REFUSED)
        return run

    def _start_group(self, able: Sequence[tuple[Vm, Run]]) -> Steps[None]:
        decision = yield from self._scheduling.decide([vm for vm, _ in able])
        for vm, run in able:
            self._world.processes.spawn(self._start(vm, run, decision))

    def _start(self, vm: Vm, run: Run, decided: Decision | None) -> Steps[None]:
        """RunVmCommandBase.rerun: at most MaxRerunVmOnVdsCount hosts in all, none of them twice."""
        while run.ending is None:
            tried = [attempt.host_id for attempt in run.attempts]
            decision = decided or (yield from self._scheduling.decide([vm], tried))
            decided = None
            run.decisions.append(decision)
            if decision.host is None:
                self._give_up(vm, run, Ending.ABORTED if decision.aborted else Ending.NO_HOST)
                return
            ending = yield from self._attempt(vm, run, decision, decision.host)
            if ending not in RERUN_AFTER:
                vm.busy = False
                self._end(run, ending)
            elif len(run.attempts) >= self._world.settings.max_rerun_hosts:
                self._give_up(vm, run, ending)

    def _attempt(self, vm: Vm, run: Run, decision: Decision, host: Host) -> Steps[Ending]:
        attempt = Attempt(host.id, self._world.now, decision)
        run.attempts.append(attempt)
        yield self._world.processes.sleep(self._world.draw(self._world.delays.create))
        creation.create(self._world, vm, host, attempt)
        ending: Ending = yield attempt.ended.wait
        return ending

    def _give_up(self, vm: Vm, run: Run, ending: Ending) -> None:
        vm.busy = False
        text = f"Failed to run VM {vm.name} (User: admin@internal-authz). {NO_HOST}"
        self._world.write(Code.USER_FAILED_RUN_VM, text, vm)
        self._end(run, ending)

    def _end(self, run: Run, ending: Ending) -> None:
        run.ending, run.ended_at = ending, self._world.now
