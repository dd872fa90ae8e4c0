"""A card that offers nothing although nothing lives on it is told from a full one."""

import pytest

from mdev_inventory.bare_cards import not_ready
from mdev_inventory.model import Cut, HostInventory, MdevType, ParentDevice

CARD = "0000:3b:00.0"
HELD = ("c2177883-f1bb-47f0-914d-32a22e3a8804",)


def card(*types: tuple[int | None, tuple[str, ...] | None]) -> ParentDevice:
    """A card by the figure and the instances of each of its types."""
    listed = tuple(MdevType(f"nvidia-{n}", available=one[0], instances=one[1]) for n, one in enumerate(types))
    return ParentDevice(CARD, "0x10de", types=listed)


def functions(*parents: ParentDevice) -> HostInventory:
    """The parents as virtual functions of one card."""
    numbered = (p._replace(address=f"0000:3b:00.{n + 4}", physfn=CARD) for n, p in enumerate(parents))
    return HostInventory(tuple(numbered))


ZERO, FULL, ROOM = (0, ()), (0, HELD), (1, ())


@pytest.mark.parametrize(
    ("inventory", "expected"),
    [
        pytest.param(HostInventory((card(ZERO, ZERO),)), (CARD,), id="all 0 and empty"),
        pytest.param(HostInventory((card(ZERO, FULL),)), (), id="full"),
        pytest.param(HostInventory((card(ZERO, ROOM),)), (), id="room for one type"),
        pytest.param(HostInventory((card((None, ()), ZERO),)), (), id="a figure is unknown"),
        pytest.param(HostInventory((card((0, None), ZERO),)), (), id="instances are unknown"),
        pytest.param(HostInventory((card(),)), (), id="no types"),
        pytest.param(HostInventory((ParentDevice(CARD, types=None),)), (), id="types unknown"),
        pytest.param(functions(card(ZERO), card(ZERO)), (CARD,), id="all functions of a card: told once"),
        pytest.param(functions(card(ZERO), card(FULL)), (), id="another function holds the card"),
        pytest.param(functions(card(ZERO), card(ROOM)), (), id="another function has room"),
        pytest.param(functions(card(ZERO))._replace(cut=Cut(parents=("x",))), (), id="functions were not read"),
        pytest.param(HostInventory((card(ZERO),), cut=Cut(parents=("x",))), (CARD,), id="another card was not read"),
        pytest.param(HostInventory((card(ZERO),), cut=Cut(texts=(CARD,))), (CARD,), id="only texts were not read"),
    ],
)
def test_a_card_that_is_not_ready(inventory: HostInventory, expected: tuple[str, ...]) -> None:
    """Only where every figure is 0 and it is known that nothing lives there."""
    assert expected == not_ready(inventory)
