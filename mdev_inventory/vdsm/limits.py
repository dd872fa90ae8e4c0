"""How much one host may say: more is an error of that host alone, which names what it is and the limit.

Each is several times what the largest machines have. Together they bound what a hostile or broken host costs the
service, whose other hosts must not wait for it. `docs/failures.md` has them for people.
"""

from typing import NamedTuple


class Limit(NamedTuple):
    """So many of something; `what` as it is told."""

    most: int
    what: str


TYPES = Limit(256, "types of one host")
"""Four models of NVIDIA cards have 120."""
PARENTS = Limit(4096, "parents of one host")
"""Sixteen cards of 64 virtual functions are 1,024."""
FIGURES = Limit(32768, "figures of one host: its parents, each with its types")
"""A thousand virtual functions with 30 types each."""
COMPARED = Limit(2**21, "figures of one host times its types")
"""Lists of what is free look at each figure for each type: this is a second or two, at worst."""
INSTANCES = Limit(16384, "instances of one host")
ERRORS = Limit(1024, "errors of one host")
"""Our hook tells 51 at most."""
DEVICES = Limit(8192, "host devices in VDSM's list")
VMS = Limit(4096, "VMs of one host")
NAME = Limit(255, "characters of an id, an address or a driver's name")
"""The longest name that a file can have."""
TEXT = Limit(4096, "characters of any other text")
"""A sysfs attribute is one page, a path no longer either."""
FRAMES = Limit(1000, "frames of one answer")
"""VDSM answers in one; others are for whoever shares our random reply destination, which is nobody."""
HEADERS = Limit(64, "headers of one frame")
"""VDSM's own frames have five."""
PIECES = Limit(1000, "pieces of an answer, more only where they are 256 bytes long on average")
"""A TLS record holds up to 16 KiB; VDSM fills them."""
ANSWER = Limit(16 * 1024 * 1024, "bytes of one answer")
"""The domain XMLs of 500 VMs are less than 10 MiB; all else stays below 2 MiB."""

LEAST_PIECE = 256
"""Bytes of a piece on average, once there are many."""
