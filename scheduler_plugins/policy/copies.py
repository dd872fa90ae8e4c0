"""Copies of policies that we made: for which cluster, and what the cluster had before.

The engine itself remembers it, in the copy's description: any machine, and any later version, can go back.
"""

import re
from collections.abc import Collection

from scheduler_plugins.policy.state import Cluster, EngineState, Policy

LONGEST_NAME = 40
"""Longer ones are hard to read, and the engine has limits."""
_MEMORY = re.compile(r"\[mdev-scheduler: cluster=(\S+) before=(\S+)\]")


def description(original: str, before_id: str, cluster: Cluster) -> str:
    """For people, and for us to read again."""
    words = f"Copy of {original} with units of mdev-scheduler, for cluster {cluster.name}."
    return f"{words} [mdev-scheduler: cluster={cluster.id} before={before_id}]"


def memory(policy: Policy) -> tuple[str, str] | None:
    """For which cluster a copy is, and which policy that had, as ids; None for what is no copy of ours."""
    found = _MEMORY.search(policy.description)
    return (found[1], found[2]) if found and not policy.locked else None


def memory_for(policy: Policy, cluster: Cluster) -> str | None:
    """The id of the policy that the cluster had, if `policy` is a copy that we made for it."""
    remembered = memory(policy)
    return remembered[1] if remembered and remembered[0] == cluster.id else None


def left_over(state: EngineState, cluster: Cluster) -> list[Policy]:
    """Copies for the cluster that no cluster has: of a run that was cut off, or after a change by hand."""
    copies = (policy for policy in state.policies.values() if memory_for(policy, cluster))
    return [policy for policy in copies if not state.users(policy)]


def new_name(original: Policy, cluster: Cluster, taken: Collection[str]) -> str:
    """A name that no policy has, made of letters, digits, dashes and underscores."""
    base = re.sub(r"[^A-Za-z0-9_-]", "_", f"{original.name}-mdev-{cluster.name}")[: LONGEST_NAME - 4]
    numbered = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    lower = {name.lower() for name in taken}
    return next(name for name in numbered if name.lower() not in lower)
