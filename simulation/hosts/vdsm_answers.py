"""The bodies of VDSM's answers: capabilities, host devices and VM statistics, as VDSM words them.

Shapes and names are VDSM's, the values of ordinary keys invented. What the engine's and our own code
may read of mdev figures comes from the bus at the moment of the question, as libvirt reads sysfs.
"""

import re
import uuid
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from mdev_inventory.engine.forms import is_pci_address
from simulation.hosts.virtual_machine import DOWN, RunningVm
from simulation.kernel.bus import Attributes, Bus

_VENDORS = {"0x10de": "NVIDIA Corporation", "0x8086": "Intel Corporation"}
_CLUSTER_LEVELS = ["4.2", "4.3", "4.4", "4.5", "4.6", "4.7"]
_LEVELS_OF = {(4, 2): 1, (4, 3): 2, (4, 4): 5}
"""How many of the cluster levels each release supports; 4.5 all of them."""
_RICH_SINCE = (4, 4)
"""First release that reports descriptions and NUMA nodes."""


def capabilities(host_id: str, name: str, version: str) -> dict[str, Any]:
    """The answer of `Host.getCapabilities` without what hooks add."""
    release = release_of(version)
    return {
        "software_version": f"{release[0]}.{release[1]}0.0",
        "software_revision": "1",
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_DNS, host_id)),
        "kvmEnabled": "true",
        "hostdevPassthrough": "true",
        "cpuModel": "Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz",
        "cpuSpeed": "3000.000",
        "cpuCores": "48",
        "cpuThreads": "96",
        "cpuSockets": "2",
        "cpuFlags": "vmx,sse2,avx2,model_Cascadelake-Server,model_Haswell-noTSX",
        "memSize": "772388",
        "numaNodes": {"0": {"cpus": list(range(4)), "totalMemory": "386000"}},
        "HBAInventory": {"iSCSI": [{"InitiatorName": f"iqn.1994-05.com.example:{name}"}], "FC": []},
        "ISCSIInitiatorName": f"iqn.1994-05.com.example:{name}",
        "networks": {"ovirtmgmt": {"bridged": True, "addr": "192.0.2.10", "ports": ["eno1"], "vlan": None}},
        "netConfigDirty": "False",
        "clusterLevels": _CLUSTER_LEVELS[: _LEVELS_OF.get(release, len(_CLUSTER_LEVELS))],
        "kernelArgs": "BOOT_IMAGE=/vmlinuz root=/dev/mapper/os ro intel_iommu=on",
        "kernelFeatures": {"SPECTRE_V2": "Mitigation: Enhanced IBRS", "PTI": 0},
        "operatingSystem": {"name": "RHEL", "version": "8.8", "release": "1.el8", "pretty_name": "Linux 8.8"},
        "packages2": {"vdsm": {"version": f"{release[0]}.{release[1]}0.0", "release": "1.el8"}},
        "rngSources": ["hwrng", "random"],
        "hooks": {},
        "supportsIPv6": True,
        "lastClientIface": "ovirtmgmt",
    }


def hostdev_list(bus: Bus, version: str) -> dict[str, Any]:
    """The answer of `Host.hostdevListByCaps`: PCI devices, and what they hang on.

    mdev types appear on PCI devices only; parents of another kind are not listed at all.
    """
    found = {"computer": {"params": {"capability": "system", "is_assignable": "false"}}}
    for address in bus.addresses():
        if is_pci_address(address):
            facts = bus.attributes(address)
            found.update(_bridges(facts))
            found[device_name(address)] = {"params": _pci(bus, address, facts, release_of(version))}
    return found


def device_name(address: str) -> str:
    """libvirt's name of a PCI device: `pci_0000_3b_00_0`."""
    return "pci_" + re.sub(r"[:.]", "_", address)


def vm_stats(vm: RunningVm) -> dict[str, Any]:
    """One element of `Host.getAllVmStats`."""
    stats: dict[str, Any] = {"vmId": vm.spec.vm_id, "vmName": vm.spec.name, "status": vm.status}
    if vm.status == DOWN:
        stats["exitCode"] = 0 if vm.exit_ok else 1
        stats["exitReason"] = 0 if vm.exit_ok else 1
        stats["exitMessage"] = vm.exit_message
    return stats


def domain_xml(vm: RunningVm) -> str:
    """libvirt's domain XML, as far as it says what the VM is and which mediated devices it has.

    The devices stand in it as the engine wrote it, before the first of them is created.
    """
    devices = "".join(map(_HOSTDEV.format, (quoteattr(uuid) for uuid, _ in vm.spec.devices)))
    return _DOMAIN.format(id=escape(vm.spec.vm_id), name=escape(vm.spec.name), devices=devices)


_HOSTDEV = """
    <hostdev mode="subsystem" type="mdev" managed="no" model="vfio-pci" display="on">
      <source>
        <address uuid={}/>
      </source>
    </hostdev>"""
_DOMAIN = """\
<domain type="kvm" xmlns:ovirt-tune="http://ovirt.org/vm/tune/1.0">
  <name>{name}</name>
  <uuid>{id}</uuid>
  <memory unit="KiB">1048576</memory>
  <devices>
    <hostdev mode="subsystem" type="pci" managed="no">
      <source>
        <address domain="0x0000" bus="0x05" slot="0x10" function="0x2"/>
      </source>
    </hostdev>{devices}
  </devices>
</domain>
"""


def release_of(version: str) -> tuple[int, int]:
    """`4.2.6` is of release (4, 2)."""
    major, minor, *_ = version.split(".")
    return int(major), int(minor)


def _chain(facts: Attributes) -> list[str]:
    """The PCI devices on the way from the root bus to the device, itself last."""
    return [part for part in facts["path"].split("/") if is_pci_address(part)]


def _bridges(facts: Attributes) -> Iterator[tuple[str, dict[str, Any]]]:
    chain = _chain(facts)
    for number, address in enumerate(chain[:-1]):
        yield device_name(address), {"params": {**_common(address), "parent": _parent(chain, number)}}


def _parent(chain: list[str], number: int) -> str:
    return device_name(chain[number - 1]) if number else "computer"


def _common(address: str) -> dict[str, Any]:
    domain, bus, slot, function = (str(int(part, 16)) for part in re.split(r"[:.]", address))
    return {
        "capability": "pci",
        "is_assignable": "true",
        "address": {"domain": domain, "bus": bus, "slot": slot, "function": function},
    }


def _pci(bus: Bus, address: str, facts: Attributes, release: tuple[int, int]) -> dict[str, Any]:
    chain = _chain(facts)
    vendor = bus.vendor(address)
    params = {**_common(address), "parent": _parent(chain, len(chain) - 1), "vendor_id": vendor}
    params["vendor"] = _VENDORS.get(vendor, vendor)
    if facts["device"] is not None:
        params["product_id"] = facts["device"]
    if facts["driver"] is not None:
        params["driver"] = facts["driver"]
    # libvirt leaves out the kernel's -1.
    if facts["numa_node"] is not None and facts["numa_node"] >= 0 and release >= _RICH_SINCE:
        params["numa_node"] = str(facts["numa_node"])
    if facts["physfn"] is not None:
        params["physfn"] = device_name(facts["physfn"])
    if mdev := _mdev_types(bus, address, release):
        params["mdev"] = mdev
    return params


def _mdev_types(bus: Bus, address: str, release: tuple[int, int]) -> dict[str, dict[str, str]]:
    """The types as libvirt lists them: all, or none where one figure is no number or cannot be read."""
    if address not in bus.parents():
        return {}
    try:
        return {type_id: _mdev_type(bus, address, type_id, release) for type_id in bus.types(address)}
    except (OSError, ValueError):
        return {}


def _mdev_type(bus: Bus, address: str, type_id: str, release: tuple[int, int]) -> dict[str, str]:
    facts = bus.type_facts(address, type_id)
    listed = {"name": facts.name or type_id, "available_instances": str(int(bus.available(address, type_id)))}
    if facts.description is not None and release >= _RICH_SINCE:
        listed["description"] = facts.description
    return listed
