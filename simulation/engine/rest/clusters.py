"""Clusters over REST, each with its scheduling policy."""

from simulation.engine.rest import policies, views
from simulation.engine.rest.engine import Engine
from simulation.engine.rest.messages import Answer, Request, Route, answer, entity
from simulation.engine.rest.views import View
from simulation.engine.state import Cluster


def listed(engine: Engine, _: Request) -> Answer:
    """All clusters."""
    return answer(views.collection("cluster", (_view(engine, one) for one in engine.clusters.values())))


def shown(engine: Engine, _: Request, cluster_id: str) -> Answer:
    """One cluster."""
    return answer(_view(engine, entity(engine.clusters, cluster_id, "cluster")))


def updated(engine: Engine, request: Request, cluster_id: str) -> Answer:
    """UpdateCluster, of which policy and properties are kept."""
    body = request.document()
    cluster = entity(engine.clusters, cluster_id, "cluster")
    wanted = (body.get("scheduling_policy") or {}).get("id")
    policy = policies.found(engine, wanted) if wanted else engine.policies.of(cluster)
    values = policies.properties_of(body, "custom_scheduling_policy_properties")
    engine.policies.choose(cluster, policy, values)
    return answer(_view(engine, cluster))


TABLE: tuple[Route, ...] = (
    ("GET", "clusters", listed),
    ("GET", "clusters/{cluster_id}", shown),
    ("PUT", "clusters/{cluster_id}", updated),
)


def _view(engine: Engine, cluster: Cluster) -> View:
    chosen = views.reference(policies.PATH, engine.policies.of(cluster).id)
    return {"scheduling_policy": chosen, **views.cluster(cluster, engine.version)}
