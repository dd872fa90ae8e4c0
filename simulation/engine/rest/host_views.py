"""How hosts look in JSON, with their devices and hooks."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from simulation.engine.mdevice import available_instances
from simulation.engine.rest.messages import PREFIX
from simulation.engine.rest.views import View, collection, compact, reference
from simulation.engine.settings import EngineVersion
from simulation.engine.state import Host


def host(one: Host, version: EngineVersion) -> View:
    """A host; vgpu_placement from 4.3 on."""
    href = f"{PREFIX}/hosts/{one.id}"
    placement = "separated" if one.separate else "consolidated"
    return compact(
        {
            "address": one.address,
            "cluster": reference("clusters", one.cluster.id),
            "comment": "",
            "external_status": "ok",
            "port": str(one.port),
            "protocol": "stomp",
            "status": one.status,
            "type": "rhel",
            "vgpu_placement": placement if version >= EngineVersion(4, 3, 0) else None,
            "name": one.name,
            "href": href,
            "id": one.id,
            "link": [{"href": f"{href}/{rel}", "rel": rel} for rel in ("devices", "hooks")],
        }
    )


def hooks(one: Host) -> View:
    """VDSM's hooks on a host; `md5` holds a sha256, as VDSM says it."""
    return collection(
        "hook",
        (
            _hook(one, point, file, facts.get("checksum", ""))
            for point, files in one.hooks.items()
            for file, facts in files.items()
        ),
    )


def _hook(one: Host, point: str, file: str, checksum: str) -> View:
    hook_id = str(uuid5(NAMESPACE_URL, f"{one.id}/{point}/{file}"))
    return {
        "event_name": point,
        "md5": checksum,
        "host": reference("hosts", one.id),
        "name": file,
        "href": f"{PREFIX}/hosts/{one.id}/hooks/{hook_id}",
        "id": hook_id,
    }


def devices(one: Host, version: EngineVersion) -> View:
    """A host's devices, as old as the engine's rows."""
    return collection("host_device", (device(one, name, version) for name in one.devices))


def device(one: Host, name: str, version: EngineVersion) -> View:
    """One host device; its id is its name in hexadecimal digits."""
    row = one.devices[name]
    return compact(
        {
            "capability": row.get("capability"),
            "driver": row.get("driver"),
            "iommu_group": row.get("iommu_group"),
            "m_dev_types": _types(row.get("mdev", {}), version),
            "physical_function": _device_link(one, row.get("physfn")),
            "product": _named(row, "product_id", "product"),
            "vendor": _named(row, "vendor_id", "vendor"),
            "host": reference("hosts", one.id),
            "parent_device": _device_link(one, row.get("parent")),
            "name": name,
            **(_device_reference(one, name)),
        }
    )


def _device_reference(one: Host, name: str) -> View:
    device_id = name.encode().hex()
    return {"href": f"{PREFIX}/hosts/{one.id}/devices/{device_id}", "id": device_id}


def _device_link(one: Host, name: str | None) -> View | None:
    return None if name is None else {**_device_reference(one, name), "name": name, "host": {"id": one.id}}


def _named(row: Mapping[str, Any], key: str, name: str) -> View | None:
    return compact({"id": row[key], "name": row.get(name)}) if key in row else None


def _types(types: Mapping[str, Mapping[str, Any]], version: EngineVersion) -> View | None:
    if not types or not version.has_mdevice_filter:
        return None
    return {"m_dev_type": [_type(type_id, figures, version) for type_id, figures in types.items()]}


def _type(type_id: str, figures: Mapping[str, Any], version: EngineVersion) -> View:
    available = available_instances(figures)
    return compact(
        {
            "available_instances": None if available is None else str(available),
            "description": figures.get("description"),
            "human_readable_name": figures.get("name") if version.has_readable_type_names else None,
            "name": type_id,
        }
    )
