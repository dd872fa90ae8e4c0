"""The engine's own filter, its rows, and how a request is read by each version."""

import pytest

from simulation.engine.mdevice import converted, java_split, requested_types, store_devices, suited, wanted_devices
from simulation.engine.settings import EngineVersion
from simulation.engine.state import Cluster, Host, Vm, VmDevice

V44, V45 = EngineVersion.parse("4.4"), EngineVersion.parse("4.5")
CLUSTER = Cluster("c", "c")


def make_host(**types: object) -> Host:
    """A host with one device whose types have those figures."""
    host = Host("h", "h", CLUSTER, "h")
    mdev = {type_id: {"available_instances": figure} for type_id, figure in types.items()}
    store_devices(host, {"computer": {"params": {}}, "pci": {"params": {"parent": "computer", "mdev": mdev}}})
    return host


def make_vm(mdev_type: str | None = None, *devices: tuple[str, str]) -> Vm:
    """A VM that asks for that, in either way."""
    found = tuple(VmDevice(device_id, {"mdevType": type_id}) for device_id, type_id in devices)
    return Vm("v", "v", CLUSTER, mdev_type, found)


@pytest.mark.parametrize(
    ("text", "parts"), [("", []), ("a", ["a"]), ("a,b,,", ["a", "b"]), ("a,,b", ["a", "", "b"]), ("a, b", ["a", " b"])]
)
def test_java_split(text: str, parts: list[str]) -> None:
    """Empty parts at the end vanish, nothing is trimmed."""
    assert parts == java_split(text)


@pytest.mark.parametrize(
    ("mdev_type", "types"),
    [
        pytest.param(None, (), id="not set"),
        pytest.param("a,b,a", ("a", "b", "a"), id="the property's order, repetition kept"),
        pytest.param("nodisplay,a", ("a",), id="nodisplay in front is no type"),
        pytest.param("a,nodisplay", ("a", "nodisplay"), id="elsewhere it is one"),
    ],
)
def test_requested_types_before_4_5(mdev_type: str | None, types: tuple[str, ...]) -> None:
    """The custom property, as VM.create reads it."""
    assert types == requested_types(make_vm(mdev_type), V44)


def test_requested_types_from_4_5_on() -> None:
    """Devices by id, the property being nothing."""
    assert requested_types(make_vm("x", ("2", "a"), ("1", "b")), V45) == ("b", "a")


@pytest.mark.parametrize(
    ("mdev_type", "passes"),
    [
        pytest.param("a", True, id="one left"),
        pytest.param("a,a", True, id="multiplicity is not counted"),
        pytest.param("b", False, id="none left"),
        pytest.param("a,b", False, id="one of two types without any left"),
        pytest.param("c", False, id="no such type"),
        pytest.param("d", False, id="no figure"),
        pytest.param(None, True, id="no request"),
        pytest.param("nodisplay,a", True, id="nodisplay is no type"),
    ],
)
def test_filter(mdev_type: str | None, passes: bool) -> None:
    """Each requested type needs one device that shows more than 0."""
    host = make_host(a="1", b="0", d="many")

    assert ([host] if passes else []) == suited([host], make_vm(mdev_type), V44)


@pytest.mark.parametrize(("version", "passes"), [("4.4.0", False), ("4.4.1", False), ("4.4.2", True)])
def test_nodisplay_defect(version: str, passes: bool) -> None:
    """4.4.0 and 4.4.1 take nodisplay for a type: such VMs match no host."""
    found = suited([make_host(a="1")], make_vm("nodisplay,a"), EngineVersion.parse(version))

    assert passes == bool(found)


def test_orphans_are_dropped() -> None:
    """Only devices that hang from `computer`, parent by parent, become rows; loops do not hang anywhere."""
    host = Host("h", "h", CLUSTER, "h")
    listed: dict[str, dict[str, dict[str, str]]] = {
        "computer": {"params": {}},
        "bridge": {"params": {"parent": "computer"}},
        "card": {"params": {"parent": "bridge"}},
        "orphan": {"params": {"parent": "elsewhere"}},
        "fake": {"params": {}},
        "one": {"params": {"parent": "two"}},
        "two": {"params": {"parent": "one"}},
    }
    store_devices(host, listed)

    assert list(host.devices) == ["computer", "bridge", "card"]


def test_converted() -> None:
    """4.5 converts the property on save: nodisplay holds for the entries after it."""
    assert converted("a,nodisplay,b") == [
        {"mdevType": "a", "nodisplay": "false"},
        {"mdevType": "b", "nodisplay": "true"},
    ]


@pytest.mark.parametrize("text", ["4", "4.4.1.2", "four", "4.x", ""])
def test_bad_version(text: str) -> None:
    """A version that is none is refused by its text."""
    with pytest.raises(ValueError, match="engine version"):
        EngineVersion.parse(text)


def test_version() -> None:
    """Without a third number it is the last of its line."""
    assert str(EngineVersion.parse("4.4")) == "4.4.10"
    assert EngineVersion.parse("4.4.1") < EngineVersion.parse("4.4")


def test_wanted_devices() -> None:
    """From 4.5 on a VM may have devices and, converted, the property; before, devices are refused."""
    params = {"mdevType": "a", "driverParams": "enable_uvm=1"}

    assert wanted_devices(V45, "vm", "b", [params]) == [params, {"mdevType": "b", "nodisplay": "false"}]
    assert wanted_devices(V44, "vm", "b", []) == []
    with pytest.raises(ValueError, match=r"VM vm: engine 4\.4\.10 knows no mediated devices"):
        wanted_devices(V44, "vm", None, [params])
