"""MdevFilter: only hosts that can start the VM.

A host passes if its own allocator, started now, would find a parent device for every mdev instance that
the VM asks for, one after the other. A host that would refuse is dropped, with the reason: the type is not
there, nothing is left of it, another type holds the cards, the allocator itself fails, or NVIDIA's manager
does not take so many vGPUs in one VM (`[decisions] limit_per_vm`). A host of which
nothing is known is dropped too. VMs that ask for no mediated device pass everywhere.

The filter has no parameters. Without it in the policy, the engine's own check is all there is: it neither
counts instances nor knows what one start does to the rest of a card.
"""

from scheduler_plugins.allocator.doubts import doubts
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.per_vm import over_limit
from scheduler_plugins.allocator.placement import Placement, place_on
from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.units.verdict import Verdict


class MdevFilter:
    """Drops hosts whose allocator would refuse the request."""

    name = "MdevFilter"
    description = "Only hosts that have free what the VM's vGPU request needs"
    properties = ""

    def __init__(self, limit_per_vm: bool = True) -> None:
        """`limit_per_vm`: hosts are refused where NVIDIA's manager would certainly not take so many in one VM."""
        self._limit_per_vm = limit_per_vm

    def judge(self, request: Request, host: HostView) -> Verdict:
        """The verdict on one host."""
        if not request:
            text = "the VM asks for no mediated device"
            return Verdict(host.id, True, None, None, text, None, None, host.name)
        seen = host.observation
        if seen is None:
            return _unknown(host)
        over = over_limit(seen.inventory, request)
        if over and self._limit_per_vm:
            code = RefusalCode.VM_LIMIT
            return Verdict(host.id, False, None, code, over, seen.holds_to, seen.source, host.name)
        found = place_on(host, request)
        if isinstance(found, Placement):
            lands = "lands on " + ", ".join(f"{slot.parent} ({slot.type})" for slot in found.slots)
            text = "; ".join(filter(None, [lands, *doubts(found), over]))
            return Verdict(host.id, True, found, None, text, seen.holds_to, seen.source, host.name)
        return Verdict(host.id, False, None, found.code, found.text, seen.holds_to, seen.source, host.name)


def _unknown(host: HostView) -> Verdict:
    reason = f": {host.failure.text}" if host.failure else ", it was not asked yet"
    text = f"nothing is known of the host's devices{reason}"
    return Verdict(host.id, False, None, RefusalCode.NO_INVENTORY, text, None, None, host.name)
