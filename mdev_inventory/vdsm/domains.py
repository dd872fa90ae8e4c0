"""libvirt's domain XML of a VM, as `Host.dumpxmls` gives it: which mdev instances the VM has.

The engine writes one `<hostdev type="mdev">` per device into the XML that it starts the VM with, each with
its UUID, so they are all there from the VM's first moment on, before VDSM has created the first of them.
"""

from collections.abc import Collection
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml import ElementTree as SafeXml
from pydantic import StrictStr, TypeAdapter

from mdev_inventory.model import InventoryError
from mdev_inventory.vdsm.strict import LOOK_AT_LOG, read

_BY_VM = TypeAdapter(dict[StrictStr, StrictStr])


def mdev_uuids(xml: str) -> frozenset[str]:
    """The UUIDs of the domain's mdev devices, in lower case; InventoryError where it is no XML."""
    try:
        domain = SafeXml.fromstring(xml)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise InventoryError("dumpxmls", xml, f"no domain XML ({error})", LOOK_AT_LOG) from error
    addresses = domain.iterfind("./devices/hostdev[@type='mdev']/source/address")
    return frozenset(uuid.lower() for address in addresses if (uuid := address.get("uuid")))


def owners(answer: object, uuids: Collection[str]) -> dict[str, str]:
    """Which VM has which of these instances, by the answer to `Host.dumpxmls`: VM id to domain XML.

    InventoryError where one of it cannot be read: an owner left out would look like an orphan.
    """
    found: dict[str, str] = {}
    for vm_id, xml in read(_BY_VM, answer, "dumpxmls", LOOK_AT_LOG).items():
        found.update(dict.fromkeys(mdev_uuids(xml) & set(uuids), vm_id.lower()))
    return found
