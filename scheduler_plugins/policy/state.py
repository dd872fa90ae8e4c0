"""The engine's policy units, policies and clusters, as they were looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scheduler_plugins.policy.sdk_child import KINDS

FILTER, WEIGHT, BALANCE = "filter", "weight", "balance"
TYPES = {FILTER: "filter", WEIGHT: "weight", BALANCE: "load_balancing"}
"""What can be attached to a policy -> type of its unit."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A policy unit that the engine lists; its mandatory filters are never listed."""

    id: str
    name: str
    type: str
    enabled: bool
    """False: an external unit that nobody offered when the engine last started."""
    internal: bool
    properties: Mapping[str, str]
    """Regex by key."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A unit in a policy; `number` is a filter's position, a weight's factor."""

    kind: str
    unit_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Policy:
    """A scheduling policy."""

    id: str
    name: str
    description: str
    locked: bool
    properties: Mapping[str, str]
    units: tuple[Attached, ...]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster; `policy_id` is empty where the engine shows none."""

    id: str
    name: str
    policy_id: str
    properties: Mapping[str, str]
    """What its external units are handed."""


@dataclass(frozen=True, slots=True)
class EngineState:
    """All of it, at one moment."""

    units: tuple[Unit, ...]
    policies: Mapping[str, Policy]
    clusters: tuple[Cluster, ...]

    def unit(self, kind: str, name: str) -> Unit | None:
        """The unit of that name that can be attached so."""
        return next((one for one in self.units if (one.type, one.name) == (TYPES[kind], name)), None)

    def unit_by_id(self, unit_id: str) -> Unit | None:
        """The unit, if it is listed."""
        return next((one for one in self.units if one.id == unit_id), None)

    def users(self, policy: Policy) -> list[Cluster]:
        """The clusters that have it."""
        return [cluster for cluster in self.clusters if cluster.policy_id == policy.id]


def from_document(document: Mapping[str, Any]) -> EngineState:
    """What `sdk_child.look` has seen."""
    return EngineState(
        tuple(Unit(**unit) for unit in document["units"]),
        {policy["id"]: _policy(policy) for policy in document["policies"]},
        tuple(
            Cluster(cluster["id"], cluster["name"], cluster["policy"], cluster["properties"])
            for cluster in document["clusters"]
        ),
    )


def _policy(document: Mapping[str, Any]) -> Policy:
    units = tuple(Attached(kind, unit_id, number) for kind in KINDS for unit_id, number in document[KINDS[kind]])
    return Policy(
        document["id"], document["name"], document["description"], document["locked"], document["properties"], units
    )
