"""Where VDSM's walk over the parent devices dies, and which figures it never reads."""

import errno
from collections.abc import Sequence

import pytest

from simulation.hosts.allocator import choose
from simulation.kernel.boards import Board, build_bus
from tests.simulation.kernel.filling import Living, bus_with

FIRST, SECOND = "0000:3b:00.0", "0000:5e:00.0"


T4_1B, T4_1Q, T4_2Q = "nvidia-222", "nvidia-230", "nvidia-231"


TWO_T4 = (Board("tesla-t4", SECOND), Board("tesla-t4", FIRST))


@pytest.mark.parametrize(
    ("boards", "living", "wanted", "separate"),
    [
        pytest.param((Board("mtty", "mtty"),), [], "mtty-1", False, id="its own type"),
        pytest.param(
            (Board("tesla-t4", FIRST), Board("mtty", "mtty")), [], "nvidia-22", False, id="no parent before fits"
        ),
        pytest.param(
            (Board("tesla-t4", FIRST), Board("vfio-ccw", "0.0.fffe")), [], T4_1Q, False, id="sorts before all PCI"
        ),
        pytest.param(
            (Board("tesla-t4", FIRST), Board("vfio-ap", "matrix")),
            [(FIRST, T4_1Q)],
            T4_1Q,
            True,
            id="separate dies before it falls back",
        ),
    ],
)
def test_vendorless_parent_ends_the_walk(boards: Sequence[Board], living: Living, wanted: str, separate: bool) -> None:
    """Reaching a parent without a `vendor` file raises, and no later parent is tried."""
    with pytest.raises(FileNotFoundError):
        choose(bus_with(boards, living), wanted, separate)


@pytest.mark.parametrize(
    "figure",
    [
        pytest.param("", id="empty"),
        pytest.param("many", id="no number"),
        pytest.param(OSError(errno.EIO, "Input/output error"), id="unreadable"),
    ],
)
def test_unreadable_figure_ends_the_walk(figure: str | OSError) -> None:
    """A figure of the wanted type that is no number raises, although a later parent is free."""
    bus = bus_with(TWO_T4, [])
    bus.spoil(FIRST, T4_1Q, figure)

    with pytest.raises(ValueError, match="invalid literal"):
        choose(bus, T4_1Q)


@pytest.mark.parametrize(
    ("parent", "type_id", "figure"),
    [
        pytest.param(FIRST, T4_2Q, "", id="of another type"),
        pytest.param(SECOND, T4_1Q, "", id="of a later parent"),
        pytest.param(SECOND, T4_1Q, "-1", id="negative, of a later parent"),
    ],
)
def test_figures_that_are_not_read(parent: str, type_id: str, figure: str) -> None:
    """Only the wanted type's figure is read, and only if the walk gets there."""
    bus = bus_with(TWO_T4, [])
    bus.spoil(parent, type_id, figure)

    assert choose(bus, T4_1Q) == FIRST


def test_negative_figure_is_a_no() -> None:
    """A negative figure is a plain no: the next parent is tried."""
    bus = bus_with(TWO_T4, [])
    bus.spoil(FIRST, T4_1Q, "-1")

    assert choose(bus, T4_1Q) == SECOND


def test_directory_order_decides_between_skip_and_failure() -> None:
    """A 0x10de parent with a broken target figure and another type alive is skipped or deadly, by order."""
    outcomes = set()
    for seed in range(8):
        bus = bus_with(TWO_T4, [(FIRST, T4_1B)], seed)
        bus.spoil(FIRST, T4_1Q, "")
        alive_first = bus.types(FIRST).index(T4_1B) < bus.types(FIRST).index(T4_1Q)
        outcomes.add(alive_first)
        if alive_first:
            assert choose(bus, T4_1Q) == SECOND
        else:
            with pytest.raises(ValueError, match="invalid literal"):
                choose(bus, T4_1Q)

    assert outcomes == {True, False}


def test_separate_does_not_read_the_figure_of_its_own_type() -> None:
    """A parent on which the type lives is rejected unread; the fallback then reads it."""
    bus = bus_with(TWO_T4, [(FIRST, T4_1Q)])
    bus.spoil(FIRST, T4_1Q, "")

    assert choose(bus, T4_1Q, separate=True) == SECOND
    bus.create(SECOND, T4_1Q, "00000009-0000-4000-8000-000000000003")
    with pytest.raises(ValueError, match="invalid literal"):
        choose(bus, T4_1Q, separate=True)


def test_missing_bus_raises() -> None:
    """A missing mdev_bus is an exception."""
    with pytest.raises(FileNotFoundError, match="mdev_bus"):
        choose(build_bus([Board("h200", FIRST)]), T4_1Q)


def test_empty_bus_has_no_device() -> None:
    """An empty mdev_bus is a plain no."""
    assert choose(build_bus([], present=True), T4_1Q) is None
