"""A simulated bus on disk, as the kernel's sysfs shows it, kept in step with the model.

`SysfsTree` writes the whole tree once and then only what a change altered. Each figure is replaced by
a rename, so that a hook that reads meanwhile sees the old figure or the new one, never half of one;
an instance's links appear after its folder and go before it.
"""

import contextlib
import os
import shutil
import uuid
from pathlib import Path

from simulation.kernel.bus import Bus, Change

_MDEV_BUS = "sys/class/mdev_bus"
_INSTANCES = "sys/bus/mdev/devices"
_BOOT_ID = "proc/sys/kernel/random/boot_id"


class SysfsTree:
    """The bus under `root`: `root/sys/…` and `root/proc/sys/kernel/random/boot_id`."""

    def __init__(self, root: Path, bus: Bus, boot_id: str | None = None) -> None:
        """Writes the tree of the bus as it is now and follows it from now on."""
        self.root = root
        self.bus = bus
        self._figures: dict[tuple[str, str], str | None] = {}
        self._sys = str(root / "sys")
        self._temporary = str(root / ".next")
        self._write_all(boot_id or str(uuid.uuid5(uuid.NAMESPACE_OID, str(root))))
        bus.listeners.append(self._follow)

    def close(self) -> None:
        """Stop following the bus; the tree stays as it is."""
        self.bus.listeners.remove(self._follow)

    def _write_all(self, boot_id: str) -> None:
        (self.root / _BOOT_ID).parent.mkdir(parents=True)
        _write(self.root / _BOOT_ID, boot_id)
        (self.root / "sys/devices").mkdir(parents=True, exist_ok=True)
        for address in self.bus.addresses():
            self._write_device(address)
        if self.bus.present:
            (self.root / _MDEV_BUS).mkdir(parents=True)
            (self.root / _INSTANCES).mkdir(parents=True)
        for parent in self.bus.parents():
            self._write_parent(parent)
        for instance, (parent, type_id) in self.bus.instances().items():
            self._add(instance, parent, type_id)

    def _write_device(self, address: str) -> None:
        facts = self.bus.attributes(address)
        folder = self._folder(address)
        folder.mkdir(parents=True)
        with contextlib.suppress(FileNotFoundError):
            _write(folder / "vendor", self.bus.vendor(address))
        if facts["device"] is not None:
            _write(folder / "device", facts["device"])
        if facts["numa_node"] is not None:
            _write(folder / "numa_node", str(facts["numa_node"]))
        if facts["bus"] is not None:
            _link(folder / "subsystem", self.root / "sys/bus" / facts["bus"])
            if facts["driver"] is not None:
                _link(folder / "driver", self.root / "sys/bus" / facts["bus"] / "drivers" / facts["driver"])
        if facts["physfn"] is not None:
            self._write_virtual(folder, self._folder(facts["physfn"]))

    def _write_virtual(self, folder: Path, physical: Path) -> None:
        _link(folder / "physfn", physical)
        number = sum(1 for name in os.listdir(physical) if name.startswith("virtfn"))
        _link(physical / f"virtfn{number}", folder)

    def _write_parent(self, parent: str) -> None:
        for type_id in self.bus.types(parent):
            self._write_type(parent, type_id)
        _link(self.root / _MDEV_BUS / parent, self._folder(parent))

    def _write_type(self, parent: str, type_id: str) -> None:
        folder = self._type_folder(parent, type_id)
        os.makedirs(f"{folder}/devices")
        facts = self.bus.type_facts(parent, type_id)
        for file, text in facts._asdict().items():
            if text is not None:
                _write(f"{folder}/{file}", text)
        _write(f"{folder}/create", "", mode=0o200)
        self._write_figure(parent, type_id)

    def _follow(self, change: Change) -> None:
        if change.kind == "created":
            self._add(change.uuid, change.parent, change.type_id)
        elif change.kind == "removed":
            self._drop(change.uuid, change.parent, change.type_id)
        for parent in change.parents:
            for type_id in self.bus.types(parent):
                self._write_figure(parent, type_id)

    def _add(self, instance: str, parent: str, type_id: str) -> None:
        folder = self._folder(parent) / instance
        folder.mkdir()
        type_folder = Path(self._type_folder(parent, type_id))
        _write(folder / "remove", "", mode=0o200)
        _link(folder / "mdev_type", type_folder)
        _link(folder / "subsystem", self.root / "sys/bus/mdev")
        _link(type_folder / "devices" / instance, folder)
        _link(self.root / _INSTANCES / instance, folder)

    def _drop(self, instance: str, parent: str, type_id: str) -> None:
        (self.root / _INSTANCES / instance).unlink()
        os.unlink(f"{self._type_folder(parent, type_id)}/devices/{instance}")
        shutil.rmtree(self._folder(parent) / instance)

    def _write_figure(self, parent: str, type_id: str) -> None:
        """Replace the figure's file if it changed."""
        figure = self._read(parent, type_id)
        key = parent, type_id
        if key in self._figures and self._figures[key] == figure:
            return
        self._figures[key] = figure
        target = f"{self._type_folder(parent, type_id)}/available_instances"
        if figure is None:
            # A link to itself: opening it fails, also for root, as a driver's refusal does.
            os.symlink("available_instances", self._temporary)
        else:
            _write(self._temporary, figure)
        os.replace(self._temporary, target)

    def _read(self, parent: str, type_id: str) -> str | None:
        try:
            return self.bus.available(parent, type_id)
        except OSError:
            return None

    def _folder(self, address: str) -> Path:
        return self.root / "sys" / self.bus.attributes(address)["path"]

    def _type_folder(self, parent: str, type_id: str) -> str:
        """As text: paths of figures are made by the thousand."""
        return f"{self._sys}/{self.bus.attributes(parent)['path']}/mdev_supported_types/{type_id}"


def _write(path: Path | str, text: str, mode: int = 0o444) -> None:
    """A new file with the text and, as sysfs has it, a newline; nothing at all for an empty text.

    Plain system calls: one creation on a card of 32 functions changes 700 figures.
    """
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        os.write(file, f"{text}\n".encode() if text else b"")
    finally:
        os.close(file)


def _link(link: Path, target: Path) -> None:
    """A relative link, as sysfs has them."""
    link.symlink_to(os.path.relpath(target, link.parent))
