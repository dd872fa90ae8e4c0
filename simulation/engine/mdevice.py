"""The engine's own filter for mediated devices, and the database rows that it works on."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulation.engine.settings import EngineVersion
from simulation.engine.state import Host, Vm

NAME = "MDevice"
NODISPLAY = "nodisplay"
ROOT = "computer"


def java_split(text: str) -> list[str]:
    """`text.split(",")` as Java does it: empty parts at the end are dropped, blanks are kept."""
    parts = text.split(",")
    while parts and not parts[-1]:
        parts.pop()
    return parts


def requested_types(vm: Vm, version: EngineVersion) -> tuple[str, ...]:
    """The types that VM.create asks the host for, in the order of the domain XML.

    From 4.5 on by device id; before, the property's order, without a leading `nodisplay`.
    """
    if version.has_mediated_devices:
        devices = sorted(vm.devices, key=lambda device: device.id)
        return tuple(device.spec_params.get("mdevType", "") for device in devices)
    entries = java_split(vm.mdev_type or "")
    return tuple(entries[1:] if entries[:1] == [NODISPLAY] else entries)


def suited(hosts: list[Host], vm: Vm, version: EngineVersion) -> list[Host]:
    """MDevicePolicyUnit: hosts on whose rows, as they are, each requested type has some instance left.

    It counts no multiplicity and knows nothing of cards, placement or starts under way.
    """
    wanted = frozenset(requested_types(vm, version))
    if version.filter_takes_nodisplay_for_a_type:
        wanted = frozenset(java_split(vm.mdev_type or ""))
    return [host for host in hosts if all(host.available.get(type_id, False) for type_id in wanted)]


def store_devices(host: Host, listed: Mapping[str, Mapping[str, Any]]) -> None:
    """RefreshHostDevices: keeps what hangs, parent by parent, from `computer`."""
    rows = {name: dict(device["params"]) for name, device in listed.items()}
    host.devices = {name: row for name, row in rows.items() if _is_rooted(name, rows)}
    host.available = _available(host.devices)


def _is_rooted(name: str, rows: Mapping[str, Mapping[str, Any]]) -> bool:
    seen = {name}
    while name != ROOT:
        name = rows.get(name, {}).get("parent", "")
        if name in seen or name not in rows:
            return False
        seen.add(name)
    return True


def available_instances(figures: Mapping[str, Any]) -> int | None:
    """The figure of a type as the engine parses it; None (null in the database) where it is no integer."""
    try:
        return int(str(figures.get("available_instances")))
    except ValueError:
        return None


def _available(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, bool]:
    """Type id -> whether any device shows more than 0; null, which the real filter may die of, is none."""
    result: dict[str, bool] = {}
    for row in rows.values():
        for type_id, figures in row.get("mdev", {}).items():
            result[type_id] = result.get(type_id, False) or (available_instances(figures) or 0) > 0
    return result


def converted(mdev_type: str) -> list[dict[str, str]]:
    """The property as 4.5 converts it on save (MDevTypesUtils): `nodisplay` rules the entries after it."""
    devices: list[dict[str, str]] = []
    nodisplay = False
    for entry in java_split(mdev_type):
        if entry == NODISPLAY:
            nodisplay = True
        else:
            devices.append({"mdevType": entry, "nodisplay": str(nodisplay).lower()})
    return devices


def wanted_devices(
    version: EngineVersion, name: str, mdev_type: str | None, devices: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Spec params of the devices that a new VM is saved with; ValueError for devices before 4.5."""
    if version.has_mediated_devices:
        return [*map(dict, devices), *converted(mdev_type or "")]
    if devices:
        raise ValueError(f"VM {name}: engine {version} knows no mediated devices: use mdev_type")
    return []
