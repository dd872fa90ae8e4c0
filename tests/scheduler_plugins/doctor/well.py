"""Facts of an installation in which all is well: a cluster, a host with a card, a VM that asks for it."""

from dataclasses import replace
from pathlib import Path

from mdev_inventory.engine.administration import Cluster, Permission, Policy, Unit
from mdev_inventory.engine.model import DeviceType, Host, HostDevice, MediatedDevice, Vm
from mdev_inventory.model import HostInventory, MdevType, ParentDevice
from scheduler_plugins.config import Config, Engine
from scheduler_plugins.doctor import facts
from scheduler_plugins.doctor.chain import diagnose
from scheduler_plugins.doctor.facts import Facts, HostFacts, Machine, ServiceHost
from scheduler_plugins.doctor.findings import Finding
from scheduler_plugins.units.registry import FILTERS, WEIGHTS

VERSION = "1.0.0"
TYPE, SMALL = "nvidia-231", "nvidia-222"
ADDRESS = "0000:3b:00.0"
CLUSTER = Cluster("c-1", "Default", "p-1")
GPU = Host("h-1", "gpu", "gpu.example.com", 54321, "up", CLUSTER.id, separate=False)
PLAIN = Host("h-2", "plain", "plain.example.com", 54321, "up", CLUSTER.id, separate=False)
CARD = ParentDevice(
    ADDRESS,
    "0x10de",
    types=(
        MdevType(TYPE, "GRID T4-2Q", "framebuffer=2048M, max_instance=8", available=8),
        MdevType(SMALL, "GRID T4-1B", "framebuffer=1024M, max_instance=16", available=16),
    ),
)
INVENTORY = HostInventory((CARD,), hook_version=VERSION)
OUR_UNITS = tuple(
    Unit(f"u-{name}", name, kind, internal=False, enabled=True)
    for kind, names in (("filter", FILTERS), ("weight", WEIGHTS))
    for name in names
)
INNER = (
    Unit("i-1", "OptimalForEvenDistribution", "weight", internal=True, enabled=True),
    Unit("i-2", "PreferredHosts", "weight", internal=True, enabled=True),
    Unit("i-3", "Memory", "filter", internal=True, enabled=True),
)
POLICY = Policy("p-1", "mdev", ("u-MdevFilter", "i-3"), (("u-MdevConsolidate", 2), ("i-1", 1), ("i-2", 99)))
EVERYTHING = frozenset({"manipulate_host", "inject_external_events"})


def vm(name: str, *types: str) -> Vm:
    """A VM that asks for these."""
    devices = tuple(MediatedDevice(f"{name}-{n}", {"mdevType": kind}) for n, kind in enumerate(types))
    return Vm(name, name, "down", CLUSTER.id, None, None, devices)


def shown(available: int) -> HostDevice:
    """The engine's row of the card."""
    kinds = tuple(DeviceType(kind, kind, "", available) for kind in (TYPE, SMALL))
    return HostDevice("pci_0000_3b_00_0", "nvidia", "0x10de", None, None, kinds)


WELL = Facts(
    machine=Machine(
        config=Config(engine=Engine(url="https://engine.example.com/ovirt-engine/api")),
        own_days=400.0,
        state=facts.StateFolder(exists=True, mode=0o750, owner=990, service_user=990, free=2**33),
        proxy_socket=facts.ProxySocket(mode=0o660, group=108, wanted_group=108),
        engine_endpoint=facts.EngineEndpoint(
            listens=True, holder="7 (mdev-scheduler)", units=frozenset({*FILTERS, *WEIGHTS})
        ),
    ),
    service=facts.Service(version=VERSION, hosts={host.id: ServiceHost(12.0, orphans=()) for host in (GPU, PLAIN)}),
    engine=facts.Engine(
        version=(4, 5, 7),
        permissions=(Permission("MdevScheduler", EVERYTHING, ""),),
        units=(*OUR_UNITS, *INNER),
        clusters=(CLUSTER,),
        policies={POLICY.id: POLICY},
        hosts=(GPU, PLAIN),
        vms=(vm("desk", TYPE),),
        devices={GPU.id: (shown(1),), PLAIN.id: ()},
    ),
    hosts=(
        HostFacts(GPU, days=800.0, release=(4, 5), inventory=INVENTORY, hooked=True, clock_off=0.0),
        HostFacts(
            PLAIN,
            days=900.0,
            release=(4, 5),
            inventory=HostInventory(hook_version=VERSION),
            hooked=True,
            clock_off=-1.5,
        ),
    ),
    version=VERSION,
)
PROXY_FOLDER = Path("/usr/share/ovirt-scheduler-proxy/plugins")


def proxied() -> Facts:
    """The same where ovirt-scheduler-proxy answers the engine."""
    machine = replace(
        WELL.machine,
        proxy=facts.Proxy(installed=True, folder=PROXY_FOLDER, plugin="same"),
        engine_endpoint=replace(WELL.machine.engine_endpoint, holder="8 (python3 -m ovirtscheduler.oschedproxyd)"),
    )
    holder = "8 (python3 -m ovirtscheduler.oschedproxyd)"
    closed = f"the engine endpoint is closed: http://127.0.0.1:18781 is held by {holder}"
    return replace(WELL, machine=machine, service=replace(WELL.service, reasons=(closed,)))


def machine(base: Facts = WELL, **changes: object) -> Facts:
    """Another machine."""
    return replace(base, machine=replace(base.machine, **changes))  # type: ignore[arg-type]


def service(base: Facts = WELL, **changes: object) -> Facts:
    """Another service."""
    return replace(base, service=replace(base.service, **changes))  # type: ignore[arg-type]


def engine(base: Facts = WELL, **changes: object) -> Facts:
    """Another engine."""
    return replace(base, engine=replace(base.engine, **changes))  # type: ignore[arg-type]


def gpu(**changes: object) -> Facts:
    """The host with the card is another."""
    return replace(WELL, hosts=(replace(WELL.hosts[0], **changes), WELL.hosts[1]))  # type: ignore[arg-type]


def permissions(*permits: str, on: str = "") -> Facts:
    """Our user has one role."""
    return engine(permissions=(Permission("Role", frozenset(permits), on),))


def said(facts: Facts, link: str) -> list[Finding]:
    """What is said of a link."""
    return [each for each in diagnose(facts) if each.link == link]
