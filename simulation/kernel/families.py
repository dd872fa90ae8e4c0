"""How the figures of each family of devices behave, as measured or as its driver's source has it.

Deliberately written without a look at the scheduler's own model (`placement.py`, `cards.py`): this
one is there to judge that one.
"""

from collections import Counter
from collections.abc import Sequence

from simulation.kernel.card import Card, SysfsDevice
from simulation.kernel.profiles import TypeProfile


class TimeSliced(Card):
    """An NVIDIA GPU without SR-IOV: one framebuffer size at a time, whatever the series."""

    def __init__(self, device: SysfsDevice, types: Sequence[TypeProfile], exhausted: int, *, ecc: bool = False) -> None:
        """With `ecc` (memory checking on, seen on a Tesla P4) every type reads 0 though the card is empty."""
        super().__init__([device], [device.address], types, exhausted)
        self._ecc = ecc

    def figure(self, parent: str, type_id: str) -> int:  # noqa: ARG002
        """The type's maximum less all instances, for types of the size in use; else 0."""
        wanted = self.types[type_id]
        if self._ecc or not _same_size(self, wanted):
            return 0
        return max(0, (wanted.max_instance or 0) - self.total)


class SrIov(Card):
    """An NVIDIA GPU whose virtual functions are the parent devices, one instance each.

    The card holds `max_instance` of a type whatever its functions add up to.
    """

    def __init__(
        self,
        devices: Sequence[SysfsDevice],
        types: Sequence[TypeProfile],
        exhausted: int,
        *,
        memory_mb: int,
        max_vgpus: int | None = None,
        mixed: bool = False,
        gpu_instances: Sequence[str] | None = None,
        ecc: bool = False,
    ) -> None:
        """The physical function and its virtual ones.

        `mixed` is the mixed-size mode: other sizes stay creatable while memory and the card's maximum
        last (where on the card each size may lie is not modelled: nobody has published it).
        `gpu_instances` turns the MIG mode on: the GPU instances made before, by the MIG type each backs.
        """
        parents = [d.address for d in devices if d.physfn is not None]
        super().__init__(devices, parents, types, exhausted)
        self._memory_mb = memory_mb
        self._max_vgpus = max_vgpus
        self._mixed = mixed
        self._gpu_instances = None if gpu_instances is None else Counter(gpu_instances)
        self._ecc = ecc

    def figure(self, parent: str, type_id: str) -> int:
        """1 or 0: whether this function is free and the card has room for the type."""
        if self._ecc or self.by_parent[parent]:
            return 0
        wanted = self.types[type_id]
        if self._gpu_instances is not None:
            return int(wanted.mig_backed and self.by_type[type_id] < self._gpu_instances[type_id])
        return int(not wanted.mig_backed and self._has_room(wanted))

    def _has_room(self, wanted: TypeProfile) -> bool:
        if not self._mixed:
            return _same_size(self, wanted) and self.total < (wanted.max_instance or 0)
        used = sum(self.types[t].framebuffer_mb * n for t, n in self.by_type.items())
        return (
            used + wanted.framebuffer_mb <= self._memory_mb
            and self.by_type[wanted.id] < (wanted.max_instance or 0)
            and (self._max_vgpus is None or self.total < self._max_vgpus)
        )


class Pool(Card):
    """A parent device whose types all draw on the same pools: GVT-g, mtty, mdpy, mbochs, s390.

    A type's figure is how often its cost fits into what is left of the scarcest pool.
    """

    def __init__(
        self, device: SysfsDevice, types: Sequence[TypeProfile], exhausted: int, *, capacity: Sequence[int]
    ) -> None:
        """`capacity` of each pool, in the order of the types' costs."""
        super().__init__([device], [device.address], types, exhausted)
        self._capacity = tuple(capacity)

    def figure(self, parent: str, type_id: str) -> int:  # noqa: ARG002
        """How many of the type fit into what is left."""
        cost = self.types[type_id].cost
        return min(self._left(pool) // share for pool, share in enumerate(cost))

    def _left(self, pool: int) -> int:
        used = sum(self.types[t].cost[pool] * n for t, n in self.by_type.items())
        return self._capacity[pool] - used


class WorkQueues(Card):
    """An accelerator's work queues (idxd): an instance takes a dedicated one, or shares a shared one."""

    def __init__(
        self, device: SysfsDevice, types: Sequence[TypeProfile], exhausted: int, *, dedicated: int, shared: int
    ) -> None:
        """So many queues of each kind are enabled."""
        super().__init__([device], [device.address], types, exhausted)
        self._dedicated = dedicated
        self._shared = shared

    def figure(self, parent: str, type_id: str) -> int:  # noqa: ARG002
        """Dedicated queues left; shared ones are not used up."""
        if "swq" in type_id:
            return self._shared
        taken = sum(n for t, n in self.by_type.items() if "dwq" in t)
        return self._dedicated - taken


class WithoutMdev(Card):
    """A card that the kernel drives without mdev: vendor-specific VFIO, or no functions enabled."""

    def __init__(self, devices: Sequence[SysfsDevice]) -> None:
        """Sysfs devices that are there and are no parent devices."""
        super().__init__(devices, [], [], 0)

    def figure(self, parent: str, type_id: str) -> int:
        """There are no types to ask for."""
        raise KeyError((parent, type_id))


def _same_size(card: Card, wanted: TypeProfile) -> bool:
    """Whether all living instances have the framebuffer of the wanted type (true of an empty card)."""
    return all(card.types[t].framebuffer_mb == wanted.framebuffer_mb for t, n in card.by_type.items() if n)
