"""VDSM as it is met on the network: TLS, STOMP frames, JSON-RPC, and the ways in which each can fail.

`SimulatedVdsm` serves one host, `farm` many; `pki` signs the certificates that both sides show. What a host
answers comes from whoever stands behind it (`VdsmHost`); this room does not know what that is.
"""

from simulation.vdsm.faults import Fault
from simulation.vdsm.server import SimulatedVdsm

__all__ = ["Fault", "SimulatedVdsm"]
