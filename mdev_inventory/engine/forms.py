"""What ids and addresses look like, each once, for whoever reads or checks one."""

import re

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
"""Of VMs, hosts, devices and instances; in capitals it is the same one."""
TYPE_ID = r"[A-Za-z0-9_.-]+"
"""An mdev type's id, as a part of policy properties: the kernel makes it of the driver's name and the type's own."""

# A domain has four hex digits, and more where a controller makes domains of its own (Intel VMD: 10000).
_PCI = r"([0-9a-f]{4,8}){0}([0-9a-f]{2}){0}([0-9a-f]{2}){1}([0-7])"
_PCI_ADDRESS = re.compile(_PCI.replace("{0}", ":").replace("{1}", r"\."), re.ASCII)
_PCI_NAME = re.compile("pci_" + _PCI.replace("{0}", "_").replace("{1}", "_"), re.ASCII)


def is_uuid(value: str) -> bool:
    """Whether this is a UUID as the engine writes it, in either case."""
    return UUID.fullmatch(value) is not None


def is_pci_address(address: str) -> bool:
    """Whether this is a PCI device's address as the kernel writes it: `0000:3b:00.0`."""
    return _PCI_ADDRESS.fullmatch(address) is not None


def pci_address(name: object) -> str | None:
    """`0000:3b:00.0` for libvirt's `pci_0000_3b_00_0`; None for what is no PCI device's name."""
    match = _PCI_NAME.fullmatch(name) if isinstance(name, str) else None
    return "{}:{}:{}.{}".format(*match.groups()) if match else None
