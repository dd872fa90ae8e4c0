"""How many vGPUs NVIDIA's manager takes in one VM: VDSM creates more, and the VM then fails to start in QEMU.

By NVIDIA's "Virtual GPU Software" release notes for KVM hypervisors ("Multiple vGPU Support", R525 and later), where
a VM asks for more than one vGPU:

| types | how many in one VM |
|---|---|
| B and A series (desktops, applications), on any card | one |
| cards before Volta (Maxwell, Pascal): Q series of the whole framebuffer, such as P40-24Q | several |
| cards before Volta: all others | one |
| from Volta on: Q and C series of the whole framebuffer | several |
| from Volta on: Q and C series of a part of it | several; before R525 one |

Which driver a host has is not told, nor is a card of a name that is not known here certain. A driver may say
`Max Instances Per VM` in the type's description: then that counts, and no table.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mdev_inventory.model import HostInventory, MdevType, ParentDevice
from scheduler_plugins.allocator.as_typed import quoted
from scheduler_plugins.allocator.figures import fields, is_nvidia
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.allocator.vgpu_names import VgpuName, read

BEFORE_VOLTA = frozenset({"M6", "M10", "M60", "P4", "P6", "P40", "P100", "P100C", "P100X"})
"""Cards of Maxwell and Pascal, as the names of their types begin."""
SINGLE_SERIES = frozenset("BA")
ENDLESS = 10**9
"""More than any VM asks for."""

OLD_CARD = "of cards before Volta only the Q type of the whole framebuffer may stand beside others"
SERIES = "types of the B and A series stand alone in a VM"
OLD_DRIVER = "NVIDIA's drivers before R525 take several in one VM only where each has the whole framebuffer"
UNKNOWN = "whether NVIDIA's driver takes several of it in one VM is not known"


class Limit(NamedTuple):
    """How many of a type one VM may have; 1 is one vGPU of any type."""

    most: int
    doubt: str = ""
    """Why it may be fewer; empty where it is certain."""
    why: str = ""


def over_limit(inventory: HostInventory, request: Request) -> str:
    """Why the VM would certainly fail on every card that has what it asks for; empty where it would not."""
    count = _vgpus(inventory, request)
    for type_id, limits in _limits(inventory, request) if count > 1 else ():
        limit = max(limits)
        asked = count if limit.most == 1 else request.types.count(type_id)
        if asked > limit.most:
            return f"asks for {asked} vGPUs in one VM; NVIDIA's manager takes {limit.most} of {type_id}: {limit.why}"
    return ""


def may_be_over(inventory: HostInventory, request: Request) -> str:
    """Why the VM may fail, where that is not certain; empty where nothing speaks for it."""
    if _vgpus(inventory, request) <= 1:
        return ""
    doubts = [limit.doubt for _, limits in _limits(inventory, request) for limit in limits if limit.doubt]
    return f"not certain for several vGPUs in one VM: {doubts[0]}" if doubts else ""


def _vgpus(inventory: HostInventory, request: Request) -> int:
    """How many of the instances asked for are NVIDIA's on this host."""
    if len(request.types) == 1:
        return 1
    kinds = {t.id for parent in inventory.parents if is_nvidia(parent) for t in parent.types or ()}
    return sum(type_id in kinds for type_id in request.types)


def _limits(inventory: HostInventory, request: Request) -> Iterator[tuple[str, list[Limit]]]:
    """For each type asked for, the limit on each kind of card that offers it."""
    for type_id in dict.fromkeys(request.types):
        offers = [(p, t) for p in inventory.parents if is_nvidia(p) and (t := p.find(type_id))]
        if offers:
            distinct = {(t.name, t.description): (p, t) for p, t in offers}
            yield quoted(type_id), [limit_of(parent, offered) for parent, offered in distinct.values()]


def limit_of(parent: ParentDevice, offered: MdevType) -> Limit:
    """How many of this type of the parent one VM may have."""
    told, name = fields(offered.description).max_per_vm, read(offered.name)
    if told is not None:
        return Limit(max(1, told), why="its driver says so")
    if name is None:
        return Limit(ENDLESS, UNKNOWN)
    if name.series in SINGLE_SERIES:
        return Limit(1, why=SERIES)
    whole = _is_whole(parent.types or (), offered, name)
    if name.card in BEFORE_VOLTA:
        if whole is None:
            return Limit(ENDLESS, OLD_CARD)
        return Limit(ENDLESS) if whole and name.series == "Q" else Limit(1, why=OLD_CARD)
    if name.series not in "QC":
        return Limit(ENDLESS, UNKNOWN)
    return Limit(ENDLESS) if whole and not name.mig else Limit(ENDLESS, OLD_DRIVER)


def _is_whole(types: Sequence[MdevType], offered: MdevType, name: VgpuName) -> bool | None:
    """Whether an instance takes the whole framebuffer; None where neither description nor larger types tell."""
    most = fields(offered.description).max_instance
    if most is not None:
        return most == 1
    sizes = [other.size_gb for t in types if (other := read(t.name)) and other.card == name.card]
    return None if name.size_gb == max(sizes, default=name.size_gb) else False
