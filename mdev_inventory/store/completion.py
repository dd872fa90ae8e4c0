"""A reading that was cut short, completed from the last one that had what it lacks.

What was not read in time says nothing about a host. So a parent device of which something that decides is
missing stands as it was read before, as a whole: figures and instances of different moments would not belong
together. What only describes is the same as before. What was never read, or only before the host's last boot,
is left out of the inventory and stays named in its `cut`: nobody may conclude anything from it.
"""

from collections.abc import Mapping
from dataclasses import replace

from mdev_inventory.model import Cut, MdevType, ParentDevice
from mdev_inventory.observation import Observation, Source


def completed(new: Observation, known: Observation | None) -> Observation:
    """The new observation, with what it lacks taken from the known one; itself where it lacks nothing."""
    cut = new.inventory.cut
    if cut is None or new.source is not Source.HOOK:
        return new
    before = known if known and _same_boot(new, known) else None
    old = {parent.address: parent for parent in before.inventory.parents} if before else {}
    lacking = set(old) | set(cut.parents) if cut.bus else set(cut.parents)
    parents = [_described(parent, old, cut) for parent in new.inventory.parents if parent.address not in lacking]
    parents += [old[address] for address in lacking if address in old]
    inventory = new.inventory._replace(
        parents=tuple(sorted(parents, key=lambda parent: parent.address)), cut=_left(cut, old, before)
    )
    if cut.cards and before:
        told = before.inventory
        inventory = inventory._replace(bare_cards=told.bare_cards, kernel=told.kernel, modules=told.modules)
    return replace(new, inventory=inventory, carried=_carried(lacking & set(old), before))


def _same_boot(new: Observation, known: Observation) -> bool:
    """Whether the known one comes from the hook, and no boot is known to lie between: instances end with it."""
    boots = {new.inventory.boot_id, known.inventory.boot_id} - {""}
    return known.source is Source.HOOK and len(boots) <= 1


def _described(parent: ParentDevice, old: Mapping[str, ParentDevice], cut: Cut) -> ParentDevice:
    before = old.get(parent.address)
    if before is None or parent.address not in cut.texts:
        return parent
    texts = {known.id: known for known in before.types or ()}
    types = None if parent.types is None else tuple(_named(one, texts.get(one.id)) for one in parent.types)
    return parent._replace(
        device=parent.device or before.device,
        driver=parent.driver or before.driver,
        numa_node=before.numa_node if parent.numa_node is None else parent.numa_node,
        types=types,
    )


def _named(one: MdevType, before: MdevType | None) -> MdevType:
    if before is None:
        return one
    return one._replace(
        name=before.name if one.name == one.id else one.name,
        description=one.description or before.description,
        device_api=one.device_api or before.device_api,
    )


def _left(cut: Cut, old: Mapping[str, ParentDevice], before: Observation | None) -> Cut | None:
    """What is still missing, and where the driver hangs."""
    unlisted = cut.bus and (before is None or bool(before.inventory.cut and before.inventory.cut.bus))
    never = set(cut.parents) - set(old)
    if cut.bus and before and before.inventory.cut:
        never |= set(before.inventory.cut.parents)
    texts = tuple(address for address in cut.texts if address not in old and address not in never)
    left = Cut(unlisted, tuple(sorted(never)), texts, cut.cards and not _told_cards(before), cut.stuck)
    return left if left != Cut() else None


def _told_cards(before: Observation | None) -> bool:
    return before is not None and not (before.inventory.cut and before.inventory.cut.cards)


def _carried(addresses: set[str], before: Observation | None) -> Mapping[str, float]:
    """When each of these parents was asked for."""
    if before is None:
        return {}
    return {address: before.carried.get(address, before.requested_at) for address in sorted(addresses)}
