"""What is: each cluster's policy with our units in it, and what the engine knows of our units. Pure."""

from typing import Any

from scheduler_plugins.policy import copies
from scheduler_plugins.policy.errors import WishError
from scheduler_plugins.policy.plan import our_units
from scheduler_plugins.policy.state import WEIGHT, Cluster, EngineState, Policy
from scheduler_plugins.policy.wishes import OURS, PARAMETERS

Document = dict[str, Any]


def document(state: EngineState) -> Document:
    """All of it, in plain words."""
    return {
        "units": [_unit(state, kind, name) for kind, name in sorted(OURS)],
        "clusters": [_cluster(state, cluster) for cluster in sorted(state.clusters, key=lambda one: one.name)],
        "left_over": [
            {"id": policy.id, "name": policy.name, "cluster": _made_for(state, policy)}
            for policy in state.policies.values()
            if copies.memory(policy) and not state.users(policy)
        ],
    }


def cluster_named(state: EngineState, name: str) -> Cluster:
    """The cluster of that name or id; WishError names those that there are."""
    found = [one for one in state.clusters if name in (one.id, one.name)]
    if len(found) > 1:
        ids = ", ".join(one.id for one in found)
        raise WishError(f"--cluster {name!r}: there are several of that name; give an id: {ids}")
    if not found:
        names = ", ".join(sorted(one.name for one in state.clusters))
        raise WishError(f"--cluster {name!r}: the engine has no such cluster; there are: {names or 'none'}")
    return found[0]


def _unit(state: EngineState, kind: str, name: str) -> Document:
    unit = state.unit(kind, name)
    known = "unknown" if unit is None else "enabled" if unit.enabled else "disabled"
    return {"name": name, "kind": kind, "engine": known}


def _made_for(state: EngineState, policy: Policy) -> str | None:
    """The cluster that a copy was made for, if it is still there."""
    return next((one.name for one in state.clusters if copies.memory_for(policy, one)), None)


def _cluster(state: EngineState, cluster: Cluster) -> Document:
    policy = state.policies.get(cluster.policy_id)
    remembered = copies.memory(policy) if policy else None
    before = state.policies.get(remembered[1]) if remembered else None
    ours = our_units(state, policy) if policy else []
    return {
        "id": cluster.id,
        "name": cluster.name,
        "policy": policy.name if policy else None,
        "locked": policy.locked if policy else None,
        "copy_of": before.name if before else None,
        "units": [
            {"kind": kind, "name": name, **({"factor": number} if kind == WEIGHT else {})}
            for kind, name, number in ours
        ],
        "properties": {key: value for key, value in cluster.properties.items() if key in PARAMETERS},
    }
