"""What a creation leaves on cards of each family: measured facts, one row each."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler_plugins.simulation.boards import Board, build_bus, bus_of
from scheduler_plugins.simulation.kernel import Bus
from scheduler_plugins.simulation.profiles import profile, profiles

T4 = "0000:3b:00.0"
INVALID = "Invalid argument"


def fill(bus: Bus, parent: str, *type_ids: str) -> None:
    """Create instances of those types on the parent."""
    for type_id in type_ids:
        bus.create(parent, type_id, fresh(bus))


def fresh(bus: Bus) -> str:
    """A UUID that is not on the bus."""
    return f"{len(bus.instances()):08x}-0000-4000-8000-000000000002"


def by_name(bus: Bus, parent: str) -> dict[str, str]:
    """The figures that are not 0, by the end of the type's name (`2Q`)."""
    return {
        (bus.type_facts(parent, t).name or t).rpartition("-")[2]: bus.available(parent, t)
        for t in bus.types(parent)
        if bus.available(parent, t) != "0"
    }


@pytest.mark.parametrize(
    "key", [k for k, p in profiles().items() if p.family in ("time-sliced", "gvt-g", "pool")]
)
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
            Board("tesla-p40", T4),
            "nvidia-47",
            {"2B": "11", "2B4": "11", "2Q": "11", "2A": "11"},
            id="P40, one 2Q",
        ),
        pytest.param(
            Board("rtx-a6000", T4, sriov=False),
            "nvidia-525",
            {"2B": "23", "2Q": "23", "2A": "23"},
            id="A6000, one 2Q",
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
    for parent, type_id in zip(
        bus.parents(), ["nvidia-36", "nvidia-39", "nvidia-41", "nvidia-45"], strict=True
    ):
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
    """Mixed or not, a card holds no more instances than its maximum."""
    bus = build_bus([Board("a40", T4, vfs=40, mixed=True)])

    assert how_many(bus, lambda n: "nvidia-557" if n % 2 else "nvidia-555") == 32


def test_mig_off() -> None:
    """With MIG off, MIG-backed types read 0 on an empty card and time-sliced ones 1."""
    bus = bus_of("a100-40")
    shown = {
        profile("a100-40").type(t).mig_backed: bus.available(bus.parents()[0], t)
        for t in bus.types(bus.parents()[0])
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


@pytest.mark.parametrize(
    ("key", "created", "left"),
    [
        pytest.param(
            "gvtg-256", ["i915-GVTg_V5_8"], {"V5_4": 0, "V5_8": 1}, id="a small one takes the big one's room"
        ),
        pytest.param(
            "gvtg-512", ["i915-GVTg_V5_4"], {"V5_2": 1, "V5_4": 2, "V5_8": 4}, id="no one-type rule"
        ),
        pytest.param(
            "gvtg-1024", ["i915-GVTg_V5_1"], {"V5_1": 0, "V5_2": 0, "V5_4": 1, "V5_8": 1}, id="hidden memory"
        ),
        pytest.param(
            "gvtg-1024", ["i915-GVTg_V5_8"] * 7, {"V5_1": 0, "V5_2": 0, "V5_4": 0, "V5_8": 0}, id="fences"
        ),
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


def how_many(bus: Bus, choice: Callable[[int], str]) -> int:
    """How often a creation succeeds, on the first parent that shows room each time."""
    while True:
        wanted = choice(len(bus.instances()))
        parent = next((p for p in bus.parents() if bus.available(p, wanted) != "0"), None)
        if parent is None:
            return len(bus.instances())
        fill(bus, parent, wanted)


STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 1 << 16), st.integers(0, 1 << 16)), max_size=40)


# No deadline: a loaded machine says nothing about the rule.
@settings(deadline=None)
@given(key=st.sampled_from(sorted(profiles())), steps=STEPS)
def test_a_figure_is_a_promise(key: str, steps: list[tuple[bool, int, int]]) -> None:
    """In any state a figure of 1 or more is a creation that succeeds, 0 one that fails; emptied is as new."""
    bus = bus_of(key)
    before = snapshot(bus)
    for create, which, what in steps if bus.parents() else ():
        parent = bus.parents()[which % len(bus.parents())]
        wanted = bus.types(parent)[what % len(bus.types(parent))]
        if not create and bus.instances():
            bus.remove(sorted(bus.instances())[which % len(bus.instances())])
        elif int(bus.available(parent, wanted)) >= 1:
            bus.create(
                parent, wanted, f"{which:08x}-{what & 0xFFFF:04x}-4000-8000-{len(bus.instances()):012x}"
            )
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
