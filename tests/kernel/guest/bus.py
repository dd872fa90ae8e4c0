"""The kernel's mdev bus, read and written by its files alone: nothing here is the project's own reader.

Instances are found by the bus' list of devices, not in the folders of their types, which the hook reads.
"""

import errno
import os
import subprocess
from typing import NamedTuple

PARENTS = "/sys/class/mdev_bus"
DEVICES = "/sys/bus/mdev/devices"
MODULES = "/modules"


class TypeFiles(NamedTuple):
    """What the kernel's files say of one type on one parent; None for a file that is not there."""

    name: str | None
    description: str | None
    device_api: str | None
    available: str | None
    instances: list[str]


Files = dict[str, dict[str, TypeFiles]]
"""By parent, then by type, both in the order of the directory where that counts."""


def read() -> Files:
    """The bus as it is now."""
    parents = sorted(os.listdir(PARENTS)) if os.path.isdir(PARENTS) else []
    alive = _alive()
    return {parent: _types(parent, alive) for parent in parents}


def _types(parent: str, alive: dict[tuple[str, str], list[str]]) -> dict[str, TypeFiles]:
    folder = f"{PARENTS}/{parent}/mdev_supported_types"
    return {name: _type(f"{folder}/{name}", alive.get((parent, name), [])) for name in os.listdir(folder)}


def _type(folder: str, instances: list[str]) -> TypeFiles:
    return TypeFiles(
        name=_text(folder + "/name"),
        description=_text(folder + "/description"),
        device_api=_text(folder + "/device_api"),
        available=_text(folder + "/available_instances"),
        instances=sorted(instances),
    )


def _alive() -> dict[tuple[str, str], list[str]]:
    """The living instances by parent and type; by the links' text, because resolving them is slow."""
    found: dict[tuple[str, str], list[str]] = {}
    for uuid in os.listdir(DEVICES) if os.path.isdir(DEVICES) else []:
        parent = os.readlink(f"{DEVICES}/{uuid}").split("/")[-2]
        mdev_type = os.path.basename(os.readlink(f"{DEVICES}/{uuid}/mdev_type"))
        found.setdefault((parent, mdev_type), []).append(uuid)
    return found


def _text(path: str) -> str | None:
    try:
        with open(path) as file:
            return file.read().removesuffix("\n")
    except FileNotFoundError:
        return None


def attributes(parent: str) -> dict[str, str | None]:
    """The parent's optional files and links, by name."""
    here = f"{PARENTS}/{parent}"
    links = {name: _link(f"{here}/{name}") for name in ("driver", "physfn")}
    return links | {name: _text(f"{here}/{name}") for name in ("vendor", "device", "numa_node")}


def _link(path: str) -> str | None:
    return os.path.basename(os.readlink(path)) if os.path.islink(path) else None


def create(parent: str, type_id: str, uuid: str) -> str:
    """Creates an instance; the kernel's errno name where it refuses, else empty."""
    return _write(f"{PARENTS}/{parent}/mdev_supported_types/{type_id}/create", uuid)


def remove(uuid: str) -> str:
    """Removes an instance; the kernel's errno name where it refuses, else empty."""
    return _write(f"{DEVICES}/{uuid}/remove", "1")


def _write(path: str, text: str) -> str:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    finally:
        os.close(descriptor)
    return ""


def load(module: str, *parameters: str) -> None:
    """Loads a kernel module; raises subprocess.CalledProcessError."""
    subprocess.run(["busybox", "insmod", f"{MODULES}/{module}.ko", *parameters], check=True)


def unload(module: str) -> None:
    """Unloads one, and with it its parent and all instances there."""
    subprocess.run(["busybox", "rmmod", module], check=True)
