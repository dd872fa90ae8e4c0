"""What VMs ask for and what hosts hold: impossible requests, the engine's view, orphans, starts in flight."""

from collections.abc import Iterator

from mdev_inventory.collector.engine_view import hidden_types
from mdev_inventory.engine.model import Vm
from mdev_inventory.model import HostInventory
from scheduler_plugins.allocator.figures import fields
from scheduler_plugins.allocator.request import RequestError, request_of
from scheduler_plugins.allocator.virtual_functions import card_key, is_function
from scheduler_plugins.doctor.catalogue import found
from scheduler_plugins.doctor.facts import Facts
from scheduler_plugins.doctor.findings import Finding, count, ok, some, unchecked

OVERDUE_INTERVALS = 3
FILTER_SINCE = (4, 4, 0)
"""First engine with a filter of its own for mediated devices."""


def requests(facts: Facts) -> Iterator[Finding]:
    """Every request can be understood, and some host of the VM's cluster could fulfil it when empty."""
    link, asking = "requests", 0
    if facts.engine.vms is None:
        yield unchecked(link, facts.engine.denied.get("vms", "the engine lists no VMs"))
        return
    wrong = []
    for vm in facts.engine.vms:
        try:
            types = request_of(vm).types if not vm.unreadable else ()
        except RequestError as error:
            wrong.append(found("request-unreadable", f"VM {vm.name}: {error}", vm.name))
            continue
        if vm.unreadable:
            wrong.append(found("request-unreadable", f"VM {vm.name}: {vm.unreadable}", vm.name))
        asking += bool(types)
        if types and (reason := _impossible(facts, vm, types)):
            wrong.append(found("request-impossible", f"VM {vm.name}: {reason}", vm.name))
    yield from wrong or [ok(link, f"{count(asking, 'VM')} with a request, none seen to be impossible")]


def _impossible(facts: Facts, vm: Vm, types: tuple[str, ...]) -> str:
    """Why no host of the cluster could ever start the VM; empty where one could, or where one is unknown.

    A host that does not tell its devices, or how many its cards hold, may always be the one.
    """
    known = [seen for seen in facts.hosts if seen.host.cluster_id == vm.cluster_id]
    unseen = [
        host
        for host in facts.engine.hosts or ()
        if host.cluster_id == vm.cluster_id and host.id not in {seen.host.id for seen in known}
    ]
    inventories = [seen.inventory for seen in known]
    if unseen or None in inventories:
        return ""
    lacking = [_lacking(inventory, types) for inventory in inventories if inventory]
    if not all(lacking):
        return ""
    return max(filter(None, lacking))[1] if lacking else "its cluster has no host"


def _lacking(inventory: HostInventory, types: tuple[str, ...]) -> tuple[int, str] | None:
    """How near the host comes and what it lacks, even when it is empty; None where it lacks nothing."""
    for wanted in dict.fromkeys(types):
        most, needed = _most(inventory, wanted), types.count(wanted)
        if most == 0:
            return 0, f"no host of its cluster has the type {wanted!r}"
        if most is not None and most < needed:
            return most, f"no host of its cluster holds {needed} of {wanted}, however empty ({most} at most)"
    return None


def _most(inventory: HostInventory, type_id: str) -> int | None:
    """How many of the type an empty host holds, as the descriptions tell; None where they do not."""
    cards: dict[str, int] = {}
    functions: dict[str, int] = {}
    for parent in inventory.parents:
        if offered := parent.find(type_id):
            most = fields(offered.description).max_instance
            if most is None:
                return None
            key = card_key(parent)
            functions[key] = functions.get(key, 0) + 1
            cards[key] = min(most, functions[key]) if is_function(parent) else most
    return sum(cards.values())


def engine_view(facts: Facts) -> Iterator[Finding]:
    """The engine's copy of each host's devices hides nothing that the host has free."""
    link = "engine's view"
    if facts.engine.version and facts.engine.version < FILTER_SINCE:
        yield ok(link, "the engine has no filter of its own")
        return
    compared = [seen for seen in facts.hosts if seen.inventory and seen.host.id in facts.engine.devices]
    if not compared:
        yield unchecked(link, facts.engine.denied.get("devices", "no host answered"))
        return
    wrong = []
    for seen in compared:
        assert seen.inventory
        if hidden := hidden_types(seen.inventory, facts.engine.devices[seen.host.id]):
            text = f"host {seen.host.name}: free there, none left for the engine: {some(hidden)}"
            wrong.append(found("engine-blind", text, seen.host.name))
    yield from wrong or [ok(link, f"it hides nothing of {count(len(compared), 'host')}")]


def orphans(facts: Facts) -> Iterator[Finding]:
    """Every instance belongs to a VM."""
    wrong = []
    names = {host.id: host.name for host in facts.engine.hosts or ()}
    for host_id, known in facts.service.hosts.items():
        if known.orphans:
            name = names.get(host_id, host_id)
            text = f"host {name}: {count(len(known.orphans), 'instance')} of no VM: {some(known.orphans)}"
            wrong.append(found("orphans", text, name))
    told = sum(known.orphans is not None for known in facts.service.hosts.values())
    yield from wrong or [ok("orphans", f"none on {count(told, 'host')}")]


def claims(facts: Facts) -> Iterator[Finding]:
    """Starts in flight end when inventories show their devices."""
    collector = facts.config.collector
    limit = OVERDUE_INTERVALS * collector.collect_interval + collector.host_timeout
    overdue = [claim for claim in facts.service.claims if claim.age_s > limit]
    for claim in overdue:
        yield found("claim-overdue", f"VM {claim.vm} on host {claim.host}: {claim.age_s:.0f} s", claim.vm)
    if not overdue:
        yield ok("claims", f"{count(len(facts.service.claims), 'start')} in flight, none overdue")
