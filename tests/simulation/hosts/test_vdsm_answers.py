"""The bodies of VDSM's answers."""

import json

import pytest

from simulation.hosts.vdsm_answers import capabilities, hostdev_list
from simulation.kernel import Bus
from simulation.kernel.boards import Board, build_bus, bus_of

T4 = "0000:3b:00.0"


def test_host_devices_of_a_card() -> None:
    """A PCI parent is listed as VDSM lists it, figures as strings."""
    bus = bus_of("tesla-t4")
    bus.create(T4, "nvidia-231", "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001")
    params = hostdev_list(bus, "4.5")["pci_0000_3b_00_0"]["params"]
    mdev = params.pop("mdev")

    assert params == {
        "capability": "pci",
        "is_assignable": "true",
        "address": {"domain": "0", "bus": "59", "slot": "0", "function": "0"},
        "vendor_id": "0x10de",
        "vendor": "NVIDIA Corporation",
        "product_id": "0x1eb8",
        "numa_node": "0",
        "driver": "nvidia",
        "parent": "pci_0000_3a_00_0",
    }
    assert mdev["nvidia-231"] == {
        "name": "GRID T4-2Q",
        "available_instances": "7",
        "description": "num_heads=4, frl_config=60, framebuffer=2048M, max_resolution=7680x4320, max_instance=8",
    }
    assert mdev["nvidia-230"]["available_instances"] == "0"


@pytest.mark.parametrize(("version", "rich"), [("4.2.6", False), ("4.3", False), ("4.4", True), ("4.5", True)])
def test_older_releases_say_less(version: str, rich: bool) -> None:
    """Descriptions and NUMA nodes are reported since 4.4."""
    params = hostdev_list(bus_of("tesla-t4"), version)["pci_0000_3b_00_0"]["params"]

    assert rich == ("numa_node" in params)
    assert rich == ("description" in params["mdev"]["nvidia-231"])


def test_every_device_is_reachable() -> None:
    """Each device hangs on a listed one, up to the computer: the engine drops what does not."""
    found = hostdev_list(bus_of("tesla-m60", "a40", "gvtg-256"), "4.5")

    for name in found:
        at = name
        while at != "computer":
            at = found[at]["params"]["parent"]


def test_virtual_functions_name_their_card() -> None:
    """A virtual function has a `physfn` and types; its physical function neither."""
    found = hostdev_list(build_bus([Board("a40", T4, vfs=1)]), "4.5")
    virtual, physical = found["pci_0000_3b_00_4"]["params"], found["pci_0000_3b_00_0"]["params"]

    assert virtual["physfn"] == "pci_0000_3b_00_0"
    assert len(virtual["mdev"]) == 22
    assert not {"physfn", "mdev"} & set(physical)


def test_a_type_without_a_name_goes_by_its_id() -> None:
    """VDSM names a type by its id where the driver does not; a description keeps its lines."""
    found = hostdev_list(bus_of("gvtg-256"), "4.5")["pci_0000_00_02_0"]["params"]["mdev"]

    assert found["i915-GVTg_V5_8"] == {
        "name": "i915-GVTg_V5_8",
        "available_instances": "2",
        "description": "low_gm_size: 64MB\nhigh_gm_size: 384MB\nfence: 4\nresolution: 1024x768\nweight: 2",
    }


@pytest.mark.parametrize(
    "bus", [pytest.param(bus_of("mtty", "vfio-ap", "vfio-ccw"), id="not PCI"), pytest.param(bus_of(), id="no card")]
)
def test_parents_that_are_not_pci_are_not_listed(bus: Bus) -> None:
    """Virtual, css and matrix parents never reach the engine."""
    assert ["computer"] == list(hostdev_list(bus, "4.5"))


def test_cards_without_mdev_are_plain_devices() -> None:
    """A vendor-specific VFIO card is listed without types."""
    found = hostdev_list(build_bus([Board("rtx-pro-6000-blackwell", "0001:04:00.0", vfs=2)]), "4.5")

    assert {"pci_0001_04_00_0", "pci_0001_04_00_2", "pci_0001_04_00_3"} <= set(found)
    assert not any("mdev" in device["params"] for device in found.values())


@pytest.mark.parametrize("figure", ["", "many", OSError(5, "Input/output error")], ids=["empty", "text", "EIO"])
def test_one_bad_figure_hides_a_parents_types(figure: str | OSError) -> None:
    """libvirt drops all types of a parent when one cannot be read; other parents keep theirs."""
    bus = bus_of("tesla-m60")
    first, second = bus.parents()
    bus.spoil(first, "nvidia-22", figure)
    found = hostdev_list(bus, "4.5")

    assert "mdev" not in found["pci_0000_3b_00_0"]["params"]
    assert "mdev" in found["pci_0000_3c_00_0"]["params"]
    assert (first, second) == (T4, "0000:3c:00.0")


def test_no_numa_node() -> None:
    """The kernel's -1 is no node."""
    found = hostdev_list(build_bus([Board("tesla-t4", T4, numa_node=-1)]), "4.5")

    assert "numa_node" not in found["pci_0000_3b_00_0"]["params"]


@pytest.mark.parametrize(("version", "level"), [("4.2.6", "4.2"), ("4.3", "4.3"), ("4.4", "4.6"), ("4.5", "4.7")])
def test_capabilities(version: str, level: str) -> None:
    """Capabilities are plain JSON, differ between hosts, and carry nothing of ours."""
    caps = capabilities("h1", "host1", version)

    assert caps == json.loads(json.dumps(caps))
    assert caps != capabilities("h2", "host2", version)
    assert not [key for key in caps if "mdev" in key]
    assert level == caps["clusterLevels"][-1]
