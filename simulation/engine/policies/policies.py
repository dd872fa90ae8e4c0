"""Scheduling policies: the commands that change them, and what a rejected one leaves behind.

The engine schedules with live objects in memory, and its REST API hands those very objects to the mapper of
a request before the command validates it. So a rejected change of a policy is in force, and shown, until the
engine starts again; only what was accepted is stored.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from simulation.engine.policies import rules
from simulation.engine.policies.built_in import Content, UnitKey, built_in_id, internal_units, locked_policies
from simulation.engine.policies.rules import Regexes
from simulation.engine.state import Cluster
from simulation.engine.units.discovery import Unit, UnitType
from simulation.engine.units.table import ExternalUnits
from simulation.engine.world import ActionError, World


@dataclass(slots=True, eq=False)
class SchedulingPolicy:
    """One policy: in force, and as stored."""

    id: str
    locked: bool
    live: Content
    stored: Content


class Policies:
    """All scheduling policies of an engine, and which cluster has which."""

    def __init__(self, world: World, external: ExternalUnits) -> None:
        """The engine's own policies."""
        self.table: dict[str, SchedulingPolicy] = {}
        self.internal = internal_units()
        self.denied: set[str] = set()
        """Names of units that the engine accepts in no policy, for a reason of its own."""
        self._world = world
        self._external = external
        self._chosen: dict[str, str] = {}
        for content in locked_policies():
            self._keep(built_in_id("policy", content.name), content, locked=True)

    def restart(self) -> None:
        """The engine starts: what is stored is in force again."""
        for policy in self.table.values():
            policy.live = copy.deepcopy(policy.stored)
        for cluster in self._world.clusters.values():
            if cluster.id in self._chosen:
                self._apply(cluster)

    def units(self) -> dict[UnitKey, Unit]:
        """All units that are listed, external ones first."""
        return {**self._external.table, **self.internal}

    def regexes(self, content: Content) -> Regexes:
        """The properties that a policy's units understand."""
        known = self.units()
        return {key: regex for unit in content.units if unit in known for key, regex in known[unit].properties.items()}

    def of(self, cluster: Cluster) -> SchedulingPolicy:
        """A cluster's policy; one that was made with units of its own gets a policy to show for it."""
        if cluster.id not in self._chosen:
            self._chosen[cluster.id] = self._first(cluster).id
        return self.table[self._chosen[cluster.id]]

    def add(self, name: str, description: str, values: Mapping[str, str]) -> SchedulingPolicy:
        """AddClusterPolicy: empty, so that no property can be given with it."""
        content = Content(name, description, dict(values))
        rules.check_name(name, (other.live.name for other in self.table.values()))
        rules.check_values(content.properties, {})
        return self._keep(self._world.uuid(), content, locked=False)

    def edit(self, policy: SchedulingPolicy, change: Callable[[Content], None]) -> None:
        """EditClusterPolicy: `change` is in force at once, and stored only if the whole is valid."""
        change(policy.live)
        self._spread(policy)
        others = (other.live.name for other in self.table.values() if other is not policy)
        rules.check_name(policy.live.name, others)
        if policy.locked:
            raise ActionError(f"Cannot edit Scheduling Policy. {policy.live.name} is locked.")
        rules.check_units(policy.live, self.units(), self.denied)
        rules.check_values(policy.live.properties, self.regexes(policy.live))
        policy.stored = copy.deepcopy(policy.live)

    def remove(self, policy: SchedulingPolicy) -> None:
        """RemoveClusterPolicy: neither a locked one nor one that a cluster has."""
        users = [cluster.name for cluster in self._world.clusters.values() if self.of(cluster) is policy]
        if policy.locked or users:
            raise ActionError(f"Cannot remove Scheduling Policy. Locked, or used by {', '.join(users)}.")
        del self.table[policy.id]

    def choose(self, cluster: Cluster, policy: SchedulingPolicy, values: Mapping[str, str]) -> None:
        """UpdateCluster: `values` are merged over the cluster's, the policy's own fill in what is missing.

        What no unit of the policy understands is dropped, but for `values` themselves, which are refused.
        """
        regexes = self.regexes(policy.live)
        merged = {**cluster.properties, **values}
        kept = {key: value for key, value in merged.items() if key in regexes or key in values}
        rules.check_values(kept, regexes)
        cluster.properties = {**policy.live.properties, **kept}
        self._chosen[cluster.id] = policy.id
        self._apply(cluster)

    def _first(self, cluster: Cluster) -> SchedulingPolicy:
        """A policy for what a cluster was made with."""
        made = cluster.policy
        if not made.filters and not made.weights:
            return self.table[built_in_id("policy", "none")]
        filters = [((name, UnitType.FILTER), 0) for name in made.filters]
        weights = [((name, UnitType.WEIGHT), factor) for name, factor in made.weights]
        content = Content(f"{cluster.name}_units", "", {}, filters, weights)
        return self._keep(built_in_id("policy", cluster.id), content, locked=False)

    def _keep(self, policy_id: str, content: Content, *, locked: bool) -> SchedulingPolicy:
        policy = SchedulingPolicy(policy_id, locked, content, copy.deepcopy(content))
        self.table[policy_id] = policy
        return policy

    def _spread(self, policy: SchedulingPolicy) -> None:
        for cluster in self._world.clusters.values():
            if self.of(cluster) is policy:
                self._apply(cluster)

    def _apply(self, cluster: Cluster) -> None:
        """What scheduling goes by: the external units of the live policy."""
        live = self.of(cluster).live
        cluster.policy = replace(
            cluster.policy,
            filters=tuple(unit[0] for unit, _ in live.filters if unit not in self.internal),
            weights=tuple((unit[0], factor) for unit, factor in live.weights if unit not in self.internal),
        )
