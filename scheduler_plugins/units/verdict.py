"""What is decided about one host, and how a decision about many is put in one line."""

from collections.abc import Iterable
from dataclasses import dataclass

from mdev_inventory.observation import Source
from scheduler_plugins.allocator.as_typed import DID_YOU_MEAN
from scheduler_plugins.allocator.placement import Placement
from scheduler_plugins.allocator.refusals import RefusalCode


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a VM's request fits on one host, with the reason and how old the knowledge is."""

    host_id: str
    fits: bool
    placement: Placement | None
    """Where each instance would land; None where the host refuses, and where the VM asks for none."""
    code: RefusalCode | None
    """Why it refuses, stable for machines; None where it fits."""
    text: str
    """For people, in either case."""
    seen_at: float | None
    """When the host was asked for the inventory, seconds since the epoch; None where there is none, or none
    was needed."""
    source: Source | None
    """Who told the inventory; None as with `seen_at`."""
    host_name: str = ""


TELLING = {
    RefusalCode.NO_FREE_INSTANCE: "no capacity left",
    RefusalCode.HELD_BY_OTHER_TYPE: "cards held by another type",
    RefusalCode.CLAIMED: "taken by starts in flight",
    RefusalCode.ALLOCATOR_FAILS: "the host's allocator fails",
    RefusalCode.NO_ALLOCATOR: "no vGPU support on the host",
    RefusalCode.NO_INVENTORY: "nothing known of the host",
    RefusalCode.VM_LIMIT: "more vGPUs than one VM may have",
    RefusalCode.NO_SUCH_TYPE: "no such type",
}
"""What each refusal says of many hosts, the most telling first: what time or an administrator can mend
leads, and hosts that never had the type come last."""


def summary(verdicts: Iterable[Verdict]) -> str:
    """One line about all hosts: how many fit, else why they refuse, the most telling reason first."""
    judged = list(verdicts)
    fitting = [v for v in judged if v.fits]
    if fitting:
        return f"fits on {len(fitting)} of {len(judged)} hosts"
    if not judged:
        return "no host was asked about"
    refused = {code: [v for v in judged if v.code is code] for code in TELLING}
    parts = [_part(code, hosts, len(judged)) for code, hosts in refused.items() if hosts]
    leading = max(next(filter(None, refused.values())), key=lambda v: DID_YOU_MEAN in v.text)
    return f"{'; '.join(parts)} ({leading.host_name or leading.host_id}: {leading.text})"


def some(names: Iterable[str], most: int = 5) -> str:
    """At most so many names, in order, and how many more there are."""
    listed = sorted(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def _part(code: RefusalCode, hosts: list[Verdict], total: int) -> str:
    if len(hosts) < total:
        return f"{TELLING[code]} on {len(hosts)} of {total} hosts"
    everywhere = "anywhere" if code is RefusalCode.NO_SUCH_TYPE else f"on all {total} hosts"
    return f"{TELLING[code]} {everywhere}"
