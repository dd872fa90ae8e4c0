"""Cards with mediated devices and the kernel's mdev bus above them.

`boards.build_bus` makes a `Bus` from boards; `sysfs_tree` shows it on disk, `inventory` as a perfect hook
would tell it. What each kind of card does is in `families`, which products there are in `profiles`. The room
knows neither VDSM nor VMs, and nothing of the product but the inventory's model.
"""

from simulation.kernel.bus import Bus, Change

__all__ = ["Bus", "Change"]
