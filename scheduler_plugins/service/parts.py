"""The parts that the configuration describes, made from it; nothing here asks anybody anything yet."""

from collections.abc import Awaitable, Callable, Sequence

from mdev_inventory.collector import sources
from mdev_inventory.collector.collector import Collector
from mdev_inventory.engine.api import EngineApi
from mdev_inventory.engine.model import Host, Vm
from mdev_inventory.observation import Observation
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.request_files import RequestFiles
from mdev_inventory.vdsm.rpc import VdsmClient, client_context
from scheduler_plugins.allocator.request import RequestError, request_of
from scheduler_plugins.claims.instances import Derived
from scheduler_plugins.config import Config
from scheduler_plugins.config import secrets as config_secrets
from scheduler_plugins.service.events.drops import DropFile
from scheduler_plugins.service.events.reports import Reports


def engine_api(config: Config) -> EngineApi:
    """The engine; raises ConfigError, EngineSettingError."""
    engine = config.engine
    url, password = config_secrets.engine_url(config), config_secrets.engine_password(config)
    config_secrets.check_engine_ca(config)
    return EngineApi(url, engine.user, password, engine.ca_file, engine.timeout)


def vdsm_client(config: Config) -> VdsmClient:
    """What asks the hosts' VDSM; raises ConfigError, CredentialsError."""
    vdsm = config.vdsm
    config_secrets.check_vdsm_files(config)
    return VdsmClient(client_context(vdsm.ca_file, vdsm.cert_file, vdsm.key_file, vdsm.check_hostname))


def collector(
    config: Config, engine: EngineApi, client: VdsmClient, inventories: Inventories, clock: Callable[[], float]
) -> Collector:
    """The collector with all that it asks."""
    return Collector(
        engine,
        _observe(engine, client, inventories, clock),
        inventories,
        config.collector,
        clock,
        request_types=request_types,
        files=RequestFiles(config.service.state_dir, config.service.on_failure),
        engine_refresh=config.engine.engine_refresh,
    )


def reports(config: Config, engine: EngineApi, inventories: Inventories, clock: Callable[[], float]) -> Reports:
    """What people are to hear of, in the engine's events where the configuration wants it there."""
    drops = DropFile(config.service.state_dir, config.service.socket_group)
    return Reports(engine if config.engine.engine_events else None, drops, lambda: inventories.vms, clock)


def request_types(vm: Vm) -> Sequence[str] | None:
    """What a VM in the engine's list asks for; None where the list does not tell."""
    if vm.unreadable:
        return None
    try:
        return request_of(vm).types
    except RequestError as error:
        raise ValueError(str(error)) from error


def _observe(
    engine: EngineApi, client: VdsmClient, inventories: Inventories, clock: Callable[[], float]
) -> Callable[[Host, float], Awaitable[Observation]]:
    derived = Derived(lambda: inventories.vms)
    return lambda host, timeout_s: sources.observe(host, client, engine, timeout_s, clock, derived.unexplained)
