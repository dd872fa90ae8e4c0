"""What is said beside a decision, for people."""

from collections.abc import Iterable, Sequence

from mdev_inventory.engine.model import Host
from scheduler_plugins.allocator.per_vm import may_be_over
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.decisions.candidates import Candidate


def narrowed(candidates: Sequence[Candidate], answer: Sequence[str]) -> str:
    """That one host alone was answered of several that fit; empty where that is not so."""
    if len(answer) != 1:
        return ""
    able = [candidate.view for candidate in candidates if candidate.able]
    if len(able) <= 1:
        return ""
    name = next(view.name for view in able if view.id == answer[0])
    return f"{name} alone was answered, no host has room for another such start"


def silence(candidates: Iterable[Candidate], silent: Sequence[str]) -> str:
    """Who did not answer; empty where everybody did."""
    if not silent:
        return ""
    names = ", ".join(candidate.view.name for candidate in candidates if candidate.host_id in silent)
    return names and f"asked again, gave no answer in time: {names}"


def not_considered(hosts: Iterable[Host]) -> str:
    """Hosts of the cluster that the engine would not offer."""
    names = ", ".join(f"{host.name} ({host.status})" for host in hosts)
    return names and f"not considered: {names}"


def several_in_one_vm(candidates: Iterable[Candidate], request: Request) -> str:
    """That the VM may fail on a host that fits, for it asks for several vGPUs; empty where nothing speaks for it."""
    seen = [candidate.view.observation for candidate in candidates if candidate.able]
    return next(filter(None, (may_be_over(one.inventory, request) for one in seen if one)), "")


def joined(*parts: str) -> str:
    """Those parts that say something, in one line."""
    return "; ".join(part for part in parts if part)
