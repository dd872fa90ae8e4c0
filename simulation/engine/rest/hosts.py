"""Hosts over REST: as the engine knows them, their devices and hooks, and refreshing one."""

from simulation.engine.rest import host_views
from simulation.engine.rest.engine import Engine
from simulation.engine.rest.messages import Answer, Request, Route, answer, entity
from simulation.engine.rest.search import Fields, select, words
from simulation.engine.rest.views import collection
from simulation.engine.state import Host
from simulation.timeline.processes import Promise


def listed(engine: Engine, request: Request) -> Answer:
    """All hosts, those a search finds, or those to which a VM could migrate by internal filters."""
    hosts = list(engine.hosts.values())
    if vm_id := request.parameter("migration_target_of"):
        able = set(engine.can_schedule(entity(engine.vms, vm_id, "vm").id))
        hosts = [host for host in hosts if host.id in able]
    found = select(request.parameter("search") or "", ((_fields(host), host) for host in hosts))
    shown = found[: request.number("max")]
    return answer(collection("host", (host_views.host(host, engine.version) for host in shown)))


def shown(engine: Engine, _: Request, host_id: str) -> Answer:
    """One host."""
    return answer(host_views.host(_find(engine, host_id), engine.version))


def devices(engine: Engine, _: Request, host_id: str) -> Answer:
    """The engine's rows of a host's devices."""
    return answer(host_views.devices(_find(engine, host_id), engine.version))


def hooks(engine: Engine, _: Request, host_id: str) -> Answer:
    """The hooks installed on a host."""
    return answer(host_views.hooks(_find(engine, host_id)))


def refresh(engine: Engine, _: Request, host_id: str) -> Promise[None]:
    """RefreshHost: the devices are fresh when the answer comes."""
    return engine.refresh_host(_find(engine, host_id).id)


TABLE: tuple[Route, ...] = (
    ("GET", "hosts", listed),
    ("GET", "hosts/{host_id}", shown),
    ("GET", "hosts/{host_id}/devices", devices),
    ("GET", "hosts/{host_id}/hooks", hooks),
    ("POST", "hosts/{host_id}/refresh", refresh),
)


def _find(engine: Engine, host_id: str) -> Host:
    return entity(engine.hosts, host_id, "host")


def _fields(host: Host) -> Fields:
    return {
        "id": words(host.id),
        "name": words(host.name),
        "address": words(host.address),
        "cluster": words(host.cluster.name),
        "status": words(host.status.replace("_", "")),
    }
