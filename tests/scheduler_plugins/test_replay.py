"""Several creations where figures hide something: what the host may have done otherwise is not counted on."""

import pytest

from mdev_inventory.model import HostInventory, ParentDevice
from mdev_inventory.observation import Source
from scheduler_plugins.placement import Placement, free_instances, place
from scheduler_plugins.replay import Replayed
from tests.scheduler_plugins import inventories as inv

A, B, C = "0000:3b:00.0", "0000:3c:00.0", "0000:3d:00.0"
ONE, TWO = "toy-1", "toy-2"
Q1, Q4, A4 = "nvidia-557", "nvidia-560", "nvidia-570"


def toy(address: str, **figures: int) -> ParentDevice:
    """A device of an unknown driver."""
    return inv.device(address, {name.replace("_", "-"): figure for name, figure in figures.items()})


def mixed_a40(bus: str, count: int) -> list[ParentDevice]:
    """An A40 in mixed-size mode: a 1Q lives, and all other sizes are shown."""
    return inv.functions(bus, count, inv.A40, dict.fromkeys(inv.A40, 1), [Q1])


def slots(inventory: HostInventory, *types: str, separate: bool = False) -> list[str] | None:
    """The parents that the instances land on; None for a refusal."""
    found = place(inventory, Source.HOOK, inv.request(*types), separate)
    return [slot.parent for slot in found.slots] if isinstance(found, Placement) else None


@pytest.mark.parametrize(
    ("types", "parents"),
    [
        pytest.param([TWO, ONE], [A, B], id="what was passed over may hold the last one"),
        pytest.param([TWO, ONE, ONE], [A, B, B], id="its own type goes on beside it"),
        pytest.param([TWO, ONE, TWO], None, id="its place is not counted on"),
        pytest.param([TWO, TWO, ONE], [A, A, B], id="what was there before stays"),
    ],
)
def test_unknown_driver(types: list[str], parents: list[str] | None) -> None:
    """Whether another type can live beside the first is not known: it may be on either device."""
    assert parents == slots(inv.host(toy(A, toy_1=2, toy_2=2), toy(B, toy_1=2)), *types)


def test_neither_place_is_counted_on() -> None:
    """What lands behind a doubtful device is not taken off what may be there: that is doubtful then too."""
    host = inv.host(toy(A, toy_1=2, toy_2=2), toy(B, toy_1=1, toy_3=1), toy(C, toy_1=1, toy_3=1))

    assert [A, B, C] == slots(host, TWO, ONE, "toy-3")
    assert slots(host, TWO, ONE, "toy-3", "toy-3") is None


def test_one_type_after_the_other_card() -> None:
    """One type again and again fills every card, as the count of free instances says."""
    host = inv.host(mixed_a40("0000:3b", 4), inv.functions("0000:5b", 16, inv.A40, {Q4: 1, A4: 1}))
    free = free_instances(host, Source.HOOK, Q4, separate=False)

    assert free == 1 + 12
    assert slots(host, *[Q4] * free) is not None
    assert slots(host, *[Q4] * (free + 1)) is None


@pytest.mark.parametrize(
    ("separate", "parents"), [(False, [A, A, B]), (True, [A, B, A])], ids=["compact", "separate"]
)
def test_fallback_of_separate_placement(separate: bool, parents: list[str]) -> None:
    """The second walk of separate placement is followed too."""
    host = inv.host(toy(A, toy_1=2), toy(B, toy_1=1))

    assert parents == slots(host, ONE, ONE, ONE, separate=separate)


def test_first_walk_may_find_what_the_second_took() -> None:
    """Separately placed: where the first walk may have found a place anywhere, that card is closed."""
    host = inv.host(toy(A, toy_1=3), toy(B, toy_1=1, toy_2=1))

    assert [B, A, A] == slots(host, TWO, ONE, ONE, separate=True)
    assert slots(host, TWO, ONE, ONE, TWO, separate=True) is None


def test_exact_cards_have_one_inventory() -> None:
    """Where the figures tell all, least and most are the same."""
    after = place(inv.host(inv.gpu(A, inv.T4)), Source.HOOK, inv.request("nvidia-231"), separate=False)

    assert isinstance(after, Placement)
    assert isinstance(after.after, Replayed)
    assert after.after is after.after.upper


def test_most_and_least() -> None:
    """Of an unknown driver the most is what was there, with the instance on it."""
    found = place(inv.host(toy(A, toy_1=2, toy_2=2)), Source.HOOK, inv.request(TWO), separate=False)

    assert isinstance(found, Placement)
    assert isinstance(found.after, Replayed)
    assert {ONE: 0, TWO: 1} == inv.figures_of(found.after, A)
    assert {ONE: 2, TWO: 2} == inv.figures_of(found.after.upper, A)


def test_doubt_goes_on_to_the_next_request() -> None:
    """A placement on what another one leaves knows what the host may have done for that."""
    host = inv.host(toy(A, toy_1=2, toy_2=2), toy(B, toy_1=2))
    found = place(host, Source.HOOK, inv.request(TWO, ONE), separate=False)

    assert isinstance(found, Placement)
    assert slots(found.after, TWO) is None
