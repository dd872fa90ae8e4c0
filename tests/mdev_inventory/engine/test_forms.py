"""Ids and addresses: what is one, and that each form is written down once."""

import re
from pathlib import Path

import pytest

from mdev_inventory.collector.engine_view import available_types
from mdev_inventory.engine.forms import is_pci_address, is_uuid, pci_address
from mdev_inventory.model import HostInventory, MdevType, ParentDevice

ROOT = Path(__file__).parents[3]
ADDRESSES = {
    "0000:3b:00.0": True,
    "10000:01:00.7": True,
    "7fffffff:ff:1f.7": True,
    "123456789:01:00.0": False,
    "000:3b:00.0": False,
    "0000:3B:00.0": False,
    "0000:3b:00.8": False,
    "0000:3b:00.0\n": False,
    "0.0.fffe": False,
    "mtty": False,
}
"""Names on the mdev bus, and whether they are PCI addresses."""


@pytest.mark.parametrize(("address", "expected"), ADDRESSES.items())
def test_a_pci_address(address: str, expected: bool) -> None:
    """A domain has four to eight digits, in the kernel's form and in libvirt's, for everybody who asks."""
    name = "pci_" + address.replace(":", "_").replace(".", "_")
    parent = ParentDevice(address, types=(MdevType("t", available=1),))

    assert expected is is_pci_address(address)
    assert (address if expected else None) == pci_address(name)
    assert expected is bool(available_types(HostInventory((parent,))))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("c2177883-f1bb-47f0-914d-32a22e3a8804", True),
        ("C2177883-F1BB-47F0-914D-32A22E3A8804", True),
        ("c2177883f1bb47f0914d32a22e3a8804", False),
        ("{c2177883-f1bb-47f0-914d-32a22e3a8804}", False),
        ("c2177883-f1bb-47f0-914d-32a22e3a8804\n", False),
        ("\u0661" * 8 + "-f1bb-47f0-914d-32a22e3a8804", False),
        ("", False),
    ],
)
def test_a_uuid(value: str, expected: bool) -> None:
    """A UUID has the engine's form, in either case."""
    assert expected is is_uuid(value)


PATTERNS = {
    "a UUID": re.compile(r"\[0-9a-f(A-F)?\]\{8\}"),
    "a PCI address": re.compile(r"\[0-9a-f\]\{4(,8)?\}.{0,3}\W\[0-9a-f\]\{2\}"),
}
"""How whoever writes such a pattern a second time would begin it."""


def test_each_form_is_written_once() -> None:
    """No other module has a pattern of its own for what `forms` has."""
    rooms = ("mdev_inventory", "scheduler_plugins", "simulation", "benchmarks", "tools")
    files = [path for room in rooms for path in (ROOT / room).rglob("*.py") if path.name != "forms.py"]
    again = [f"{path.name}: {what}" for path in files for what, p in PATTERNS.items() if p.search(path.read_text())]

    assert [] == again
    assert len(files) > 200
