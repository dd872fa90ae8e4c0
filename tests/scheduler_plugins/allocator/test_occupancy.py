"""How full a card is, seen by one type."""

import pytest

from mdev_inventory.model import HostInventory
from scheduler_plugins.allocator.cards import Occupancy, occupancy
from tests.scheduler_plugins import inventories as inv

VF = "0000:3b:00.4"
NEXT_VF = "0000:3b:00.5"
ALL_A40 = dict.fromkeys(inv.A40, 1)
SIZE_4 = {"nvidia-560": 1, "nvidia-570": 1}


def unseen_card(taken: int, showing: int, physfn: str | None = None) -> HostInventory:
    """An A40 as a source shows it that knows no instances: `taken` functions show nothing free."""
    card = inv.functions("0000:3b", taken + showing, inv.A40, SIZE_4, ["nvidia-560"] * taken)
    return inv.host([inv.unseen(p, physfn) for p in card])


@pytest.mark.parametrize(
    ("inventory", "type_id", "expected"),
    [
        pytest.param(
            inv.host(inv.gpu(VF, inv.T4, {"nvidia-231": 1, "nvidia-223": 2})),
            "nvidia-231",
            Occupancy(3, 5),
            id="time-sliced, all series count",
        ),
        pytest.param(inv.host(inv.gpu(VF, inv.T4)), "nvidia-231", Occupancy(0, 8), id="time-sliced, empty"),
        pytest.param(
            inv.host(inv.unseen(inv.gpu(VF, inv.T4, {"nvidia-223": 3}))),
            "nvidia-231",
            Occupancy(3, 5),
            id="instances unknown: the maximum less the figure",
        ),
        pytest.param(inv.host(inv.unseen(inv.gpu(VF, inv.T4))), "nvidia-231", Occupancy(0, 8), id="unknown and empty"),
        pytest.param(
            inv.host(inv.unseen(inv.gpu(VF, inv.T4, {"nvidia-231": 7}))),
            "nvidia-231",
            Occupancy(7, 1),
            id="instances unknown, nearly full",
        ),
        pytest.param(
            unseen_card(5, 4), "nvidia-560", Occupancy(5, 4), id="instances unknown, functions of a lost card"
        ),
        pytest.param(
            unseen_card(1, 1), "nvidia-560", Occupancy(1, 1), id="instances unknown, two functions of a lost card"
        ),
        pytest.param(
            unseen_card(0, 1, "0000:3b:00.0"), "nvidia-560", Occupancy(0, 1), id="instances unknown, the only function"
        ),
        pytest.param(
            inv.host(inv.unseen(inv.device(VF, {"i915-GVTg_V5_8": 2}))),
            "i915-GVTg_V5_8",
            Occupancy(None, 2),
            id="instances unknown and no maximum",
        ),
        pytest.param(
            inv.host(inv.unseen(inv.described(inv.device(VF, {"nvidia-231": None}), inv.T4))),
            "nvidia-231",
            Occupancy(None, 0),
            id="figure unknown",
        ),
        pytest.param(
            inv.host(inv.functions("0000:3b", 16, inv.A40, ALL_A40)),
            "nvidia-560",
            Occupancy(0, 12),
            id="functions: the card's maximum, not the sum",
        ),
        pytest.param(
            inv.host(inv.functions("0000:3b", 8, inv.A40, ALL_A40)),
            "nvidia-560",
            Occupancy(0, 8),
            id="functions: no more than there are",
        ),
        pytest.param(
            inv.host(inv.functions("0000:3b", 16, inv.A40, SIZE_4, ["nvidia-570"] * 5)),
            "nvidia-560",
            Occupancy(5, 7),
            id="functions: all of its size count",
        ),
        pytest.param(
            inv.host(inv.functions("0000:3b", 2, inv.A40, {}, ["nvidia-560"] * 2)),
            "nvidia-560",
            Occupancy(2, 0),
            id="functions: all taken",
        ),
        pytest.param(
            inv.host(inv.functions("0000:3b", 4, inv.A40, ALL_A40, ["nvidia-560"])),
            "nvidia-560",
            Occupancy(1, 1),
            id="functions: mixed sizes tell one",
        ),
        pytest.param(
            inv.host(inv.functions("0000:3b", 4, inv.A100_MIG, dict.fromkeys(inv.A100_MIG, 1))),
            "nvidia-474",
            Occupancy(0, 1),
            id="functions: MIG-backed tells one",
        ),
        pytest.param(
            inv.host(inv.functions("0000:3b", 16, inv.A40, SIZE_4, ["nvidia-560"] * 13)),
            "nvidia-560",
            Occupancy(13, 1),
            id="functions: beyond the maximum the kernel's word counts",
        ),
        pytest.param(
            inv.host([inv.device(a, {"x-1": 1}, physfn="0000:3b:00.0") for a in (VF, NEXT_VF)]),
            "x-1",
            Occupancy(0, 1),
            id="functions: without description one",
        ),
        pytest.param(
            inv.host([inv.device(a, {"x-1": n}, physfn="pf") for a, n in ((VF, 0), (NEXT_VF, 0))]),
            "x-1",
            Occupancy(0, 0),
            id="functions: nothing shown",
        ),
    ],
)
def test_occupancy(inventory: HostInventory, type_id: str, expected: Occupancy) -> None:
    """How many live on a card, and how many more of the type it takes."""
    assert expected == occupancy(inventory, inventory.parents[-1].address, type_id)
