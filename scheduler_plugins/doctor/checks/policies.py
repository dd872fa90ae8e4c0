"""Each cluster's scheduling policy: our filter in it, and weights that count."""

from collections.abc import Iterator

from mdev_inventory.engine.administration import Cluster, Policy, Unit
from scheduler_plugins.doctor.catalogue import found
from scheduler_plugins.doctor.facts import Facts
from scheduler_plugins.doctor.findings import Finding, ok, some, unchecked
from scheduler_plugins.units.registry import FILTERS, WEIGHTS

LINK = "policies"
SILENT = frozenset(
    {
        "None",
        "HA",
        "PreferredHosts",
        "VmAffinityGroups",
        "VmToHostsAffinityGroups",
        "CPU for high performance VMs",
        "CPU and NUMA pinning compatibility",
    }
)
"""Internal weights that call all hosts alike but for few VMs: the engine's own, or those for which an
administrator wished so. They do not vote against ours, however high their factor."""
BY_PROXY = 1
"""Through the proxy all external weights together have this factor, whatever the policy says."""


def policies(facts: Facts) -> Iterator[Finding]:
    """Every cluster that needs our filter has it, and our weights are not outvoted."""
    if facts.engine.clusters is None:
        yield unchecked(LINK, facts.engine.denied.get("clusters", "the engine lists no clusters"))
        return
    served = []
    for cluster in facts.engine.clusters:
        findings = list(_cluster(facts, cluster))
        yield from findings
        if not findings and _has_filter(facts, cluster):
            served.append(cluster.name)
    yield from _served(served, facts)


def _served(served: list[str], facts: Facts) -> Iterator[Finding]:
    total = len(facts.engine.clusters or ())
    if served:
        yield ok(LINK, f"{len(served)} of {total} clusters have MdevFilter: {some(served)}")
    elif not any(_wants(facts, cluster) for cluster in facts.engine.clusters or ()):
        yield ok(LINK, "no cluster has hosts or VMs with mediated devices")


def _cluster(facts: Facts, cluster: Cluster) -> Iterator[Finding]:
    """What is wrong with one cluster's policy."""
    policy = facts.engine.policies.get(cluster.policy_id or "")
    wants = _wants(facts, cluster)
    if policy is None:
        if wants:
            reason = facts.engine.denied.get("policies", "the engine shows no policy for the cluster")
            yield unchecked(LINK, reason, cluster.name)
    elif not _has_filter(facts, cluster):
        if wants:
            seen = f"cluster {cluster.name}, policy {policy.name}: no MdevFilter; {wants}"
            code = "policy-without-filter" if _requests(facts, cluster) else "policy-unused"
            yield found(code, seen, cluster.name, cluster=cluster.name)
    else:
        yield from _outvoted(facts, cluster, policy)


def _has_filter(facts: Facts, cluster: Cluster) -> bool:
    policy = facts.engine.policies.get(cluster.policy_id or "")
    by_id = _units(facts)
    names = {by_id[unit].name for unit in policy.filters if unit in by_id} if policy else set()
    return bool(names & set(FILTERS))


def _outvoted(facts: Facts, cluster: Cluster, policy: Policy) -> Iterator[Finding]:
    by_id = _units(facts)
    weights = [(by_id[unit], factor) for unit, factor in policy.weights if unit in by_id]
    ours = sum(factor for unit, factor in weights if not unit.internal and unit.name in WEIGHTS)
    if ours and facts.proxied:
        ours = BY_PROXY
    theirs = {unit.name: n for unit, n in weights if unit.internal and unit.name not in SILENT and n}
    total = sum(theirs.values())
    if not ours or total <= ours:
        return
    named = some(f"{name} {factor}" for name, factor in theirs.items())
    through = " (all external weights together, through the proxy)" if facts.proxied else ""
    how = (
        "through the proxy only the latter helps"
        if facts.proxied
        else f"mdev-scheduler policy enable --cluster {cluster.name} --weight UNIT=FACTOR "
        "--user admin@internal"
    )
    seen = (
        f"cluster {cluster.name}, policy {policy.name}: ours count {ours}{through}, internal {total}: {named}"
    )
    yield found("policy-outvoted", seen, cluster.name, how=how)


def _units(facts: Facts) -> dict[str, Unit]:
    return {unit.id: unit for unit in facts.engine.units or ()}


def _wants(facts: Facts, cluster: Cluster) -> str:
    """Why the cluster needs our filter; empty where it does not."""
    vms = _requests(facts, cluster)
    if vms:
        return f"VMs with a request: {some(vms)}"
    hosts = with_devices(facts, cluster)
    return f"hosts with mediated devices: {some(hosts)}" if hosts else ""


def with_devices(facts: Facts, cluster: Cluster) -> list[str]:
    """Its hosts that offer mediated devices, by name."""
    return [
        seen.host.name
        for seen in facts.hosts
        if seen.host.cluster_id == cluster.id
        and seen.inventory
        and any(parent.types for parent in seen.inventory.parents)
    ]


def _requests(facts: Facts, cluster: Cluster) -> list[str]:
    return [
        vm.name
        for vm in facts.engine.vms or ()
        if vm.cluster_id == cluster.id and (vm.mdev_type or vm.mediated_devices)
    ]
