"""The simulated engine as its users see it: data centre in, starts in, audit log out."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from simulation.engine import mdevice
from simulation.engine.commands.migrating import Migrating
from simulation.engine.commands.monitoring import Monitoring
from simulation.engine.commands.refresh import Refresher
from simulation.engine.commands.scheduling import Scheduling
from simulation.engine.commands.starting import Starting
from simulation.engine.policies import Policies
from simulation.engine.settings import EngineVersion, Settings
from simulation.engine.state import Cluster, Decision, Host, HostDriver, Policy, Run, Vm, VmDevice
from simulation.engine.units.external import ExternalScheduler
from simulation.engine.units.table import ExternalUnits
from simulation.engine.world import ActionError, World
from simulation.timeline import RealTime, Timeline
from simulation.timeline.outside import Inline, Outside, Threaded
from simulation.timeline.processes import Processes, Promise

T = TypeVar("T")
CLOSE_DEADLINE_S = 2.0
"""How long `stop` waits for questions to external units that are still under way."""


class SimulatedEngine:
    """One engine on a timeline.

    In virtual time (`real` None) everything happens while the timeline runs, in one thread, and the same
    seed gives the same course. With `real`, external units are asked from threads and all methods may be
    called from any thread; read `hosts`, `vms`, `audit` and what they hold inside `call`.
    """

    def __init__(
        self,
        timeline: Timeline,
        version: str = "4.5",
        seed: int = 0,
        *,
        settings: Settings | None = None,
        real: RealTime | None = None,
        outside: Outside | None = None,
    ) -> None:
        """An empty data centre; `version` is e.g. `4.4` or `4.4.1`.

        `outside` is another way to ask external units in virtual time: `Turns` where their answers take time.
        """
        self.world = World(
            timeline,
            outside or (Inline() if real is None else Threaded(real)),
            EngineVersion.parse(version),
            settings or Settings(),
            random.Random(seed),  # noqa: S311 - chance that can be repeated is what is wanted
            Processes(timeline),
        )
        self.version = self.world.version
        self.clusters: dict[str, Cluster] = self.world.clusters
        self.hosts: dict[str, Host] = self.world.hosts
        self.vms: dict[str, Vm] = self.world.vms
        self.audit = self.world.audit
        self.units = ExternalUnits(self.world)
        self.policies = Policies(self.world, self.units)
        self._is_real = real is not None
        self._started = False
        self._refresher = Refresher(self.world)
        self._monitoring = Monitoring(self.world, self._refresher)
        self._scheduling = Scheduling(self.world, self.units)
        self._starting = Starting(self.world, self._scheduling)
        self._migrating = Migrating(self.world, self._scheduling)

    def call(self, function: Callable[[], T]) -> T:
        """Runs `function` alone with the engine, from any thread."""
        return self.world.outside.call(function)

    def add_cluster(
        self, name: str, policy: Policy | None = None, properties: Mapping[str, str] | None = None
    ) -> Cluster:
        """A cluster with a policy; `properties` are what its external units are handed."""

        def add() -> Cluster:
            cluster = Cluster(self.world.uuid(), name, policy or Policy(), dict(properties or {}))
            self.clusters[cluster.id] = cluster
            return cluster

        return self.call(add)

    def add_host(
        self,
        name: str,
        cluster: Cluster,
        driver: HostDriver | None,
        *,
        host_id: str | None = None,
        address: str = "",
        port: int = 54321,
        status: str = "up",
        separate: bool = False,
        hooks: Mapping[str, Mapping[str, Mapping[str, str]]] | None = None,
    ) -> Host:
        """A host; with `driver` None nobody answers for it. Its address is its name where none is given."""

        def add() -> Host:
            host = Host(host_id or self.world.uuid(), name, cluster, address or name, port, status, separate, driver)
            host.hooks = hooks or {}
            self.hosts[host.id] = host
            self._monitoring.watch(host)
            if self._started and status == "up":
                self._refresher.refresh_devices(host)
            return host

        return self.call(add)

    def add_vm(
        self,
        name: str,
        cluster: Cluster,
        *,
        mdev_type: str | None = None,
        devices: Sequence[Mapping[str, str]] = (),
        vm_id: str | None = None,
    ) -> Vm:
        """A VM that is down.

        `mdev_type` is the custom property; engines from 4.5 on convert it to devices on save. `devices` are
        the spec params of mediated devices: ValueError before 4.5, which know none.
        """
        wanted = mdevice.wanted_devices(self.version, name, mdev_type, devices)

        def add() -> Vm:
            vm = Vm(vm_id or self.world.uuid(), name, cluster)
            vm.mdev_type = None if self.version.has_mediated_devices else mdev_type
            vm.devices = tuple(VmDevice(self.world.uuid(), params) for params in wanted)
            self.vms[vm.id] = vm
            return vm

        return self.call(add)

    def add_device(self, vm_id: str, spec_params: Mapping[str, str]) -> VmDevice:
        """One more mediated device of a VM, from 4.5 on."""

        def add() -> VmDevice:
            device = VmDevice(self.world.uuid(), dict(spec_params))
            vm = self.vms[vm_id]
            vm.devices = (*vm.devices, device)
            return device

        return self.call(add)

    def remove_vm(self, vm_id: str) -> None:
        """Deletes a VM; ActionError unless it is down and at rest."""

        def remove() -> None:
            vm = self.vms[vm_id]
            if vm.status != "down" or vm.busy:
                raise ActionError(f"Cannot remove VM {vm.name}: its status is {vm.status}.")
            del self.vms[vm_id]

        self.call(remove)

    def start(self, external: ExternalScheduler | None = None) -> None:
        """The engine starts (or starts again): external units are discovered once, hosts' devices refreshed.

        `external` is asked from now on; None is ExternalSchedulerEnabled=false.
        """

        def begin() -> None:
            self._started = True
            self.policies.restart()
            self.world.processes.spawn(self.units.discover(external))
            for host in self.hosts.values():
                if host.status == "up":
                    self._refresher.refresh_devices(host)

        self.call(begin)

    def start_vm(self, vm_id: str) -> Run:
        """RunVm: validated at once (`ending` is `refused` where that fails), the rest comes with time.

        ActionError where the VM is not down.
        """
        return self.call(lambda: self._starting.start(self.vms[vm_id]))

    def start_group(self, vm_ids: Sequence[str]) -> list[Run]:
        """Starts VMs of one positive, hard affinity group: all on one host, filtered one after the other."""
        return self.call(lambda: self._starting.start_group(self._vms(vm_ids)))

    def stop_vm(self, vm_id: str) -> None:
        """StopVm; ActionError where there is nothing to stop."""
        self.call(lambda: self._starting.stop(self.vms[vm_id]))

    def migrate_vm(self, vm_id: str) -> Promise[bool]:
        """MigrateVm to a host that the engine chooses; the promise tells whether it arrived."""
        return self.call(lambda: self._migrating.migrate(self.vms[vm_id]))

    def migrate_group(self, vm_ids: Sequence[str]) -> Promise[list[bool]]:
        """MigrateMultipleVms: external units are asked once per VM, chained, before any VM moves."""
        return self.call(lambda: self._migrating.migrate_group(self._vms(vm_ids)))

    def enforce_affinity(self, vm_ids: Sequence[str]) -> Promise[Decision]:
        """AffinityRulesEnforcer: external units are asked, and nothing follows."""
        return self.call(lambda: self.world.processes.spawn(self._scheduling.decide(self._vms(vm_ids))))

    def can_schedule(self, vm_id: str) -> list[str]:
        """Host ids that internal filters leave: validation's view, external units are never asked."""
        return self.call(lambda: [host.id for host in self._scheduling.can_schedule(self.vms[vm_id])])

    def refresh_host(self, host_id: str) -> Promise[None]:
        """RefreshHost; ActionError where the host's status or lock forbids it.

        It takes its time where time passes by itself; in virtual time it is done at once, because whoever
        asks over REST waits for it.
        """
        return self.call(lambda: self._refresher.refresh(self.hosts[host_id], at_once=not self._is_real))

    def set_host_status(self, host_id: str, status: str) -> None:
        """The host changes status, by REST's words.

        `up` refreshes its devices; `non_responsive` leaves its VMs `not_responding`, `down` takes them down.
        """

        def change() -> None:
            host = self.hosts[host_id]
            before, host.status = host.status, status
            if status == "up" != before:
                self._refresher.refresh_devices(host)
                self._monitoring.poll(host)
            elif status == "non_responsive":
                self._monitoring.lost(host)
            elif status == "down":
                self._monitoring.fenced(host)

        self.call(change)

    def stop(self) -> None:
        """Waits a little for questions under way. Stop a RealTime before or after."""
        self.world.outside.close(CLOSE_DEADLINE_S)

    def _vms(self, vm_ids: Sequence[str]) -> list[Vm]:
        return [self.vms[vm_id] for vm_id in vm_ids]
