"""VDSM's walk over the parents, one row a rule."""

from collections.abc import Sequence

import pytest

from simulation.hosts.allocator import choose
from simulation.kernel.boards import Board
from tests.simulation.kernel.filling import Living, bus_with

FIRST, SECOND, THIRD = "0000:3b:00.0", "0000:5e:00.0", "0000:86:00.0"
GPU_ONE, GPU_TWO = "0000:3d:00.0", "0000:3e:00.0"
T4_1B, T4_1Q, T4_2Q, T4_16Q = "nvidia-222", "nvidia-230", "nvidia-231", "nvidia-234"
BIG, SMALL = "i915-GVTg_V5_4", "i915-GVTg_V5_8"
GVTG = "0000:00:02.0"

TWO_T4 = (Board("tesla-t4", SECOND), Board("tesla-t4", FIRST))
THREE_T4 = (*TWO_T4, Board("tesla-t4", THIRD))


@pytest.mark.parametrize(
    ("boards", "living", "wanted", "separate", "chosen"),
    [
        pytest.param(TWO_T4, [], T4_1Q, False, FIRST, id="compact: first by name, whatever the directory says"),
        pytest.param(TWO_T4, [(SECOND, T4_1Q)], T4_1Q, False, FIRST, id="compact: the first, not the fullest"),
        pytest.param(TWO_T4, [(FIRST, T4_1Q)], T4_1Q, False, FIRST, id="compact: joins its own type"),
        pytest.param(TWO_T4, [(FIRST, T4_16Q)], T4_16Q, False, SECOND, id="a full parent is passed"),
        pytest.param(
            TWO_T4, [(FIRST, T4_1B)], T4_1Q, False, SECOND, id="another type lives there, though the size fits"
        ),
        pytest.param(TWO_T4, [(FIRST, T4_1B), (SECOND, T4_2Q)], T4_1Q, False, None, id="other types live everywhere"),
        pytest.param(TWO_T4, [(FIRST, T4_16Q), (SECOND, T4_16Q)], T4_16Q, False, None, id="all full"),
        pytest.param(TWO_T4, [], "nvidia-999", False, None, id="a type that nobody has"),
        pytest.param(TWO_T4, [(FIRST, T4_1Q)], T4_1Q, True, SECOND, id="separate: an empty parent first"),
        pytest.param(TWO_T4, [(FIRST, T4_1B)], T4_1Q, True, SECOND, id="separate: another type still shuts a parent"),
        pytest.param(
            THREE_T4,
            [(FIRST, T4_1Q), (FIRST, T4_1Q), (SECOND, T4_1Q), (THIRD, T4_1Q)],
            T4_1Q,
            True,
            FIRST,
            id="separate falls back to compact: the first, not the emptiest",
        ),
        pytest.param(
            TWO_T4, [(FIRST, T4_16Q), (SECOND, T4_16Q)], T4_16Q, True, None, id="separate falls back and finds none"
        ),
        pytest.param(
            (Board("tesla-m60", GPU_ONE),), [(GPU_ONE, "nvidia-22")], "nvidia-22", False, GPU_TWO, id="M60: next GPU"
        ),
        pytest.param((Board("gvtg-512", GVTG),), [(GVTG, BIG)], SMALL, False, GVTG, id="Intel: types mix"),
        pytest.param((Board("gvtg-256", GVTG),), [(GVTG, SMALL)], BIG, False, None, id="Intel: the pool is used up"),
        pytest.param(
            (Board("gvtg-512", GVTG),), [(GVTG, BIG)], SMALL, True, GVTG, id="separate looks at the same type only"
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
        pytest.param((Board("tesla-p4", FIRST, ecc=True),), [], "nvidia-63", False, None, id="an all-zero card"),
        pytest.param(
            (Board("tesla-t4", FIRST), Board("mtty", "mtty")), [], T4_1Q, False, FIRST, id="fits before the vendorless"
        ),
    ],
)
def test_choice(boards: Sequence[Board], living: Living, wanted: str, separate: bool, chosen: str | None) -> None:
    """The parent that VDSM takes; the types' directory order has no say in it."""
    for seed in (None, 1, 2):
        assert chosen == choose(bus_with(boards, living, seed), wanted, separate)


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
