"""NVIDIA's names of vGPU types, taken apart: `GRID T4-2Q`, `NVIDIA RTX6000-Ada-48C`, `GRID A100-1-5CME`.

A name is the card's, for a MIG-backed type the slices of the GPU instance that it lives in, the framebuffer in
GB (0 is 512 MB), and the series: Q workstations, C compute, B desktops, A applications.
"""

import re
from functools import lru_cache
from typing import NamedTuple

_NAME = re.compile(
    r"(?:GRID |NVIDIA )?(?P<card>[0-9A-Za-z ]+(?:-[A-Z][A-Za-z]+)*)(?:-(?P<slices>\d{1,2}))?-"
    r"(?P<size>\d{1,4})(?P<series>[A-Z]+)(?:\d{1,2})?",
    re.ASCII,
)


class VgpuName(NamedTuple):
    """What the name of a type says."""

    card: str
    """`T4`, `RTX6000-Ada`."""
    mig: bool
    """Whether it is MIG-backed."""
    size_gb: int
    series: str
    """`Q`, `C`, `B`, `A`; `CME` and the like are C with an extension."""


@lru_cache(maxsize=4096)
def read(name: str) -> VgpuName | None:
    """The parts of a type's name; None for one that is not made so."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    return VgpuName(found["card"], found["slices"] is not None, int(found["size"]), found["series"][0])
