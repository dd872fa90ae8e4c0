"""What the engine may show, for tests of the planning."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from scheduler_plugins.policy.plan import Step
from scheduler_plugins.policy.state import BALANCE, FILTER, TYPES, WEIGHT, Attached, Cluster, EngineState, Policy, Unit
from scheduler_plugins.units.registry import FILTERS, WEIGHTS

OURS = {**dict.fromkeys(FILTERS, FILTER), **dict.fromkeys(WEIGHTS, WEIGHT)}
INTERNAL = (("Memory", FILTER, ""), ("CPU", FILTER, ""), ("HA", WEIGHT, ""), ("Even", BALANCE, "High=^[5-9][0-9]$"))


def unit(name: str, kind: str, *, enabled: bool = True, internal: bool = False, regexes: str = "") -> Unit:
    """A unit, whose id is its kind and name."""
    pairs = (text.partition("=") for text in regexes.split(";") if text)
    return Unit(f"{kind}/{name}", name, TYPES[kind], enabled, internal, {key: regex for key, _, regex in pairs})


def attached(*units: tuple[str, str] | tuple[str, str, int]) -> tuple[Attached, ...]:
    """Units in a policy, by kind, name and number."""
    return tuple(Attached(each[0], f"{each[0]}/{each[1]}", each[2] if len(each) > 2 else 0) for each in units)


BUILT_IN = attached((FILTER, "Memory", -1), (FILTER, "CPU", 1), (WEIGHT, "HA", 1), (BALANCE, "Even"))


def policy(
    name: str,
    units: tuple[Attached, ...] = BUILT_IN,
    *,
    locked: bool = False,
    description: str = "",
    properties: Mapping[str, str] | None = None,
) -> Policy:
    """A policy, whose id is its name."""
    return Policy(name, name, description, locked, properties or {}, units)


def engine(
    *policies: Policy,
    clusters: Mapping[str, str] | None = None,
    without: tuple[str, ...] = (),
    disabled: tuple[str, ...] = (),
    properties: Mapping[str, str] | None = None,
) -> EngineState:
    """An engine with those policies beside its own, `even`; clusters by name, with their policies."""
    known = {**FILTERS, **WEIGHTS}
    ours = [
        unit(name, kind, enabled=name not in disabled, regexes=known[name].properties)
        for name, kind in OURS.items()
        if name not in without
    ]
    internal = [unit(name, kind, internal=True, regexes=regexes) for name, kind, regexes in INTERNAL]
    even = policy("even", locked=True, properties={"High": "80"})
    return EngineState(
        (*ours, *internal),
        {one.id: one for one in (even, *policies)},
        tuple(
            Cluster(f"id-{name}", name, its, properties or {}) for name, its in (clusters or {"gpu": "even"}).items()
        ),
    )


def applied(state: EngineState, steps: Iterable[Step]) -> EngineState:
    """The engine after the steps; it rejects what the real one would."""
    policies, clusters = dict(state.policies), {one.id: one for one in state.clusters}
    for step in steps:
        task: Any = dict(step.task)
        where = task.get("policy") or "new"
        if task["do"] == "add-policy":
            assert task["name"].lower() not in [one.name.lower() for one in policies.values()]
            policies["new"] = replace(policy(task["name"], (), description=task["description"]), id="new")
        elif task["do"] == "attach":
            units = (*policies[where].units, Attached(task["kind"], task["unit"], task["number"]))
            policies[where] = replace(policies[where], units=_valid(state, units))
        elif task["do"] == "set-properties":
            policies[where] = replace(policies[where], properties=task["properties"])
        elif task["do"] == "point-cluster":
            cluster = clusters[task["cluster"]]
            assert (task["from"], where in policies) == (cluster.policy_id, True)
            values = {**cluster.properties, **task["properties"]}
            clusters[cluster.id] = replace(cluster, policy_id=where, properties=values)
        else:
            assert where not in [one.policy_id for one in clusters.values()]
            del policies[where]
    renamed = {("id-" + one.name if key == "new" else key): one for key, one in policies.items()}
    return EngineState(
        state.units,
        {key: replace(one, id=key) for key, one in renamed.items()},
        tuple(
            replace(one, policy_id=f"id-{policies['new'].name}") if one.policy_id == "new" else one
            for one in clusters.values()
        ),
    )


def _valid(state: EngineState, units: tuple[Attached, ...]) -> tuple[Attached, ...]:
    keys = [(each.kind, each.unit_id) for each in units]
    positions = [each.number for each in units if each.kind == FILTER]
    assert len(set(keys)) == len(keys)
    assert positions.count(-1) <= 1
    assert positions.count(1) <= 1
    assert all(state.unit_by_id(each.unit_id) for each in units)
    return units
