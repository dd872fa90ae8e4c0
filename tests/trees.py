"""Builds trees of real files, folders and links that look like a host's `/sys`."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

CAPTURES = tuple(sorted((Path(__file__).parent / "captures").glob("*.json")))
BUS = "sys/class/mdev_bus"


def load(capture: Path) -> dict[str, Any]:
    """A capture: path to text, link, empty folder or error (see `captures/README.md`)."""
    entries: dict[str, Any] = json.loads(capture.read_text())
    return entries


def build(root: Path, capture: Mapping[str, Any]) -> Path:
    """Writes a capture's entries below `root`; returns `root`."""
    for name, entry in capture.items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(entry, str):
            path.write_text(entry)
        elif "link" in entry:
            path.symlink_to(entry["link"])
        elif "error" in entry:
            break_file(path, entry["error"])
        else:
            path.mkdir()
    return root


def break_file(path: Path, error: str) -> None:
    """Makes reading `path` fail with that errno; what is there goes. Root reads a file of mode 0200."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    if error == "EIO":
        path.symlink_to("/proc/self/mem")
    elif error == "ELOOP":
        path.symlink_to(path.name)
    elif error == "EISDIR":
        path.mkdir()
    elif error == "EACCES":
        path.touch(mode=0o200)
    elif error != "ENOENT":
        raise ValueError(f"no way known to make {path} fail with {error}")


def add_parent(root: Path, address: str, types: Iterable[str] = (), available: int = 1, **attributes: str) -> Path:
    """A parent device with these types and files (`vendor="0x10de"`); returns its folder."""
    device = root / "sys/devices" / address
    (device / "mdev_supported_types").mkdir(parents=True)
    for name, text in attributes.items():
        (device / name).write_text(text + "\n")
    for type_id in types:
        add_type(device, type_id, available)
    bus = root / BUS
    bus.mkdir(parents=True, exist_ok=True)
    (bus / address).symlink_to(os.path.relpath(device, bus))
    return device


def add_type(
    device: Path, type_id: str, available: int, name: str = "", description: str = "", instances: Iterable[str] = ()
) -> Path:
    """A type on that parent, with its living instances; returns its folder."""
    folder = device / "mdev_supported_types" / type_id
    (folder / "devices").mkdir(parents=True)
    (folder / "available_instances").write_text(f"{available}\n")
    (folder / "name").write_text(f"{name or type_id.upper()}\n")
    (folder / "description").write_text(f"{description}\n")
    (folder / "device_api").write_text("vfio-pci\n")
    for uuid in instances:
        (device / uuid).mkdir()
        (folder / "devices" / uuid).symlink_to(f"../../../{uuid}")
    return folder


def expected(capture: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A capture's parents as the document form must show them, told from the paths alone."""
    bus = "/sys/class/mdev_bus/"
    return [
        _expected_parent(capture, name[len(bus) :], os.path.normpath(bus + entry["link"]))
        for name, entry in sorted(capture.items())
        if name.startswith(bus)
    ]


def _expected_parent(capture: Mapping[str, Any], address: str, device: str) -> dict[str, Any]:
    types = f"{device}/mdev_supported_types/"
    ids = sorted({name[len(types) :].split("/")[0] for name in capture if name.startswith(types)})
    return {
        "address": address,
        "vendor": _line(capture, f"{device}/vendor"),
        "driver": _last_part(capture, f"{device}/driver"),
        "physfn": _last_part(capture, f"{device}/physfn"),
        "types": [_expected_type(capture, types + type_id) for type_id in ids],
    }


def _expected_type(capture: Mapping[str, Any], folder: str) -> dict[str, Any]:
    devices = f"{folder}/devices/"
    return {
        "id": folder.split("/")[-1],
        "name": _line(capture, f"{folder}/name"),
        "description": _line(capture, f"{folder}/description"),
        "device_api": _line(capture, f"{folder}/device_api"),
        "available_instances": int(capture[f"{folder}/available_instances"]),
        "instances": sorted(name[len(devices) :] for name in capture if name.startswith(devices)),
    }


def _line(capture: Mapping[str, Any], path: str) -> str | None:
    return capture[path].rstrip("\n") if path in capture else None


def _last_part(capture: Mapping[str, Any], path: str) -> str | None:
    return capture[path]["link"].rsplit("/", 1)[1] if path in capture else None
