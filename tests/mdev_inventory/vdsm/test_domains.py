"""Which instances a domain XML names."""

import pytest

from mdev_inventory.model import InventoryError
from mdev_inventory.vdsm.domains import mdev_uuids, owners
from simulation.hosts.vdsm_answers import domain_xml
from simulation.hosts.virtual_machine import RunningVm, VmSpec

ONE, TWO = (f"c2177883-f1bb-47f0-914d-32a22e3a880{n}" for n in (1, 2))
# As the engine writes it (LibvirtVmXmlBuilder.writeVGpu), with devices of other kinds beside.
WRITTEN = f"""<?xml version="1.0" encoding="UTF-8"?>
<domain type="kvm" xmlns:ovirt-vm="http://ovirt.org/vm/1.0">
  <metadata><ovirt-vm:vm><ovirt-vm:device devtype="hostdev" uuid="{TWO}">
    <ovirt-vm:mdevType>nvidia-22|compact</ovirt-vm:mdevType></ovirt-vm:device></ovirt-vm:vm></metadata>
  <devices>
    <hostdev mode="subsystem" type="pci"><source><address domain="0x0000" uuid="{TWO}"/></source></hostdev>
    <hostdev mode="subsystem" type="mdev" model="vfio-pci">
      <source><address uuid="{ONE.upper()}"/></source>
      <address type="pci" domain="0x0000" bus="0x00" slot="0x07" function="0x0" uuid="{TWO}"/>
    </hostdev>
    <hostdev mode="subsystem" type="mdev"><source/></hostdev>
  </devices>
</domain>"""
BILLION = '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><domain>&b;</domain>'


def simulated(vm_id: str, *uuids: str) -> str:
    """The domain XML of a simulated VM."""
    return domain_xml(RunningVm(VmSpec(vm_id, "<a & b>", tuple((uuid, "nvidia-22") for uuid in uuids))))


def test_mdev_devices_only() -> None:
    """The source's address of a hostdev of type mdev counts, in lower case, and nothing else."""
    assert {ONE} == mdev_uuids(WRITTEN)


def test_the_simulations_domain() -> None:
    """It names every device of the VM, whatever the VM's name holds."""
    assert {ONE, TWO} == mdev_uuids(simulated("v1", ONE, TWO))
    assert frozenset() == mdev_uuids(simulated("v1"))


def test_owners_of_living_instances() -> None:
    """A device that is not yet created, or gone already, has no owner."""
    answer = {"V1": simulated("v1", ONE), "v2": simulated("v2", TWO), "v3": simulated("v3")}

    assert {ONE: "v1"} == owners(answer, {ONE})


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(None, id="nothing"),
        pytest.param(["v1"], id="a list"),
        pytest.param({"v1": None}, id="no text"),
        pytest.param({"v1": ""}, id="empty"),
        pytest.param({"v1": "<domain><devices>"}, id="half an XML"),
        pytest.param({"v1": BILLION}, id="entities"),
    ],
)
def test_what_cannot_be_read_is_an_error(answer: object) -> None:
    """Nothing is left out silently, and entities are never expanded."""
    with pytest.raises(InventoryError):
        owners(answer, {ONE})
