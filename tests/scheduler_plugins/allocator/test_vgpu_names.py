"""NVIDIA's names of vGPU types, taken apart."""

import pytest

from scheduler_plugins.allocator.vgpu_names import VgpuName, read
from simulation.kernel.profiles import profiles


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GRID T4-2Q", VgpuName("T4", False, 2, "Q")),
        ("GRID T4-1B4", VgpuName("T4", False, 1, "B")),
        ("GRID M60-0Q", VgpuName("M60", False, 0, "Q")),
        ("NVIDIA RTX6000-Ada-48C", VgpuName("RTX6000-Ada", False, 48, "C")),
        ("GRID A100-1-5C", VgpuName("A100", True, 5, "C")),
        ("GRID A100-1-5CME", VgpuName("A100", True, 5, "C")),
        ("NVIDIA RTX Pro 6000 Blackwell DC-1-24Q", VgpuName("RTX Pro 6000 Blackwell DC", True, 24, "Q")),
        ("A100 1g.5gb", None),
        ("nvidia-231", None),
        ("GRID K140Q", None),
        ("i915-GVTg_V5_4", None),
        ("", None),
    ],
)
def test_a_name(name: str, expected: VgpuName | None) -> None:
    """A name that has NVIDIA's form tells card, sharing, size and series; any other tells nothing."""
    assert expected == read(name)


def test_every_name_that_is_known() -> None:
    """Every NVIDIA type of the known cards has a name that can be read, with its own framebuffer and sharing."""
    known = [t for p in profiles().values() if p.family in ("time-sliced", "sr-iov") for t in p.types]
    read_names = [(t, read(t.name or "")) for t in known]

    assert [] == [t.name for t, name in read_names if name is None or name.mig != bool(t.mig_backed)]
    assert len(known) > 500
