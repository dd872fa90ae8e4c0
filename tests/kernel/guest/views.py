"""The two ways in which the replay is shown the kernel's bus, and what has to hold in each.

Both give the parents a `vendor`: the samples' have none, and on them VDSM's allocator dies, and so does its
replay. As they are, sizes are known (mbochs' descriptions, the sources of mtty and mdpy), and the replay has
to say exactly what the kernel does. With sizes untold, as those of a driver that nobody has looked at, each
`available_instances` tells a rounded part of the stock: then it may refuse too much, but only for mixed
types, and never too little.
"""

from collections.abc import Iterable
from typing import NamedTuple

from mdev_inventory.model import HostInventory, MdevType
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.cards import after_creation
from scheduler_plugins.allocator.placement import Placement, free_instances, place
from scheduler_plugins.allocator.request import Request
from tests.kernel.guest import checks
from tests.kernel.guest.hook import BreachError

_RED_HAT = "0x1b36"


class View(NamedTuple):
    """One of the ways."""

    name: str
    exact: bool
    prefix: str
    """What type ids are given in front: of i915 it is known that types live side by side."""

    def of(self, inventory: HostInventory) -> HostInventory:
        """The bus as the replay is shown it."""
        parents = (
            p._replace(vendor=_RED_HAT, types=tuple(self._type(t) for t in p.types or ())) for p in inventory.parents
        )
        return inventory._replace(parents=tuple(parents))

    def _type(self, told: MdevType) -> MdevType:
        return told if self.exact else told._replace(id=self.prefix + told.id, description="")

    def after(self, inventory: HostInventory, parent: str, type_id: str) -> HostInventory:
        """The prediction for one creation."""
        return after_creation(self.of(inventory), parent, self.prefix + type_id)

    def plan(self, inventory: HostInventory, types: tuple[str, ...], separate: bool) -> Placement:
        """The placement of as much of the request, from its start, as the replay places."""
        request, bus = tuple(self.prefix + type_id for type_id in types), self.of(inventory)
        for length in range(len(types), -1, -1):
            answer = place(bus, Source.HOOK, Request(request[:length]), separate)
            if isinstance(answer, Placement):
                return answer
        raise AssertionError("a request for nothing is always placed")

    def free(self, inventory: HostInventory, type_id: str, separate: bool) -> int:
        """How many instances of the type count as free."""
        return free_instances(self.of(inventory), Source.HOOK, self.prefix + type_id, separate)

    def behind(self, predicted: HostInventory, seen: HostInventory) -> Iterable[tuple[str, int]]:
        """Per type its parent, and by how much the prediction is below the kernel; raises BreachError."""
        for parent in seen.parents:
            for mdev_type in parent.types or ():
                own_id = self.prefix + mdev_type.id
                expected = checks.parent_of(predicted, own_id).find(own_id)
                assert expected
                less = (mdev_type.available or 0) - (expected.available or 0)
                alike = len(expected.instances or ()) == len(mdev_type.instances or ())
                if not alike or less < 0 or (less and self.exact):
                    raise BreachError(f"{self.name}: predicted {expected!r}, the kernel has {mdev_type!r}")
                yield parent.address, less


VIEWS = (View("as they are", exact=True, prefix=""), View("sizes untold", exact=False, prefix="i915-"))
