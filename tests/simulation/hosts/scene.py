"""A simulated host on a timeline of its own, for tests of its life cycle."""

from simulation.hosts import SimulatedHost
from simulation.hosts.virtual_machine import Delays, VmSpec
from simulation.kernel import Bus
from simulation.timeline import Timeline

T4 = "0000:3b:00.0"
T4_1Q, T4_16Q = "nvidia-230", "nvidia-234"
PACE = Delays(prepare=1.0, create=0.25, launch=0.5, boot=4.0, teardown=0.125)
"""Exact in binary: moments can be compared."""


class Scene:
    """A host on a timeline of its own, and what it told."""

    def __init__(self, bus: Bus, **options: object) -> None:
        self.timeline = Timeline()
        self.told: list[tuple[float, str, str, bool]] = []
        self.host = SimulatedHost(
            "h1",
            "host1",
            bus,
            self.timeline,
            delays=PACE,
            on_status=self._apply_locations,
            **options,  # type: ignore[arg-type]
        )

    def _apply_locations(self, vm_id: str, status: str, exit_ok: bool) -> None:
        self.told.append((self.timeline.now, vm_id, status, exit_ok))

    def start(self, vm_id: str, *types: str, **options: object) -> VmSpec:
        """Start a VM with devices of those types."""
        devices = tuple((f"{vm_id:0>8}-0000-4000-8000-{number:012}", t) for number, t in enumerate(types))
        spec = VmSpec(vm_id, f"vm-{vm_id}", devices, **options)  # type: ignore[arg-type]
        self.host.create_vm(spec)
        return spec

    def statuses(self, vm_id: str) -> list[tuple[float, str]]:
        """When the VM took which status."""
        return [(at, status) for at, who, status, _ in self.told if who == vm_id]

    def failed(self) -> list[str]:
        """The VMs that went down with an error."""
        return [who for _, who, _, exit_ok in self.told if not exit_ok]
