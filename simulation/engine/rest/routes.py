"""What can be asked of the REST API: one table, one short function for each resource.

Every function runs alone with the engine. One that returns a Promise is answered when that resolves.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from simulation.engine.rest import events, options, policies, rights, views
from simulation.engine.rest.messages import (
    NO_SUCH_RESOURCE,
    Answer,
    BadRequestError,
    NotFoundError,
    Request,
    answer,
)
from simulation.engine.rest.search import Fields, select, words
from simulation.engine.state import Cluster, Ending, Host, Vm
from simulation.engine.world import ActionError
from simulation.timeline.processes import Promise

if TYPE_CHECKING:
    from simulation.engine.engine import SimulatedEngine

T = TypeVar("T")
Result = Answer | Promise[None]
Handler = Callable[..., Result]
COMPLETE = {"status": "complete"}


def api(engine: "SimulatedEngine", _: Request) -> Result:
    """The entry point."""
    return answer({**views.api(engine.version), **rights.own_user()})


def clusters(engine: "SimulatedEngine", _: Request) -> Result:
    """All clusters."""
    shown = (policies.cluster_view(engine, one) for one in engine.clusters.values())
    return answer(views.collection("cluster", shown))


def cluster(engine: "SimulatedEngine", _: Request, cluster_id: str) -> Result:
    """One cluster."""
    return answer(policies.cluster_view(engine, _find(engine.clusters, cluster_id, "cluster")))


def hosts(engine: "SimulatedEngine", request: Request) -> Result:
    """All hosts, those a search finds, or those to which a VM could migrate by internal filters."""
    listed = list(engine.hosts.values())
    if vm_id := request.parameter("migration_target_of"):
        able = set(engine.can_schedule(_vm(engine, vm_id).id))
        listed = [host for host in listed if host.id in able]
    found = select(request.parameter("search") or "", ((_host_fields(host), host) for host in listed))
    shown = found[: request.number("max")]
    return answer(views.collection("host", (views.host(host, engine.version) for host in shown)))


def host(engine: "SimulatedEngine", _: Request, host_id: str) -> Result:
    """One host."""
    return answer(views.host(_host(engine, host_id), engine.version))


def host_devices(engine: "SimulatedEngine", _: Request, host_id: str) -> Result:
    """The engine's rows of a host's devices."""
    return answer(views.devices(_host(engine, host_id), engine.version))


def host_hooks(engine: "SimulatedEngine", _: Request, host_id: str) -> Result:
    """The hooks installed on a host."""
    return answer(views.hooks(_host(engine, host_id)))


def refresh_host(engine: "SimulatedEngine", _: Request, host_id: str) -> Result:
    """RefreshHost: the devices are fresh when the answer comes."""
    return engine.refresh_host(_host(engine, host_id).id)


def vms(engine: "SimulatedEngine", request: Request) -> Result:
    """All VMs, or those a search finds."""
    rows = ((_vm_fields(vm), vm) for vm in engine.vms.values())
    shown = select(request.parameter("search") or "", rows)[: request.number("max")]
    follow = _follows(request)
    return answer(views.collection("vm", (views.vm(vm, engine.version, follow) for vm in shown)))


def vm(engine: "SimulatedEngine", request: Request, vm_id: str) -> Result:
    """One VM."""
    return answer(views.vm(_vm(engine, vm_id), engine.version, _follows(request)))


def add_vm(engine: "SimulatedEngine", request: Request) -> Result:
    """AddVm, of which name, cluster and the custom property `mdev_type` are kept."""
    body = request.document()
    name = body.get("name")
    if not isinstance(name, str) or not name:
        raise BadRequestError("Vm [name] required for add")
    if any(vm.name == name for vm in engine.vms.values()):
        raise ActionError(f"Cannot add VM. The VM name is already in use: {name}")
    custom = (body.get("custom_properties") or {}).get("custom_property") or []
    mdev_type = next((entry["value"] for entry in custom if entry.get("name") == "mdev_type"), None)
    added = engine.add_vm(name, _cluster_of(engine, body), mdev_type=mdev_type)
    return answer(views.vm(added, engine.version), 201)


def remove_vm(engine: "SimulatedEngine", _: Request, vm_id: str) -> Result:
    """RemoveVm."""
    engine.remove_vm(_vm(engine, vm_id).id)
    return answer({})


def mediated_devices(engine: "SimulatedEngine", _: Request, vm_id: str) -> Result:
    """A VM's mediated devices; no such resource before 4.5."""
    if not engine.version.has_mediated_devices:
        return NO_SUCH_RESOURCE
    return answer(views.mediated_devices(_vm(engine, vm_id)))


def add_mediated_device(engine: "SimulatedEngine", request: Request, vm_id: str) -> Result:
    """AddMdev; no such resource before 4.5."""
    if not engine.version.has_mediated_devices:
        return NO_SUCH_RESOURCE
    pairs = (request.document().get("spec_params") or {}).get("property") or []
    params = {str(pair.get("name")): str(pair.get("value")) for pair in pairs}
    if "mdevType" not in params:
        raise BadRequestError("VmMediatedDevice [specParams.mdevType] required for add")
    vm = _vm(engine, vm_id)
    return answer(views.mediated_device(vm, engine.add_device(vm.id, params)), 201)


def start_vm(engine: "SimulatedEngine", _: Request, vm_id: str) -> Result:
    """RunVm: answered once validated; the real engine answers after VM.create."""
    run = engine.start_vm(_vm(engine, vm_id).id)
    if run.ending is Ending.REFUSED:
        raise ActionError(run.refused)
    return answer(COMPLETE)


def stop_vm(engine: "SimulatedEngine", _: Request, vm_id: str) -> Result:
    """StopVm."""
    engine.stop_vm(_vm(engine, vm_id).id)
    return answer(COMPLETE)


def migrate_vm(engine: "SimulatedEngine", _: Request, vm_id: str) -> Result:
    """MigrateVm to a host that the engine chooses."""
    engine.migrate_vm(_vm(engine, vm_id).id)
    return answer(COMPLETE)


TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "", api),
    ("GET", "clusters", clusters),
    ("GET", "clusters/{cluster_id}", cluster),
    ("GET", "hosts", hosts),
    ("GET", "hosts/{host_id}", host),
    ("GET", "hosts/{host_id}/devices", host_devices),
    ("GET", "hosts/{host_id}/hooks", host_hooks),
    ("POST", "hosts/{host_id}/refresh", refresh_host),
    ("GET", "vms", vms),
    ("POST", "vms", add_vm),
    ("GET", "vms/{vm_id}", vm),
    ("DELETE", "vms/{vm_id}", remove_vm),
    ("GET", "vms/{vm_id}/mediateddevices", mediated_devices),
    ("POST", "vms/{vm_id}/mediateddevices", add_mediated_device),
    ("POST", "vms/{vm_id}/start", start_vm),
    ("POST", "vms/{vm_id}/stop", stop_vm),
    ("POST", "vms/{vm_id}/migrate", migrate_vm),
    ("GET", "events", events.listed),
    ("POST", "events", events.added),
    ("GET", "options/{name}", options.shown),
    *policies.TABLE,
    *rights.TABLE,
)
"""Method, path below `/ovirt-engine/api`, function."""

_COMPILED = tuple(
    (method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), path, handler)
    for method, path, handler in TABLE
)


def find(method: str, path: str) -> tuple[str, Handler, dict[str, str]] | None:
    """The route's path as in TABLE, its function and the ids in the path; None where there is none."""
    for known, pattern, template, handler in _COMPILED:
        match = pattern.fullmatch(path)
        if match and known == method:
            return template, handler, match.groupdict()
    return None


def _follows(request: Request) -> bool:
    return "mediateddevices" in (request.parameter("follow") or "").split(",")


def _host(engine: "SimulatedEngine", host_id: str) -> Host:
    return _find(engine.hosts, host_id, "host")


def _vm(engine: "SimulatedEngine", vm_id: str) -> Vm:
    return _find(engine.vms, vm_id, "vm")


def _find(table: dict[str, T], object_id: str, kind: str) -> T:
    if object_id not in table:
        raise NotFoundError(f"Entity not found: {kind} {object_id}")
    return table[object_id]


def _cluster_of(engine: "SimulatedEngine", body: dict[str, object]) -> Cluster:
    wanted = body.get("cluster")
    key = wanted if isinstance(wanted, dict) else {}
    for one in engine.clusters.values():
        if key.get("id") == one.id or key.get("name") == one.name:
            return one
    raise BadRequestError("Vm [cluster.name|id] required for add, of a cluster that exists")


def _host_fields(one: Host) -> Fields:
    return {
        "id": words(one.id),
        "name": words(one.name),
        "address": words(one.address),
        "cluster": words(one.cluster.name),
        "status": words(one.status.replace("_", "")),
    }


def _vm_fields(one: Vm) -> Fields:
    """Statuses go by the engine's own names, without underscores; a migration has two."""
    statuses = (
        ("migratingfrom", "migratingto") if one.status == "migrating" else (one.status.replace("_", ""),)
    )
    return {
        "id": words(one.id),
        "name": words(one.name),
        "cluster": words(one.cluster.name),
        "status": words(*statuses),
        "on_host": words(one.host.name if one.host else None),
    }
