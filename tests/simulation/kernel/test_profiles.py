"""The facts about real devices, spot-checked against what was published of them."""

import pytest

from simulation.kernel.profiles import UnknownProfileError, profile, profiles


@pytest.mark.parametrize(
    ("key", "type_id", "name", "description", "max_instance"),
    [
        (
            "tesla-m60",
            "nvidia-22",
            "GRID M60-8Q",
            "num_heads=4, frl_config=60, framebuffer=8192M, max_resolution=5120x2880, max_instance=1",
            1,
        ),
        (
            "tesla-t4",
            "nvidia-222",
            "GRID T4-1B",
            "num_heads=4, frl_config=45, framebuffer=1024M, max_resolution=5120x2880, max_instance=16",
            16,
        ),
        (
            "a40",
            "nvidia-558",
            "NVIDIA A40-2Q",
            "num_heads=4, frl_config=60, framebuffer=2048M, max_resolution=7680x4320, max_instance=24",
            24,
        ),
        ("a100-40", "nvidia-468", "GRID A100-4C", None, 10),
        ("a30", "nvidia-689", "NVIDIA A30-1-6C", None, 4),
        (
            "gvtg-256",
            "i915-GVTg_V5_4",
            None,
            "low_gm_size: 128MB\nhigh_gm_size: 512MB\nfence: 4\nresolution: 1920x1200\nweight: 4",
            1,
        ),
        ("mtty", "mtty-2", "Dual port serial", None, 12),
        ("mdpy", "mdpy-hd", "mdpy-hd", "virtual display, 1920x1080 framebuffer", 4),
        ("vfio-ap", "vfio_ap-passthrough", "VFIO AP Passthrough Device", None, 65536),
    ],
)
def test_type_facts(key: str, type_id: str, name: str | None, description: str | None, max_instance: int) -> None:
    """A type's name, description and maximum are the ones that its driver publishes."""
    found = profile(key).type(type_id)

    assert (name, description, max_instance) == (found.name, found.description, found.max_instance)


@pytest.mark.parametrize(
    ("key", "facts"),
    [
        ("tesla-m60", ("0x10de", "0x13f2", "nvidia", 2)),
        ("tesla-m10", ("0x10de", "0x13bd", "nvidia", 4)),
        ("a16", ("0x10de", "0x25b6", "nvidia", 4)),
        ("gvtg-1024", ("0x8086", "0x591d", "i915", 1)),
        ("mtty", (None, None, None, 1)),
        ("vfio-ccw", (None, None, "vfio_ccw", 1)),
    ],
)
def test_device_facts(key: str, facts: tuple[str | None, str | None, str | None, int]) -> None:
    """A device has its PCI ids, its driver and so many GPUs on a board."""
    found = profile(key)

    assert facts == (found.vendor, found.device, found.driver, found.gpus)


def test_ids_are_unique() -> None:
    """No device lists a type twice, whatever the driver's age."""
    for found in profiles().values():
        ids = [t.id for t in found.types + found.older_types]

        assert sorted(set(ids)) == sorted(ids), found.key


def test_no_type_exceeds_the_card() -> None:
    """What a card holds of one NVIDIA type fits into its memory, and into its maximum."""
    for found in profiles().values():
        for offered in found.types:
            taken = offered.framebuffer_mb * (offered.max_instance or 0)

            assert taken <= found.memory_mb, offered
            assert (offered.max_instance or 0) <= (found.max_vgpus or 65536), offered


def test_only_mig_types_are_mig_backed() -> None:
    """MIG-backed types carry a slice number in their name; nothing else is one."""
    backed = {t.name for p in profiles().values() for t in p.types if t.mig_backed}

    assert "GRID A100-1-5C" in backed
    assert all(name is not None and name.count("-") == 2 for name in backed)


def test_unknown_profile() -> None:
    """An unknown key is refused with the nearest known ones."""
    with pytest.raises(UnknownProfileError, match=r"'tesla-m61'.*tesla-m60"):
        profile("tesla-m61")


def test_unknown_type() -> None:
    """A type that the device does not have is a KeyError."""
    with pytest.raises(KeyError, match="nvidia-22"):
        profile("a40").type("nvidia-22")
