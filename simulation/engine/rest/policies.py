"""Scheduling policies over REST, with the collections below each.

Success answers 200 to a POST, and the id of a filter, weight or balance is that of its policy unit.
"""

from typing import Any

from simulation.engine.policies import SchedulingPolicy
from simulation.engine.policies.built_in import Content, UnitKey
from simulation.engine.rest import views
from simulation.engine.rest.engine import Engine
from simulation.engine.rest.messages import (
    PREFIX,
    Answer,
    BadRequestError,
    NotFoundError,
    Request,
    Route,
    answer,
    entity,
)
from simulation.engine.rest.views import View

Document = dict[str, Any]
PATH = "schedulingpolicies"
SINGULAR = {"filters": "filter", "weights": "weight", "balances": "balance"}


def units(engine: Engine, _: Request) -> Answer:
    """All policy units but the mandatory internal filters, such as MDevice, which are never listed."""
    return answer(views.collection("scheduling_policy_unit", map(views.unit, engine.policies.units().values())))


def listed(engine: Engine, _: Request) -> Answer:
    """All policies."""
    for cluster in engine.clusters.values():
        engine.policies.of(cluster)
    return answer(views.collection("scheduling_policy", map(_view, engine.policies.table.values())))


def shown(engine: Engine, _: Request, policy_id: str) -> Answer:
    """One policy."""
    return answer(_view(found(engine, policy_id)))


def added(engine: Engine, request: Request) -> Answer:
    """AddClusterPolicy."""
    body = request.document()
    if not body.get("name"):
        raise BadRequestError("SchedulingPolicy [name] required for add")
    policy = engine.policies.add(body["name"], body.get("description") or "", properties_of(body, "properties"))
    return answer(_view(policy), 201)


def updated(engine: Engine, request: Request, policy_id: str) -> Answer:
    """EditClusterPolicy: members that are given replace the policy's."""
    body, policy = request.document(), found(engine, policy_id)

    def change(content: Content) -> None:
        content.name = body.get("name") or content.name
        content.description = body.get("description", content.description)
        if "properties" in body:
            content.properties = properties_of(body, "properties")

    engine.policies.edit(policy, change)
    return answer(_view(policy))


def removed(engine: Engine, _: Request, policy_id: str) -> Answer:
    """RemoveClusterPolicy."""
    engine.policies.remove(found(engine, policy_id))
    return Answer(200)


def attached(engine: Engine, _: Request, policy_id: str, kind: str) -> Answer:
    """The policy's filters, weights or balance."""
    policy = found(engine, policy_id)
    return answer(views.collection(SINGULAR[kind], _attached(engine, policy, kind)))


def attach(engine: Engine, request: Request, policy_id: str, kind: str) -> Answer:
    """A unit more, or another balance instead of the present one."""
    body, policy = request.document(), found(engine, policy_id)
    unit = _unit(engine, (body.get("scheduling_policy_unit") or {}).get("id"))
    number = _number(body, {"filters": "position", "weights": "factor"}.get(kind, ""))

    def change(content: Content) -> None:
        if kind == "balances":
            content.balance = unit
        else:
            _pairs(content, kind).append((unit, number))

    engine.policies.edit(policy, change)
    return answer(_attached(engine, policy, kind)[-1])


def detach(engine: Engine, _: Request, policy_id: str, kind: str, unit_id: str) -> Answer:
    """A unit less."""
    policy = found(engine, policy_id)
    unit = _unit(engine, unit_id)
    if unit_id not in [entry["id"] for entry in _attached(engine, policy, kind)]:
        raise NotFoundError(f"Entity not found: {SINGULAR[kind]} {unit_id}")

    def change(content: Content) -> None:
        if kind == "balances":
            content.balance = None
        else:
            pairs = _pairs(content, kind)
            pairs[:] = [pair for pair in pairs if pair[0] != unit]

    engine.policies.edit(policy, change)
    return Answer(200)


TABLE: tuple[Route, ...] = (
    ("GET", "schedulingpolicyunits", units),
    ("GET", PATH, listed),
    ("POST", PATH, added),
    ("GET", f"{PATH}/{{policy_id}}", shown),
    ("PUT", f"{PATH}/{{policy_id}}", updated),
    ("DELETE", f"{PATH}/{{policy_id}}", removed),
    ("GET", f"{PATH}/{{policy_id}}/{{kind}}", attached),
    ("POST", f"{PATH}/{{policy_id}}/{{kind}}", attach),
    ("DELETE", f"{PATH}/{{policy_id}}/{{kind}}/{{unit_id}}", detach),
)


def _view(policy: SchedulingPolicy) -> View:
    live = policy.live
    links = [{"href": f"{PREFIX}/{PATH}/{policy.id}/{kind}", "rel": kind} for kind in SINGULAR]
    return views.compact(
        {
            "default_policy": "false",
            "locked": str(policy.locked).lower(),
            "properties": views.properties(live.properties),
            "description": live.description or None,
            "name": live.name,
            **(views.reference(PATH, policy.id) or {}),
            "link": links,
        }
    )


def _attached(engine: Engine, policy: SchedulingPolicy, kind: str) -> list[View]:
    """Those whose unit the engine has seen at least once; the id of each is its unit's."""
    live, known = policy.live, engine.policies.units()
    if kind == "balances":
        rows: list[tuple[UnitKey, View]] = [(live.balance, {})] if live.balance else []
    else:
        name = "position" if kind == "filters" else "factor"
        rows = [(unit, {name: str(number)}) for unit, number in _pairs(live, kind)]
    return [
        {
            **values,
            "scheduling_policy_unit": views.reference("schedulingpolicyunits", known[unit].id),
            **(views.reference(f"{PATH}/{policy.id}/{kind}", known[unit].id) or {}),
        }
        for unit, values in rows
        if unit in known
    ]


def _pairs(content: Content, kind: str) -> list[tuple[UnitKey, int]]:
    return content.filters if kind == "filters" else content.weights


def found(engine: Engine, policy_id: str) -> SchedulingPolicy:
    """The policy of that id; NotFoundError where there is none."""
    return entity(engine.policies.table, policy_id, "scheduling policy")


def _unit(engine: Engine, unit_id: str | None) -> UnitKey:
    for key, unit in engine.policies.units().items():
        if unit.id == unit_id:
            return key
    raise BadRequestError(f"schedulingPolicyUnit.id {unit_id!r} required, of a unit that exists")


def _number(body: Document, name: str) -> int:
    try:
        return int(body.get(name) or (1 if name == "factor" else 0))
    except ValueError as error:
        raise BadRequestError(f"{name} {body.get(name)!r} is no number") from error


def properties_of(body: Document, name: str) -> dict[str, str]:
    """The properties in a member of the body; BadRequestError where one is given twice."""
    pairs = (body.get(name) or {}).get("property") or []
    values = {pair["name"]: pair["value"] for pair in pairs}
    if len(values) < len(pairs):
        raise BadRequestError(f"duplicate keys in {name}")
    return values
