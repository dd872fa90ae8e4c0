"""The engine: reachable, lets us in, gives us the rights, asks us."""

from collections.abc import Iterator

from mdev_inventory.engine.administration import Cluster
from scheduler_plugins.doctor import unreached
from scheduler_plugins.doctor.catalogue import found
from scheduler_plugins.doctor.facts import Facts
from scheduler_plugins.doctor.findings import Finding, count, ok, untold
from scheduler_plugins.units.registry import FILTERS, WEIGHTS

OLDEST = (4, 4, 0)
REFUSED = "auth"
PROPERTY, PROPERTY_REGEX = "mdev_type", "^[^,](,?[0-9A-Za-z_-]+)+$"
"""As 4.4 predefines it."""


def engine(facts: Facts) -> Iterator[Finding]:
    """Its REST API answers, and it is of a version that we know."""
    seen = facts.engine
    version = ".".join(map(str, seen.version or ()))
    if seen.code and seen.code != REFUSED:
        yield found(unreached.of_engine(seen.code), seen.error)
    elif seen.version and (0, 0, 0) < seen.version < OLDEST:
        yield found("engine-old", f"version {version}")
    elif seen.code or any(seen.version or ()):
        yield ok("it answers" if seen.code else f"it answers, {version}")
    else:
        yield untold("it answers and does not tell its version")


def credentials(facts: Facts) -> Iterator[Finding]:
    """It lets our user in."""
    refused = facts.engine.code == REFUSED
    let_in = ok(f"{facts.config.engine.user} is let in")
    yield found("credentials-refused", facts.engine.error) if refused else let_in


def right_to_read(facts: Facts) -> Iterator[Finding]:
    """It shows us hosts and VMs."""
    seen = facts.engine
    denied = [name for name in ("hosts", "vms") if name in seen.denied]
    if denied:
        forbidden = seen.forbidden.intersection(denied)
        yield found("right-read" if forbidden else "lists-unreadable", seen.denied[denied[0]])
    elif not seen.hosts:
        yield found("right-read", "the engine lists no host at all")
    else:
        hosts, vms = count(len(seen.hosts), "host"), count(len(seen.vms or ()), "VM")
        yield ok(f"{hosts} and {vms} are shown")


def right_to_add_events(facts: Facts) -> Iterator[Finding]:
    """Our user may add events, where that is wanted."""
    return _right(facts, "inject_external_events", "right-events", facts.config.engine.engine_events)


def right_to_refresh(facts: Facts) -> Iterator[Finding]:
    """Our user may refresh hosts, where that is wanted."""
    return _right(facts, "manipulate_host", "right-refresh", facts.config.engine.engine_refresh)


def _right(facts: Facts, permit: str, code: str, wanted: bool) -> Iterator[Finding]:
    permissions = facts.engine.permissions
    if not wanted:
        yield ok("not wanted by the configuration")
    elif permissions is None:
        yield untold(f"our permissions are not shown: {facts.engine.denied.get('permissions', '')}")
    elif holding := {f"{one.role} on {one.on or 'the system'}" for one in permissions if permit in one.permits}:
        yield ok(", ".join(sorted(holding)))
    else:
        roles = ", ".join(sorted({one.role for one in permissions})) or "none"
        seen = f"{permit} is in none of the roles of {facts.config.engine.user} and its groups: {roles}"
        yield found(code, seen)


def external_scheduling(facts: Facts) -> Iterator[Finding]:
    """It is on: REST does not show ExternalSchedulerEnabled, enabled external units do."""
    if facts.engine.units is None:
        yield untold(facts.engine.denied.get("units", "the engine lists no units"))
        return
    external = [unit for unit in facts.engine.units if not unit.internal]
    if any(unit.enabled for unit in external):
        yield ok("on, as external units are enabled")
        return
    seen = f"{count(len(external), 'external unit')} known, none enabled; the switch itself is not in REST"
    if unreached := facts.engine.unreached:
        seen += f"; {count(unreached, 'event')} of late: it could not reach its external scheduler"
    yield found("external-scheduling-off", seen, port=facts.config.service.xmlrpc_port)


def units(facts: Facts) -> Iterator[Finding]:
    """Each of our units was discovered and is enabled."""
    if facts.engine.units is None:
        yield untold(facts.engine.denied.get("units", "the engine lists no units"))
        return
    enabled = {(unit.type, unit.name): unit.enabled for unit in facts.engine.units if not unit.internal}
    wrong = []
    for kind, name in [*(("filter", name) for name in FILTERS), *(("weight", name) for name in WEIGHTS)]:
        if (kind, name) not in enabled:
            wrong.append(found("unit-missing", f"{kind} {name} is unknown to the engine", name))
        elif not enabled[kind, name]:
            wrong.append(found("unit-disabled", f"{kind} {name} is disabled", name))
    yield from wrong or [ok("all of ours are enabled")]


def vm_property(facts: Facts) -> Iterator[Finding]:
    """Engines before 4.5 need the VM property `mdev_type`, at the level of each cluster with devices."""
    seen = facts.engine
    if not any(seen.version or ()):
        yield untold("the engine does not tell its version")
        return
    if seen.version and seen.version >= (4, 5, 0):
        yield ok("not needed: requests are devices of the VM")
        return
    if seen.predefined is None or seen.user_defined is None or seen.clusters is None:
        denied = (seen.denied.get(name) for name in ("PredefinedVMProperties", "UserDefinedVMProperties"))
        reason = next(filter(None, denied), "the engine lists no clusters")
        yield untold(f"{reason}; engine-config -g PredefinedVMProperties lists them")
        return
    bearing = sum(vm.mdev_type is not None for vm in seen.vms or ())
    wrong = [finding for one in seen.clusters for finding in _lacks_property(facts, one)]
    yield from wrong or [ok(f"mdev_type is defined; {count(bearing, 'VM')} with it")]


def _lacks_property(facts: Facts, cluster: Cluster) -> Iterator[Finding]:
    """What is wrong where VMs of the cluster may want the property."""
    defined, hosts = _defined(facts, cluster.level), facts.with_devices(cluster)
    if hosts and defined is None:
        yield untold(f"the engine does not tell the VM properties of level {cluster.level}", cluster.name)
    elif hosts and not defined:
        yield _undefined(facts, cluster)
    elif not hosts and not defined and (unseen := facts.unseen(cluster)):
        yield untold(unseen, cluster.name)


def _defined(facts: Facts, level: str | None) -> bool | None:
    """Whether VMs of that cluster level can bear the property; None where the engine does not say."""
    seen = facts.engine
    tables = [table for table in (seen.predefined, seen.user_defined) if table and level in table]
    return any(f";{table[level or '']}".count(f";{PROPERTY}=") for table in tables) if tables else None


def _undefined(facts: Facts, cluster: Cluster) -> Finding:
    """Setting the property sets all user-defined ones: those that are there go into the remedy."""
    level = cluster.level or ""
    there = (facts.engine.user_defined or {}).get(level)
    value = f"{f'{there};' if there else ''}{PROPERTY}={PROPERTY_REGEX}"
    text = f"cluster {cluster.name}: no property {PROPERTY} at level {level}"
    return found("property-undefined", text, cluster.name, value=value, level=level)
