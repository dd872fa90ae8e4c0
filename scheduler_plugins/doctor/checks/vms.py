"""What VMs ask for and what hosts hold: impossible requests, the engine's view, orphans, starts in flight."""

from collections.abc import Iterator

from mdev_inventory.collector.engine_view import hidden_types
from mdev_inventory.engine.model import Vm
from mdev_inventory.model import HostInventory
from scheduler_plugins.allocator.as_typed import near_miss
from scheduler_plugins.allocator.figures import fields
from scheduler_plugins.allocator.request import RequestError, request_of
from scheduler_plugins.allocator.virtual_functions import card_key, is_function
from scheduler_plugins.doctor.catalogue import found
from scheduler_plugins.doctor.facts import Facts
from scheduler_plugins.doctor.findings import Finding, count, ok, untold
from scheduler_plugins.units.verdict import some

FILTER_SINCE = (4, 4, 0)
"""First engine with a filter of its own for mediated devices."""


def requests(facts: Facts) -> Iterator[Finding]:
    """Every request can be understood, and some host of the VM's cluster could fulfil it when empty."""
    if facts.engine.vms is None:
        yield untold(facts.engine.denied.get("vms", "the engine lists no VMs"))
        return
    wrong, asking, open_ = list[Finding](), 0, list[str]()
    for vm in facts.engine.vms:
        try:
            types = _types(vm)
        except RequestError as error:
            wrong.append(found("request-unreadable", f"VM {vm.name}: {error}", vm.name))
            continue
        asking += bool(types)
        reason = _impossible(facts, vm, types) if types else ""
        if reason is None:
            open_.append(vm.name)
        elif reason:
            wrong.append(found("request-impossible", f"VM {vm.name}: {reason}", vm.name))
    if open_:
        wrong.append(untold(f"only hosts of which nothing is known may start them: {some(open_)}"))
    yield from wrong or [ok(f"{count(asking, 'VM')} with a request, none seen to be impossible")]


def _types(vm: Vm) -> tuple[str, ...]:
    """What the VM asks for; raises RequestError."""
    if vm.unreadable:
        raise RequestError(vm.unreadable)
    return request_of(vm).types


def _impossible(facts: Facts, vm: Vm, types: tuple[str, ...]) -> str | None:
    """Why no host of the cluster could ever start the VM; empty where one could, None where that cannot be told.

    A host that does not tell how many its cards hold may always be the one.
    """
    hosts = [host.id for host in facts.engine.hosts or () if host.cluster_id == vm.cluster_id]
    known = {seen.host.id: seen.inventory for seen in facts.hosts if seen.inventory}
    lacking = [_lacking(known[host], types) for host in hosts if host in known]
    if None in lacking:
        return ""
    if len(lacking) < len(hosts):
        return None
    return max(filter(None, lacking))[1] if lacking else "its cluster has no host"


def _lacking(inventory: HostInventory, types: tuple[str, ...]) -> tuple[int, str] | None:
    """How near the host comes and what it lacks, even when it is empty; None where it lacks nothing."""
    for wanted in dict.fromkeys(types):
        most, needed = _most(inventory, wanted), types.count(wanted)
        if most == 0:
            return 0, f"no host of its cluster has the type {wanted!r}{near_miss(wanted, inventory)}"
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
    if facts.engine.version and facts.engine.version < FILTER_SINCE:
        yield ok("the engine has no filter of its own")
        return
    copies = facts.engine.devices
    hidden = {
        seen.host.name: hidden_types(seen.inventory, copies[seen.host.id])
        for seen in facts.hosts
        if seen.inventory and seen.host.id in copies
    }
    if not hidden:
        yield untold(facts.engine.denied.get("devices", "no host answered"))
        return
    wrong = [
        found("engine-blind", f"host {name}: free there, none left for the engine: {some(types)}", name)
        for name, types in hidden.items()
        if types
    ]
    yield from wrong or [ok(f"it hides nothing of {count(len(hidden), 'host')}")]


def orphans(facts: Facts) -> Iterator[Finding]:
    """Every vGPU belongs to a VM; what else is on the mdev bus is not ours."""
    names = {host.id: host.name for host in facts.engine.hosts or ()}
    hosts = {names.get(key, key): known for key, known in facts.service.hosts.items()}
    for name, known in hosts.items():
        if known.orphans:
            what = f"{count(len(known.orphans), 'vGPU')} that neither the engine nor VDSM gives to a VM"
            yield found("orphans", f"host {name}: {what}: {some(known.orphans)}", name)
    if silent := [name for name, known in hosts.items() if known.devices and known.orphans is None]:
        yield untold(f"nobody tells of the instances on these hosts, or whose they are: {some(silent)}")
    none = [known for known in hosts.values() if known.orphans == ()]
    foreign = [f"host {name}: {some(known.foreign)}" for name, known in hosts.items() if known.foreign]
    aside = f"; no vGPUs, so not ours: {some(foreign)}" if foreign else ""
    if none or foreign or not hosts:
        yield ok(f"none on {count(len(none), 'host')}{aside}")


def claims(facts: Facts) -> Iterator[Finding]:
    """Starts in flight end when inventories show their devices."""
    overdue = [
        found("claim-overdue", f"VM {claim.vm} on host {claim.host}: {claim.age_s:.0f} s", claim.vm)
        for claim in facts.service.claims
        if claim.age_s > facts.patience_s
    ]
    yield from overdue or [ok(f"{count(len(facts.service.claims), 'start')} in flight, none overdue")]
