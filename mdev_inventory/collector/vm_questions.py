"""What a host's VDSM tells about the VMs there, beside the inventory: which, who has which instance, who arrives.

Both are asked after the inventory was answered, so they are of the same moment or a later one. A VM that
came in between has no instance in the inventory, and is not named an owner. An instance whose VM ended in
between has no owner any more, although the inventory still shows it: only the next one tells whether it
stayed behind.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, Field, TypeAdapter

from mdev_inventory.model import HostInventory, InventoryError
from mdev_inventory.vdsm import limits
from mdev_inventory.vdsm.domains import owners
from mdev_inventory.vdsm.errors import ErrorCode, VdsmError
from mdev_inventory.vdsm.strict import JUNK_IS_NONE, LOOK_AT_LOG, Name, at_most, read

ARRIVING = "Migration Destination"
"""VDSM's status of a VM that another host migrates here: the engine shows it on its source meanwhile."""
DOWN = "Down"
"""VDSM's status of a VM that ended and holds nothing: it is listed until the engine has taken notice."""
SECONDS = 1.0
"""VDSM answers these questions from its memory: whoever takes longer does not hold up the inventory."""

Unexplained = Callable[[Collection[str]], Collection[str]]
"""Those of the instances (UUIDs) whose VM the engine's own data do not tell."""
Call = Callable[[str, dict[str, Any]], Awaitable[Any]]
"""Asks the host's VDSM: method and parameters; raises VdsmError."""

log = logging.getLogger("sources")


class VmsThere(NamedTuple):
    """What was told; the empty one where nothing was."""

    owners: dict[str, str] | None = None
    """Instance to VM id, for instances of the inventory; None where it was not asked or not answered."""
    arriving: frozenset[str] = frozenset()
    """Ids of the VMs that another host migrates here."""
    vms: frozenset[str] | None = None
    """Ids of all VMs there but those that are down; None where that was not answered."""


def instances(inventory: HostInventory) -> frozenset[str]:
    """The UUIDs of all living instances that the inventory tells."""
    types = (mdev_type for parent in inventory.parents for mdev_type in parent.types or ())
    return frozenset(uuid for mdev_type in types for uuid in mdev_type.instances or ())


async def vms_there(
    call: Call, inventory: HostInventory, unexplained: Unexplained, name: str, seconds: float = SECONDS
) -> VmsThere:
    """Asks about the VMs of a host with mdev types; never fails: what is not told stays unknown.

    The domain XMLs are asked for only where `unexplained` instances live. `name` is the host's, for the log.
    """
    if not any(parent.types for parent in inventory.parents):
        return VmsThere()
    there = VmsThere()
    try:
        async with asyncio.timeout(seconds):
            stats = read(_VMS, await call("Host.getAllVmStats", {}), "getAllVmStats", LOOK_AT_LOG)
            vms = [vm for vm in stats if vm]
            arriving = frozenset(vm.vm_id for vm in vms if vm.status == ARRIVING)
            there = VmsThere(None, arriving, _holding(stats))
            living = instances(inventory)
            if unexplained(living):
                return there._replace(owners=await _owners(call, [vm.vm_id for vm in vms], living))
    except (VdsmError, InventoryError, TimeoutError) as error:
        log.info("VMs unknown host=%s: %s", name, error or f"no answer within {seconds:.4g} s")
    return there


class _Vm(BaseModel):
    vm_id: Name = Field(alias="vmId")
    status: Annotated[Name | None, JUNK_IS_NONE] = None


def _holding(stats: Sequence[_Vm | None]) -> frozenset[str] | None:
    """The VMs that may hold instances; None where one of them cannot be read: then nobody knows them all."""
    if None in stats:
        return None
    return frozenset(vm.vm_id.lower() for vm in stats if vm and vm.status != DOWN)


_VMS = TypeAdapter(Annotated[list[Annotated[_Vm | None, JUNK_IS_NONE]], at_most(limits.VMS)])


async def _owners(call: Call, vm_ids: Sequence[str], living: Collection[str]) -> dict[str, str]:
    """By all of these VMs' domain XMLs. VDSM raises for the whole call if one of them has gone meanwhile.

    So a call that fails is made again in two halves, down to the one VM that it failed for.
    """
    if not vm_ids:
        return {}
    try:
        return owners(await call("Host.dumpxmls", {"vmList": list(vm_ids)}), living)
    except VdsmError as error:
        if error.code is not ErrorCode.VDSM:
            raise
        if len(vm_ids) == 1:
            return {}
    half = len(vm_ids) // 2
    return {**await _owners(call, vm_ids[:half], living), **await _owners(call, vm_ids[half:], living)}
