"""Compatibility levels, and what the engine does differently below one.

A VM has its cluster's level, or one of its own (custom compatibility version), which then counts. The engine sends the
host's vGPU placement along from 4.3 on, and takes `nodisplay` off the custom property from then on: below, VDSM
is compact whatever the host's setting says, and `nodisplay` is a type that no host has.
A level that nobody tells is taken for a newer one.
"""

Level = tuple[int, int]
"""A compatibility version, `(4, 3)`."""
PLACEMENT_SINCE: Level = (4, 3)
"""`VgpuPlacementSupported`."""
NO_DISPLAY_SINCE: Level = (4, 3)


def sends_placement(level: Level | None) -> bool:
    """Whether the engine tells a host its vGPU placement for a VM of that level."""
    return level is None or level >= PLACEMENT_SINCE


def knows_no_display(level: Level | None) -> bool:
    """Whether `nodisplay` in the custom property of a VM of that level is no type."""
    return level is None or level >= NO_DISPLAY_SINCE
