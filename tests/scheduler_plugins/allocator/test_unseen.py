"""Hosts that show no instances: which types may live on a parent, and what is promised there."""

from collections.abc import Sequence

import pytest

from mdev_inventory.model import HostInventory, ParentDevice
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.doubts import UNSEEN_CARD, UNSEEN_TYPES, doubts
from scheduler_plugins.allocator.placement import Placement, free_instances, place
from scheduler_plugins.allocator.refusals import Refusal, RefusalCode
from scheduler_plugins.allocator.unseen import NO_VM, with_unseen
from scheduler_plugins.allocator.walk import may_take
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import A40_4A, A40_4Q, B2, Q1, Q2, Q4, Q16, A, B, a40, t4

VDSM, ENGINE = Source.VDSM, Source.ENGINE


def unseen(*parents: ParentDevice) -> HostInventory:
    """A host of these, without their instances."""
    return inv.host([inv.unseen(parent)._replace(physfn=parent.physfn) for parent in parents])


def without_descriptions(parent: ParentDevice) -> ParentDevice:
    """As VDSM of 4.2 and 4.3 lists it."""
    return parent._replace(types=tuple(t._replace(description="") for t in parent.types or ()))


@pytest.mark.parametrize(
    ("parent", "alive", "expected"),
    [
        pytest.param(t4(), [], (), id="empty, and no VM"),
        pytest.param(t4(), [B2], (), id="empty by its figure, whatever lives elsewhere"),
        pytest.param(t4(A, {B2: 1}), [B2], (B2,), id="part full: what lives there is of the size that it shows"),
        pytest.param(t4(A, {B2: 1}), [B2, Q4, Q1], (B2,), id="other sizes live elsewhere"),
        pytest.param(t4(A, {B2: 1}), [B2, Q2], (B2, Q2), id="two of one size: either"),
        pytest.param(t4(A, {B2: 1}), [B2, "nvidia-9"], (B2,), id="a type that it does not offer lives elsewhere"),
        pytest.param(t4(A, {B2: 2}), [B2], (B2, NO_VM), id="more than the VMs have: something is no VM's"),
        pytest.param(t4(A, {B2: 1}), [], (NO_VM,), id="and nothing is the VMs'"),
        pytest.param(without_descriptions(t4()), [B2, Q4], (B2, Q4), id="without descriptions it is not known empty"),
    ],
)
def test_what_may_live_on_a_gpu(parent: ParentDevice, alive: Sequence[str], expected: tuple[str, ...]) -> None:
    """By its figures and the VMs there, a GPU may hold these types and no others."""
    (found,) = with_unseen(unseen(parent), VDSM, alive).parents

    assert set(expected) == set(found.may_hold or ())


def test_what_may_live_where_nothing_is_known() -> None:
    """The hook shows all instances, and of VMs that are not known nothing follows."""
    host = unseen(t4(A, {B2: 1}))

    assert host == with_unseen(host, Source.HOOK, [B2]) == with_unseen(host, VDSM, None)


def test_a_function_that_shows_a_type_is_empty() -> None:
    """A virtual function holds one instance: one that shows any type left holds none."""
    found = with_unseen(unseen(*a40(4, A40_4Q)), VDSM, [A40_4Q])

    assert [(), (), ()] == [p.may_hold for p in found.parents if any(t.available for t in p.types or ())]


def test_the_engines_copy_proves_nothing() -> None:
    """The engine's copy may be older than what is known of the VMs: a card that it shows empty may not be."""
    (found,) = with_unseen(unseen(t4()), ENGINE, [B2, "nvidia-9"]).parents

    assert (B2,) == found.may_hold


@pytest.mark.parametrize(
    ("parents", "alive", "wanted", "fits"),
    [
        pytest.param([t4(A, {B2: 1})], [B2], [Q2], False, id="one of the same size alive: VDSM refuses"),
        pytest.param([t4(A, {B2: 1})], [B2], [B2], True, id="the same type"),
        pytest.param([t4(A, {B2: 1})], None, [Q2], True, id="nobody knows the VMs: the figure alone"),
        pytest.param([t4(A, {B2: 1}), t4(B)], [B2], [Q2], True, id="another card is empty"),
        pytest.param([t4(A, {B2: 1}), t4(B)], [B2], [Q2, Q2], True, id="also for two"),
        pytest.param([t4(A, {B2: 1}), t4(B)], [B2], [Q2, Q4], False, id="one card is not enough for two sizes"),
        pytest.param([t4(A, {B2: 1}), t4(B, {Q2: 1})], [B2, Q2], [Q2], False, id="one of two: nobody knows which"),
        pytest.param([t4(A, {B2: 1}), t4(B)], [B2], [Q2, Q16], False, id="greedy: the first takes the empty card"),
        pytest.param(a40(4, A40_4Q), [A40_4Q], [A40_4A], True, id="functions: each is a parent of its own"),
    ],
)
@pytest.mark.parametrize("separate", [False, True])
def test_what_is_promised(
    parents: list[ParentDevice], alive: Sequence[str] | None, wanted: list[str], fits: bool, separate: bool
) -> None:
    """Only what is certain is promised where the VMs are known."""
    found = place(with_unseen(unseen(*parents), VDSM, alive), VDSM, inv.request(*wanted), separate)

    assert fits is isinstance(found, Placement)


def test_the_refusal_says_that_it_is_not_certain() -> None:
    """A refusal for want of certainty names the card, the types that may be there, and why nobody knows."""
    found = place(with_unseen(unseen(t4(A, {B2: 1})), VDSM, [B2]), VDSM, inv.request(Q2), False)

    assert isinstance(found, Refusal)
    assert RefusalCode.HELD_BY_OTHER_TYPE is found.code
    assert found.text == (
        f"has 0 of {Q2}, needs 1; held by another type: {A} perhaps by {B2}, of VMs there"
        " (the host does not show which card has which type)"
    )


def test_free_is_what_is_certain() -> None:
    """The count of free instances is that of the cards on which they certainly start."""
    host = with_unseen(unseen(t4(A, {B2: 1}), t4(B)), VDSM, [B2])

    assert (8, 15) == (free_instances(host, VDSM, Q2, False), free_instances(host, VDSM, B2, False))


@pytest.mark.parametrize(
    ("alive", "wanted", "separate", "expected"),
    [
        pytest.param([B2, Q2], Q2, False, [A, B, "0000:3d:00.0"], id="up to the first that is certain"),
        pytest.param([B2, B2], B2, False, [A], id="the first is certain"),
        pytest.param([B2, B2], B2, True, [A, B, "0000:3d:00.0"], id="separate: whether it holds one is not known"),
    ],
)
def test_where_the_host_may_put_it(alive: Sequence[str], wanted: str, separate: bool, expected: list[str]) -> None:
    """Not to know which types live where is not to know which card the host takes."""
    host = with_unseen(unseen(t4(A, {B2: 1}), t4(B, {B2: 1}), t4("0000:3d:00.0")), VDSM, alive)

    assert expected == [parent.address for parent in may_take(host, VDSM, wanted, separate)]


@pytest.mark.parametrize(
    ("alive", "expected"),
    [
        pytest.param(None, [UNSEEN_TYPES], id="the VMs are not known"),
        pytest.param([B2, B2], [], id="nothing else lives there"),
        pytest.param([B2, B2, Q2], [UNSEEN_CARD], id="the one or the other card"),
    ],
)
def test_doubts(alive: Sequence[str] | None, expected: list[str]) -> None:
    """A verdict that says yes tells what it does not know."""
    host = with_unseen(unseen(t4(A, {B2: 2}), t4(B)), VDSM, alive)
    found = place(host, VDSM, inv.request(B2), False)

    assert isinstance(found, Placement)
    assert expected == list(doubts(found))
