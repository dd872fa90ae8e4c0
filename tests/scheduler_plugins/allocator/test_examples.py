"""The examples that the design is measured by, one row each, on simulated hosts with real devices' figures.

Every verdict is held against what the simulated host then does.
"""

from collections.abc import Sequence
from typing import NamedTuple

import pytest

from mdev_inventory.engine.model import MediatedDevice
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.placement import Placement, free_instances, place
from scheduler_plugins.allocator.refusals import Refusal
from scheduler_plugins.allocator.request import Request, from_devices
from simulation.kernel import Bus
from simulation.kernel.boards import Board, build_bus
from simulation.kernel.inventory import inventory_of
from tests.scheduler_plugins.allocator.exactness.truth import create, creates
from tests.scheduler_plugins.inventories import A40_4Q, B2, Q2, Q16
from tests.simulation.kernel.filling import fill

A, B = "0000:3b:00.0", "0000:5b:00.0"
L40S_6Q, MIG_1_5C = "nvidia-1151", "nvidia-474"


class Host(NamedTuple):
    """A host with those boards, and what lives on them."""

    boards: Sequence[Board]
    living: Sequence[tuple[str, str]]
    """Parent and type of each instance."""

    def bus(self) -> Bus:
        """Its mdev bus, a new one each time."""
        bus = build_bus(self.boards)
        for parent, type_id in self.living:
            fill(bus, parent, type_id)
        return bus


def host(*boards: Board, living: Sequence[tuple[str, str]] = ()) -> Host:
    """A host with those boards, and what lives on them: (parent, type)."""
    return Host(boards, living)


T4 = Board("tesla-t4", A)
OTHER_T4 = Board("tesla-t4", B)
SUBCHANNEL = Board("vfio-ccw", "0.0.fffe")
"""Of an s390 host: it has no vendor, and the walk reaches it first."""


@pytest.mark.parametrize(
    ("host_", "request_", "separate", "parents"),
    [
        pytest.param(host(T4, OTHER_T4), (Q2, Q2), True, [A, B], id="separate placement on two cards"),
        pytest.param(host(T4), (Q2, Q2), True, [A, A], id="separate placement on one card"),
    ],
)
def test_lands(host_: Host, request_: tuple[str, ...], separate: bool, parents: list[str]) -> None:
    """Each instance lands where the host then creates it."""
    bus = host_.bus()
    found = place(inventory_of(bus), Source.HOOK, Request(request_), separate)

    assert isinstance(found, Placement)
    assert parents == [slot.parent for slot in found.slots]
    assert create(bus, request_, separate) == found.slots


@pytest.mark.parametrize(
    ("host_", "request_", "expected"),
    [
        pytest.param(
            host(T4, living=[(A, Q2)] * 7),
            (Q2, Q2),
            "no-free-instance: has 1 of nvidia-231, needs 2;"
            " none left on 0000:3b:00.0 (8 x nvidia-231, 1 of them the VM's own)",
            id="two instances on the last free one",
        ),
        pytest.param(
            host(T4, living=[(A, Q2)]),
            (B2,),
            "held-by-other-type: has 0 of nvidia-223, needs 1; held by another type: 0000:3b:00.0 by nvidia-231",
            id="2B beside 2Q",
        ),
        pytest.param(
            host(Board("a100-40", A, vfs=4)),
            (MIG_1_5C,),
            "no-free-instance: has 0 of nvidia-474, needs 1;"
            " none left on 0000:3b:00.4, 0000:3b:00.5, 0000:3b:00.6, 0000:3b:00.7",
            id="MIG types at 0",
        ),
        pytest.param(
            host(SUBCHANNEL, T4),
            (Q2,),
            "allocator-fails: the host's allocator fails on its way to nvidia-231:"
            " it cannot read the vendor of 0.0.fffe",
            id="a parent without vendor in the walk's way",
        ),
    ],
)
def test_refuses(host_: Host, request_: tuple[str, ...], expected: str) -> None:
    """The refusal says why, and the host then refuses indeed."""
    bus = host_.bus()
    found = place(inventory_of(bus), Source.HOOK, Request(request_), separate=False)

    assert isinstance(found, Refusal)
    assert expected == f"{found.code}: {found.text}"
    assert create(bus, request_, separate=False) is None


def test_driver_allows_what_vdsm_refuses() -> None:
    """2B beside 2Q: the driver shows seven left of either, the refusal above is VDSM's own."""
    bus = host(T4, living=[(A, Q2)]).bus()

    assert (bus.available(A, Q2), bus.available(A, B2)) == ("7", "7")


@pytest.mark.parametrize("separate", [False, True], ids=["compact", "separate"])
@pytest.mark.parametrize(
    ("board", "type_id", "holds", "sums"),
    [
        pytest.param(Board("a40", A, vfs=16), A40_4Q, 12, 16, id="A40 with 16 functions"),
        pytest.param(Board("a40", A, vfs=8), A40_4Q, 8, 8, id="A40 with 8 functions"),
        pytest.param(Board("l40s", A), L40S_6Q, 8, 32, id="L40S, 6 GB profile"),
    ],
)
def test_card_and_sum(board: Board, type_id: str, holds: int, sums: int, separate: bool) -> None:
    """What counts is what the card holds, not the sum over its functions."""
    bus = host(board).bus()

    assert sums == sum(int(bus.available(p, type_id)) for p in bus.parents())
    assert holds == free_instances(inventory_of(bus), Source.HOOK, type_id, separate)
    assert holds == creates(bus, type_id, separate)


@pytest.mark.parametrize(
    ("ids", "fits"),
    [pytest.param(("0a", "f0"), True, id="large first"), pytest.param(("f0", "0a"), False, id="small first")],
)
def test_vgpu_order_by_device_id(ids: tuple[str, str], fits: bool) -> None:
    """On 4.5 the host gets the devices in the order of their ids: a small one may take a large one's GPU."""
    large, small = (MediatedDevice(i, {"mdevType": t}) for i, t in zip(ids, (Q16, Q2), strict=True))
    asked = from_devices([small, large])
    bus = host(T4, OTHER_T4, living=[(B, Q2)]).bus()

    assert fits == isinstance(place(inventory_of(bus), Source.HOOK, asked, separate=False), Placement)
    assert fits == (create(bus, asked.types, separate=False) is not None)
