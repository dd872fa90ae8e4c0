"""An oVirt host: VDSM's way of starting, stopping and migrating VMs on a simulated mdev bus.

`SimulatedHost` is the host; `allocator` is how VDSM chooses a parent device, `trial` asks it what it would do
now. How a host is asked over the network is `simulation.vdsm`'s affair, and who starts VMs on it the
engine's.
"""

from simulation.hosts.host import SimulatedHost

__all__ = ["SimulatedHost"]
