"""What the engine says: one login, a handful of short questions, each allowed to fail alone."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from mdev_inventory.engine.administration import Administration, Cluster, Policy
from mdev_inventory.engine.api import EngineApi
from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.model import Host, HostDevice, Vm
from mdev_inventory.tls.causes import Cause
from scheduler_plugins.config import Config
from scheduler_plugins.doctor.facts import Engine
from scheduler_plugins.service import parts

T = TypeVar("T")
EVENTS = 500
UNREACHED = 9920
"""FAILED_TO_CONNECT_TO_SCHEDULER_PROXY."""
AT_ONCE = 8
SHUT_OUT = frozenset({"unreachable", "timeout", "auth", "bad-answer", "http", "not-found", "tls-only", *Cause})
"""Errors of the first question after which no other one is asked. A single wrong password is no lock-out."""


def ask(config: Config) -> Engine:
    """Everything it tells."""
    with parts.engine_api(config) as api:
        admin = Administration(api.rest, config.engine.timeout)
        try:
            version = admin.version()
        except EngineError as error:
            if error.code in SHUT_OUT:
                return Engine(str(error.code), error.seen)
            version = None
        return _told(api, admin, version)


def _told(api: EngineApi, admin: Administration, version: tuple[int, int, int] | None) -> Engine:
    denied: dict[str, str] = {}
    forbidden: set[str] = set()

    def tried(name: str, question: Callable[[], T]) -> T | None:
        try:
            return question()
        except EngineError as error:
            denied[name] = str(error)
            if error.code in ("forbidden", "auth"):
                forbidden.add(name)
            return None

    hosts = tried("hosts", api.hosts)
    clusters = tried("clusters", admin.clusters)
    events = tried("events", lambda: api.events(None, EVENTS))
    return Engine(
        version=version,
        permissions=tried("permissions", admin.permissions),
        units=tried("units", admin.units),
        clusters=clusters,
        policies=tried("policies", lambda: _policies(admin, clusters or ())) or {},
        hosts=hosts,
        vms=tried("vms", partial(_vms, api)),
        devices=tried("devices", lambda: _devices(api, hosts or ())) or {},
        predefined=tried("PredefinedVMProperties", lambda: admin.option("PredefinedVMProperties")),
        user_defined=tried("UserDefinedVMProperties", lambda: admin.option("UserDefinedVMProperties")),
        unreached=sum(event.code == UNREACHED for event in events or ()),
        denied=denied,
        forbidden=frozenset(forbidden),
    )


def _policies(admin: Administration, clusters: Iterable[Cluster]) -> dict[str, Policy]:
    wanted = {cluster.policy_id for cluster in clusters if cluster.policy_id}
    return {policy_id: admin.policy(policy_id) for policy_id in sorted(wanted)}


def _vms(api: EngineApi) -> Sequence[Vm]:
    """All VMs, each at the level of its cluster."""
    api.learn_levels()
    return api.vms()


def _devices(api: EngineApi, hosts: Iterable[Host]) -> dict[str, Sequence[HostDevice]]:
    up = [host.id for host in hosts if host.status == "up"]
    with ThreadPoolExecutor(AT_ONCE, "doctor") as pool:
        return dict(zip(up, pool.map(api.host_devices, up), strict=True))
