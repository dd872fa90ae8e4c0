"""NVIDIA cards with virtual functions: what the card holds, whatever its functions add up to."""

import pytest

from simulation.kernel.boards import Board, build_bus, bus_of
from simulation.kernel.profiles import profile
from tests.simulation.kernel.filling import T4, by_name, fill, how_many


def test_sriov_sum_overcounts() -> None:
    """32 functions of an empty L40S each show 1 of the 6 GB type; the card holds 8, then all read 0."""
    bus = bus_of("l40s")
    wanted = next(t for t in bus.types(bus.parents()[0]) if profile("l40s").type(t).framebuffer_mb == 6144)
    sums = []
    while free := [p for p in bus.parents() if bus.available(p, wanted) == "1"]:
        sums.append(len(free))
        fill(bus, free[0], wanted)

    assert [32, 31, 30, 29, 28, 27, 26, 25] == sums


@pytest.mark.parametrize(
    ("vfs", "type_id", "holds"),
    [
        pytest.param(16, "nvidia-560", 12, id="16 functions, 12 fit"),
        pytest.param(16, "nvidia-559", 16, id="16 functions, 16 fit"),
        pytest.param(16, "nvidia-558", 16, id="16 functions, 24 would fit"),
        pytest.param(4, "nvidia-566", 1, id="the whole card"),
    ],
)
def test_sriov_card_holds(vfs: int, type_id: str, holds: int) -> None:
    """A card holds `max_instance` of a type, or as many as functions are enabled."""
    bus = build_bus([Board("a40", T4, vfs=vfs)])

    assert holds == how_many(bus, lambda _: type_id)


def test_sriov_function_holds_one() -> None:
    """A function with an instance reads 0 for all; its siblings keep 1 for types of the same size only."""
    bus = build_bus([Board("a40", T4, vfs=2)])
    held, sibling = bus.parents()
    fill(bus, held, "nvidia-558")

    assert {} == by_name(bus, held)
    assert by_name(bus, sibling) == {"2B": "1", "2Q": "1", "2A": "1"}


def test_mixed_sizes() -> None:
    """In mixed-size mode an A10 takes the documented three 4Q and two 6Q, and then nothing."""
    bus = build_bus([Board("a10", T4, mixed=True)])
    by_size = {t.name: t.id for t in profile("a10").types}
    for parent, name in zip(bus.parents(), ["4Q", "4Q", "4Q", "6Q", "6Q"], strict=False):
        fill(bus, parent, by_size[f"NVIDIA A10-{name}"])

    assert {} == by_name(bus, bus.parents()[5])


def test_mixed_sizes_keep_the_cards_maximum() -> None:
    """Mixed or not, a card holds no more instances thits maximum."""
    bus = build_bus([Board("a40", T4, vfs=40, mixed=True)])

    assert how_many(bus, lambda n: "nvidia-557" if n % 2 else "nvidia-555") == 32


def test_mig_off() -> None:
    """With MIG off, MIG-backed types read 0 on an empty card and time-sliced ones 1."""
    bus = bus_of("a100-40")
    shown = {
        profile("a100-40").type(t).mig_backed: bus.available(bus.parents()[0], t) for t in bus.types(bus.parents()[0])
    }

    assert shown == {False: "1", True: "0"}


def test_mig_on() -> None:
    """With MIG on, time-sliced types read 0 and a MIG type 1 while a GPU instance of its profile is free."""
    bus = build_bus([Board("a100-40", T4, gpu_instances=("nvidia-474", "nvidia-474", "nvidia-476"))])
    first, second, third, fourth, *_ = bus.parents()
    assert by_name(bus, first) == {"5C": "1", "20C": "1"}

    fill(bus, first, "nvidia-474")
    fill(bus, second, "nvidia-476")
    assert by_name(bus, third) == {"5C": "1"}

    fill(bus, third, "nvidia-474")
    assert {} == by_name(bus, fourth)
