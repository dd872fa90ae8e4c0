"""The engine's JSON answers, turned into `model`'s plain data; `elements` says how much junk is survived."""

from dataclasses import replace
from typing import Any

from mdev_inventory.engine.elements import Kind, Read
from mdev_inventory.engine.model import FOLLOWED, Cluster, Event, Host, HostDevice, MediatedDevice, Vm


def _kept_host(members: dict[str, Any], _error: str) -> Host:
    """A host that is missing from the list would count as removed. Without an address it is not asked."""
    return replace(HOST.one({"status": "unknown", **members, "address": "unreadable"}), address="")


def _kept_vm(members: dict[str, Any], error: str) -> Vm:
    """A VM whose request could not be read: where it is told, it stays where it runs."""
    vm = VM.one({member: value for member, value in members.items() if member not in REQUEST})
    return replace(vm, started_at=None, unreadable=error)


REQUEST = ("custom_properties", *FOLLOWED)
"""Members of a VM that say what it asks for."""
HOST = Kind[Host]("host", Host, kept=_kept_host)
VM = Kind[Vm]("vm", Vm, kept=_kept_vm)
MEDIATED_DEVICE = Kind[MediatedDevice]("vm_mediated_device", MediatedDevice)
HOST_DEVICE = Kind[HostDevice]("host_device", HostDevice, key="name")
EVENT = Kind[Event]("event", Event)
CLUSTER = Kind[Cluster]("cluster", Cluster)

host, hosts = HOST.one, HOST.all
clusters = CLUSTER.all
vm, vms = VM.one, VM.all
host_device, host_devices = HOST_DEVICE.one, HOST_DEVICE.all
event = EVENT.one


def mediated_devices(answer: object) -> tuple[MediatedDevice, ...]:
    """`GET /vms/{id}/mediateddevices`: all of them or AnswerError, because half a request is a wrong one."""
    return tuple(MEDIATED_DEVICE.one(item) for item in MEDIATED_DEVICE.values(answer))


def events(answer: object) -> Read[Event]:
    """`GET /events`, oldest first."""
    found = EVENT.all(answer)
    return Read(tuple(sorted(found.items, key=lambda event: event.index)), found.problems)
