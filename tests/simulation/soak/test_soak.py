"""A short soak, with the real service."""

from pathlib import Path

from simulation.soak.__main__ import soak


def test_a_service_is_soaked(tmp_path: Path) -> None:
    """Everybody asks, nobody fails, and the process is measured meanwhile."""
    found, counts = soak(tmp_path, 3.0, 2, 6)

    assert {"start or stop", "read", "explain", "nonsense"} <= counts.keys()
    assert [] == [name for name in counts if name.endswith("failed")]
    assert all(each.memory_kib and each.descriptors and each.threads for each in found)
