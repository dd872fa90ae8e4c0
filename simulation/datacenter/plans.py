"""Hosts and VMs to build, and boards that examples plug in. Plain data."""

from dataclasses import dataclass

from simulation.kernel.boards import GVTG_ADDRESS, Board

M60 = Board("tesla-m60", "0000:3b:00.0")
T4 = Board("tesla-t4", "0000:3b:00.0")
A40 = Board("a40", "0000:51:00.0", vfs=16)
GVTG = Board("gvtg-256", GVTG_ADDRESS)


@dataclass(frozen=True, slots=True)
class HostPlan:
    """A host to build."""

    name: str
    boards: tuple[Board, ...] = ()
    separate: bool = False
    """vGPU placement: separated instead of consolidated."""
    dead: bool = False
    """Its VDSM answers nobody, and the engine has not noticed yet."""
    cluster: str = "Default"


@dataclass(frozen=True, slots=True)
class VmPlan:
    """A VM to define and to start."""

    name: str
    types: tuple[str, ...]
    """The mdev types that it asks for; none for an ordinary VM."""
    wants: str
    """The same for people."""
