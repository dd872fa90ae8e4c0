"""VMs over REST: finding, adding and removing them, their mediated devices, and what can be done with one."""

from collections.abc import Mapping

from simulation.engine.rest import views
from simulation.engine.rest.engine import Engine
from simulation.engine.rest.messages import (
    COMPLETE,
    NO_SUCH_RESOURCE,
    Answer,
    BadRequestError,
    Request,
    Route,
    answer,
    entity,
)
from simulation.engine.rest.search import Fields, select, words
from simulation.engine.state import Cluster, Ending, Vm
from simulation.engine.world import ActionError


def listed(engine: Engine, request: Request) -> Answer:
    """All VMs, or those a search finds."""
    rows = ((_fields(vm), vm) for vm in engine.vms.values())
    shown = select(request.parameter("search") or "", rows)[: request.number("max")]
    follow = _follows(request)
    return answer(views.collection("vm", (views.vm(vm, engine.version, follow) for vm in shown)))


def shown(engine: Engine, request: Request, vm_id: str) -> Answer:
    """One VM."""
    return answer(views.vm(_find(engine, vm_id), engine.version, _follows(request)))


def added(engine: Engine, request: Request) -> Answer:
    """AddVm, of which name, cluster and the custom property `mdev_type` are kept."""
    body = request.document()
    name = body.get("name")
    if not isinstance(name, str) or not name:
        raise BadRequestError("Vm [name] required for add")
    if any(vm.name == name for vm in engine.vms.values()):
        raise ActionError(f"Cannot add VM. The VM name is already in use: {name}")
    custom = (body.get("custom_properties") or {}).get("custom_property") or []
    mdev_type = next((entry["value"] for entry in custom if entry.get("name") == "mdev_type"), None)
    vm = engine.add_vm(name, _cluster_of(engine, body), mdev_type=mdev_type)
    return answer(views.vm(vm, engine.version), 201)


def removed(engine: Engine, _: Request, vm_id: str) -> Answer:
    """RemoveVm."""
    engine.remove_vm(_find(engine, vm_id).id)
    return answer({})


def mediated_devices(engine: Engine, _: Request, vm_id: str) -> Answer:
    """A VM's mediated devices; no such resource before 4.5."""
    if not engine.version.has_mediated_devices:
        return NO_SUCH_RESOURCE
    return answer(views.mediated_devices(_find(engine, vm_id)))


def add_mediated_device(engine: Engine, request: Request, vm_id: str) -> Answer:
    """AddMdev; no such resource before 4.5."""
    if not engine.version.has_mediated_devices:
        return NO_SUCH_RESOURCE
    pairs = (request.document().get("spec_params") or {}).get("property") or []
    params = {str(pair.get("name")): str(pair.get("value")) for pair in pairs}
    if "mdevType" not in params:
        raise BadRequestError("VmMediatedDevice [specParams.mdevType] required for add")
    vm = _find(engine, vm_id)
    return answer(views.mediated_device(vm, engine.add_device(vm.id, params)), 201)


def start(engine: Engine, _: Request, vm_id: str) -> Answer:
    """RunVm: answered once validated; the real engine answers after VM.create."""
    run = engine.start_vm(_find(engine, vm_id).id)
    if run.ending is Ending.REFUSED:
        raise ActionError(run.refused)
    return COMPLETE


def stop(engine: Engine, _: Request, vm_id: str) -> Answer:
    """StopVm."""
    engine.stop_vm(_find(engine, vm_id).id)
    return COMPLETE


def migrate(engine: Engine, _: Request, vm_id: str) -> Answer:
    """MigrateVm to a host that the engine chooses."""
    engine.migrate_vm(_find(engine, vm_id).id)
    return COMPLETE


TABLE: tuple[Route, ...] = (
    ("GET", "vms", listed),
    ("POST", "vms", added),
    ("GET", "vms/{vm_id}", shown),
    ("DELETE", "vms/{vm_id}", removed),
    ("GET", "vms/{vm_id}/mediateddevices", mediated_devices),
    ("POST", "vms/{vm_id}/mediateddevices", add_mediated_device),
    ("POST", "vms/{vm_id}/start", start),
    ("POST", "vms/{vm_id}/stop", stop),
    ("POST", "vms/{vm_id}/migrate", migrate),
)


def _follows(request: Request) -> bool:
    return "mediateddevices" in (request.parameter("follow") or "").split(",")


def _find(engine: Engine, vm_id: str) -> Vm:
    return entity(engine.vms, vm_id, "vm")


def _cluster_of(engine: Engine, body: Mapping[str, object]) -> Cluster:
    wanted = body.get("cluster")
    key = wanted if isinstance(wanted, dict) else {}
    for cluster in engine.clusters.values():
        if key.get("id") == cluster.id or key.get("name") == cluster.name:
            return cluster
    raise BadRequestError("Vm [cluster.name|id] required for add, of a cluster that exists")


def _fields(vm: Vm) -> Fields:
    """Statuses go by the engine's own names, without underscores; a migration has two."""
    migrating = vm.status == "migrating"
    statuses = ("migratingfrom", "migratingto") if migrating else (vm.status.replace("_", ""),)
    return {
        "id": words(vm.id),
        "name": words(vm.name),
        "cluster": words(vm.cluster.name),
        "status": words(*statuses),
        "on_host": words(vm.host.name if vm.host else None),
    }
