"""What the REST API asks of the engine that it serves; `SimulatedEngine` is one."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from simulation.engine.audit import AuditLog
from simulation.engine.policies import Policies
from simulation.engine.settings import EngineVersion
from simulation.engine.state import Cluster, Host, Run, Vm, VmDevice
from simulation.engine.world import World
from simulation.timeline.processes import Promise

T = TypeVar("T")


class Engine(Protocol):
    """An engine. Its tables and methods are used within `call`, alone with it."""

    @property
    def version(self) -> EngineVersion:
        """Which engine it is."""

    @property
    def world(self) -> World:
        """Its time and its settings."""

    @property
    def clusters(self) -> dict[str, Cluster]:
        """By id."""

    @property
    def hosts(self) -> dict[str, Host]:
        """By id."""

    @property
    def vms(self) -> dict[str, Vm]:
        """By id."""

    @property
    def audit(self) -> AuditLog:
        """All events."""

    @property
    def policies(self) -> Policies:
        """The scheduling policies and their units."""

    def call(self, function: Callable[[], T]) -> T:
        """Runs `function` alone with the engine, from any thread."""

    def add_vm(self, name: str, cluster: Cluster, *, mdev_type: str | None = None) -> Vm:
        """AddVm."""

    def remove_vm(self, vm_id: str) -> None:
        """RemoveVm."""

    def add_device(self, vm_id: str, spec_params: Mapping[str, str]) -> VmDevice:
        """AddMdev."""

    def can_schedule(self, vm_id: str) -> list[str]:
        """Ids of the hosts that internal filters leave."""

    def start_vm(self, vm_id: str) -> Run:
        """RunVm."""

    def stop_vm(self, vm_id: str) -> None:
        """StopVm."""

    def migrate_vm(self, vm_id: str) -> object:
        """MigrateVm."""

    def refresh_host(self, host_id: str) -> Promise[None]:
        """RefreshHost."""
