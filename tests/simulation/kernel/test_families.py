"""What a creation leaves on cards of each family: measured facts, one row each."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.kernel import Bus
from simulation.kernel.boards import Board, build_bus, bus_of
from simulation.kernel.profiles import profile, profiles
from tests.simulation.kernel.filling import T4, by_name, fill

INVALID = "Invalid argument"


@pytest.mark.parametrize("key", [k for k, p in profiles().items() if p.family in ("time-sliced", "gvt-g", "pool")])
def test_empty_cards_offer_their_maxima(key: str) -> None:
    """An empty card without virtual functions shows each type's maximum."""
    bus = bus_of(key)
    for parent in bus.parents():
        shown = {t: int(bus.available(parent, t)) for t in bus.types(parent)}

        assert shown == {t.id: t.max_instance for t in profile(key).types}


@pytest.mark.parametrize(
    ("board", "created", "left"),
    [
        pytest.param(
            Board("tesla-p40", T4), "nvidia-47", {"2B": "11", "2B4": "11", "2Q": "11", "2A": "11"}, id="P40, one 2Q"
        ),
        pytest.param(
            Board("rtx-a6000", T4, sriov=False), "nvidia-525", {"2B": "23", "2Q": "23", "2A": "23"}, id="A6000, one 2Q"
        ),
        pytest.param(Board("tesla-m60", T4), "nvidia-22", {}, id="M60, one 8Q"),
    ],
)
def test_time_sliced_keeps_one_size(board: Board, created: str, left: dict[str, str]) -> None:
    """After the first instance the types of its framebuffer size stay, one less each; all others read 0."""
    bus = build_bus([board])
    fill(bus, T4, created)

    assert left == by_name(bus, T4)


def test_time_sliced_counts_every_series() -> None:
    """A 2B beside a 2Q is the driver's business as usual: both take from one count."""
    bus = bus_of("tesla-t4")
    fill(bus, T4, "nvidia-223", "nvidia-231")

    assert by_name(bus, T4) == {"2B": "6", "2B4": "6", "2A": "6", "2Q": "6"}
    with pytest.raises(OSError, match=INVALID):
        fill(bus, T4, "nvidia-222")


def test_the_size_rule_is_per_parent() -> None:
    """The GPUs of an M10 board hold four sizes at once."""
    bus = bus_of("tesla-m10")
    for parent, type_id in zip(bus.parents(), ["nvidia-36", "nvidia-39", "nvidia-41", "nvidia-45"], strict=True):
        fill(bus, parent, type_id)

    assert len(bus.instances()) == 4


def test_the_last_removal_restores_all() -> None:
    """An emptied card offers everything again."""
    bus = bus_of("tesla-t4")
    before = by_name(bus, T4)
    fill(bus, T4, "nvidia-222")
    bus.remove(next(iter(bus.instances())))

    assert before == by_name(bus, T4)


@pytest.mark.parametrize("board", [Board("tesla-p4", T4, ecc=True), Board("a40", T4, vfs=2, ecc=True)])
def test_memory_checking_shows_zero_everywhere(board: Board) -> None:
    """With ECC on an empty card reads 0 for every type, and creates none."""
    bus = build_bus([board])
    parent = bus.parents()[0]

    assert {} == by_name(bus, parent)
    with pytest.raises(OSError, match=INVALID):
        fill(bus, parent, bus.types(parent)[0])


@pytest.mark.parametrize(
    ("key", "created", "left"),
    [
        pytest.param("gvtg-256", ["i915-GVTg_V5_8"], {"V5_4": 0, "V5_8": 1}, id="a small one takes the big one's room"),
        pytest.param("gvtg-512", ["i915-GVTg_V5_4"], {"V5_2": 1, "V5_4": 2, "V5_8": 4}, id="no one-type rule"),
        pytest.param("gvtg-1024", ["i915-GVTg_V5_1"], {"V5_1": 0, "V5_2": 0, "V5_4": 1, "V5_8": 1}, id="hidden memory"),
        pytest.param("gvtg-1024", ["i915-GVTg_V5_8"] * 7, {"V5_1": 0, "V5_2": 0, "V5_4": 0, "V5_8": 0}, id="fences"),
    ],
)
def test_gvtg_pools(key: str, created: Sequence[str], left: dict[str, int]) -> None:
    """Every creation changes every figure: the scarcest of three pools decides."""
    bus = bus_of(key)
    parent = bus.parents()[0]
    fill(bus, parent, *created)

    assert left == {t.split("_", 1)[1]: int(bus.available(parent, t)) for t in bus.types(parent)}


def test_gvtg_exhausted() -> None:
    """What GVT-g has no room for fails with ENOSPC."""
    bus = bus_of("gvtg-256")

    with pytest.raises(OSError, match="No space left on device"):
        fill(bus, bus.parents()[0], "i915-GVTg_V5_4", "i915-GVTg_V5_8")


def test_a_subchannel_holds_one() -> None:
    """Each s390 subchannel is a parent with one instance: the sum over parents is the true count."""
    bus = build_bus([Board("vfio-ccw", "0.0.fffe"), Board("vfio-ccw", "0.0.26ab")])
    fill(bus, "0.0.fffe", "vfio_ccw-io")

    assert (bus.available("0.0.fffe", "vfio_ccw-io"), bus.available("0.0.26ab", "vfio_ccw-io")) == ("0", "1")


def test_shared_queues_are_not_used_up() -> None:
    """A dedicated work queue serves one instance, a shared one any number."""
    bus = build_bus([Board("idxd", "0000:6a:02.0", queues=(2, 1))])
    fill(bus, "0000:6a:02.0", "idxd-dsa-1swq-v1", "idxd-dsa-1swq-v1", "idxd-dsa-1dwq-v1")

    shown = {t: bus.available("0000:6a:02.0", t) for t in bus.types("0000:6a:02.0")}
    assert shown["idxd-dsa-1swq-v1"] == "1"
    assert shown["idxd-dsa-1dwq-v1"] == "1"


STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 1 << 16), st.integers(0, 1 << 16)), max_size=40)


# No deadline: a loaded machine says nothing about the rule.
@settings(deadline=None)
@given(key=st.sampled_from(sorted(profiles())), steps=STEPS)
def test_a_figure_is_a_promise(key: str, steps: list[tuple[bool, int, int]]) -> None:
    """In any state a figure of 1 or more is a creation that succeeds, 0 one that fails; emptied is as new."""
    bus = bus_of(key)
    before = snapshot(bus)
    numbers = itertools.count()
    for create, which, what in steps if bus.parents() else ():
        parent = bus.parents()[which % len(bus.parents())]
        wanted = bus.types(parent)[what % len(bus.types(parent))]
        if not create and bus.instances():
            bus.remove(sorted(bus.instances())[which % len(bus.instances())])
        elif int(bus.available(parent, wanted)) >= 1:
            bus.create(parent, wanted, f"{next(numbers):08x}-0000-4000-8000-000000000005")
        else:
            with pytest.raises(OSError, match=r"Errno"):
                bus.create(parent, wanted, "ffffffff-0000-4000-8000-000000000000")
        assert all(int(bus.available(parent, t)) >= 0 for t in bus.types(parent))
    for uuid in bus.instances():
        bus.remove(uuid)

    assert before == snapshot(bus)


def snapshot(bus: Bus) -> dict[tuple[str, str], int]:
    """Every figure of the bus."""
    return {(p, t): int(bus.available(p, t)) for p in bus.parents() for t in bus.types(p)}
