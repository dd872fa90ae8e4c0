"""Copies of policies that we made: for which cluster, and what the cluster had before.

The engine itself remembers it, in the copy's description: any machine, and any later version, can go back.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from scheduler_plugins.policy.state import Cluster, EngineState, Policy

LONGEST_NAME = 64
_MEMORY = re.compile(r"\[mdev-scheduler: cluster=(\S+) before=(\S+)\]")


@dataclass(frozen=True, slots=True)
class Memory:
    """What a copy remembers, as ids."""

    cluster_id: str
    before_id: str


def description(original: Policy, cluster: Cluster) -> str:
    """For people, and for `memory`."""
    words = f"Copy of {original.name} with units of mdev-scheduler, for cluster {cluster.name}."
    return f"{words} [mdev-scheduler: cluster={cluster.id} before={original.id}]"


def memory(policy: Policy | None) -> Memory | None:
    """What a policy remembers; None where it is no copy of ours."""
    found = _MEMORY.search(policy.description) if policy else None
    return Memory(found[1], found[2]) if found else None


def is_copy_for(policy: Policy | None, cluster: Cluster) -> bool:
    """Whether we made it for that cluster."""
    remembered = memory(policy)
    return remembered is not None and remembered.cluster_id == cluster.id


def left_over(state: EngineState, cluster: Cluster) -> list[Policy]:
    """Copies for the cluster that no cluster has: of a run that was cut off, or after a change by hand."""
    copies = (policy for policy in state.policies.values() if is_copy_for(policy, cluster))
    return [policy for policy in copies if not policy.locked and not state.users(policy)]


def new_name(original: Policy, cluster: Cluster, taken: Collection[str]) -> str:
    """A name that no policy has, made of letters, digits, dots, dashes and underscores."""
    base = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{original.name}-mdev-{cluster.name}")[: LONGEST_NAME - 4]
    numbered = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    lower = {name.lower() for name in taken}
    return next(name for name in numbered if name.lower() not in lower)
