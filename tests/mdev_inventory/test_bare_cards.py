"""Cards that carry no mediated devices: found by their files, and told with the reason."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mdev_inventory.bare_cards import ReasonCode, reason
from mdev_inventory.hook.sysfs import read_inventory
from mdev_inventory.inventory_json import dump_key
from mdev_inventory.model import BareCard, HostInventory
from mdev_inventory.vdsm.key_reader import from_key
from tests import trees
from tests.pci_cards import add_device, add_functions, add_host

PF = "0000:42:00.0"
VGPU = ("nvidia", "nvidia_vgpu_vfio")


def vendor_vfio(root: Path) -> None:
    """A Blackwell card with four functions of 48, one of them typed."""
    card = add_device(root, PF, device="0x2bb5", sriov_totalvfs=48, sriov_numvfs=4)
    first, *_ = add_functions(root, card, 4, vfio=4)
    (first / "nvidia/current_vgpu_type").write_text("1519\n")
    add_host(root, "6.12.0-100.el10.x86_64")


def functions(root: Path, driver: str | None) -> None:
    """An A40 with two functions under that driver, without types."""
    add_functions(root, add_device(root, PF, sriov_totalvfs=32, sriov_numvfs=2), 2, driver)


def without_iommu(root: Path) -> None:
    """An A40 with a function, on a machine without IOMMU groups."""
    functions(root, "nvidia")
    shutil.rmtree(root / f"sys/bus/pci/devices/{PF}/iommu_group")


def loaded(root: Path, *modules: str, kernel: str = "", **files: str | int) -> None:
    """A card of NVIDIA's, with these modules and that kernel."""
    add_device(root, PF, **files)  # type: ignore[arg-type]
    add_host(root, kernel, modules)


def off_bus(root: Path) -> None:
    """A card of another vendor that lists types."""
    (add_device(root, PF, "any", vendor="0x1002") / "mdev_supported_types").mkdir()


def intel(root: Path, driver: str) -> None:
    """An integrated GPU of Intel's."""
    add_device(root, "0000:00:02.0", driver, vendor="0x8086", **{"class": "0x030000"})


REASONS = [
    (vendor_vfio, "vendor-vfio", "vendor VFIO on kernel 6.12.0-100.el10.x86_64: 4 virtual functions, 1 of them typed"),
    (lambda root: add_device(root, PF, "vfio-pci"), "reserved", "bound to vfio-pci"),
    (lambda root: add_device(root, PF, "pci-stub"), "reserved", "bound to pci-stub"),
    (lambda root: add_device(root, PF, None), "no-driver", "no driver is bound"),
    (lambda root: loaded(root, sriov_totalvfs=32, sriov_numvfs=0), "no-functions", "0 of 32 virtual functions"),
    (
        lambda root: loaded(root, *VGPU, kernel="6.12.1", sriov_totalvfs=32, sriov_numvfs=0),
        "no-functions",
        "once made, kernel 6.12.1 shows them by vendor VFIO",
    ),
    (lambda root: functions(root, "vfio-pci"), "functions-reserved", "2 virtual functions made, bound to vfio-pci"),
    (lambda root: functions(root, None), "functions-without-driver", "2 virtual functions made, with no driver"),
    (without_iommu, "no-iommu", "the IOMMU is off"),
    (lambda root: functions(root, "nvidia"), "no-types", "offers no type on them"),
    (lambda root: loaded(root, device="0x1eb8"), "driver-without-vgpu", "driver without vGPU: nvidia"),
    (lambda root: loaded(root, "nvidia", sriov_totalvfs=32, sriov_numvfs=0), "driver-without-vgpu", "driver without"),
    (lambda root: loaded(root, *VGPU), "no-types", "the vGPU driver offers no type on this card"),
    (lambda root: add_device(root, PF, "nouveau"), "driver-without-vgpu", "driver without vGPU: nouveau"),
    (lambda root: intel(root, "i915"), "gvt-off", "GVT-g is off"),
    (lambda root: intel(root, "xe"), "driver-without-vgpu", "driver without vGPU: xe has no GVT-g"),
    (off_bus, "off-bus", "lists mdev types, but the card is not on the mdev bus"),
]


@pytest.mark.parametrize(("build", "code", "text"), REASONS, ids=[f"{n} {row[1]}" for n, row in enumerate(REASONS)])
def test_a_card_without_mediated_devices_is_told_with_its_reason(
    tmp_path: Path, build: Callable[[Path], object], code: str, text: str
) -> None:
    """One card, whatever number of functions; the same after its way through the capabilities; never an error."""
    build(tmp_path)

    seen = read_inventory(str(tmp_path))
    told = from_key(json.loads(dump_key(seen)))
    (card,) = told.bare_cards
    why = reason(card, told)

    assert seen == told
    assert ((), (), None) == (seen.parents, seen.errors, seen.cut)
    assert code == why.code
    assert text in why.text
    assert why.remedy


def test_every_reason_has_a_card() -> None:
    """The table above leaves out only what the files do not tell."""
    assert set(ReasonCode) - {ReasonCode.UNKNOWN} == {code for _, code, _ in REASONS}


def test_what_no_rule_knows_is_unknown() -> None:
    """It is told all the same."""
    assert ReasonCode.UNKNOWN == reason(BareCard(PF, "0x1002", driver="any"), HostInventory()).code


@pytest.mark.parametrize(
    ("files", "driver"),
    [
        pytest.param({"class": "0x020000"}, "mlx5_core", id="a network card"),
        pytest.param({"vendor": "0x1a03", "class": "0x030000"}, "ast", id="the board's own graphics"),
        pytest.param({"class": "0x040300"}, "snd_hda_intel", id="a GPU's sound"),
    ],
)
def test_what_could_never_carry_any_is_not_told(tmp_path: Path, files: dict[str, str], driver: str) -> None:
    """Nor is any file of it read but its class and its vendor."""
    add_device(tmp_path, PF, driver, **files)

    assert HostInventory().bare_cards == read_inventory(str(tmp_path)).bare_cards


def test_a_card_that_is_on_the_bus_is_not_bare(tmp_path: Path) -> None:
    """By itself, or by one of its functions."""
    card = add_device(tmp_path, PF, sriov_totalvfs=2, sriov_numvfs=2)
    first, _ = add_functions(tmp_path, card, 2)
    alone = add_device(tmp_path, "0000:3b:00.0")
    (tmp_path / trees.BUS).mkdir(parents=True)
    for device in (first, alone):
        (device / "mdev_supported_types").mkdir()
        (tmp_path / trees.BUS / device.name).symlink_to(device)

    seen = read_inventory(str(tmp_path))

    assert (2, ()) == (len(seen.parents), seen.bare_cards)
