"""Cards as PCI devices in a tree of files, with no mdev bus."""

import os
from pathlib import Path


def add_device(root: Path, address: str, driver: str | None = "nvidia", **files: str | int) -> Path:
    """A PCI device that is a 3D controller of NVIDIA's, unless `files` say otherwise; returns its folder."""
    device = root / "sys/devices/pci0000:00" / address
    device.mkdir(parents=True)
    for name, text in {"vendor": "0x10de", "device": "0x2235", "class": "0x030200", **files}.items():
        (device / name).write_text(f"{text}\n")
    (device / "iommu_group").mkdir()
    if driver:
        _link(device / "driver", root / "sys/bus/pci/drivers" / driver)
    _link(root / "sys/bus/pci/devices" / address, device)
    return device


def add_functions(root: Path, physical: Path, count: int, driver: str | None = "nvidia", vfio: int = 0) -> list[Path]:
    """Virtual functions of that device, the first `vfio` of them with the vendor's VFIO files; their folders."""
    made = []
    for number in range(count):
        address = f"{physical.name[:-2]}.{number + 2}" if number < 6 else f"{physical.name[:-5]}{number:02x}.0"
        device = add_device(root, address, driver)
        _link(device / "physfn", physical)
        _link(physical / f"virtfn{number}", device)
        if number < vfio:
            (device / "nvidia").mkdir()
            (device / "nvidia/creatable_vgpu_types").write_text("ID    : vGPU Name\n")
            (device / "nvidia/current_vgpu_type").write_text("0\n")
        made.append(device)
    return made


def add_host(root: Path, kernel: str = "", modules: tuple[str, ...] = ()) -> None:
    """The kernel's release and its modules."""
    if kernel:
        (root / "proc/sys/kernel").mkdir(parents=True)
        (root / "proc/sys/kernel/osrelease").write_text(f"{kernel}\n")
    for module in modules:
        (root / "sys/module" / module).mkdir(parents=True)


def _link(link: Path, target: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    link.symlink_to(os.path.relpath(target, link.parent))
