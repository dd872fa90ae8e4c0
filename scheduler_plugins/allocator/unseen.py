"""Hosts that show no instances: which types may live on a parent device, by the VMs that are there.

VDSM's and the engine's lists have figures and no instances, and the one-type rule asks for these. But it is known which
VMs a host has and what they asked for. Where on the host their instances lie is not told; a parent device tells of
itself that

- it is empty: a type shows its `max_instance`, or a virtual function, which holds one instance, shows any;
- else it may hold any type that it offers and of which a VM there has an instance, but for those of another
  framebuffer size than the types that it shows: all that lives on an NVIDIA GPU is of one size.

Where GPUs carry more than the VMs account for, something lives there that is no VM's, of whatever type. Of a copy that
is older than what is known of the VMs (the engine's) no figure is evidence.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from mdev_inventory.model import HostInventory, MdevType, ParentDevice
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.figures import fields, is_nvidia

Sizes = frozenset[int | None]
"""Framebuffer sizes in MiB; None is one that is not told."""
NO_VM = "an instance of no VM"
"""Stands among the types that may live on a parent device for one that no VM accounts for."""


def with_unseen(inventory: HostInventory, source: Source, alive: Sequence[str] | None) -> HostInventory:
    """The inventory, where each parent tells which types may live there; as it is where `alive` is None.

    `alive` has the type of each instance that the VMs on the host have; None where these are not known.
    """
    if source is Source.HOOK or alive is None:
        return inventory
    fresh = source is Source.VDSM
    stray: Sizes = _unaccounted(inventory, alive) if fresh else frozenset()
    parents = [p._replace(may_hold=_may_hold(p, frozenset(alive), stray, fresh)) for p in inventory.parents]
    return inventory._replace(parents=tuple(parents))


def _may_hold(parent: ParentDevice, alive: frozenset[str], stray: Sizes, fresh: bool) -> tuple[str, ...]:
    offered = [t for t in parent.types or () if t.id in alive]
    if not fresh:
        return tuple(t.id for t in offered)
    if is_empty(parent):
        return ()
    sizes = _sizes(parent)
    held = [t.id for t in offered if not is_nvidia(parent) or not _differs(t, sizes)]
    return (*held, NO_VM) if stray & sizes else tuple(held)


def is_empty(parent: ParentDevice) -> bool:
    """Whether the figures show that nothing lives on it."""
    if parent.physfn is not None and is_nvidia(parent):
        return bool(_shown(parent))
    return any((t.available or 0) >= (fields(t.description).max_instance or _ENDLESS) for t in parent.types or ())


_ENDLESS = 10**9
"""More than any figure."""


def _shown(parent: ParentDevice) -> list[MdevType]:
    return [t for t in parent.types or () if (t.available or 0) > 0]


def _sizes(parent: ParentDevice) -> Sizes:
    """The framebuffer sizes of the types that it shows; None is one that is not told."""
    return frozenset(fields(t.description).framebuffer_mb for t in _shown(parent))


def _differs(mdev_type: MdevType, sizes: Sizes) -> bool:
    """Whether the type is known to be of no such size."""
    size = fields(mdev_type.description).framebuffer_mb
    return size is not None and None not in sizes and bool(sizes) and size not in sizes


def _unaccounted(inventory: HostInventory, alive: Sequence[str]) -> Sizes:
    """The sizes of which the NVIDIA GPUs that are part full carry more instances than the VMs have."""
    size_of = {t.id: fields(t.description).framebuffer_mb for p in inventory.parents for t in p.types or ()}
    have = Counter(size_of.get(type_id) for type_id in alive)
    carried = Counter[int | None]()
    for parent in inventory.parents:
        if is_nvidia(parent) and parent.physfn is None and not is_empty(parent):
            carried.update(_carried(parent))
    return frozenset(size for size, count in carried.items() if count > have[size])


def _carried(parent: ParentDevice) -> Mapping[int | None, int]:
    """How many instances a part full GPU has, by the size of the types that it shows."""
    return {
        fields(t.description).framebuffer_mb: most - (t.available or 0)
        for t in _shown(parent)
        if (most := fields(t.description).max_instance) is not None
    }
