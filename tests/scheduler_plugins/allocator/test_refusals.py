"""Why a host refuses: one row per reason, and which comes first where several hold."""

import pytest

from mdev_inventory.model import NVIDIA, BareCard, HostInventory, ReadError
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.placement import place
from scheduler_plugins.allocator.refusals import Refusal
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import A40_1Q, A40_4Q, B2, Q2, Q4, Q16, A, B, C, a40, t4

REFUSALS = [
    pytest.param(
        inv.host(t4(A, {Q4: 1}), t4(B, {Q2: 8})),
        [Q2],
        "no-free-instance: has 0 of nvidia-231, needs 1;"
        " none left on 0000:3b:00.0 (1 x nvidia-232), 0000:3c:00.0 (8 x nvidia-231)",
        id="none free",
    ),
    pytest.param(
        inv.host(t4(A, {Q2: 3, B2: 1}), t4(B, {Q4: 4})),
        [Q2],
        "held-by-other-type: has 0 of nvidia-231, needs 1; held by another type: 0000:3b:00.0 by nvidia-223",
        id="held, and the other one full",
    ),
    pytest.param(
        inv.host(t4()),
        [Q2, B2],
        "held-by-other-type: has 0 of nvidia-223 beside the VM's own nvidia-231, needs 1;"
        " held by another type: 0000:3b:00.0 by nvidia-231",
        id="held by the VM's own instance",
    ),
    pytest.param(
        inv.host(t4(A, {B2: 8}), t4(B), t4(C)),
        [Q4, Q16, Q2],
        "no-free-instance: has 0 of nvidia-231 beside the VM's own nvidia-232, nvidia-234, needs 1;"
        " none left on 0000:3b:00.0 (8 x nvidia-223), 0000:3c:00.0 (1 x nvidia-232, the VM's own),"
        " 0000:3d:00.0 (1 x nvidia-234, the VM's own)",
        id="two others of the VM's own",
    ),
    pytest.param(
        inv.host(inv.gpu(A, inv.A40, {"nvidia-556": 2, "nvidia-558": 1})),
        [A40_1Q],
        "no-free-instance: has 0 of nvidia-557, needs 1; none left on 0000:3b:00.0 (2 x nvidia-556, 1 x nvidia-558)",
        id="two types side by side",
    ),
    pytest.param(
        inv.host(
            inv.gpu(
                A, inv.A40 | {"nvidia-568": inv.Size("NVIDIA A40-2A", 2048, 24)}, {"nvidia-556": 2, "nvidia-558": 1}
            )
        ),
        ["nvidia-568"],
        "held-by-other-type: has 0 of nvidia-568, needs 1;"
        " held by another type: 0000:3b:00.0 by nvidia-556, nvidia-558",
        id="held by two types",
    ),
    pytest.param(
        inv.host(t4()),
        [Q2, Q16],
        "no-free-instance: has 0 of nvidia-234 beside the VM's own nvidia-231, needs 1;"
        " none left on 0000:3b:00.0 (1 x nvidia-231, the VM's own)",
        id="the small one takes the large one's place",
    ),
    pytest.param(
        inv.host(t4(A, {Q16: 0, Q4: 3})),
        [Q4, Q4],
        "no-free-instance: has 1 of nvidia-232, needs 2;"
        " none left on 0000:3b:00.0 (4 x nvidia-232, 1 of them the VM's own)",
        id="one beside others of its type",
    ),
    pytest.param(
        inv.host(a40(16, *[A40_4Q] * 11)),
        [A40_4Q, A40_4Q],
        "no-free-instance: has 1 of nvidia-560, needs 2;"
        " none left on 0000:3b:00.4 (1 x nvidia-560), 0000:3b:00.5 (1 x nvidia-560),"
        " 0000:3b:00.6 (1 x nvidia-560), 0000:3b:00.7 (1 x nvidia-560), and 12 more",
        id="two on a card with five free functions and one place",
    ),
    pytest.param(
        inv.host(t4(), t4(B)),
        ["nvidia-9"],
        "no-such-type: none of the host's 2 parents offers nvidia-9",
        id="type not there",
    ),
    pytest.param(
        inv.host(t4(), inv.mtty(24, 12)),
        [Q2, ""],
        "no-such-type: none of the host's 2 parents offers ''; this entry is empty: take out the comma too many,"
        " or the mediated device without a type",
        id="the type comes before the allocator's death",
    ),
    pytest.param(
        inv.host(), [Q2], "no-such-type: the host has no mediated device parents, so no nvidia-231", id="no bus"
    ),
    pytest.param(
        HostInventory(errors=(ReadError("/sys/class/mdev_bus", "EACCES"), ReadError("/sys/x", "EIO"))),
        [Q2],
        "no-such-type: the host has no mediated device parents, so no nvidia-231;"
        " /sys/class/mdev_bus could not be read: EACCES",
        id="unreadable bus",
    ),
    pytest.param(
        inv.host(inv.device(A, {Q2: 0, B2: 0}), t4(B, {Q2: 8})),
        [Q2],
        "no-free-instance: has 0 of nvidia-231, needs 1; none left on 0000:3b:00.0, 0000:3c:00.0 (8 x nvidia-231);"
        " not ready: card 0000:3b:00.0 offers nothing although nothing lives there",
        id="one is full and one not ready",
    ),
    pytest.param(
        HostInventory(bare_cards=(BareCard(A, NVIDIA, driver="vfio-pci"), BareCard(B, NVIDIA, driver="vfio-pci"))),
        [Q2],
        "no-such-type: the host has no mediated device parents, so no nvidia-231; card 0000:3b:00.0, 0000:3c:00.0:"
        " bound to vfio-pci: reserved to be passed through as a whole",
        id="cards that carry none",
    ),
    pytest.param(
        HostInventory((t4(),), bare_cards=(BareCard(B, NVIDIA, driver="nvidia", functions=4, vfio_functions=4),)),
        ["nvidia-9"],
        "no-such-type: none of the host's 1 parents offers nvidia-9; card 0000:3c:00.0: vendor VFIO: 4 virtual"
        " functions, 0 of them typed, and no mdev types; neither oVirt nor this product can schedule these",
        id="one card of two carries none",
    ),
    pytest.param(
        inv.host(inv.mtty(24, 12)),
        ["mtty-1"],
        "allocator-fails: the host's allocator fails on its way to mtty-1: it cannot read the vendor of mtty",
        id="a free one behind a parent without vendor",
    ),
    pytest.param(
        inv.host(inv.mtty(24, 12), t4(A, {Q2: 8})),
        [Q2],
        "no-free-instance: has 0 of nvidia-231, needs 1; none left on 0000:3b:00.0 (8 x nvidia-231)",
        id="nothing free comes before the allocator's death",
    ),
    pytest.param(
        inv.host(inv.mtty(24, 12), t4(A, {Q2: 7})),
        [B2],
        "held-by-other-type: has 0 of nvidia-223, needs 1; held by another type: 0000:3b:00.0 by nvidia-231",
        id="another type comes before the allocator's death",
    ),
    pytest.param(
        inv.host(t4(A, {Q2: 8}), inv.mtty(24, 12), inv.device("n", {Q2: 2})),
        [Q2],
        "allocator-fails: the host's allocator fails on its way to nvidia-231: it cannot read the vendor of mtty",
        id="what is free is out of reach",
    ),
    pytest.param(
        inv.host(inv.device(A, {"x-1": None}), inv.device(B, {"x-1": 0})),
        ["x-1"],
        "allocator-fails: the host's allocator fails on its way to x-1: 0000:3b:00.0 has no readable figure for x-1",
        id="an unknown figure is not 0",
    ),
    pytest.param(
        inv.host(t4(A, {B2: 1}), inv.device(B, {Q2: None})),
        [Q2],
        "allocator-fails: the host's allocator fails on its way to nvidia-231:"
        " 0000:3c:00.0 has no readable figure for nvidia-231",
        id="an unknown figure beside held ones",
    ),
    pytest.param(
        inv.host(t4()._replace(types=None)),
        [Q2],
        "allocator-fails: the host's allocator fails on its way to nvidia-231:"
        " it cannot list the types of 0000:3b:00.0",
        id="unlisted types may be the wanted one",
    ),
]


@pytest.mark.parametrize(("inventory", "types", "expected"), REFUSALS)
def test_refusal(inventory: HostInventory, types: list[str], expected: str) -> None:
    """A refusal names the first reason that holds, with parent, type and figures."""
    found = place(inventory, Source.HOOK, inv.request(*types), separate=False)

    assert isinstance(found, Refusal)
    assert expected == f"{found.code}: {found.text}"
