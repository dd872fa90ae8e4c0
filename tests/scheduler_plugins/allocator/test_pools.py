"""Pools: the estimate after a creation, against what the real kernel showed for its sample drivers."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.model import HostInventory, ParentDevice
from scheduler_plugins.allocator.cards import after_creation
from tests.scheduler_plugins import inventories as inv

MTTY = {"mtty-1": 1, "mtty-2": 2}
"""Ports that an instance takes, of 24."""
MDPY = {"mdpy-vga": 1, "mdpy-xga": 1, "mdpy-hd": 1}
"""All count alike, 4 in all."""
UNTOLD = {"i915-a": 1, "i915-b": 2, "i915-c": 5}
"""A driver known to pool whose sizes nobody tells."""
GVTG_1GB = {"i915-GVTg_V5_1": 1, "i915-GVTg_V5_2": 2, "i915-GVTg_V5_4": 5, "i915-GVTg_V5_8": 7}
"""An empty card with a 1 GB aperture."""


def shows(left: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """What the kernel's samples show, checked below against figures measured on them."""
    return {t: left // size for t, size in sizes.items()}


MEASURED = [
    pytest.param(24, MTTY, "mtty-1", 1, (23, 11), id="mtty after one mtty-1"),
    pytest.param(24, MTTY, "mtty-1", 2, (22, 11), id="mtty after two mtty-1"),
    pytest.param(24, MTTY, "mtty-1", 23, (1, 0), id="mtty with one port left"),
    pytest.param(24, MTTY, "mtty-2", 5, (14, 7), id="mtty after five mtty-2"),
    pytest.param(24, MTTY, "mtty-2", 12, (0, 0), id="mtty exhausted"),
    pytest.param(4, MDPY, "mdpy-vga", 1, (3, 3, 3), id="mdpy"),
    pytest.param(256, inv.MBOCHS, "mbochs-small", 1, (63, 15, 3), id="mbochs after one small"),
    pytest.param(256, inv.MBOCHS, "mbochs-small", 4, (60, 15, 3), id="mbochs after four small"),
    pytest.param(256, inv.MBOCHS, "mbochs-small", 5, (59, 14, 3), id="mbochs after five small"),
    pytest.param(256, inv.MBOCHS, "mbochs-medium", 13, (12, 3, 0), id="mbochs after thirteen medium"),
    pytest.param(256, inv.MBOCHS, "mbochs-large", 3, (16, 4, 1), id="mbochs after three large"),
]


@pytest.mark.parametrize(("left", "sizes", "created", "count", "expected"), MEASURED)
def test_empty_sample_as_measured(
    left: int, sizes: Mapping[str, int], created: str, count: int, expected: Sequence[int]
) -> None:
    """From an empty sample device on, creations of one type are followed to the very figure."""
    kernel = shows(left - count * sizes[created], sizes)
    assert list(expected) == list(kernel.values())

    after = followed(sample(shows(left, sizes)), [created] * count)

    assert kernel == after


@given(st.sampled_from([(24, MTTY), (4, MDPY), (256, inv.MBOCHS), (24, UNTOLD)]), st.data())
def test_never_above_the_kernel(pool: tuple[int, Mapping[str, int]], data: st.DataObject) -> None:
    """From any state, no figure is ever above the kernel's; for its samples one below at most."""
    total, sizes = pool
    left = data.draw(st.integers(min_value=0, max_value=total))
    state, steps = sample(shows(left, sizes)), 0
    while fitting := [t for t in sizes if (inv.figures_of(state, state.parents[0].address)[t] or 0) > 0]:
        created = data.draw(st.sampled_from(fitting))
        state, left, steps = (
            after_creation(state, state.parents[0].address, created),
            left - sizes[created],
            steps + 1,
        )
        estimate = inv.figures_of(state, state.parents[0].address)

        assert all((estimate[t] or 0) <= figure for t, figure in shows(left, sizes).items())
        if steps == 1 and sizes is not UNTOLD:
            assert all((estimate[t] or 0) >= figure - 1 for t, figure in shows(left, sizes).items())


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        pytest.param([], (1, 2, 5, 7), id="empty"),
        pytest.param(["i915-GVTg_V5_8"], (1, 2, 4, 6), id="after one V5_8"),
        pytest.param(["i915-GVTg_V5_4"], (1, 2, 4, 5), id="after one V5_4"),
        pytest.param(["i915-GVTg_V5_1"], (0, 0, 1, 1), id="after one V5_1: high memory is what lacks"),
        pytest.param(["i915-GVTg_V5_4", "i915-GVTg_V5_8"], (0, 1, 3, 4), id="small ones cost the largest type"),
    ],
)
def test_gvtg(created: list[str], expected: Sequence[int]) -> None:
    """GVT-g's types draw on low memory, high memory and fences, and the scarcest of them decides."""
    after = followed(inv.host(inv.gvtg(GVTG_1GB)), created)

    assert list(expected) == list(after.values())


LOW, HIGH, FENCES = 1024 - 128, 4096 - 1024 - 384, 32 - 4


@given(st.data())
def test_gvtg_never_above_its_driver(data: st.DataObject) -> None:
    """Whatever lives on a GVT-g card and is then created, no figure is above what its driver computes."""
    used = data.draw(st.lists(st.sampled_from(sorted(inv.GVTG)), max_size=3))
    before = gvtg_driver(used)
    created = data.draw(st.lists(st.sampled_from(sorted(inv.GVTG)), max_size=3))
    state = inv.host(inv.gvtg(before))
    for type_id in created:
        if not inv.figures_of(state, "0000:00:02.0")[type_id]:
            return
        state, used = after_creation(state, "0000:00:02.0", type_id), [*used, type_id]

        assert all((inv.figures_of(state, "0000:00:02.0")[t] or 0) <= f for t, f in gvtg_driver(used).items())


def gvtg_driver(used: Sequence[str]) -> dict[str, int]:
    """The figures of i915 (gvt/vgpu.c) at an aperture of 1 GB; never negative here, as it would refuse."""
    left = [total - sum(inv.GVTG[t][pool] for t in used) for pool, total in enumerate((LOW, HIGH, FENCES))]
    return {t: max(0, min(a // b for a, b in zip(left, cost, strict=True))) for t, cost in inv.GVTG.items()}


def told(figures: Mapping[str, int], *texts: str) -> ParentDevice:
    """A parent that shows these figures, its types described so."""
    parent = inv.device("p", figures)
    types = zip(parent.types or (), texts, strict=True)
    return parent._replace(types=tuple(t._replace(description=text) for t, text in types))


def untold(one: int, other: int | None) -> ParentDevice:
    """A parent with two types that draw on one stock, whose sizes nobody tells."""
    return inv.device("p", {"i915-a": one, "i915-b": other})


QUEUES = inv.device("p", {"idxd-dsa-1dwq-v1": 4, "idxd-dsa-1swq-v1": 8})
"""An accelerator's dedicated and shared queues."""
MEMORY = "virtual display, {} MB video memory"
NO_FENCE = "low_gm_size: {0}MB\nhigh_gm_size: {0}MB\nfence: 0"
GVTG = "low_gm_size: 64MB\nhigh_gm_size: 64MB\nfence: 4"


@pytest.mark.parametrize(
    ("parent", "created", "expected"),
    [
        pytest.param(untold(24, None), ["i915-a"], (23, None), id="an unknown figure stays unknown"),
        pytest.param(untold(4, 2), ["i915-a"], (3, 1), id="what is left is rounded down"),
        pytest.param(untold(4, 2), ["i915-a"] * 2, (2, 1), id="rounding does not add up"),
        pytest.param(untold(2, 0), ["i915-b"], (0, 0), id="beyond the figure nothing can be counted on"),
        pytest.param(untold(1, 0), ["i915-a"], (0, 0), id="an exhausted type gets nothing back"),
        pytest.param(QUEUES, ["idxd-dsa-1dwq-v1"], (3, 8), id="dedicated queues are one stock"),
        pytest.param(QUEUES, ["idxd-dsa-1swq-v1"], (4, 7), id="shared queues are another"),
        pytest.param(
            told({"mbochs-small": 64, "mbochs-medium": 16}, "", MEMORY.format(16)),
            ["mbochs-medium"],
            (60, 15),
            id="sizes count only where all are told",
        ),
        pytest.param(
            told({"i915-a": 4, "i915-b": 4}, GVTG, MEMORY.format(4)),
            ["i915-a"],
            (3, 3),
            id="different pools are not compared",
        ),
        pytest.param(
            told({"i915-a": 5, "i915-b": 2}, NO_FENCE.format(64), NO_FENCE.format(128)),
            ["i915-b"],
            (3, 1),
            id="a size told as 0 is known: of that pool nothing is taken",
        ),
        pytest.param(
            told({"mbochs-a": 4, "mbochs-b": 2}, MEMORY.format(0), MEMORY.format(0)),
            ["mbochs-a"],
            (3, 1),
            id="types that take nothing of any pool tell no stock",
        ),
    ],
)
def test_where_figures_tell_less(parent: ParentDevice, created: Sequence[str], expected: Sequence[int | None]) -> None:
    """What cannot be worked out from sizes is followed by the figures, never above what may be left."""
    assert list(expected) == list(followed(inv.host(parent), created).values())


def sample(figures: Mapping[str, int]) -> HostInventory:
    """A host with that sample device."""
    if set(figures) == set(inv.MBOCHS):
        return inv.host(inv.mbochs(figures))
    return inv.host(ParentDevice(*inv.device("parent", figures, vendor=None)))


def followed(state: HostInventory, created: Sequence[str]) -> dict[str, int | None]:
    """The first parent's figures after those creations."""
    address = state.parents[0].address
    for type_id in created:
        state = after_creation(state, address, type_id)
    return inv.figures_of(state, address)
