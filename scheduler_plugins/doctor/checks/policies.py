"""Each cluster's scheduling policy: our filter in it, and weights that count."""

from collections.abc import Iterator
from itertools import chain

from mdev_inventory.engine.administration import Cluster, Policy
from scheduler_plugins.doctor.catalogue import found
from scheduler_plugins.doctor.facts import Facts
from scheduler_plugins.doctor.findings import Finding, count, ok, untold
from scheduler_plugins.units.registry import FILTERS, WEIGHTS
from scheduler_plugins.units.verdict import some

SILENT = (
    "None",
    "HA",
    "PreferredHosts",
    "VmAffinityGroups",
    "VmToHostsAffinityGroups",
    "CPU for high performance VMs",
    "CPU and NUMA pinning compatibility",
)
"""Internal weights that call all hosts alike but for few VMs: the engine's own, or those for which an
administrator wished so. They do not vote against ours, however high their factor."""
BY_PROXY = 1
"""Through the proxy all external weights together have this factor, whatever the policy says."""


AT_ONCE = 8
"""So many callers at once the proxy has been seen to answer without loss: the engine schedules one VM of a cluster at
a time and waits 100 ms for a connection, the proxy lets five wait and starts an interpreter for each call."""
ENABLE = "mdev-scheduler policy enable --cluster {} --weight UNIT=FACTOR --user admin@internal"


def policies(facts: Facts) -> Iterator[Finding]:
    """Every cluster that needs our filter has it, and our weights are not outvoted."""
    clusters = facts.engine.clusters
    if clusters is None:
        yield untold(facts.engine.denied.get("clusters", "the engine lists no clusters"))
        return
    if facts.engine.units is None:
        yield untold(facts.engine.denied.get("units", "the engine lists no units"))
        return
    wrong = {cluster.id: list(_cluster(facts, cluster)) for cluster in clusters}
    yield from chain.from_iterable(wrong.values())
    yield from _crowded(facts)
    served = [one.name for one in clusters if not wrong[one.id] and _has_filter(facts, _policy(facts, one))]
    if served:
        yield ok(f"{len(served)} of {len(clusters)} clusters have MdevFilter: {some(served)}")
    elif not any(wrong.values()):
        yield ok("no cluster has hosts or VMs with mediated devices")


def _cluster(facts: Facts, cluster: Cluster) -> Iterator[Finding]:
    """What is wrong with one cluster's policy."""
    policy = _policy(facts, cluster)
    vms, hosts = _asking(facts, cluster), facts.with_devices(cluster)
    if policy and _has_filter(facts, policy):
        yield from _outvoted(facts, cluster, policy)
    elif policy and (vms or hosts):
        wants = f"VMs with a request: {some(vms)}" if vms else f"hosts with mediated devices: {some(hosts)}"
        seen = f"cluster {cluster.name}, policy {policy.name}: no MdevFilter; {wants}"
        code = "policy-without-filter" if vms else "policy-unused"
        yield found(code, seen, cluster.name, cluster=cluster.name)
    elif vms or hosts:
        reason = facts.engine.denied.get("policies", "the engine shows no policy for the cluster")
        yield untold(reason, cluster.name)
    elif unseen := facts.unseen(cluster):
        yield untold(unseen, cluster.name)


def _crowded(facts: Facts) -> Iterator[Finding]:
    """The proxy is asked by more clusters at once than it has room for."""
    ours = {unit.id for unit in facts.engine.units or () if not unit.internal}
    policies = [(one.name, _policy(facts, one)) for one in facts.engine.clusters or ()]
    asking = [name for name, policy in policies if policy and not ours.isdisjoint(_unit_ids(policy))]
    if facts.proxied and len(asking) > AT_ONCE:
        late = (
            f"; {count(facts.engine.unreached, 'event')} of late: it was not reached" if facts.engine.unreached else ""
        )
        seen = f"{len(asking)} clusters may ask ovirt-scheduler-proxy at once: {some(asking)}{late}"
        yield found("proxy-crowded", seen)


def _unit_ids(policy: Policy) -> list[str]:
    return [*policy.filters, *(unit for unit, _ in policy.weights)]


def _policy(facts: Facts, cluster: Cluster) -> Policy | None:
    return facts.engine.policies.get(cluster.policy_id or "")


def _has_filter(facts: Facts, policy: Policy | None) -> bool:
    ours = {unit.id for unit in facts.engine.units or () if unit.name in FILTERS}
    return policy is not None and not ours.isdisjoint(policy.filters)


def _outvoted(facts: Facts, cluster: Cluster, policy: Policy) -> Iterator[Finding]:
    factors = dict(policy.weights)
    weights = [(unit, factors[unit.id]) for unit in facts.engine.units or () if unit.id in factors]
    ours = sum(factor for unit, factor in weights if not unit.internal and unit.name in WEIGHTS)
    ours = min(ours, BY_PROXY) if facts.proxied else ours
    theirs = {unit.name: n for unit, n in weights if unit.internal and unit.name not in SILENT and n}
    total = sum(theirs.values())
    if not ours or total <= ours:
        return
    named = some(f"{name} {factor}" for name, factor in theirs.items())
    through, how = "", ENABLE.format(cluster.name)
    if facts.proxied:
        through = " (all external weights together, through the proxy)"
        how = "through the proxy only the latter helps"
    seen = f"cluster {cluster.name}, policy {policy.name}: ours count {ours}{through}, internal {total}: {named}"
    yield found("policy-outvoted", seen, cluster.name, how=how)


def _asking(facts: Facts, cluster: Cluster) -> list[str]:
    """Its VMs that ask for mediated devices, by name."""
    vms = [vm for vm in facts.engine.vms or () if vm.cluster_id == cluster.id]
    return [vm.name for vm in vms if vm.mdev_type or vm.mediated_devices]
