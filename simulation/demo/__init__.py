"""What `mdev-scheduler demo` runs: a data centre with each kind of card, VMs started one after the other.

The entrance is `run`; `scenario` says which hosts and VMs, `report` what is printed. Only the command calls
it.
"""

from simulation.demo.demonstration import run

__all__ = ["run"]
