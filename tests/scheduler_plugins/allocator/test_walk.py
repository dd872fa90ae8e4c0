"""The allocator's walk: one row per rule of VDSM's."""

from typing import Any

import pytest

from mdev_inventory.model import HostInventory, ParentDevice
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.walk import AllocatorDiesError, first_fit
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import A40_4Q, B2, Q2, Q4, A, B, C, a40, t4


def spoilt(parent: ParentDevice, type_id: str, *, figure: bool = False, instances: bool = False) -> ParentDevice:
    """The parent with that type's figure or folder of instances unreadable."""
    types = (
        t
        if t.id != type_id
        else t._replace(available=None if figure else t.available, instances=None if instances else t.instances)
        for t in parent.types or ()
    )
    return parent._replace(types=tuple(types))


def turned(parent: ParentDevice) -> ParentDevice:
    """The parent with its types in the opposite order."""
    return parent._replace(types=parent.types and parent.types[::-1])


NO_VENDOR = inv.mtty(24, 12)
FULL = t4(A, {Q2: 8})


def described(parent: ParentDevice, type_id: str, **texts: Any) -> ParentDevice:
    """The parent with other texts of that type."""
    types = (t._replace(**texts) if t.id == type_id else t for t in parent.types or ())
    return parent._replace(types=tuple(types))


CHOICES = [
    pytest.param(
        [described(t4(), Q4, name="GRID \ufffd")], Q2, False, A, id="another type's name is no text: it is not read"
    ),
    pytest.param([t4(B), t4()], Q2, False, A, id="first by name"),
    pytest.param([t4(), t4(B, {Q2: 7})], Q2, False, A, id="compact takes the first, not the fullest"),
    pytest.param([FULL, t4(B)], Q2, False, B, id="a full one is passed over"),
    pytest.param([t4(A, {Q4: 1}), t4(B)], Q2, False, B, id="another size holds the GPU"),
    pytest.param([t4(A, {Q2: 1}), t4(B)], B2, False, B, id="2B beside 2Q: the driver allows it, VDSM refuses"),
    pytest.param([t4(A, {Q2: 1})], B2, False, None, id="2B beside 2Q and nowhere else"),
    pytest.param([t4(A, {Q2: 1, B2: 1})], Q2, False, None, id="its own instance does not outweigh another's"),
    pytest.param([inv.device(A, {"x-1": 3, "x-2": 1}, {"x-1": 1})], "x-2", False, A, id="other vendors' types mix"),
    pytest.param([t4(A, {Q2: 1}), t4(B)], Q2, True, B, id="separate wants a parent without the type"),
    pytest.param([t4(A, {Q2: 1}), t4(B, {Q2: 5})], Q2, True, A, id="separate falls back to the first that fits"),
    pytest.param([FULL, t4(B, {Q2: 1})], Q2, True, B, id="the fallback passes full ones over"),
    pytest.param([FULL, t4(B, {Q2: 8})], Q2, True, None, id="separate finds nothing twice"),
    pytest.param(
        [inv.device(A, {"x-1": 1, "x-2": 1}, {"x-1": 1})], "x-2", True, A, id="separate looks at the same type only"
    ),
    pytest.param([inv.device(A, {"x-1": 0}), inv.device(B, {"x-1": 1})], "x-1", False, B, id="0 is none"),
    pytest.param([inv.device(A, {"x-1": -1})], "x-1", False, None, id="a negative figure is a plain no"),
    pytest.param([inv.device(A, {}), inv.device(B, {"x-1": 1})], "x-1", False, B, id="no types: passed over"),
    pytest.param([inv.device(A, {"x-1": 1})], "x-2", False, None, id="type not offered"),
    pytest.param([], "x-1", False, None, id="no parents"),
    pytest.param([t4(), NO_VENDOR], Q2, False, A, id="what comes later is never reached"),
    pytest.param([spoilt(t4(), Q4, figure=True)], Q2, False, A, id="another type's figure is not read"),
    pytest.param(
        [spoilt(inv.device(A, {"x-1": 1, "x-2": 1}), "x-2", instances=True)],
        "x-1",
        False,
        A,
        id="other vendors' instances are not looked at",
    ),
    pytest.param([spoilt(t4(), Q2, instances=True)], Q2, False, A, id="compact does not look at its own instances"),
    pytest.param(
        [spoilt(t4(A, {Q2: 1}), Q2, figure=True), t4(B)],
        Q2,
        True,
        B,
        id="separate does not read the figure where the type lives",
    ),
]

DEATHS = [
    pytest.param([NO_VENDOR, FULL], Q2, False, "it cannot read the vendor of mtty", id="no vendor in the walk's way"),
    pytest.param(
        [inv.device("0.0.fffe", {"vfio_ccw-io": 1}, vendor=None), t4()],
        Q2,
        False,
        "it cannot read the vendor of 0.0.fffe",
        id="s390 subchannels sort before PCI",
    ),
    pytest.param(
        [NO_VENDOR, t4(A, {Q2: 1})],
        Q2,
        True,
        "it cannot read the vendor of mtty",
        id="the separate walk dies, there is no fallback",
    ),
    pytest.param(
        [FULL, t4(B)._replace(types=None), t4(C)],
        Q2,
        False,
        f"it cannot list the types of {B}",
        id="types cannot be listed",
    ),
    pytest.param(
        [spoilt(t4(), Q2, figure=True), t4(B)],
        Q2,
        False,
        f"{A} has no readable figure for {Q2}",
        id="bad figure, though a later parent is free",
    ),
    *(
        pytest.param(
            [described(t4(), Q2, **{text: "GRID \ufffd"}), t4(B)],
            Q2,
            False,
            f"{A} has bytes that are no UTF-8 in the files of {Q2}",
            id=f"{text} is no text",
        )
        for text in ("name", "description", "device_api")
    ),
    pytest.param(
        [spoilt(t4(A, {Q4: 1}), Q2, figure=True), t4(B)],
        Q2,
        False,
        f"{A} has no readable figure for {Q2}",
        id="bad figure beside another type: directory order decides",
    ),
    pytest.param(
        [spoilt(t4(), Q4, instances=True), t4(B)],
        Q2,
        False,
        f"it cannot list the instances of {Q4} on {A}",
        id="another type's instances unreadable on NVIDIA",
    ),
    pytest.param(
        [spoilt(t4(), Q4, instances=True)],
        "nvidia-9",
        False,
        f"it cannot list the instances of {Q4} on {A}",
        id="also where the type is not offered",
    ),
    pytest.param(
        [spoilt(t4(), Q2, instances=True)],
        Q2,
        True,
        f"it cannot list the instances of {Q2} on {A}",
        id="separate looks at its own instances",
    ),
]


@pytest.mark.parametrize("turn", [False, True], ids=["listed", "turned"])
@pytest.mark.parametrize(("parents", "type_id", "separate", "expected"), CHOICES)
def test_choice(parents: list[ParentDevice], type_id: str, separate: bool, expected: str | None, turn: bool) -> None:
    """The walk takes the first parent by name that suits, whatever the order of its types."""
    listed = tuple(turned(p) if turn else p for p in parents)

    found = first_fit(HostInventory(listed), Source.HOOK, type_id, separate)

    assert expected == (found and found.address)


@pytest.mark.parametrize("turn", [False, True], ids=["listed", "turned"])
@pytest.mark.parametrize(("parents", "type_id", "separate", "why"), DEATHS)
def test_death(parents: list[ParentDevice], type_id: str, separate: bool, why: str, turn: bool) -> None:
    """Where the walk reaches what it cannot judge, it ends, whatever the order of the types."""
    listed = tuple(turned(p) if turn else p for p in parents)

    with pytest.raises(AllocatorDiesError) as caught:
        first_fit(HostInventory(listed), Source.HOOK, type_id, separate)

    assert why == str(caught.value)


@pytest.mark.parametrize("source", [Source.VDSM, Source.ENGINE])
@pytest.mark.parametrize(
    ("parents", "type_id", "separate", "expected"),
    [
        pytest.param([t4(A, {B2: 1})], Q2, False, A, id="instances unknown: the kernel's figure decides"),
        pytest.param([t4(A, {Q4: 1}), t4(B)], Q2, False, B, id="another size holds the GPU"),
        pytest.param([t4(A, {Q2: 1}), t4(B)], Q2, True, B, id="separate: below its maximum, so it is there"),
        pytest.param([t4(A, {Q2: 7}), t4(B)], Q2, True, B, id="separate: nearly full, so it is there"),
        pytest.param([t4(A, {Q2: 1}), t4(B, {Q2: 1})], Q2, True, A, id="separate falls back"),
        pytest.param([inv.device(A, {"x-1": 1}), inv.device(B, {"x-1": 2})], "x-1", True, A, id="no maximum"),
        pytest.param([t4()._replace(vendor=None)], Q2, False, A, id="no vendor: not told, not missing"),
        pytest.param(a40(2, A40_4Q), A40_4Q, True, "0000:3b:00.5", id="separate: a function that shows one is empty"),
    ],
)
def test_poorer_sources(
    parents: list[ParentDevice], type_id: str, separate: bool, expected: str, source: Source
) -> None:
    """What a source without instances cannot tell is assumed, within the kernel's figure."""
    found = first_fit(inv.host([inv.unseen(p, p.physfn) for p in parents]), source, type_id, separate)

    assert expected == (found and found.address)


@pytest.mark.parametrize(
    ("parent", "why"),
    [
        pytest.param(spoilt(t4(), Q2, figure=True), f"{A} has no readable figure for {Q2}", id="no figure"),
        pytest.param(t4()._replace(types=None), f"it cannot list the types of {A}", id="no types"),
    ],
)
@pytest.mark.parametrize("separate", [False, True])
def test_poorer_sources_that_know_less(parent: ParentDevice, why: str, separate: bool) -> None:
    """What the engine shows as unknown ends the walk as it would on the host."""
    with pytest.raises(AllocatorDiesError) as caught:
        first_fit(inv.host(inv.unseen(parent), t4(B)), Source.ENGINE, Q2, separate)

    assert why == str(caught.value)


def test_what_the_replay_created_is_known_to_poorer_sources() -> None:
    """An instance of the same request holds the GPU even where others are unknown, vendor told or not."""
    grown = inv.unseen(t4())._replace(vendor=None)
    types = (t._replace(instances=("planned",)) if t.id == B2 else t for t in grown.types or ())

    assert first_fit(inv.host(grown._replace(types=tuple(types))), Source.ENGINE, Q2, False) is None
