"""A small data centre as the scheduler sees it: hosts, their observations, and an engine with VMs."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.model import Host, MediatedDevice, Vm
from mdev_inventory.engine.vms import STARTING
from mdev_inventory.model import HostInventory, MdevType, ParentDevice, ReadError
from mdev_inventory.observation import HostFailure, Observation, Source
from scheduler_plugins.decisions.scheduler import Scheduler

NOW = 1_700_000_000.0
CLUSTER, OTHER_CLUSTER = "cluster-1", "cluster-2"
TYPE = "nvidia-22"
FREE, FULL, DEAD, DOWN, ELSEWHERE = (f"{n}0000000-0000-4000-8000-000000000000" for n in range(1, 6))
STRANGER = "90000000-0000-4000-8000-000000000000"
WANTS, PLAIN = (f"{n}0000000-0000-4000-8000-00000000000a" for n in range(1, 3))


def host(host_id: str, name: str, status: str = "up", cluster: str = CLUSTER) -> Host:
    """A host of the engine's."""
    return Host(host_id, name, f"{name}.example.com", 54321, status, cluster, separate=False)


def observation(host_id: str, available: int, instances: tuple[str, ...] = ()) -> Observation:
    """One card with one type, seen ten seconds ago."""
    mdev_type = MdevType(TYPE, "GRID M60-8Q", "max_instance=2", "vfio-pci", available, instances)
    card = ParentDevice("0000:3b:00.0", "0x10de", "0x13f2", "nvidia", 0, None, (mdev_type,))
    inventory = HostInventory((card,), (), "2023-11-14T22:13:10Z", "boot", "0.1.0")
    return Observation(host_id, inventory, Source.HOOK, NOW - 10, NOW - 9)


def vm(vm_id: str = WANTS, name: str = "wants", mdev_type: str | None = TYPE) -> Vm:
    """A VM as the engine shows it."""
    return Vm(vm_id, name, "down", CLUSTER, None, mdev_type, None)


@dataclass
class World:
    """Both the engine and the inventories; change what a test needs otherwise."""

    engine_vms: list[Vm] = field(default_factory=lambda: [vm(), vm(PLAIN, "plain", None)])
    engine_error: EngineError | None = None
    devices_error: EngineError | None = None
    """Why the engine does not tell a VM's devices, where it tells the rest."""
    asked: list[tuple[str, float | None]] = field(default_factory=list)
    """What the engine was asked, with its deadline."""
    vms: dict[str, KnownVm] = field(default_factory=dict)
    now: float = NOW
    host_list: tuple[Host, ...] = (
        host(FREE, "free"),
        host(FULL, "full"),
        host(DEAD, "dead"),
        host(DOWN, "down", status="maintenance"),
        host(ELSEWHERE, "elsewhere", cluster=OTHER_CLUSTER),
    )
    observations: dict[str, Observation] = field(
        default_factory=lambda: {
            FREE: observation(FREE, 1, ("11111111-0000-4000-8000-000000000000",)),
            FULL: observation(FULL, 0),
            DOWN: observation(DOWN, 2),
            ELSEWHERE: observation(ELSEWHERE, 2),
        }
    )
    failures: dict[str, HostFailure] = field(
        default_factory=lambda: {DEAD: HostFailure(DEAD, "connect", "host dead refuses", NOW - 5)}
    )

    def clock(self) -> float:
        """The service's clock."""
        return self.now

    @property
    def hosts(self) -> MappingProxyType[str, Host]:
        """The engine's hosts, by id."""
        return MappingProxyType({each.id: each for each in self.host_list})

    def see_vm(self, known: KnownVm) -> None:
        """The engine showed this VM just now."""
        self.vms[known.id] = known

    def vms_by_id(self, vm_ids: Iterable[str], timeout_s: float | None = None, *, starting: bool = False) -> list[Vm]:
        """The engine's answer about several VMs, and those that start."""
        wanted = list(vm_ids)
        self.asked.append((" ".join(wanted), timeout_s))
        if self.engine_error:
            raise self.engine_error
        statuses = STARTING if starting else ()
        found = [each for each in self.engine_vms if each.id in wanted or each.status in statuses]
        return [replace(each, mediated_devices=None) for each in found]

    def devices_of(self, vm_id: str, timeout_s: float | None = None) -> tuple[MediatedDevice, ...] | None:
        """The engine's answer about one VM's devices; an engine without any is not asked."""
        if self.devices_error:
            raise self.devices_error
        found = next(each for each in self.engine_vms if each.id == vm_id)
        if found.mediated_devices is not None:
            self.asked.append((f"{vm_id}/mediateddevices", timeout_s))
        return found.mediated_devices

    def find_vm(self, name_or_id: str, timeout_s: float | None = None) -> Vm:
        """The engine's answer about one VM of that id or name."""
        self.asked.append((name_or_id, timeout_s))
        if self.engine_error:
            raise self.engine_error
        found = [each for each in self.engine_vms if name_or_id.lower() in (each.id, each.name)]
        if len(found) > 1:
            raise EngineError("ambiguous", f"several VMs have the name {name_or_id!r}")
        if not found:
            raise EngineError("not-found", f"no VM {name_or_id}")
        return found[0]


def fitting(scheduler: Scheduler, *hosts: str, vm: str = WANTS) -> tuple[str, ...]:
    """The hosts that the filter answers for the VM."""
    return scheduler.filter("MdevFilter", vm, hosts, {}).fitting


def with_errors(seen: Observation, *paths: str) -> Observation:
    """The same observation with files that could not be read."""
    errors = tuple(ReadError(path, "EIO") for path in paths)
    return replace(seen, inventory=seen.inventory._replace(errors=errors))
