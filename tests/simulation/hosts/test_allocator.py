"""VDSM's walk over the parents, one row a rule."""

import errno
from collections.abc import Sequence

import pytest

from simulation.hosts.allocator import choose
from simulation.kernel import Bus
from simulation.kernel.boards import Board, build_bus

FIRST, SECOND, THIRD = "0000:3b:00.0", "0000:5e:00.0", "0000:86:00.0"
GPU_ONE, GPU_TWO = "0000:3d:00.0", "0000:3e:00.0"
T4_1B, T4_1Q, T4_2Q, T4_16Q = "nvidia-222", "nvidia-230", "nvidia-231", "nvidia-234"
BIG, SMALL = "i915-GVTg_V5_4", "i915-GVTg_V5_8"
GVTG = "0000:00:02.0"

Living = Sequence[tuple[str, str]]


def bus_with(boards: Sequence[Board], living: Living, seed: int | None = None) -> Bus:
    """A bus on which those (parent, type) instances live."""
    bus = build_bus(boards, seed=seed)
    for number, (parent, type_id) in enumerate(living):
        bus.create(parent, type_id, f"{number:08x}-0000-4000-8000-000000000003")
    return bus


TWO_T4 = (Board("tesla-t4", SECOND), Board("tesla-t4", FIRST))
THREE_T4 = (*TWO_T4, Board("tesla-t4", THIRD))


@pytest.mark.parametrize(
    ("boards", "living", "wanted", "separate", "chosen"),
    [
        pytest.param(
            TWO_T4, [], T4_1Q, False, FIRST, id="compact: first by name, whatever the directory says"
        ),
        pytest.param(
            TWO_T4, [(SECOND, T4_1Q)], T4_1Q, False, FIRST, id="compact: the first, not the fullest"
        ),
        pytest.param(TWO_T4, [(FIRST, T4_1Q)], T4_1Q, False, FIRST, id="compact: joins its own type"),
        pytest.param(TWO_T4, [(FIRST, T4_16Q)], T4_16Q, False, SECOND, id="a full parent is passed"),
        pytest.param(
            TWO_T4,
            [(FIRST, T4_1B)],
            T4_1Q,
            False,
            SECOND,
            id="another type lives there, though the size fits",
        ),
        pytest.param(
            TWO_T4, [(FIRST, T4_1B), (SECOND, T4_2Q)], T4_1Q, False, None, id="other types live everywhere"
        ),
        pytest.param(TWO_T4, [(FIRST, T4_16Q), (SECOND, T4_16Q)], T4_16Q, False, None, id="all full"),
        pytest.param(TWO_T4, [], "nvidia-999", False, None, id="a type that nobody has"),
        pytest.param(TWO_T4, [(FIRST, T4_1Q)], T4_1Q, True, SECOND, id="separate: an empty parent first"),
        pytest.param(
            TWO_T4, [(FIRST, T4_1B)], T4_1Q, True, SECOND, id="separate: another type still shuts a parent"
        ),
        pytest.param(
            THREE_T4,
            [(FIRST, T4_1Q), (FIRST, T4_1Q), (SECOND, T4_1Q), (THIRD, T4_1Q)],
            T4_1Q,
            True,
            FIRST,
            id="separate falls back to compact: the first, not the emptiest",
        ),
        pytest.param(
            TWO_T4,
            [(FIRST, T4_16Q), (SECOND, T4_16Q)],
            T4_16Q,
            True,
            None,
            id="separate falls back and finds none",
        ),
        pytest.param(
            (Board("tesla-m60", GPU_ONE),),
            [(GPU_ONE, "nvidia-22")],
            "nvidia-22",
            False,
            GPU_TWO,
            id="M60: next GPU",
        ),
        pytest.param((Board("gvtg-512", GVTG),), [(GVTG, BIG)], SMALL, False, GVTG, id="Intel: types mix"),
        pytest.param(
            (Board("gvtg-256", GVTG),), [(GVTG, SMALL)], BIG, False, None, id="Intel: the pool is used up"
        ),
        pytest.param(
            (Board("gvtg-512", GVTG),),
            [(GVTG, BIG)],
            SMALL,
            True,
            GVTG,
            id="separate looks at the same type only",
        ),
        pytest.param(
            (Board("a40", FIRST, vfs=2),),
            [("0000:3b:00.4", "nvidia-558")],
            "nvidia-556",
            False,
            "0000:3b:00.5",
            id="functions of one card: the sibling's type does not count",
        ),
        pytest.param(
            (Board("a40", FIRST, vfs=2),),
            [("0000:3b:00.4", "nvidia-558")],
            "nvidia-559",
            False,
            None,
            id="functions of one card: the sibling's size does",
        ),
        pytest.param(
            (Board("a40", FIRST, vfs=2), Board("a40", SECOND, vfs=2)),
            [("0000:3b:00.4", "nvidia-558")],
            "nvidia-558",
            True,
            "0000:3b:00.5",
            id="separate spreads over functions, not over cards",
        ),
        pytest.param(
            (Board("tesla-p4", FIRST, ecc=True),), [], "nvidia-63", False, None, id="an all-zero card"
        ),
        pytest.param(
            (Board("tesla-t4", FIRST), Board("mtty", "mtty")),
            [],
            T4_1Q,
            False,
            FIRST,
            id="fits before the vendorless",
        ),
    ],
)
def test_choice(
    boards: Sequence[Board], living: Living, wanted: str, separate: bool, chosen: str | None
) -> None:
    """The parent that VDSM takes; the types' directory order has no say in it."""
    for seed in (None, 1, 2):
        assert chosen == choose(bus_with(boards, living, seed), wanted, separate)


@pytest.mark.parametrize(
    ("boards", "living", "wanted", "separate"),
    [
        pytest.param((Board("mtty", "mtty"),), [], "mtty-1", False, id="its own type"),
        pytest.param(
            (Board("tesla-t4", FIRST), Board("mtty", "mtty")),
            [],
            "nvidia-22",
            False,
            id="no parent before fits",
        ),
        pytest.param(
            (Board("tesla-t4", FIRST), Board("vfio-ccw", "0.0.fffe")),
            [],
            T4_1Q,
            False,
            id="sorts before all PCI",
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
def test_vendorless_parent_ends_the_walk(
    boards: Sequence[Board], living: Living, wanted: str, separate: bool
) -> None:
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


@pytest.mark.parametrize(
    ("order", "placed"),
    [
        pytest.param([SMALL, BIG], [GVTG, None], id="the small one takes the only card for the big one"),
        pytest.param([BIG, SMALL], [GVTG, "0001:00:02.0"], id="the other way round both fit"),
    ],
)
def test_several_instances_are_greedy(order: list[str], placed: list[str | None]) -> None:
    """Each instance is placed on the state after the one before, in order, without going back."""
    small_room = [("0001:00:02.0", BIG), ("0001:00:02.0", BIG), ("0001:00:02.0", SMALL)]
    bus = bus_with([Board("gvtg-256", GVTG), Board("gvtg-512", "0001:00:02.0")], small_room)
    seen = []
    for number, wanted in enumerate(order):
        parent = choose(bus, wanted)
        seen.append(parent)
        if parent:
            bus.create(parent, wanted, f"{number:08x}-0000-4000-8000-00000000000a")

    assert placed == seen
