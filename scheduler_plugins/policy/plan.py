"""What has to change so that a cluster's policy has our units, or no longer has them. Pure.

A policy is never changed while we cannot know that the engine takes the change, because a change that it
rejects stays in its memory: built-in policies are copied, and copies are made of what the engine lists. The
cluster is pointed at a copy last, when the copy is complete; a copy that was not finished is thrown away by
the next run, not mended.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scheduler_plugins.policy import checks, copies
from scheduler_plugins.policy.errors import RefusalError
from scheduler_plugins.policy.state import FILTER, Attached, Cluster, EngineState, Policy
from scheduler_plugins.policy.wishes import OURS, Wishes


@dataclass(frozen=True, slots=True)
class Step:
    """One change, for `sdk_child` and for people."""

    task: Mapping[str, object]
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in order, what one should know about them, and the policy that the cluster then has."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...]
    policy_name: str


def enable(state: EngineState, cluster: Cluster, wishes: Wishes) -> Plan:
    """The cluster gets our units; RefusalError where the engine cannot run them."""
    current = _policy_of(state, cluster)
    checks.units_can_run(state, wishes)
    wanted = _with(state, current, wishes)
    own = copies.is_copy_for(current, cluster)
    checks.properties_fit(state, wanted, wishes)
    cleaning = tuple(_removals(state, cluster))
    if own or set(wanted) == set(current.units):
        changing = _changes(state, current, wanted) if own else ()
        pointing = _pointing(cluster, current, current, wishes) if _lacks(cluster, wishes) else ()
        return Plan((*cleaning, *changing, *pointing), (), current.name)
    return _by_copy(state, cluster, current, wanted, wishes, cleaning)


def disable(state: EngineState, cluster: Cluster) -> Plan:
    """The cluster gets back the policy that it had; RefusalError where there is no way back."""
    current = _policy_of(state, cluster)
    cleaning = tuple(_removals(state, cluster))
    remembered = copies.memory(current)
    if remembered is None or remembered.cluster_id != cluster.id:
        if our_units(state, current):
            raise RefusalError(
                f"cluster {cluster.name} has policy {current.name}, which `policy enable` did not make for "
                "it: take the units out of that policy, or give the cluster another one, in the portal"
            )
        return Plan(cleaning, (), current.name)
    before = state.policies.get(remembered.before_id)
    if before is None:
        raise RefusalError(
            f"the policy that cluster {cluster.name} had before ({remembered.before_id}) is gone: give the "
            f"cluster another one in the portal, then run this again to remove {current.name}"
        )
    others = [one.name for one in state.users(current) if one.id != cluster.id]
    notes = (f"{current.name} stays, as cluster {', '.join(others)} has it, too",) if others else ()
    removing = () if others else (_removal(current),)
    return Plan((*cleaning, *_pointing(cluster, current, before), *removing), notes, before.name)


def our_units(state: EngineState, policy: Policy) -> list[tuple[str, str, int]]:
    """Our units in a policy: kind, name, and position or factor."""
    named = ((each, state.unit_by_id(each.unit_id)) for each in policy.units)
    return [
        (each.kind, unit.name, each.number)
        for each, unit in named
        if unit and not unit.internal and (each.kind, unit.name) in OURS
    ]


def _policy_of(state: EngineState, cluster: Cluster) -> Policy:
    policy = state.policies.get(cluster.policy_id)
    if policy is None:
        raise RefusalError(f"the engine shows no policy for cluster {cluster.name}: choose one in the portal")
    return policy


def _with(state: EngineState, policy: Policy, wishes: Wishes) -> tuple[Attached, ...]:
    """The policy's units as they should be."""
    ids = {key: unit.id for key in (*wishes.wanted, *wishes.unwanted) if (unit := state.unit(*key))}
    touched = {(kind, ids[kind, name]) for kind, name in ids}
    kept = (each for each in policy.units if (each.kind, each.unit_id) not in touched or each.kind == FILTER)
    wanted = (Attached(kind, ids[kind, name], number) for (kind, name), number in wishes.wanted.items())
    present = {(each.kind, each.unit_id) for each in policy.units if each.kind == FILTER}
    return (*kept, *(each for each in wanted if (each.kind, each.unit_id) not in present))


def _by_copy(
    state: EngineState,
    cluster: Cluster,
    current: Policy,
    wanted: tuple[Attached, ...],
    wishes: Wishes,
    cleaning: tuple[Step, ...],
) -> Plan:
    known = tuple(each for each in wanted if state.unit_by_id(each.unit_id))
    properties, notes = checks.copied_properties(state, current, known)
    if len(known) < len(wanted):
        notes.append("units that the engine does not list are left out: those that are mandatory run anyway")
    removed = {step.task["policy"] for step in cleaning}
    taken = [policy.name for policy in state.policies.values() if policy.id not in removed]
    name = copies.new_name(current, cluster, taken)
    new = {"do": "add-policy", "name": name, "description": copies.description(current, cluster)}
    steps = [Step(new, f"make policy {name}, a copy of {current.name}")]
    steps += [_attach(state, "", name, each) for each in known]
    if properties:
        task = {"do": "set-properties", "policy": "", "properties": properties}
        steps.append(Step(task, f"{name}: set {_shown(properties)}"))
    pointed = Policy("", name, "", False, {}, ())
    return Plan((*cleaning, *steps, *_pointing(cluster, current, pointed, wishes)), tuple(notes), name)


def _changes(state: EngineState, policy: Policy, wanted: tuple[Attached, ...]) -> Iterator[Step]:
    """A factor cannot be changed: the weight is taken out and put in again."""
    for each in policy.units:
        if each not in wanted:
            task = {"do": "detach", "policy": policy.id, "kind": each.kind, "unit": each.unit_id}
            yield Step(task, f"{policy.name}: take out {each.kind} {_name(state, each)}")
    for each in wanted:
        if each not in policy.units:
            yield _attach(state, policy.id, policy.name, each)


def _attach(state: EngineState, policy_id: str, policy_name: str, each: Attached) -> Step:
    task = {
        "do": "attach",
        "policy": policy_id,
        "kind": each.kind,
        "unit": each.unit_id,
        "number": each.number,
    }
    factor = f" with factor {each.number}" if each.kind == "weight" else ""
    return Step(task, f"{policy_name}: add {each.kind} {_name(state, each)}{factor}")


def _pointing(cluster: Cluster, current: Policy, to: Policy, wishes: Wishes | None = None) -> tuple[Step]:
    values = dict(wishes.properties) if wishes else {}
    task = {
        "do": "point-cluster",
        "cluster": cluster.id,
        "from": current.id,
        "policy": to.id,
        "properties": values,
    }
    text = f"cluster {cluster.name}: use {to.name}" if current is not to else f"cluster {cluster.name}"
    return (Step(task, f"{text}, set {_shown(values)}" if values else text),)


def _removals(state: EngineState, cluster: Cluster) -> Iterator[Step]:
    return (_removal(policy) for policy in copies.left_over(state, cluster))


def _removal(policy: Policy) -> Step:
    return Step({"do": "remove-policy", "policy": policy.id}, f"remove policy {policy.name}")


def _lacks(cluster: Cluster, wishes: Wishes) -> bool:
    return any(cluster.properties.get(key) != value for key, value in wishes.properties.items())


def _name(state: EngineState, each: Attached) -> str:
    unit = state.unit_by_id(each.unit_id)
    return unit.name if unit else each.unit_id


def _shown(values: Mapping[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in values.items())
