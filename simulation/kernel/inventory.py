"""What a perfect hook would tell of a simulated host: the bus as an inventory, without files between."""

from mdev_inventory.model import HostInventory, MdevType, ParentDevice
from simulation.kernel.bus import Bus


def inventory_of(bus: Bus) -> HostInventory:
    """The bus at this moment, as `sysfs.read_inventory` reads it from the host's tree."""
    return HostInventory(tuple(_parent(bus, address) for address in sorted(bus.parents())))


def _parent(bus: Bus, address: str) -> ParentDevice:
    facts = bus.attributes(address)
    try:
        vendor = bus.vendor(address)
    except FileNotFoundError:
        vendor = None
    return ParentDevice(
        address,
        vendor,
        facts["device"],
        facts["driver"],
        facts["numa_node"],
        facts["physfn"],
        tuple(_type(bus, address, type_id) for type_id in bus.types(address)),
    )


def _type(bus: Bus, address: str, type_id: str) -> MdevType:
    facts = bus.type_facts(address, type_id)
    return MdevType(
        type_id,
        facts.name or type_id,
        (facts.description or "").strip(),
        facts.device_api or "",
        _figure(bus, address, type_id),
        tuple(sorted(bus.devices(address, type_id))),
    )


def _figure(bus: Bus, address: str, type_id: str) -> int | None:
    try:
        return int(bus.available(address, type_id))
    except (OSError, ValueError):
        return None
