"""What a parent shows, and the same parent with other figures. Nothing here raises any figure."""

from collections.abc import Mapping
from functools import lru_cache
from operator import is_

from mdev_inventory.descriptions import parse
from mdev_inventory.model import NVIDIA, MdevType, ParentDevice

PLANNED = "planned"
"""Stands among the instances for one that only the replay has created."""

fields = lru_cache(maxsize=4096)(parse)
"""`descriptions.parse`, once per text: a site has a few hundred of them, a decision looks at thousands."""


def shown(parent: ParentDevice, type_id: str) -> int:
    """The parent's figure for a type; 0 where it is unknown, and where the parent does not offer the type."""
    found = parent.find(type_id)
    return max(0, found.available or 0) if found else 0


def is_nvidia(parent: ParentDevice) -> bool:
    """Whether the parent is NVIDIA's: by its vendor, or where the source does not tell it, by its types."""
    if parent.vendor is None:
        return any(t.id.startswith("nvidia-") for t in parent.types or ())
    return parent.vendor == NVIDIA


def same_size(one: MdevType, other: MdevType) -> bool:
    """Whether two types are known to take the same framebuffer, as all do that share an NVIDIA GPU."""
    size = fields(one.description).framebuffer_mb
    return one.id == other.id or (size is not None and size == fields(other.description).framebuffer_mb)


def one_less(mdev_type: MdevType) -> int:
    """The type's figure after one creation of it."""
    return max(0, (mdev_type.available or 0) - 1)


def with_instance(parent: ParentDevice, created: MdevType, figures: Mapping[str, int]) -> ParentDevice:
    """The parent with one instance more of `created`, and at most these figures, 0 for types not named."""
    grown = (*(created.instances or ()), PLANNED)
    types = limited(parent, figures).types or ()
    return parent._replace(types=tuple(t._replace(instances=grown) if t.id == created.id else t for t in types))


def limited(parent: ParentDevice, figures: Mapping[str, int]) -> ParentDevice:
    """The parent with at most these figures, 0 for types not named; unknown ones stay unknown."""
    before = parent.types or ()
    after = tuple([_at_most(t, figures.get(t.id, 0)) for t in before])
    return parent if all(map(is_, before, after)) else parent._replace(types=after)


def _at_most(mdev_type: MdevType, figure: int) -> MdevType:
    """Written out, as `_replace` takes four times as long and a card has 1,400 figures."""
    type_id, name, description, device_api, available, instances = mdev_type
    if available is None or available <= figure:
        return mdev_type
    return MdevType(type_id, name, description, device_api, figure, instances)
