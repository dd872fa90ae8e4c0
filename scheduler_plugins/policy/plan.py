"""What has to change so that a cluster's policy has our units, or no longer has them. Pure.

A policy that clusters have is never changed, only replaced by a copy: a change that the engine rejects stays
in its memory, and shows, until it is restarted. The cluster is pointed at the copy last, when that is
complete; a copy that was not finished is thrown away by the next run, not mended. For the same reason, what a
built-in policy shows beside the engine's own units is not believed: nobody can add to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from scheduler_plugins.policy import checks, copies
from scheduler_plugins.policy.errors import RefusalError
from scheduler_plugins.policy.state import FILTER, WEIGHT, Attached, Cluster, EngineState, Policy
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
    present = _content(state, current)
    wanted = _with(state, present, wishes)
    checks.properties_fit(state, wanted, wishes)
    cleaning = tuple(_removals(state, cluster))
    if set(wanted) != set(present):
        return _by_copy(state, cluster, current, wanted, wishes, cleaning)
    lacks = any(cluster.properties.get(key) != value for key, value in wishes.properties.items())
    return Plan((*cleaning, *([_pointing(cluster, current, current, wishes)] if lacks else ())), (), current.name)


def disable(state: EngineState, cluster: Cluster) -> Plan:
    """The cluster gets back the policy that it had; RefusalError where there is no way back."""
    current = _policy_of(state, cluster)
    if copies.memory_for(current, cluster) is None and our_units(state, current):
        raise RefusalError(
            f"cluster {cluster.name} has policy {current.name}, which `policy enable` did not make for "
            "it: take the units out of that policy, or give the cluster another one, in the portal"
        )
    return back(state, cluster)


def back(state: EngineState, cluster: Cluster) -> Plan:
    """As `disable`, but a policy with our units that somebody made by hand is what the cluster had."""
    current = _policy_of(state, cluster)
    cleaning = tuple(_removals(state, cluster))
    remembered = copies.memory_for(current, cluster)
    if remembered is None:
        return Plan(cleaning, (), current.name)
    before = state.policies.get(remembered)
    if before is None:
        raise RefusalError(
            f"the policy that cluster {cluster.name} had before ({remembered}) is gone: give the cluster "
            f"another one in the portal, then run this again to remove {current.name}"
        )
    removing, notes = _replaced(state, cluster, current)
    if kept := our_units(state, before):
        names = ", ".join(name for _, name, _ in kept)
        notes = (*notes, f"policy {before.name}, as cluster {cluster.name} had it before, has {names}, too")
    return Plan((*cleaning, _pointing(cluster, current, before), *removing), notes, before.name)


def our_units(state: EngineState, policy: Policy) -> list[tuple[str, str, int]]:
    """Our units in a policy: kind, name, and position or factor."""
    named = ((each, state.unit_by_id(each.unit_id)) for each in _content(state, policy))
    return [(each.kind, unit.name, each.number) for each, unit in named if unit and (each.kind, unit.name) in OURS]


def _policy_of(state: EngineState, cluster: Cluster) -> Policy:
    policy = state.policies.get(cluster.policy_id)
    if policy is None:
        raise RefusalError(f"the engine shows no policy for cluster {cluster.name}: choose one in the portal")
    return policy


def _content(state: EngineState, policy: Policy) -> tuple[Attached, ...]:
    """What the policy has but for what the engine must have rejected.

    Each unit once, one filter first and one last, and nothing foreign in one of the engine's own policies.
    """
    found: dict[tuple[str, str], Attached] = {}
    for each in policy.units:
        unit = state.unit_by_id(each.unit_id)
        if not policy.locked or (unit and unit.internal):
            taken = {other.number for other in found.values() if other.kind == FILTER}
            again = each.kind == FILTER and each.number in taken
            found.setdefault((each.kind, each.unit_id), replace(each, number=0) if again else each)
    return tuple(found.values())


def _with(state: EngineState, present: tuple[Attached, ...], wishes: Wishes) -> tuple[Attached, ...]:
    """The units as they should be; a filter that is there keeps its position."""
    there = {(each.kind, each.unit_id) for each in present}
    ids = {key: unit.id for key in (*wishes.wanted, *wishes.unwanted) if (unit := state.unit(*key))}
    leaving = {(kind, ids[kind, name]) for kind, name in ids if kind == WEIGHT}
    coming = [Attached(kind, ids[kind, name], number) for (kind, name), number in wishes.wanted.items()]
    kept = (each for each in present if (each.kind, each.unit_id) not in leaving)
    return (*kept, *(each for each in coming if each.kind != FILTER or (FILTER, each.unit_id) not in there))


def _by_copy(
    state: EngineState,
    cluster: Cluster,
    current: Policy,
    wanted: tuple[Attached, ...],
    wishes: Wishes,
    cleaning: tuple[Step, ...],
) -> Plan:
    """The cluster gets a new copy, also in place of one; what it had first stays remembered."""
    known = tuple(each for each in wanted if state.unit_by_id(each.unit_id))
    properties, notes = checks.copied_properties(state, current, known)
    if len(known) < len(wanted):
        notes.append("units that the engine does not list are left out: those that are mandatory run anyway")
    remembered = copies.memory_for(current, cluster)
    first = state.policies.get(remembered or current.id, current)
    removed = {step.task["policy"] for step in cleaning}
    taken = [policy.name for policy in state.policies.values() if policy.id not in removed]
    name = copies.new_name(first, cluster, taken)
    steps = [_making(name, current, copies.description(first.name, remembered or current.id, cluster))]
    steps += [_attaching(state, name, each) for each in known]
    if properties:
        task = {"do": "set-properties", "policy": "", "properties": properties}
        steps.append(Step(task, f"{name}: set {_shown(properties)}"))
    steps.append(_pointing(cluster, current, Policy("", name, "", False, {}, ()), wishes))
    removing, more = _replaced(state, cluster, current) if remembered else ((), ())
    return Plan((*cleaning, *steps, *removing), (*notes, *more), name)


def _making(name: str, original: Policy, description: str) -> Step:
    task = {"do": "add-policy", "name": name, "description": description}
    return Step(task, f"make policy {name}, a copy of {original.name}")


def _attaching(state: EngineState, policy_name: str, each: Attached) -> Step:
    task = {"do": "attach", "policy": "", "kind": each.kind, "unit": each.unit_id, "number": each.number}
    unit = state.unit_by_id(each.unit_id)
    factor = f" with factor {each.number}" if each.kind == WEIGHT else ""
    return Step(task, f"{policy_name}: add {each.kind} {unit.name if unit else each.unit_id}{factor}")


def _pointing(cluster: Cluster, current: Policy, to: Policy, wishes: Wishes | None = None) -> Step:
    values = dict(wishes.properties) if wishes else {}
    task = {"do": "point-cluster", "cluster": cluster.id, "from": current.id, "policy": to.id}
    using = [] if current is to else [f"use {to.name}"]
    setting = [f"set {_shown(values)}"] if values else []
    return Step({**task, "properties": values}, f"cluster {cluster.name}: {', '.join([*using, *setting])}")


def _replaced(state: EngineState, cluster: Cluster, copy: Policy) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """How to be rid of a copy once the cluster no longer has it; a note where others do."""
    others = [one.name for one in state.users(copy) if one.id != cluster.id]
    if others:
        return (), (f"policy {copy.name} stays, as cluster {' and '.join(others)} has it, too",)
    return (_removal(copy),), ()


def _removals(state: EngineState, cluster: Cluster) -> Iterator[Step]:
    return (_removal(policy) for policy in copies.left_over(state, cluster))


def _removal(policy: Policy) -> Step:
    return Step({"do": "remove-policy", "policy": policy.id}, f"remove policy {policy.name}")


def _shown(values: Mapping[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in values.items())
