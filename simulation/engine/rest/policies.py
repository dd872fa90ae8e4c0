"""Scheduling policies over REST: the collections below each, and which policy a cluster has.

Success answers 200 to a POST, and the id of a filter, weight or balance is that of its policy unit.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulation.engine.policies import SchedulingPolicy
from simulation.engine.policies.built_in import Content, UnitKey
from simulation.engine.rest import views
from simulation.engine.rest.messages import PREFIX, Answer, BadRequestError, NotFoundError, Request, answer
from simulation.engine.rest.views import View
from simulation.engine.state import Cluster

if TYPE_CHECKING:
    from simulation.engine.engine import SimulatedEngine

Document = dict[str, Any]
PATH = "schedulingpolicies"
SINGULAR = {"filters": "filter", "weights": "weight", "balances": "balance"}


def units(engine: "SimulatedEngine", _: Request) -> Answer:
    """All policy units but the mandatory internal filters, such as MDevice, which are never listed."""
    return answer(
        views.collection("scheduling_policy_unit", map(views.unit, engine.policies.units().values()))
    )


def cluster_view(engine: "SimulatedEngine", one: Cluster) -> View:
    """A cluster with its policy."""
    chosen = views.reference(PATH, engine.policies.of(one).id)
    return {"scheduling_policy": chosen, **views.cluster(one, engine.version)}


def update_cluster(engine: "SimulatedEngine", request: Request, cluster_id: str) -> Answer:
    """UpdateCluster, of which policy and properties are kept."""
    body = request.document()
    if cluster_id not in engine.clusters:
        raise NotFoundError(f"Entity not found: cluster {cluster_id}")
    cluster = engine.clusters[cluster_id]
    wanted = (body.get("scheduling_policy") or {}).get("id")
    policy = _policy(engine, wanted) if wanted else engine.policies.of(cluster)
    engine.policies.choose(cluster, policy, _properties(body, "custom_scheduling_policy_properties"))
    return answer(cluster_view(engine, cluster))


def listed(engine: "SimulatedEngine", _: Request) -> Answer:
    """All policies."""
    for cluster in engine.clusters.values():
        engine.policies.of(cluster)
    return answer(views.collection("scheduling_policy", map(_view, engine.policies.table.values())))


def shown(engine: "SimulatedEngine", _: Request, policy_id: str) -> Answer:
    """One policy."""
    return answer(_view(_policy(engine, policy_id)))


def added(engine: "SimulatedEngine", request: Request) -> Answer:
    """AddClusterPolicy."""
    body = request.document()
    if not body.get("name"):
        raise BadRequestError("SchedulingPolicy [name] required for add")
    policy = engine.policies.add(body["name"], body.get("description") or "", _properties(body, "properties"))
    return answer(_view(policy), 201)


def updated(engine: "SimulatedEngine", request: Request, policy_id: str) -> Answer:
    """EditClusterPolicy: members that are given replace the policy's."""
    body, policy = request.document(), _policy(engine, policy_id)

    def change(content: Content) -> None:
        content.name = body.get("name") or content.name
        content.description = body.get("description", content.description)
        if "properties" in body:
            content.properties = _properties(body, "properties")

    engine.policies.edit(policy, change)
    return answer(_view(policy))


def removed(engine: "SimulatedEngine", _: Request, policy_id: str) -> Answer:
    """RemoveClusterPolicy."""
    engine.policies.remove(_policy(engine, policy_id))
    return Answer(200)


def attached(engine: "SimulatedEngine", _: Request, policy_id: str, kind: str) -> Answer:
    """The policy's filters, weights or balance."""
    policy = _policy(engine, policy_id)
    return answer(views.collection(SINGULAR[kind], _attached(engine, policy, kind)))


def attach(engine: "SimulatedEngine", request: Request, policy_id: str, kind: str) -> Answer:
    """A unit more, or another balance instead of the present one."""
    body, policy = request.document(), _policy(engine, policy_id)
    unit = _unit(engine, (body.get("scheduling_policy_unit") or {}).get("id"))
    number = _number(body, {"filters": "position", "weights": "factor"}.get(kind, ""))

    def change(content: Content) -> None:
        if kind == "balances":
            content.balance = unit
        else:
            _pairs(content, kind).append((unit, number))

    engine.policies.edit(policy, change)
    return answer(_attached(engine, policy, kind)[-1])


def detach(engine: "SimulatedEngine", _: Request, policy_id: str, kind: str, unit_id: str) -> Answer:
    """A unit less."""
    policy = _policy(engine, policy_id)
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


TABLE: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET", "schedulingpolicyunits", units),
    ("PUT", "clusters/{cluster_id}", update_cluster),
    ("GET", PATH, listed),
    ("POST", PATH, added),
    ("GET", f"{PATH}/{{policy_id}}", shown),
    ("PUT", f"{PATH}/{{policy_id}}", updated),
    ("DELETE", f"{PATH}/{{policy_id}}", removed),
    ("GET", f"{PATH}/{{policy_id}}/{{kind}}", attached),
    ("POST", f"{PATH}/{{policy_id}}/{{kind}}", attach),
    ("DELETE", f"{PATH}/{{policy_id}}/{{kind}}/{{unit_id}}", detach),
)
"""Method, path below `/ovirt-engine/api`, function."""


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


def _attached(engine: "SimulatedEngine", policy: SchedulingPolicy, kind: str) -> list[View]:
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


def _policy(engine: "SimulatedEngine", policy_id: str) -> SchedulingPolicy:
    if policy_id not in engine.policies.table:
        raise NotFoundError(f"Entity not found: scheduling policy {policy_id}")
    return engine.policies.table[policy_id]


def _unit(engine: "SimulatedEngine", unit_id: str | None) -> UnitKey:
    for key, unit in engine.policies.units().items():
        if unit.id == unit_id:
            return key
    raise BadRequestError(f"schedulingPolicyUnit.id {unit_id!r} required, of a unit that exists")


def _number(body: Document, name: str) -> int:
    try:
        return int(body.get(name) or (1 if name == "factor" else 0))
    except ValueError as error:
        raise BadRequestError(f"{name} {body.get(name)!r} is no number") from error


def _properties(body: Document, name: str) -> dict[str, str]:
    pairs = (body.get(name) or {}).get("property") or []
    values = {pair["name"]: pair["value"] for pair in pairs}
    if len(values) < len(pairs):
        raise BadRequestError(f"duplicate keys in {name}")
    return values
