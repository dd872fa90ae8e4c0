"""Vendors' free-form type descriptions, as far as they are figures.

NVIDIA writes one line (`num_heads=4, ..., framebuffer=2048M, max_instance=8`), Intel's GVT-g five lines
(`low_gm_size: 64MB`), which mdevctl joins by ", "; the kernel's samples write prose. None of it is part
of the kernel's ABI: what is not understood is None, and nothing here raises.

Runs on Python 3.6.
"""

import re
from typing import Dict, NamedTuple, Optional, Tuple


class Fields(NamedTuple):
    """The figures of one description; None where it does not tell."""

    framebuffer_mb: Optional[int] = None
    """NVIDIA's frame buffer of one instance, MiB: a card holds instances of one size only."""
    max_instance: Optional[int] = None
    """NVIDIA: instances of this type that one physical GPU holds; never memory divided by size."""
    num_heads: Optional[int] = None
    frl_config: Optional[int] = None
    """NVIDIA's frame rate limit, frames per second."""
    low_gm_mb: Optional[int] = None
    """GVT-g: graphics memory that the CPU can map, MB."""
    high_gm_mb: Optional[int] = None
    """GVT-g: graphics memory that only the GPU reaches, MB."""
    fence: Optional[int] = None
    weight: Optional[int] = None
    memory_mb: Optional[int] = None
    """Video memory as the sample driver mbochs words it, MB."""
    max_per_vm: Optional[int] = None
    """NVIDIA: instances of this type that one VM may have, where the driver says so (`Max Instances Per VM`)."""


# Nine digits: more is no device's figure, and keeps hostile text from becoming a giant number.
_COUNT = re.compile(r"([0-9]{1,9})")
_MEGABYTES = re.compile(r"([0-9]{1,9})MB?")
_PROSE_MEMORY = re.compile(r"([0-9]{1,9}) MB video memory")
_PER_VM = re.compile(r"max[ _]instances?[ _]per[ _]vm *[=:] *([0-9]{1,9})", re.IGNORECASE)
_PAIR = re.compile(r"(\w+)(?:=|: *)(\S+)")

_MEANINGS = {
    "framebuffer": ("framebuffer_mb", _MEGABYTES),
    "max_instance": ("max_instance", _COUNT),
    "num_heads": ("num_heads", _COUNT),
    "frl_config": ("frl_config", _COUNT),
    "low_gm_size": ("low_gm_mb", _MEGABYTES),
    "high_gm_size": ("high_gm_mb", _MEGABYTES),
    "fence": ("fence", _COUNT),
    "weight": ("weight", _COUNT),
}


def parse(description: str) -> Fields:
    """The figures found in a type's description; where a key is repeated, the first one counts."""
    found: Dict[str, int] = {}
    for part in re.split(r"[,\n]", description):
        figure = _figure(part.strip())
        if figure:
            found.setdefault(*figure)
    return Fields(**found)


def _figure(part: str) -> Optional[Tuple[str, int]]:
    prose = _PROSE_MEMORY.fullmatch(part)
    if prose:
        return "memory_mb", int(prose.group(1))
    per_vm = _PER_VM.fullmatch(part)
    if per_vm:
        return "max_per_vm", int(per_vm.group(1))
    pair = _PAIR.fullmatch(part)
    if pair is None or pair.group(1) not in _MEANINGS:
        return None
    field, form = _MEANINGS[pair.group(1)]
    figure = form.fullmatch(pair.group(2))
    return (field, int(figure.group(1))) if figure else None
