"""libvirt's domain XML of a VM, as `Host.dumpxmls` gives it: which mdev instances the VM has.

The engine writes one `<hostdev type="mdev">` per device into the XML that it starts the VM with, each with
its UUID, so they are all there from the VM's first moment on, before VDSM has created the first of them.
"""

from collections.abc import Collection, Mapping
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml import ElementTree as SafeXml


class DomainError(ValueError):
    """A domain XML, or a whole answer, that cannot be read."""


def mdev_uuids(xml: str) -> frozenset[str]:
    """The UUIDs of the domain's mdev devices, in lower case; DomainError where it is no XML."""
    try:
        domain = SafeXml.fromstring(xml)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise DomainError(f"not a domain XML: {error}") from error
    addresses = domain.iterfind("./devices/hostdev[@type='mdev']/source/address")
    return frozenset(uuid.lower() for address in addresses if (uuid := address.get("uuid")))


def owners(answer: object, uuids: Collection[str]) -> dict[str, str]:
    """Which VM has which of these instances, by the answer to `Host.dumpxmls`: VM id to domain XML.

    DomainError where one of it cannot be read: an owner left out would look like an orphan.
    """
    if not isinstance(answer, Mapping):
        raise DomainError(f"the answer is no object: {str(answer)[:60]!r}")
    found: dict[str, str] = {}
    for vm_id, xml in answer.items():
        if not isinstance(vm_id, str) or not isinstance(xml, str):
            raise DomainError(f"VM {vm_id!r}: its domain XML is no text")
        found.update(dict.fromkeys(mdev_uuids(xml) & set(uuids), vm_id.lower()))
    return found
