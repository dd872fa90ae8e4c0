"""How many vGPUs NVIDIA's manager takes in one VM: refused where certain, told where not."""

from collections.abc import Sequence

import pytest

from mdev_inventory.model import NVIDIA, HostInventory, MdevType, ParentDevice
from scheduler_plugins.allocator.per_vm import OLD_CARD, OLD_DRIVER, SERIES, UNKNOWN, may_be_over, over_limit
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.units.mdev_filter import MdevFilter
from tests.scheduler_plugins import inventories as inv

FINE, SAYS_SO = "", "its driver says so"


def card(name: str, most: int | None, more: str = "", vendor: str | None = NVIDIA) -> HostInventory:
    """A host with a card that offers this type, and a part of a framebuffer beside it."""
    told = ", ".join(filter(None, [f"max_instance={most}" if most else "", more]))
    types = (MdevType("nvidia-1", name, told, "", most or 2, ()), MdevType("nvidia-2", "GRID V100-1Q", "", "", 0, ()))
    return HostInventory((ParentDevice(inv.A, vendor, types=types),))


TWICE = [
    pytest.param("GRID T4-2B", 8, "", SERIES, FINE, id="B series, Turing"),
    pytest.param("GRID T4-16B", 1, "", SERIES, FINE, id="B series, however large"),
    pytest.param("NVIDIA A40-4A", 12, "", SERIES, FINE, id="A series"),
    pytest.param("GRID M60-4A", 2, "", SERIES, FINE, id="A series, Maxwell"),
    pytest.param("GRID M60-4Q", 2, "", OLD_CARD, FINE, id="a part of an M60"),
    pytest.param("GRID M60-8Q", 1, "", FINE, FINE, id="a whole M60"),
    pytest.param("GRID P40-3Q", 8, "", OLD_CARD, FINE, id="a part of a P40"),
    pytest.param("GRID P40-24Q", 1, "", FINE, FINE, id="a whole P40"),
    pytest.param("GRID P40-24C", 1, "", OLD_CARD, FINE, id="C series before Volta"),
    pytest.param("GRID P100X-16Q", None, "", FINE, OLD_CARD, id="whole or not: nobody tells"),
    pytest.param("GRID V100-4Q", 4, "", FINE, OLD_DRIVER, id="a part of a V100"),
    pytest.param("GRID V100-16C", 1, "", FINE, FINE, id="a whole V100"),
    pytest.param("NVIDIA L40S-6Q", 8, "", FINE, OLD_DRIVER, id="a part of an L40S"),
    pytest.param("GRID A100-1-5C", 7, "", FINE, OLD_DRIVER, id="MIG-backed"),
    pytest.param("A part of something", 4, "", FINE, UNKNOWN, id="a name of another form"),
    pytest.param("NVIDIA X1-4Z", 4, "", FINE, UNKNOWN, id="an unknown series"),
    pytest.param("NVIDIA L40S-6Q", 8, "Max Instances Per VM: 1", SAYS_SO, FINE, id="its driver says one"),
    pytest.param("GRID T4-2B", 8, "max_instances_per_vm=2", FINE, FINE, id="its driver says two"),
]


@pytest.mark.parametrize(("name", "most", "more", "refused", "doubt"), TWICE)
def test_two_of_a_type(name: str, most: int | None, more: str, refused: str, doubt: str) -> None:
    """Two vGPUs of a type in one VM are refused where NVIDIA's table is certain, and told where it is not."""
    host, twice = card(name, most, more), Request(("nvidia-1", "nvidia-1"))

    assert (f"asks for 2 vGPUs in one VM; NVIDIA's manager takes 1 of nvidia-1: {refused}" if refused else "") == (
        over_limit(host, twice)
    )
    if not refused:
        assert (doubt and f"not certain for several vGPUs in one VM: {doubt}") == may_be_over(host, twice)


@pytest.mark.parametrize(
    ("host", "types"),
    [
        pytest.param(card("GRID T4-2B", 8), ["nvidia-1"], id="one is always allowed"),
        pytest.param(card("GRID T4-2B", 8), ["nvidia-1", "nvidia-9"], id="the other is not on this host"),
        pytest.param(card("GRID T4-2B", 8, vendor="0x8086"), ["nvidia-1"] * 2, id="not NVIDIA's"),
        pytest.param(inv.host(inv.mtty(4, 2)), ["mtty-1"] * 2, id="another vendor"),
        pytest.param(HostInventory(), ["nvidia-1"] * 2, id="no card"),
    ],
)
def test_no_limit(host: HostInventory, types: Sequence[str]) -> None:
    """The rule is NVIDIA's, and about several in one VM."""
    assert ("", "") == (over_limit(host, Request(tuple(types))), may_be_over(host, Request(tuple(types))))


def test_different_types() -> None:
    """A type that stands alone stands beside no other type either; which one is named."""
    host = inv.host(inv.t4(), inv.t4(inv.B))

    assert f"takes 1 of {inv.B2}: {SERIES}" in over_limit(host, Request((inv.Q2, inv.B2)))


def test_a_card_that_takes_several_is_enough() -> None:
    """Where one card of the host may take them, the host is not refused."""
    whole = card("GRID P40-24Q", 1).parents[0]._replace(address=inv.B)

    assert "" == over_limit(inv.host(*card("GRID P40-3Q", 8).parents, whole), Request(("nvidia-1", "nvidia-1")))


def test_the_driver_limits_a_type() -> None:
    """A limit above one is of the type's own instances."""
    host = card("NVIDIA L40S-6Q", 8, "max_instances_per_vm=2")

    assert "" == over_limit(host, Request(("nvidia-1", "nvidia-1", "nvidia-2")))
    assert "asks for 3 vGPUs in one VM; NVIDIA's manager takes 2 of nvidia-1: its driver says so" == (
        over_limit(host, Request(("nvidia-1",) * 3))
    )


@pytest.mark.parametrize("limit", [True, False])
def test_the_filter_refuses_or_tells(limit: bool) -> None:
    """`[decisions] limit_per_vm` decides whether the host is refused; it is told in either case."""
    verdict = MdevFilter(limit).judge(inv.request(inv.B2, inv.B2), inv.view(inv.host(inv.t4())))

    assert (not limit, "vm-limit" if limit else None) == (verdict.fits, verdict.code)
    assert SERIES in verdict.text
