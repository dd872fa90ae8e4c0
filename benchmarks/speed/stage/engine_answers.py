"""What the engine's stub answers, made once: JSON for us, XML for the SDK (contract: REST API, samples)."""

import json
from collections.abc import Mapping
from functools import cache
from xml.sax.saxutils import escape

from benchmarks.speed.stage.fleet import CLUSTER, Fleet
from mdev_inventory.engine.model import Host
from mdev_inventory.vdsm.key_reader import from_key

HREF = "/ovirt-engine/api"
USER_RUN_VM = 32
"""Code of the event that a VM is up on its host."""


class Answers:
    """Of one fleet; `placed` tells which VM runs on which host."""

    def __init__(self, fleet: Fleet, ports: tuple[int, ...]) -> None:
        """No VM runs yet."""
        self.placed: dict[str, str] = {}
        self._fleet = fleet
        self._events: list[dict[str, object]] = []
        self._number = {host_id: number for number, host_id in enumerate(fleet.host_ids)}
        hosts = fleet.hosts(ports)
        self.hosts_json = json.dumps({"host": [_host(host) for host in hosts]}).encode()
        self.hosts_xml = _xml("hosts", "".join(map(_host_xml, hosts)))
        self._residents = [json.dumps(_resident(uuid)) for uuid in fleet.instances]
        self._down = {vm_id: json.dumps(self._with_devices(vm_id)) for vm_id in fleet.vm_ids}

    def place(self, told: Mapping[str, str]) -> None:
        """These VMs run on these hosts from now on; the engine's events tell it."""
        self.placed.update(told)
        for vm_id, host_id in told.items():
            about = {"vm": {"id": vm_id}, "host": {"id": host_id}}
            self._events.append({"id": str(len(self._events) + 1), "code": str(USER_RUN_VM), **about})

    def events(self, after: int) -> bytes:
        """Those with a greater number, as the engine lists them: the newest first."""
        return json.dumps({"event": self._events[after:][::-1]}).encode()

    def vms(self, vm_ids: list[str], inlined: bool) -> bytes:
        """A search for these VMs, with their devices `inlined` or not."""
        return json.dumps({"vm": list(map(self._with_devices if inlined else self._vm, vm_ids))}).encode()

    def all_vms(self) -> bytes:
        """Every VM with its devices: those of the fleet, and those to which the hosts' instances belong."""
        running = {vm_id: json.dumps(self._with_devices(vm_id)) for vm_id in self.placed}
        listed = ", ".join([*(self._down | running).values(), *self._residents])
        return f'{{"vm": [{listed}]}}'.encode()

    def vm_json(self, vm_id: str) -> bytes:
        """One VM."""
        return json.dumps(self._vm(vm_id)).encode()

    def vm_xml(self, vm_id: str) -> bytes:
        """One VM, whose request stands in its custom property as well, where the naive plugin looks."""
        wanted = f"<name>mdev_type</name><value>{self._fleet.shape.type_id}</value>"
        return (
            f'<vm href="{HREF}/vms/{vm_id}" id="{vm_id}"><name>{vm_id}</name><cluster id="{CLUSTER}"/>'
            f"<custom_properties><custom_property>{wanted}</custom_property></custom_properties>"
            "<status>down</status></vm>"
        ).encode()

    def mediated_devices(self, vm_id: str) -> bytes:
        """What the VM asks for: one instance."""
        return json.dumps(self._devices_of(vm_id)).encode()

    def devices(self, host_id: str, as_xml: bool) -> bytes:
        """The engine's copy of the host's devices."""
        key = self._fleet.key(self._number[host_id])
        return _devices_xml(key) if as_xml else _devices_json(key)

    def _with_devices(self, vm_id: str) -> dict[str, object]:
        return {**self._vm(vm_id), "mediated_devices": self._devices_of(vm_id)}

    def _devices_of(self, vm_id: str) -> dict[str, object]:
        params = [{"name": "mdevType", "value": self._fleet.shape.type_id}]
        return {"vm_mediated_device": [{"id": device_id(vm_id), "spec_params": {"property": params}}]}

    def _vm(self, vm_id: str) -> dict[str, object]:
        host_id = self.placed.get(vm_id)
        where: dict[str, object] = {"status": "up", "host": {"id": host_id}} if host_id else {"status": "down"}
        return {"id": vm_id, "name": vm_id, "cluster": {"id": CLUSTER}, **where}


def device_id(vm_id: str) -> str:
    """Of the VM's only mediated device, and so of its instance."""
    return f"d{vm_id[1:]}"


def _resident(uuid: str) -> dict[str, object]:
    """The VM to which an instance belongs that lived before anything was measured."""
    params = {"property": [{"name": "mdevType", "value": "lives already"}]}
    devices = {"vm_mediated_device": [{"id": uuid, "spec_params": params}]}
    name = f"a{uuid[1:]}"
    return {"id": name, "name": name, "cluster": {"id": CLUSTER}, "status": "up", "mediated_devices": devices}


def _host(host: Host) -> dict[str, object]:
    return {
        "id": host.id,
        "name": host.name,
        "address": host.address,
        "port": str(host.port),
        "status": host.status,
        "cluster": {"id": host.cluster_id},
        "vgpu_placement": "consolidated",
    }


def _host_xml(host: Host) -> str:
    return (
        f'<host href="{HREF}/hosts/{host.id}" id="{host.id}"><name>{host.name}</name>'
        f'<address>{host.address}</address><cluster id="{host.cluster_id}"/><port>{host.port}</port>'
        f"<status>{host.status}</status><vgpu_placement>consolidated</vgpu_placement></host>"
    )


def _devices(key: str) -> list[tuple[str, list[dict[str, str]]]]:
    """Libvirt's name of each parent, and its types as the engine tells them."""
    return [
        (
            "pci_" + parent.address.replace(":", "_").replace(".", "_"),
            [
                {
                    "name": t.id,
                    "human_readable_name": t.name,
                    "description": t.description,
                    "available_instances": str(t.available),
                }
                for t in parent.types or ()
            ],
        )
        for parent in from_key(json.loads(key)).parents
    ]


@cache
def _devices_json(key: str) -> bytes:
    devices = [
        {"id": name.encode().hex(), "name": name, "capability": "pci", "m_dev_types": {"m_dev_type": types}}
        for name, types in _devices(key)
    ]
    return json.dumps({"host_device": devices}).encode()


@cache
def _devices_xml(key: str) -> bytes:
    def one(name: str, types: list[dict[str, str]]) -> str:
        members = "".join(
            "<m_dev_type>" + "".join(f"<{k}>{escape(v)}</{k}>" for k, v in t.items()) + "</m_dev_type>" for t in types
        )
        return (
            f'<host_device id="{name.encode().hex()}"><name>{name}</name><capability>pci</capability>'
            f"<m_dev_types>{members}</m_dev_types></host_device>"
        )

    return _xml("host_devices", "".join(one(name, types) for name, types in _devices(key)))


def _xml(name: str, content: str) -> bytes:
    return f"<{name}>{content}</{name}>".encode()
