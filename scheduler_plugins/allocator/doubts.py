"""What nobody can tell about a placement: for people, beside a verdict that says yes."""

from collections.abc import Iterator

from mdev_inventory.observation import Source
from scheduler_plugins.allocator.figures import is_nvidia
from scheduler_plugins.allocator.placement import Placement
from scheduler_plugins.allocator.unseen import is_empty
from scheduler_plugins.allocator.virtual_functions import card_key
from scheduler_plugins.allocator.walk import may_take

UNSEEN_TYPES = (
    "not certain: the host does not show its instances, and not all VMs there are known; "
    "VDSM refuses where another type has an instance on the card"
)
UNSEEN_CARD = "or on another card: the host does not show which types live where"


def doubts(found: Placement) -> Iterator[str]:
    """Each as part of a sentence."""
    if found.source is Source.HOOK or not found.slots:
        return
    parents = {parent.address: parent for parent in found.before.parents}
    taken = [parents[slot.parent] for slot in found.slots]
    if any(is_nvidia(p) and p.may_hold is None and not is_empty(p) for p in taken):
        yield UNSEEN_TYPES
    else:
        may = may_take(found.before, found.source, found.slots[0].type, found.separate)
        if len({card_key(parent) for parent in may}) > 1:
            yield UNSEEN_CARD
