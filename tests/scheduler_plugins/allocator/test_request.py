"""What a VM asks for, in both of the engine's ways."""

from dataclasses import replace

import pytest

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.engine.levels import Level
from mdev_inventory.engine.model import MediatedDevice, Vm
from scheduler_plugins.allocator.request import Request, RequestError, from_devices, from_property, request_of


@pytest.mark.parametrize(
    ("value", "types"),
    [
        pytest.param(None, (), id="not set"),
        pytest.param("", (), id="empty"),
        pytest.param("nvidia-22", ("nvidia-22",), id="one"),
        pytest.param("nvidia-22,nvidia-22", ("nvidia-22", "nvidia-22"), id="repetition is two instances"),
        pytest.param("GRID-X", ("GRID-X",), id="nothing but commas is cut off"),
        pytest.param("b,a", ("b", "a"), id="order is kept"),
        pytest.param("nodisplay,nvidia-22", ("nvidia-22",), id="nodisplay first is no type"),
        pytest.param("nodisplay", (), id="nodisplay alone asks for nothing"),
        pytest.param("nvidia-22,nodisplay", ("nvidia-22", "nodisplay"), id="nodisplay later is a type"),
        pytest.param("nodisplay,nodisplay,a", ("nodisplay", "a"), id="nodisplay counts once"),
        pytest.param("a, b", ("a", " b"), id="blanks are part of the type"),
        pytest.param(" nodisplay,a", (" nodisplay", "a"), id="a blank makes nodisplay a type"),
        pytest.param(" ", (), id="a property of blanks asks for nothing"),
        pytest.param("\t\n ", (), id="whatever the blanks are"),
        pytest.param("a, ", ("a", " "), id="a blank beside a type is a type"),
        pytest.param("a,,", ("a",), id="empty at the end asks for nothing"),
        pytest.param(",", (), id="only empty entries"),
        pytest.param("a,,b", ("a", "", "b"), id="empty in the middle is a type that no host has"),
        pytest.param(",a", ("", "a"), id="empty in front likewise"),
    ],
)
def test_property(value: str | None, types: tuple[str, ...]) -> None:
    """The custom property is a comma list, taken as it stands."""
    assert Request(types) == from_property(value)


def test_devices_in_the_order_of_their_ids() -> None:
    """The host creates mediated devices in the order of their ids, whatever the order of the answer."""
    devices = [device("b0", "last"), device("0a", "first"), device("A1", "second")]

    assert Request(("first", "second", "last")) == from_devices(devices)


def test_same_type_twice() -> None:
    """Two devices of one type are two instances."""
    assert Request(("t", "t")) == from_devices([device("1", "t"), device("2", "t")])


def test_device_without_type() -> None:
    """A device without a type is an error that names the VM, the device and what it has instead."""
    odd = MediatedDevice("d-2", {"nodisplay": "true"})

    with pytest.raises(RequestError) as caught:
        request_of(vm(devices=(device("d-1", "t"), odd)))

    assert "bad-request" == caught.value.code
    assert (
        "VM 'cad' (vm-1): mediated device d-2 has no mdevType among its parameters ['nodisplay'];"
        " set one in the VM's host devices" == str(caught.value)
    )


@pytest.mark.parametrize(
    ("mdev_type", "devices", "types"),
    [
        pytest.param("p", ("d",), ("d",), id="devices win"),
        pytest.param("p", (), (), id="known to have no device: the property is left over, and asks for nothing"),
        pytest.param("p", None, ("p",), id="older engine: the property"),
        pytest.param(None, (), (), id="neither"),
        pytest.param(None, None, (), id="neither, older engine"),
    ],
)
def test_vm(mdev_type: str | None, devices: tuple[str, ...] | None, types: tuple[str, ...]) -> None:
    """A VM's mediated devices count, its property only where the engine has no such devices."""
    made = None if devices is None else tuple(device(str(n), t) for n, t in enumerate(devices))

    assert Request(types) == request_of(vm(mdev_type, made))


LEVELS = [(4, 1), (4, 2), (4, 3), (4, 4), (4, 7), (5, 0), None]
"""Compatibility levels; the last is one that nobody tells."""


@pytest.mark.parametrize("level", LEVELS)
def test_levels(level: Level | None) -> None:
    """Below level 4.3 a host gets no placement, and `nodisplay` is a type; a level not told is newer."""
    old = level in ((4, 1), (4, 2))
    by_property = request_of(replace(vm("nodisplay,t"), level=level))
    by_devices = request_of(replace(vm(devices=(device("1", "t"),)), level=level))

    assert Request(("nodisplay", "t") if old else ("t",), compact=old) == by_property
    assert Request(("t",), compact=old) == by_devices
    assert old is KnownVm.of(replace(vm(), level=level), (), 0.0).compact


@pytest.mark.parametrize(("types", "asks"), [((), False), (("t",), True), (("",), True)])
def test_truth(types: tuple[str, ...], asks: bool) -> None:
    """A request is false exactly where it asks for nothing."""
    assert asks is bool(Request(types))


def device(device_id: str, type_id: str) -> MediatedDevice:
    """A mediated device of that type."""
    return MediatedDevice(device_id, {"mdevType": type_id, "nodisplay": "false"})


def vm(mdev_type: str | None = None, devices: tuple[MediatedDevice, ...] | None = None) -> Vm:
    """A VM with a request in either place."""
    return Vm("vm-1", "cad", "down", "c-1", None, mdev_type, devices)
