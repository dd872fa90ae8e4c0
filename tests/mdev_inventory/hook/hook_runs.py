"""The hook, run on a tree of files."""

from tests.mdev_inventory.hook.vdsm_runs import CAPABILITIES, Run

ADDRESSES = ("0000:3b:00.0", "0000:86:00.0", "mtty")


TYPES = ("nvidia-11", "nvidia-18", "nvidia-22")


def others_are_untouched(done: Run) -> bool:
    """Whether the members that VDSM wrote are as VDSM wrote them, in text."""
    return done.text.startswith(CAPABILITIES.rstrip("}") + ', "mdev_inventory": {')
