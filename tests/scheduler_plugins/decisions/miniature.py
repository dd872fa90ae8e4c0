"""A data centre in miniature that knows the truth: where starts really go, and what was made there."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mdev_inventory.model import MdevType
from tests.scheduler_plugins.fleet import VMS
from tests.scheduler_plugins.world import TYPE, World, observation

LARGE = "nvidia-23"
WANTED = {vm: LARGE if n % 3 == 2 else TYPE for n, vm in enumerate(VMS)}
"""Every third VM wants a type of twice the size, which lives on no card beside the other."""
SIZES = {TYPE: 1, LARGE: 2}


@dataclass
class Run:
    """A start that is under way, or a VM that runs."""

    vm_id: str
    host_id: str
    at: float
    uuid: str
    risky: bool
    unasked: bool = False
    shown: bool = False
    made: bool = False
    up: bool = False


@dataclass
class Truth(World):
    """The hosts as they are, behind what is told of them."""

    capacity: dict[str, int] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)

    def room(self, host_id: str, vm_id: str) -> int:
        """How many more starts such as this VM's the host can take, those under way included."""
        return self._room(host_id, vm_id, [run for run in self.runs.values() if run.host_id == host_id])

    def left(self, host_id: str, vm_id: str) -> int:
        """How many more of the VM's devices the host's card would make now."""
        return self._room(host_id, vm_id, self.made(host_id))

    def made(self, host_id: str) -> list[Run]:
        """Whose devices are on the host."""
        return [run for run in self.runs.values() if run.host_id == host_id and run.made]

    def _room(self, host_id: str, vm_id: str, runs: Sequence[Run]) -> int:
        wanted = WANTED[vm_id]
        alike = all(WANTED[run.vm_id] == wanted for run in runs)
        return self.capacity[host_id] // SIZES[wanted] - len(runs) if alike else 0

    def collect(self, host_id: str) -> None:
        """The host's inventory, taken now."""
        seen, made = observation(host_id, 0), self.made(host_id)
        (card,) = seen.inventory.parents
        types = tuple(self._figures(host_id, type_id, made) for type_id in SIZES)
        taken = replace(
            seen,
            inventory=seen.inventory._replace(parents=(card._replace(types=types),)),
            requested_at=self.now,
            received_at=self.now,
            owners={run.uuid: run.vm_id for run in made},
        )
        self.observations = {**self.observations, host_id: taken}

    def _figures(self, host_id: str, type_id: str, made: Sequence[Run]) -> MdevType:
        most = self.capacity[host_id] // SIZES[type_id]
        alike = all(WANTED[run.vm_id] == type_id for run in made)
        living = tuple(sorted(run.uuid for run in made)) if alike else ()
        description = f"framebuffer={SIZES[type_id]}M, max_instance={most}"
        return MdevType(type_id, type_id, description, "vfio-pci", most - len(made) if alike else 0, living)

    def refresh(self, host_ids: Sequence[str], deadline_s: float) -> frozenset[str]:
        """Every host answers at once."""
        for host_id in host_ids:
            self.collect(host_id)
        return frozenset(host_ids)

    def show(self, vm_id: str) -> None:
        """The engine's word about the VM, as it is now."""
        run = self.runs.get(vm_id)
        status = "down" if run is None or not run.shown else "up" if run.up else "wait_for_launch"
        where = run.host_id if run and run.shown else None
        self.engine_vms = [
            replace(vm, status=status, host_id=where) if vm.id == vm_id else vm for vm in self.engine_vms
        ]
