"""How a VM gets onto its host: CreateVDSCommand and what it sends with VM.create."""

from simulation.engine import mdevice
from simulation.engine.audit import Code
from simulation.engine.commands.monitoring import end_attempt
from simulation.engine.state import Attempt, Ending, Host, Vm
from simulation.engine.world import World
from simulation.hosts.virtual_machine import VdsmRefusalError, VmSpec

LOST_HOST = ("non_responsive", "connecting", "down", "unassigned", "reboot", "kdumping")
"""A host in one of these gives no answer: VM.create ends in a network error."""
BAD_LUCK = "QEMU unexpectedly closed the monitor"
GENERAL_EXCEPTION = 100


def create(world: World, vm: Vm, host: Host, attempt: Attempt) -> None:
    """VM.create, then host and status are shown together, never the one without the other.

    A refusal ends the attempt at once; a network error leaves the VM `unknown` on that host.
    """
    fails = BAD_LUCK if world.happens(world.misfortunes.launch_fails) else ""
    vm.instances = _instances(world, vm)
    try:
        _try_luck(world)
        send(host, spec(vm, fails))
    except VdsmRefusalError as error:
        end_attempt(vm, Ending.CREATE_FAILED, str(error))
        return
    except OSError as error:
        _show(world, vm, host, attempt, "unknown")
        end_attempt(vm, Ending.UNKNOWN, str(error))
        return
    _show(world, vm, host, attempt, "wait_for_launch")
    text = f"VM {vm.name} was started by admin@internal-authz (Host: {host.name})."
    world.write(Code.USER_STARTED_VM, text, vm, host)


def send(host: Host, wanted: VmSpec) -> None:
    """VM.create; ConnectionError where nobody answers, VdsmRefusalError where the host will not."""
    if host.driver is None or host.status in LOST_HOST:
        raise ConnectionError(f"VDSNetworkException: host {host.name} does not answer")
    if host.status != "up":
        raise VdsmRefusalError(GENERAL_EXCEPTION, f"host {host.name} is {host.status}")
    host.driver.create_vm(wanted)


def spec(vm: Vm, fails: str = "") -> VmSpec:
    """The VM as the host is told of it, with the instances of its last start."""
    custom = {} if vm.mdev_type is None else {"mdev_type": vm.mdev_type}
    return VmSpec(vm.id, vm.name, vm.instances, custom, fails=fails)


def _try_luck(world: World) -> None:
    if world.happens(world.misfortunes.create_fails):
        raise VdsmRefusalError(GENERAL_EXCEPTION, BAD_LUCK)


def _show(world: World, vm: Vm, host: Host, attempt: Attempt, status: str) -> None:
    vm.host, vm.status, attempt.created_at = host, status, world.now


def _instances(world: World, vm: Vm) -> tuple[tuple[str, str], ...]:
    """(UUID, type) in the order of the domain XML (writeVGpu).

    From 4.5 on a device's own id, the same at every start; before, random ones at every VM.create.
    """
    types = mdevice.requested_types(vm, world.version)
    if world.version.has_mediated_devices:
        return tuple(zip(sorted(device.id for device in vm.devices), types, strict=True))
    return tuple((world.uuid(), type_id) for type_id in types)
