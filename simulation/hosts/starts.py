"""How VMs come to life on a host and how they end, step by step on the timeline, as VDSM does it.

At most four start at once; the devices of a VM come one after the other, each chosen at one moment and
created at a later one with no lock between, so that two VMs may choose one slot; what was made is torn down
before a VM that failed goes Down.
"""

import contextlib
from collections import deque
from collections.abc import Callable
from functools import partial

from simulation.hosts.virtual_machine import (
    DOWN,
    MIGRATION_DESTINATION,
    POWERING_DOWN,
    POWERING_UP,
    UP,
    Clock,
    RunningVm,
)
from simulation.kernel import Bus

ONGOING_CREATIONS = 4
"""VDSM's bound on VM creations at once."""

Choose = Callable[[str], str | None]
"""The parent device for one more instance of a type, as `allocator.choose` finds it."""


class Starts:
    """Takes VMs through their lives; `report` is told of each whose status has changed."""

    def __init__(self, bus: Bus, clock: Clock, choose: Choose, report: Callable[[RunningVm], object]) -> None:
        """Of one host; no VM is on its way."""
        self._bus = bus
        self._clock = clock
        self._choose_parent = choose
        self._report = report
        self._waiting: deque[RunningVm] = deque()
        self._creating = 0

    def begin(self, vm: RunningVm) -> None:
        """Start it as soon as a creation slot is free: first come, first served."""
        self._waiting.append(vm)
        self._admit()

    def destroy(self, vm: RunningVm) -> None:
        """End it; a start under way ends at its next step."""
        vm.destroyed = True
        if vm in self._waiting:
            self._waiting.remove(vm)
            self._finish(vm, "")
        elif not vm.creating:
            self.stop(vm)

    def stop(self, vm: RunningVm) -> None:
        """Power it down."""
        if vm.status != POWERING_DOWN:
            self._change(vm, POWERING_DOWN)
            self._later(vm, vm.pace.teardown, lambda: self._finish(vm, ""))

    def forget(self) -> None:
        """The host lost its power: nobody waits, nothing is being created."""
        self._waiting.clear()
        self._creating = 0

    def _later(self, vm: RunningVm, delay_s: float, step: Callable[[], None]) -> None:
        """The next step of a VM's life, unless the host loses its power before."""
        self._clock.call_later(delay_s, lambda: None if vm.lost else step())

    def _admit(self) -> None:
        while self._waiting and self._creating < ONGOING_CREATIONS:
            vm = self._waiting.popleft()
            vm.creating = True
            self._creating += 1
            self._later(vm, vm.pace.prepare, partial(self._go_on, vm))

    def _go_on(self, vm: RunningVm) -> None:
        """The VM's next device, or its launch if it has all."""
        if vm.destroyed:
            self._fail(vm, "")
        elif len(vm.made) == len(vm.spec.devices):
            self._later(vm, vm.pace.launch, lambda: self._launch(vm))
        else:
            self._choose(vm, *vm.spec.devices[len(vm.made)])

    def _choose(self, vm: RunningVm, uuid: str, type_id: str) -> None:
        try:
            parent = self._choose_parent(type_id)
        except (OSError, ValueError) as error:
            self._fail(vm, str(error))
            return
        if parent is None:
            self._fail(vm, f"vgpu: No device with type {type_id} is available")
            return
        self._later(vm, vm.pace.create, lambda: self._create(vm, parent, type_id, uuid))

    def _create(self, vm: RunningVm, parent: str, type_id: str, uuid: str) -> None:
        try:
            self._bus.create(parent, type_id, uuid)
        except OSError as error:
            self._fail(vm, f"vgpu: Failed to create mdev {uuid} of type {type_id} on {parent}: {error.strerror}")
            return
        vm.made.append(uuid)
        self._go_on(vm)

    def _launch(self, vm: RunningVm) -> None:
        if vm.destroyed or vm.spec.fails:
            self._fail(vm, "" if vm.destroyed else vm.spec.fails)
            return
        self._leave_slot(vm)
        if not vm.spec.incoming:
            self._change(vm, POWERING_UP)
        self._later(vm, vm.pace.boot, lambda: self._booted(vm))

    def _booted(self, vm: RunningVm) -> None:
        if vm.status in (POWERING_UP, MIGRATION_DESTINATION):
            self._change(vm, UP)

    def _fail(self, vm: RunningVm, message: str) -> None:
        """End a start: what it made is torn down within its creation slot, then it is Down."""
        delay = vm.pace.teardown if vm.made else 0.0

        def end() -> None:
            self._finish(vm, message)
            self._leave_slot(vm)

        self._later(vm, delay, end)

    def _leave_slot(self, vm: RunningVm) -> None:
        vm.creating = False
        self._creating -= 1
        self._admit()

    def _finish(self, vm: RunningVm, message: str) -> None:
        """Remove the VM's devices, newest first, then say Down."""
        while vm.made:
            # Somebody else may have removed it; VDSM logs that and goes on.
            with contextlib.suppress(FileNotFoundError):
                self._bus.remove(vm.made.pop())
        vm.exit_ok, vm.exit_message = not message, message
        self._change(vm, DOWN)

    def _change(self, vm: RunningVm, status: str) -> None:
        vm.status = status
        self._report(vm)
