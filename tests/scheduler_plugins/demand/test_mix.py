"""What a cluster's VMs ask for: counted, smoothed, and kept for a moment."""

from dataclasses import dataclass, field
from math import isclose

import pytest

from mdev_inventory.engine.known_vm import KnownVm
from scheduler_plugins.demand.mix import (
    EVEN_SHARE,
    EVEN_VMS,
    RECOUNT_S,
    SEVERAL_SHARE,
    Mix,
    Mixes,
    class_value,
    several_value,
)


@dataclass
class World:
    """A clock and the VMs as known."""

    now: float = 100.0
    vms: dict[str, KnownVm] = field(default_factory=dict)

    def define(self, count: int, cluster: str, *types: str) -> None:
        """So many VMs more."""
        for _ in range(count):
            vm_id = str(len(self.vms))
            self.vms[vm_id] = KnownVm(vm_id, vm_id, types, self.now, (), cluster)

    def mixes(self) -> Mixes:
        """Counts these VMs."""
        return Mixes(lambda: self.vms, lambda: self.now)


@pytest.mark.parametrize(
    ("requests", "type_id", "share"),
    [
        pytest.param([], "a", EVEN_SHARE, id="nobody"),
        pytest.param([("a",)], "a", (1 + EVEN_SHARE * EVEN_VMS) / (1 + EVEN_VMS), id="one VM"),
        pytest.param([("a",)] * 996, "a", (996 + 0.8) / 1000, id="many"),
        pytest.param([("a",)] * 996, "b", 0.8 / 1000, id="a type that nobody asks for"),
        pytest.param([("a", "b"), ("a", "a")], "a", (1.5 + 0.8) / 6, id="several types count in parts"),
        pytest.param([("a", "b"), ("a", "a")], "b", (0.5 + 0.8) / 6, id="and the other part"),
    ],
)
def test_share(requests: list[tuple[str, ...]], type_id: str, share: float) -> None:
    """Each VM counts once, and the shares of a few are drawn to what is usual."""
    assert isclose(share, Mix.of(requests).share(type_id))


def test_a_mix_that_is_told() -> None:
    """A mix that the administrator tells counts as it is, with nothing assumed beside it."""
    learnt = Mix.of([("a", "a")] * 9)
    mix = Mix.given({"a": 0.8, "b": 0.2}, learnt)

    assert (0.8, 0.2, 0.0) == (mix.share("a"), mix.share("b"), mix.share("c"))
    assert (1.0, 1.0, 0.0) == (mix.value("a"), mix.value("b"), mix.value("c"))
    assert learnt.several_share == mix.several_share


@pytest.mark.parametrize(
    ("requests", "share"),
    [
        pytest.param([], SEVERAL_SHARE, id="nobody"),
        pytest.param([("a",)] * 996, 0.2 / 1000, id="everybody asks for one"),
        pytest.param([("a",)] * 96 + [("a", "a"), ("a", "b")] * 50, 100.2 / 200, id="half for two"),
    ],
)
def test_share_of_several(requests: list[tuple[str, ...]], share: float) -> None:
    """VMs of several instances count, of one type or not; the share of a few is drawn to what is usual."""
    assert isclose(share, Mix.of(requests).several_share)


def test_the_more_is_asked_for_the_more_it_is_worth() -> None:
    """The more a type is asked for, the more it is worth, up to a fifth of all requests."""
    mix = Mix.of([("a",)] * 90 + [("b",)] * 9 + [("c",)])

    assert 1.0 == mix.value("a") > mix.value("b") > mix.value("c") > mix.value("d") > 0


def test_every_cluster_has_its_own() -> None:
    """VMs without a request do not count; a cluster without any, or not known, has that of all."""
    world = World()
    world.define(8, "c1", "a")
    world.define(8, "c2", "b")
    world.define(99, "c1")
    mixes = world.mixes()

    assert {"a": 8} == mixes.of("c1").counts
    assert {"b": 8} == mixes.of("c2").counts
    assert {"a": 8, "b": 8} == mixes.of("c3").counts == mixes.of(None).counts


def test_counted_anew_in_time() -> None:
    """The mix is counted anew after a while, also where the clock was set back."""
    world = World()
    world.define(1, "c1", "a")
    mixes = world.mixes()
    first = mixes.of("c1")
    world.define(1, "c1", "a")
    world.now += RECOUNT_S - 1
    second = mixes.of("c1")
    world.now += 1
    third = mixes.of("c1")
    world.define(1, "c1", "a")
    world.now -= 1e6

    assert second is first
    assert [{"a": 1}, {"a": 2}, {"a": 3}] == [m.counts for m in (first, third, mixes.of("c1"))]


def test_value_of_a_class() -> None:
    """A type's value rises from 0 with its share of the requests, up to 1 at a fifth of them."""
    values = [class_value(share / 100) for share in range(101)]

    assert 0.0 == values[0]
    assert {1.0} == set(values[20:])
    assert sorted(set(values)) == values[:21]


@pytest.mark.parametrize(("share", "value"), [(0.0, 0.0), (0.05, 0.5), (0.1, 1.0), (1.0, 1.0)])
def test_value_of_a_second_empty_card(share: float, value: float) -> None:
    """A second empty card is worth more the more VMs want several instances, up to a tenth of them."""
    assert isclose(value, several_value(share))
