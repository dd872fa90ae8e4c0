"""How the engine's objects look in JSON: numbers and booleans are strings, null members are left out."""

from collections.abc import Iterable, Mapping
from typing import Any

from simulation.engine.audit import AuditEvent
from simulation.engine.rest.messages import PREFIX
from simulation.engine.settings import EngineVersion
from simulation.engine.state import Cluster, Vm, VmDevice
from simulation.engine.units.discovery import Unit

View = dict[str, Any]
MEMORY = 4 * 2**30


def compact(view: Mapping[str, Any]) -> View:
    """Without null members."""
    return {key: value for key, value in view.items() if value is not None}


def collection(name: str, members: Iterable[View]) -> View:
    """A collection under the singular's name; `{}` when empty."""
    listed = list(members)
    return {name: listed} if listed else {}


def reference(kind: str, object_id: str | None, name: str | None = None) -> View | None:
    """A link to another object; None where there is none."""
    if object_id is None:
        return None
    return compact({"href": f"{PREFIX}/{kind}/{object_id}", "id": object_id, "name": name})


def properties(values: Mapping[str, str]) -> View | None:
    """Name and value pairs; None where there are none."""
    pairs = [{"name": name, "value": value} for name, value in values.items()]
    return {"property": pairs} if pairs else None


def api(version: EngineVersion) -> View:
    """The entry point, of which product_info matters."""
    numbers = {"major": version.major, "minor": version.minor, "build": version.patch, "revision": 0}
    shown = {name: str(number) for name, number in numbers.items()}
    return {
        "product_info": {
            "name": "oVirt Engine",
            "vendor": "ovirt.org",
            "version": {**shown, "full_version": str(version)},
        }
    }


def cluster(one: Cluster, version: EngineVersion) -> View:
    """A cluster; its level is the highest that the engine knows."""
    custom = properties(one.properties)
    level = dict(zip(("major", "minor"), version.level.split("."), strict=True))
    view = {"custom_scheduling_policy_properties": custom, "version": level, "name": one.name}
    return compact({**view, **(reference("clusters", one.id) or {})})


def vm(one: Vm, version: EngineVersion, follow: bool = False) -> View:
    """A VM; `follow` inlines its mediated devices where the engine knows them."""
    href = f"{PREFIX}/vms/{one.id}"
    rels = ["nics", "mediateddevices"] if version.has_mediated_devices else ["nics"]
    custom = None if one.mdev_type is None else [{"name": "mdev_type", "value": one.mdev_type}]
    inlined = mediated_devices(one) if follow and version.has_mediated_devices else None
    return compact(
        {
            "actions": {"link": [{"href": f"{href}/start", "rel": "start"}]},
            "link": [{"href": f"{href}/{rel}", "rel": rel} for rel in rels],
            "cluster": reference("clusters", one.cluster.id),
            "custom_properties": {"custom_property": custom} if custom else None,
            "delete_protected": "false",
            "memory": str(MEMORY),
            "name": one.name,
            "placement_policy": {"affinity": "migratable"},
            "status": one.status,
            "href": href,
            "id": one.id,
            "host": reference("hosts", one.host.id) if one.host else None,
            "mediated_devices": inlined,
        }
    )


def mediated_devices(one: Vm) -> View:
    """A VM's mediated devices, in no order that means anything."""
    return collection("vm_mediated_device", (mediated_device(one, entry) for entry in one.devices))


def mediated_device(one: Vm, entry: VmDevice) -> View:
    """One of them."""
    return compact(
        {
            "spec_params": properties(entry.spec_params),
            "vm": reference("vms", one.id),
            "href": f"{PREFIX}/vms/{one.id}/mediateddevices/{entry.id}",
            "id": entry.id,
        }
    )


def event(entry: AuditEvent, names: Mapping[str, str]) -> View:
    """An entry of the audit log; `names` are of hosts, VMs and clusters by id."""
    about = entry.about
    return compact(
        {
            "cluster": _about("clusters", about.cluster_id, names),
            "code": str(entry.code),
            "correlation_id": f"{entry.index:08x}",
            "custom_id": str(entry.custom_id),
            "description": entry.description,
            "flood_rate": "30",
            "host": _about("hosts", about.host_id, names),
            "index": str(entry.index),
            "origin": entry.origin,
            "severity": entry.severity,
            "time": int(entry.time * 1000),
            "vm": _about("vms", about.vm_id, names),
            "href": f"{PREFIX}/events/{entry.index}",
            "id": str(entry.index),
        }
    )


def _about(kind: str, object_id: str | None, names: Mapping[str, str]) -> View | None:
    return reference(kind, object_id, names.get(object_id or ""))


def unit(one: Unit) -> View:
    """A policy unit."""
    return compact(
        {
            "description": one.description,
            "enabled": str(one.enabled).lower(),
            "internal": str(one.internal).lower(),
            "properties": properties(one.properties),
            "type": one.type,
            "name": one.name,
            **(reference("schedulingpolicyunits", one.id) or {}),
        }
    )
