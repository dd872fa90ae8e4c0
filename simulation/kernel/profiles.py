"""What real mdev devices are: ids, names, sizes and maxima of 48 devices, read from `profiles.json`.

The file holds facts only; strings that a driver composes from figures (NVIDIA's and GVT-g's
descriptions) are composed here in the driver's form. A device whose description nobody has
published (the MIG capable ones) has none.
"""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

GVTG_GGTT_MB = 4096
"""The global graphics address space that aperture and hidden memory share (gen9)."""
GVTG_HOST_LOW_MB, GVTG_HOST_HIGH_MB, GVTG_HOST_FENCES, GVTG_FENCES = 128, 384, 4, 32
"""What GVT-g's driver keeps for the host (gvt.h) of aperture, hidden memory and fences."""


class UnknownProfileError(KeyError):
    """No device of that name is known: the text names the nearest ones."""

    def __init__(self, name: str, nearest: list[str]) -> None:
        """`nearest` known keys, the likeliest first."""
        super().__init__(f"no device profile {name!r}; nearest: {', '.join(nearest) or 'none'}")
        self.name = name
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class TypeProfile:
    """One mdev type of a device, as its driver's table or source has it."""

    id: str
    name: str | None
    """The `name` file; None where the driver makes none."""
    description: str | None
    """The `description` file without its last newline; None where there is none or it is not known."""
    device_api: str | None
    max_instance: int | None
    """How many the whole card holds of this type alone; None where nobody knows."""
    framebuffer_mb: int = 0
    """What one instance takes of an NVIDIA card's memory."""
    mig_backed: bool = False
    """Needs a GPU instance of the card's MIG mode."""
    cost: tuple[int, ...] = ()
    """What one instance takes of each of the device's pools (`Profile.capacity`)."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One product: what every card of it has in common."""

    key: str
    product: str
    family: str
    """`time-sliced`, `sr-iov`, `gvt-g`, `pool`, `queues` or `no-mdev`: how its figures behave."""
    kind: str
    """`pci`, `virtual`, `matrix` or `css`: where its parent devices live in sysfs."""
    vendor: str | None
    device: str | None
    driver: str | None
    gpus: int
    """GPUs on the board, each with a PCI address of its own."""
    max_vgpus: int | None
    """The most instances of any kind that one GPU holds."""
    vf_count: int
    """Virtual functions enabled by default; a lower bound where the true number was not published."""
    vf_offset: int
    """Function number of the first virtual function."""
    path: str | None
    """Where a parent device that is not PCI lives, under `/sys`."""
    capacity: tuple[int, ...]
    """The pools that all types of a parent device draw on, empty card."""
    exhausted: str
    """Name of the errno of a creation beyond what the device holds."""
    types: tuple[TypeProfile, ...]
    """In the order of the driver's table."""
    older_types: tuple[TypeProfile, ...]
    """Types that older drivers offer besides."""

    def type(self, type_id: str) -> TypeProfile:
        """The type of that id; KeyError where the device has none."""
        for found in self.types + self.older_types:
            if found.id == type_id:
                return found
        raise KeyError(type_id)

    @property
    def memory_mb(self) -> int:
        """The framebuffer of one whole GPU: what its biggest type takes."""
        return max((t.framebuffer_mb for t in self.types), default=0)


@cache
def profiles() -> Mapping[str, Profile]:
    """All known devices by their short keys (`tesla-m60`, `a40`, `gvtg-256`, `mtty`, …)."""
    text = resources.files(__package__).joinpath("profiles.json").read_text("utf-8")
    document = json.loads(text)
    return {k: _profile(k, facts, document["columns"]) for k, facts in document["profiles"].items()}


def profile(name: str) -> Profile:
    """The device of that key; UnknownProfileError otherwise."""
    known = profiles()
    if name not in known:
        raise UnknownProfileError(name, difflib.get_close_matches(name, known, n=3, cutoff=0.3))
    return known[name]


def _profile(key: str, facts: dict[str, Any], columns: dict[str, list[str]]) -> Profile:
    family = facts["family"]
    names = columns[family]
    capacity = _capacity(facts)

    def read(table: str) -> tuple[TypeProfile, ...]:
        rows = (dict(zip(names, row, strict=True)) for row in facts.get(table, ()))
        return tuple(_type(family, row, capacity, facts.get("mig_types", ())) for row in rows)

    types = read("types")
    most = max((t.max_instance or 0 for t in types), default=0)
    return Profile(
        key=key,
        product=facts["product"],
        family=family,
        kind=facts["kind"],
        vendor=facts.get("vendor"),
        device=facts.get("device"),
        driver=facts.get("driver"),
        gpus=facts.get("gpus", 1),
        max_vgpus=facts.get("max_vgpus"),
        vf_count=facts.get("vf_count", most) if "vf_offset" in facts else 0,
        vf_offset=facts.get("vf_offset", 0),
        path=facts.get("path"),
        capacity=capacity,
        # NVIDIA's driver answers EINVAL (mdevctl issue 115), GVT-g's ENOSPC (its source).
        exhausted=facts.get("exhausted", "ENOSPC" if family in ("gvt-g", "queues") else "EINVAL"),
        types=types,
        older_types=read("older_types"),
    )


def _capacity(facts: dict[str, Any]) -> tuple[int, ...]:
    """The device's pools; GVT-g's three are what its driver leaves to guests at that aperture."""
    if aperture := facts.get("aperture_mb"):
        hidden = GVTG_GGTT_MB - aperture
        return (aperture - GVTG_HOST_LOW_MB, hidden - GVTG_HOST_HIGH_MB, GVTG_FENCES - GVTG_HOST_FENCES)
    return (facts["capacity"],) if "capacity" in facts else ()


def _type(family: str, row: dict[str, Any], capacity: tuple[int, ...], mig: list[str]) -> TypeProfile:
    if family in ("time-sliced", "sr-iov"):
        return _nvidia_type(row, row["id"] in mig)
    if family == "gvt-g":
        return _pool_type(row, _gvtg_description(row), capacity, (row["low_gm_mb"], row["high_gm_mb"], row["fence"]))
    if family == "pool":
        return _pool_type(row, row["description"], capacity, (row["cost"],))
    return TypeProfile(row["id"], None, None, None, None)


def _nvidia_type(row: dict[str, Any], mig_backed: bool) -> TypeProfile:
    return TypeProfile(
        id=row["id"],
        name=row["name"],
        description=_nvidia_description(row),
        device_api="vfio-pci",
        max_instance=row["max_instance"],
        framebuffer_mb=row["framebuffer_mb"],
        mig_backed=mig_backed,
    )


def _pool_type(
    row: dict[str, Any], description: str | None, capacity: tuple[int, ...], cost: tuple[int, ...]
) -> TypeProfile:
    return TypeProfile(
        id=row["id"],
        name=row.get("name"),
        description=description,
        device_api=row.get("device_api", "vfio-pci"),
        max_instance=min(pool // share for pool, share in zip(capacity, cost, strict=True)),
        cost=cost,
    )


def _nvidia_description(row: dict[str, Any]) -> str | None:
    if row["num_heads"] is None:
        return None
    members = ("num_heads", "frl_config", "framebuffer_mb", "max_resolution", "max_instance")
    form = "num_heads={}, frl_config={}, framebuffer={}M, max_resolution={}, max_instance={}"
    return form.format(*(row[m] for m in members))


def _gvtg_description(row: dict[str, Any]) -> str:
    form = "low_gm_size: {low_gm_mb}MB\nhigh_gm_size: {high_gm_mb}MB\nfence: {fence}\n"
    return (form + "resolution: {resolution}\nweight: {weight}").format(**row)
