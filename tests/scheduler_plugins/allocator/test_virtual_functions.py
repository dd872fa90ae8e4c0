"""Virtual functions: what a creation on one of them leaves on its siblings, and how full their card is."""

from collections.abc import Mapping

import pytest

from mdev_inventory.model import HostInventory, ParentDevice
from scheduler_plugins.allocator.cards import Occupancy, after_creation, occupancy
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import A40_1Q, A40_4A, A40_4Q, A40_48Q, ALL_A40, ONLY_4, A, a40

VF, NEXT_VF = "0000:3b:00.4", "0000:3b:00.5"
"""The first functions of the card in `A`."""
ALL_MIG = dict.fromkeys(inv.A100_MIG, 1)


def unseen_card(taken: int, showing: int, physfn: str | None = None) -> HostInventory:
    """An A40 as a source shows it that knows no instances: `taken` functions show nothing free."""
    return inv.host([inv.unseen(p, physfn) for p in a40(taken + showing, *[A40_4Q] * taken)])


def mixed(count: int, taken: str, figures: Mapping[str, int] = ALL_A40) -> list[ParentDevice]:
    """An A40 in mixed-size mode: other sizes are shown beside the one that lives."""
    return inv.functions("0000:3b", count, inv.A40, figures, [taken])


@pytest.mark.parametrize(
    ("card", "taken", "created", "expected"),
    [
        pytest.param(a40(4), 0, A40_4Q, ONLY_4, id="first one: the others show its size only"),
        pytest.param(a40(16, *[A40_4Q] * 10), 10, A40_4Q, ONLY_4, id="eleventh of twelve"),
        pytest.param(a40(16, *[A40_4Q] * 11), 11, A40_4Q, {}, id="twelfth of twelve"),
        pytest.param(a40(16, *[A40_4A] * 11), 11, A40_4Q, {}, id="twelfth of its size"),
        pytest.param(a40(4), 0, A40_48Q, {}, id="the whole card"),
        pytest.param(mixed(4, A40_4Q, {**ONLY_4, A40_1Q: 1}), 1, A40_4Q, {}, id="mixed sizes: nothing is sure"),
        pytest.param(mixed(4, A40_1Q, {A40_4Q: 1}), 1, A40_4Q, {}, id="mixed sizes: the other one lives"),
    ],
)
def test_siblings(card: list[ParentDevice], taken: int, created: str, expected: Mapping[str, int]) -> None:
    """A function that took an instance shows 0, its siblings what the card can still take."""
    free = card[taken].address

    after = after_creation(inv.host(card), free, created)

    assert dict.fromkeys(inv.A40, 0) == inv.figures_of(after, free)
    assert {t: expected.get(t, 0) for t in inv.A40} == inv.figures_of(after, card[-1].address)


def test_without_description() -> None:
    """A card without descriptions counts as one instance; other cards keep theirs."""
    before = inv.host(
        [inv.device(a, {"x-1": 1, "x-2": 1}, physfn=A) for a in (VF, NEXT_VF)],
        inv.device("0000:5b:00.4", {"x-1": 1}, physfn="0000:5b:00.0"),
    )

    after = after_creation(before, VF, "x-1")

    assert {"x-1": 0, "x-2": 0} == inv.figures_of(after, NEXT_VF)
    assert {"x-1": 1} == inv.figures_of(after, "0000:5b:00.4")


NAMES = {
    "GRID A100-1-5C": False,
    "NVIDIA A100-1-10CME": False,
    "NVIDIA RTX Pro 6000 Blackwell DC-1-12Q": False,
    "A100 1g.5gb": False,
    "nvidia-474": False,
    "": False,
    "GRID A100-5C": True,
    "NVIDIA RTX6000-Ada-5Q": True,
    "GRID T4-5B4": True,
    "RTX Pro 6000 Blackwell DC-5Q": True,
}
"""Names of types, and whether they are time-sliced for certain: only then is it known what a creation leaves."""


@pytest.mark.parametrize(("name", "tells"), NAMES.items())
def test_what_the_name_does_not_tell(name: str, tells: bool) -> None:
    """A creation leaves others on the card where both types are time-sliced for certain; else nothing is counted on."""
    table = {"nvidia-1": inv.Size(name, 5120, 8), "nvidia-2": inv.Size("GRID A100-5C", 5120, 8)}
    before = inv.host(inv.functions("0000:3b", 3, table, dict.fromkeys(table, 1)))
    left = inv.figures_of(after_creation(before, VF, "nvidia-1"), NEXT_VF)

    assert (dict.fromkeys(table, 1) if tells else dict.fromkeys(table, 0)) == left
    assert {"nvidia-1": int(tells), "nvidia-2": 1} == inv.figures_of(after_creation(before, VF, "nvidia-2"), NEXT_VF)


def test_mig_backed_types_are_no_stock_of_their_own() -> None:
    """Two profiles may live in one GPU instance: after one of them nothing of another is counted on."""
    after = after_creation(inv.host(inv.functions("0000:3b", 2, inv.A100_MIG, ALL_MIG)), VF, "nvidia-474")

    assert dict.fromkeys(inv.A100_MIG, 0) == inv.figures_of(after, NEXT_VF)


@pytest.mark.parametrize("physfn", [A, None], ids=["card known", "card lost"])
@pytest.mark.parametrize(
    ("taken", "expected"), [(10, ONLY_4), (11, {})], ids=["eleventh of twelve", "twelfth of twelve"]
)
def test_unseen_instances(taken: int, expected: Mapping[str, int], physfn: str | None) -> None:
    """Where instances are unknown, functions that show nothing free are taken, with or without their card."""
    before = unseen_card(taken, 2, physfn)

    after = after_creation(before, before.parents[taken].address, A40_4Q)

    assert {t: expected.get(t, 0) for t in inv.A40} == inv.figures_of(after, after.parents[-1].address)


@pytest.mark.parametrize(("physfn", "left"), [(A, 0), (None, 1)], ids=["known", "lost"])
def test_card_over_two_buses(physfn: str | None, left: int) -> None:
    """A card's functions are found by their link wherever they are; without it, by their bus."""
    before = inv.host([inv.unseen(p, physfn) for p in (*a40(1), *a40(1, bus="0000:3c"))])

    assert left == inv.figures_of(after_creation(before, VF, A40_48Q), "0000:3c:00.4")[A40_48Q]


def test_untouched_siblings_stay_the_same_objects() -> None:
    """A sibling that loses nothing is not copied."""
    before = inv.host(a40(3, A40_4Q))

    assert before.parents[2] is after_creation(before, NEXT_VF, A40_4Q).parents[2]


def test_function_that_shows_nothing_is_taken() -> None:
    """An instance that was removed while in use is listed nowhere, and still counts on its card."""
    held = inv.functions("0000:3b", 11, inv.A40, {})
    free = [p._replace(address=p.address.replace("3b:0", "3b:1")) for p in inv.functions("0000:3b", 2, inv.A40, ONLY_4)]

    after = after_creation(inv.host(held, free), free[0].address, A40_4Q)

    assert 0 == inv.figures_of(after, free[1].address)[A40_4Q]


@pytest.mark.parametrize(
    ("expected", "inventory", "type_id"),
    [
        pytest.param(Occupancy(0, 12), inv.host(a40(16)), A40_4Q, id="the card's maximum, not the sum"),
        pytest.param(Occupancy(0, 8), inv.host(a40(8)), A40_4Q, id="no more than there are"),
        pytest.param(Occupancy(5, 7), inv.host(a40(16, *[A40_4A] * 5)), A40_4Q, id="all of its size count"),
        pytest.param(Occupancy(2, 0), inv.host(a40(2, A40_4Q, A40_4Q)), A40_4Q, id="all taken"),
        pytest.param(Occupancy(1, 1), inv.host(mixed(4, A40_4Q)), A40_4Q, id="mixed sizes tell one"),
        pytest.param(
            Occupancy(0, 1),
            inv.host(inv.functions("0000:3b", 4, inv.A100_MIG, ALL_MIG)),
            "nvidia-474",
            id="MIG-backed tells one",
        ),
        pytest.param(
            Occupancy(13, 1),
            inv.host(a40(16, *[A40_4Q] * 13)),
            A40_4Q,
            id="beyond the maximum the kernel's word counts",
        ),
        pytest.param(
            Occupancy(0, 1),
            inv.host([inv.device(a, {"x-1": 1}, physfn=A) for a in (VF, NEXT_VF)]),
            "x-1",
            id="without description one",
        ),
        pytest.param(
            Occupancy(0, 0),
            inv.host([inv.device(a, {"x-1": 0}, physfn="pf") for a in (VF, NEXT_VF)]),
            "x-1",
            id="nothing shown",
        ),
        pytest.param(Occupancy(5, 4), unseen_card(5, 4), A40_4Q, id="instances unknown, card lost"),
        pytest.param(Occupancy(1, 1), unseen_card(1, 1), A40_4Q, id="instances unknown, two functions"),
        pytest.param(Occupancy(0, 1), unseen_card(0, 1, A), A40_4Q, id="instances unknown, the only one"),
    ],
)
def test_occupancy(expected: Occupancy, inventory: HostInventory, type_id: str) -> None:
    """How many live on the card of all functions, and how many more of the type that takes."""
    assert expected == occupancy(inventory, inventory.parents[-1].address, type_id)
