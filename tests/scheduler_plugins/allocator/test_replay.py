"""Several creations where figures hide something: what the host may have done otherwise is not counted on."""

import pytest

from mdev_inventory.model import HostInventory, ParentDevice
from mdev_inventory.observation import Source
from scheduler_plugins.allocator.placement import Placement, free_instances, place
from scheduler_plugins.allocator.replay import Replayed
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import A40_1Q, A40_4Q, ALL_A40, ONLY_4, Q2, A, B, C, a40, t4

ONE, TWO, THREE = "toy-1", "toy-2", "toy-3"


def toy(address: str, **figures: int) -> ParentDevice:
    """A device of an unknown driver."""
    return inv.device(address, {name.replace("_", "-"): figure for name, figure in figures.items()})


def holding(parent: ParentDevice, type_id: str) -> ParentDevice:
    """The parent with an instance of that type, and its figures as they are."""
    types = (t._replace(instances=("u",)) if t.id == type_id else t for t in parent.types or ())
    return parent._replace(types=tuple(types))


def mixed_a40(bus: str, count: int) -> list[ParentDevice]:
    """An A40 in mixed-size mode: a 1Q lives, and all other sizes are shown."""
    return inv.functions(bus, count, inv.A40, ALL_A40, [A40_1Q])


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
    """On a device of an unknown driver it is not counted on that a second type can live beside the first."""
    assert parents == slots(inv.host(toy(A, toy_1=2, toy_2=2), toy(B, toy_1=2)), *types)


def test_neither_place_is_counted_on() -> None:
    """What may lie on either of two devices makes both of them doubtful."""
    inventory = inv.host(toy(A, toy_1=2, toy_2=2), toy(B, toy_1=1, toy_3=1), toy(C, toy_1=1, toy_3=1))

    assert [A, B, C] == slots(inventory, TWO, ONE, "toy-3")
    assert slots(inventory, TWO, ONE, "toy-3", "toy-3") is None


def test_one_type_after_the_other_card() -> None:
    """One type again and again fills card after card, as the count of free instances says."""
    inventory = inv.host(mixed_a40("0000:3b", 4), inv.functions("0000:5b", 16, inv.A40, ONLY_4))
    free = free_instances(inventory, Source.HOOK, A40_4Q, separate=False)

    assert free == 1 + 12
    assert slots(inventory, *[A40_4Q] * free) is not None
    assert slots(inventory, *[A40_4Q] * (free + 1)) is None


@pytest.mark.parametrize(("separate", "parents"), [(False, [A, A, B]), (True, [A, B, A])], ids=["compact", "separate"])
def test_fallback_of_separate_placement(separate: bool, parents: list[str]) -> None:
    """Where separate placement finds no card without the type, the replay walks twice, as VDSM does."""
    inventory = inv.host(toy(A, toy_1=2), toy(B, toy_1=1))

    assert parents == slots(inventory, ONE, ONE, ONE, separate=separate)


POOL = inv.device(C, {ONE: 1, TWO: 4, THREE: 0}, {THREE: 1})
"""Its types live side by side; after a TWO it may or may not take a ONE, and takes another TWO."""


@pytest.mark.parametrize(
    ("parents", "types", "separate", "expected"),
    [
        pytest.param(
            [POOL._replace(address=A), toy(B, toy_1=3)],
            [TWO, ONE, TWO],
            False,
            None,
            id="passed over, then not counted on",
        ),
        pytest.param(
            [toy(A, toy_1=3), POOL], [TWO, ONE, TWO], False, [C, A, C], id="behind what is taken: never reached"
        ),
        pytest.param(
            [holding(toy(A, toy_1=3), ONE), POOL],
            [TWO, ONE, TWO],
            True,
            None,
            id="separate: the first walk may have found it anywhere",
        ),
        pytest.param(
            [holding(toy(A, toy_1=3), ONE), holding(POOL, ONE)],
            [TWO, ONE, TWO],
            True,
            [C, A, C],
            id="separate: the second walk takes the first that fits",
        ),
        pytest.param(
            [holding(POOL, ONE)._replace(address=A), holding(toy(B, toy_1=3), ONE)],
            [TWO, ONE, TWO],
            True,
            None,
            id="separate: the second walk may have found it on its way",
        ),
    ],
)
def test_passed_over(parents: list[ParentDevice], types: list[str], separate: bool, expected: list[str] | None) -> None:
    """What the host may take instead of the replay's choice is closed from then on."""
    inventory = inv.host(parents)

    assert expected == slots(inventory, *types, separate=separate)
    if expected is None:  # the same, asked for in two requests
        found = place(inventory, Source.HOOK, inv.request(*types[:-1]), separate)
        assert isinstance(found, Placement)
        assert slots(found.after, types[-1], separate=separate) is None


def test_what_may_be_elsewhere_is_not_taken_off() -> None:
    """A 4Q that may lie on the first card does not keep a 2Q off the second: then no 4Q fits there."""
    two = {"nvidia-556": 1, "nvidia-558": 1}
    third = inv.functions("0000:7b", 4, inv.A40, two, ["nvidia-558"])
    inventory = inv.host(mixed_a40("0000:3b", 4), a40(4, bus="0000:5b"))
    both = inv.host(list(inventory.parents), third)

    assert ["0000:3b:00.5", "0000:5b:00.4", "0000:7b:00.5"] == slots(both, A40_4Q, A40_4Q, "nvidia-558")
    assert slots(both, A40_4Q, A40_4Q, "nvidia-558", A40_4Q) is None


def replayed(inventory: HostInventory, *types: str) -> Replayed:
    """What a placement of these leaves."""
    found = place(inventory, Source.HOOK, inv.request(*types), separate=False)
    assert isinstance(found, Placement)
    assert isinstance(found.after, Replayed)
    return found.after


def test_function_at_most() -> None:
    """A function that took an instance has nothing left, also where its card hides what it has."""
    upper = replayed(inv.host(mixed_a40("0000:3b", 3)), A40_4Q).upper

    assert {0} == set(inv.figures_of(upper, "0000:3b:00.5").values())
    assert {1} == set(inv.figures_of(upper, "0000:3b:00.6").values())


def test_exact_cards_have_one_inventory() -> None:
    """Where the figures tell all, least and most are the same."""
    after = replayed(inv.host(t4()), Q2)

    assert after is after.upper


def test_most_and_least() -> None:
    """Of an unknown driver the most is what was there, with the instance on it."""
    after = replayed(inv.host(toy(A, toy_1=2, toy_2=2)), TWO)

    assert {ONE: 0, TWO: 1} == inv.figures_of(after, A)
    assert {ONE: 2, TWO: 2} == inv.figures_of(after.upper, A)


def test_doubt_goes_on_to_the_next_request() -> None:
    """A placement on what another one leaves still counts with what the host may have done otherwise."""
    host = inv.host(toy(A, toy_1=2, toy_2=2), toy(B, toy_1=2))

    assert slots(replayed(host, TWO, ONE), TWO) is None
