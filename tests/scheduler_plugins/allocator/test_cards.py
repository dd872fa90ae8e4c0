"""What one creation does to the rest of its card, and how full a card is."""

from collections.abc import Mapping

import pytest

from mdev_inventory.model import NVIDIA, HostInventory, ParentDevice
from scheduler_plugins.allocator.cards import Occupancy, after_creation, closed, is_exact, occupancy
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import A40_4Q, B2, Q2, Q16, A, a40, t4

VF = "0000:3b:00.4"
"""The first function of an A40."""
SMALL, MEDIUM, LARGE = "mbochs-small", "mbochs-medium", "mbochs-large"


@pytest.mark.parametrize(
    ("parent", "created", "expected"),
    [
        pytest.param(t4(), Q2, {Q2: 7, B2: 7}, id="one size on an empty card"),
        pytest.param(t4(A, {Q2: 6}), Q2, {Q2: 1, B2: 1}, id="beside its like"),
        pytest.param(t4(A, {B2: 2}), Q2, {Q2: 5, B2: 5}, id="beside another series"),
        pytest.param(t4(A, {Q2: 7}), Q2, {}, id="the last place"),
        pytest.param(t4(), Q16, {}, id="the whole card"),
        pytest.param(
            inv.device(A, {"nvidia-11": 16, "nvidia-12": 16}, vendor=NVIDIA),
            "nvidia-11",
            {"nvidia-11": 15},
            id="without descriptions only the type itself is known to be of its size",
        ),
        pytest.param(
            inv.device(A, {"nvidia-1": 4, "nvidia-2": None}, vendor=NVIDIA),
            "nvidia-1",
            {"nvidia-1": 3, "nvidia-2": None},
            id="an unknown figure stays unknown",
        ),
        pytest.param(inv.unseen(t4(A, {Q2: 6})), Q2, {Q2: 1, B2: 1}, id="nearly full, instances unknown: no function"),
        pytest.param(
            inv.device(A, {"toy-1": 8, "toy-2": 4}), "toy-1", {"toy-1": 7}, id="unknown driver: one type at a time"
        ),
        pytest.param(
            inv.device(A, {"toy-1": 8, "toy-2": 4}, {"toy-2": 1}),
            "toy-1",
            {"toy-1": 7, "toy-2": 3},
            id="unknown driver, offered beside another's instance: one stock",
        ),
        pytest.param(
            inv.device(A, {"toy-1": 8, "toy-2": 0}, {"toy-1": 1}),
            "toy-1",
            {"toy-1": 7},
            id="unknown driver, beside its own instance: that shows nothing about others",
        ),
    ],
)
def test_after_creation(parent: ParentDevice, created: str, expected: Mapping[str, int | None]) -> None:
    """What may live beside the new instance falls by what that takes, all other types to 0."""
    after = after_creation(inv.host(parent), A, created)

    assert {t.id: expected.get(t.id, 0) for t in parent.types or ()} == inv.figures_of(after, A)


@pytest.mark.parametrize(
    "card",
    [
        pytest.param([t4(VF)], id="time-sliced"),
        pytest.param(a40(2), id="functions"),
        pytest.param([inv.mbochs({SMALL: 64})._replace(address=VF)], id="pool"),
        pytest.param([inv.device(VF, {"toy-1": 1})], id="other"),
    ],
)
def test_only_the_card_changes(card: list[ParentDevice]) -> None:
    """Other cards stay the very same objects, and the instance is counted on its parent."""
    other, wanted = t4("0000:d8:00.0"), (card[0].types or ())[0]

    after = after_creation(inv.host(card, other), VF, wanted.id)

    assert other is after.parents[-1]
    assert [VF] == [p.address for p in after.parents if any(t.instances for t in p.types or ())]
    assert ("planned",) == next(t.instances for t in after.parents[0].types or () if t.id == wanted.id)


def test_nothing_but_figures_and_instances_change() -> None:
    """A creation leaves names, descriptions and interfaces as they are: later ones go by them."""
    types = [t._replace(device_api="vfio-pci") for t in t4().types or ()]
    before = inv.host(t4()._replace(types=tuple(types)))

    after = after_creation(before, A, Q2).parents[0].types or ()

    assert types == [t._replace(available=b.available, instances=()) for t, b in zip(after, types, strict=True)]


@pytest.mark.parametrize(("address", "type_id"), [(A, "nvidia-9"), ("0000:99:00.0", Q2)])
def test_nothing_to_create_on(address: str, type_id: str) -> None:
    """A creation where there is no such parent or type is an error that names both."""
    with pytest.raises(LookupError, match=f"^the inventory has no type {type_id} on {address}$"):
        after_creation(inv.host(t4()), address, type_id)


@pytest.mark.parametrize(
    "parents",
    [
        pytest.param(a40(2), id="all functions of the card"),
        pytest.param([inv.mtty(24, 12)._replace(address=VF)], id="a parent alone"),
    ],
)
def test_closed(parents: list[ParentDevice]) -> None:
    """A closed card has nothing left on any of its parents, and other cards keep theirs."""
    other = t4("0000:d8:00.0")

    after = closed(inv.host(parents, other), VF)

    assert {0} == {t.available for p in after.parents[:-1] for t in p.types or ()}
    assert other is after.parents[-1]


@pytest.mark.parametrize(
    ("exact", "parent", "type_id"),
    [
        pytest.param(True, t4(), Q2, id="time-sliced"),
        pytest.param(True, inv.mtty(24, 12), "mtty-1", id="mtty"),
        pytest.param(True, inv.mbochs({SMALL: 64, LARGE: 4}), LARGE, id="mbochs"),
        pytest.param(True, inv.mbochs({MEDIUM: 16, LARGE: 4}), LARGE, id="multiples of 16"),
        pytest.param(False, inv.sized({"mbochs-a": (4, 64), "mbochs-b": (6, 42)}), "mbochs-a", id="4 and 6"),
        pytest.param(False, inv.sized({"mbochs-a": (4, None), "mbochs-b": (8, 32)}), "mbochs-b", id="unit unreadable"),
        pytest.param(False, inv.gvtg({"i915-GVTg_V5_8": 7}), "i915-GVTg_V5_8", id="three pools"),
        pytest.param(False, inv.device(A, {"idxd-dsa-1dwq-v1": 4}), "idxd-dsa-1dwq-v1", id="two pools"),
        pytest.param(False, inv.device(A, {"i915-a": 4, "i915-b": 2}), "i915-a", id="sizes unknown"),
        pytest.param(False, inv.device(A, {"toy-1": 4}), "toy-1", id="driver unknown"),
        pytest.param(True, a40(1)[0], A40_4Q, id="function"),
        pytest.param(False, inv.functions("0000:3b", 1, inv.A100_MIG, {})[0], "nvidia-474", id="MIG"),
        pytest.param(False, inv.device(A, {"x-1": 1}, vendor=NVIDIA, physfn=A), "x-1", id="undescribed function"),
    ],
)
def test_is_exact(exact: bool, parent: ParentDevice, type_id: str) -> None:
    """`is_exact` says whether the kernel will show just what `after_creation` has."""
    assert exact == is_exact(inv.host(parent), parent.address, type_id)


@pytest.mark.parametrize(
    ("expected", "parent", "type_id"),
    [
        pytest.param(Occupancy(3, 5), t4(A, {Q2: 1, B2: 2}), Q2, id="time-sliced, all series count"),
        pytest.param(Occupancy(0, 8), t4(), Q2, id="time-sliced, empty"),
        pytest.param(Occupancy(3, 5), inv.unseen(t4(A, {B2: 3})), Q2, id="unknown: the maximum less that"),
        pytest.param(Occupancy(0, 8), inv.unseen(t4()), Q2, id="unknown and empty"),
        pytest.param(Occupancy(7, 1), inv.unseen(t4(A, {Q2: 7})), Q2, id="unknown, nearly full"),
        pytest.param(Occupancy(None, 2), inv.unseen(inv.device(A, {"i915-a": 2})), "i915-a", id="unknown, no maximum"),
        pytest.param(
            Occupancy(None, 0),
            inv.unseen(inv.described(inv.device(A, {Q2: None}), inv.T4)),
            Q2,
            id="figure unknown as well",
        ),
    ],
)
def test_occupancy(expected: Occupancy, parent: ParentDevice, type_id: str) -> None:
    """How many live on a card, and how many more of the type it takes, where instances are known or not."""
    inventory: HostInventory = inv.host(parent)

    assert expected == occupancy(inventory, A, type_id)
