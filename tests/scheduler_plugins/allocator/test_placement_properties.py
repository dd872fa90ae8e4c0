"""What holds for every placement, over random hosts of all families, broken ones included."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.placement import Placement, free_instances, place
from scheduler_plugins.allocator.refusals import Refusal, RefusalCode
from tests.scheduler_plugins.inventories import figures_of, request
from tests.scheduler_plugins.random_hosts import TYPES, hosts, requests, sources


def figures(inventory: HostInventory) -> Sequence[tuple[str, str, int | None]]:
    """Every figure of the inventory."""
    return [(p.address, t.id, t.available) for p in inventory.parents for t in p.types or ()]


@given(hosts(), sources, requests, st.booleans())
def test_placement_takes_what_is_there(
    inventory: HostInventory, source: Source, types: list[str], separate: bool
) -> None:
    """Each slot shows at least one instance when its turn comes, and nothing ever raises a figure."""
    found = place(inventory, source, request(*types), separate)
    if isinstance(found, Refusal):
        return
    states = [state for state, _ in found.steps] + [found.after]

    assert types == [slot.type for slot in found.slots]
    for before, after, slot in zip(states, states[1:], found.slots, strict=False):
        assert (figures_of(before, slot.parent)[slot.type] or 0) >= 1
        for (*where, figure), (*same, later) in zip(figures(before), figures(after), strict=True):
            assert where == same
            assert figure == later or (figure or 0) > (later or 0)


@given(hosts(), sources, st.sampled_from(TYPES), st.booleans())
def test_free_instances_is_the_replay_repeated(
    inventory: HostInventory, source: Source, type_id: str, separate: bool
) -> None:
    """The count of free instances is how often one after the other is placed."""
    state, count = inventory, 0
    while isinstance(found := place(state, source, request(type_id), separate), Placement):
        state, count = found.after, count + 1

    assert count == free_instances(inventory, source, type_id, separate)


@given(hosts(), sources, st.sampled_from(TYPES), st.booleans())
def test_requests_up_to_the_count(inventory: HostInventory, source: Source, type_id: str, separate: bool) -> None:
    """As many instances as are free fit into one request, and one more does not."""
    free = free_instances(inventory, source, type_id, separate)

    assert isinstance(place(inventory, source, request(*[type_id] * free), separate), Placement)
    assert isinstance(place(inventory, source, request(*[type_id] * (free + 1)), separate), Refusal)


@given(hosts(), sources, requests, st.sampled_from(TYPES))
def test_a_creation_frees_nothing(inventory: HostInventory, source: Source, types: list[str], other: str) -> None:
    """After any placement no type has more free instances than before."""
    found = place(inventory, source, request(*types), separate=False)
    if isinstance(found, Placement):
        assert free_instances(found.after, source, other, False) <= free_instances(inventory, source, other, False)


@given(hosts(), sources, requests, st.booleans())
def test_directory_order_decides_nothing(
    inventory: HostInventory, source: Source, types: list[str], separate: bool
) -> None:
    """The order of parents and types in an inventory changes no answer."""
    turned = inventory._replace(
        parents=tuple(p._replace(types=p.types and p.types[::-1]) for p in reversed(inventory.parents))
    )
    here = place(inventory, source, request(*types), separate)
    there = place(turned, source, request(*types), separate)

    if isinstance(here, Placement) and isinstance(there, Placement):
        assert here.slots == there.slots
    else:
        assert isinstance(here, Refusal)
        assert isinstance(there, Refusal)
        assert here.code == there.code


@given(hosts(), requests)
def test_a_type_that_nobody_has(inventory: HostInventory, types: list[str]) -> None:
    """Where no parent has the type, it is the type that is named, whatever else is broken."""
    found = place(inventory, Source.HOOK, request("nvidia-none", *types), separate=False)

    assert isinstance(found, Refusal)
    listed = all(p.types is not None for p in inventory.parents)
    assert found.code is (RefusalCode.NO_SUCH_TYPE if listed else RefusalCode.ALLOCATOR_FAILS)
