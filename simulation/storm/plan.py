"""What happens in a boot storm: hosts, VMs, delays. Plain data, one definition for all forms.

Every host holds twelve instances of its cluster's type: in one cluster an A40 whose sixteen functions show
sixteen free of a type of which the card holds twelve, in the other three T4 with four each, every second
host placing separately.
"""

import random
from dataclasses import dataclass
from functools import cached_property

from simulation.datacenter.plans import HostPlan
from simulation.engine.settings import Delays, Jitter, Misfortunes, Settings
from simulation.engine.state import Policy
from simulation.hosts.virtual_machine import Delays as Pace
from simulation.kernel.boards import Board

PER_HOST = 12
CALM_AFTER = 10.0
"""From the last start to the ordinary one: every device is there, every guest is up."""
A40_4Q, T4_4Q = "nvidia-560", "nvidia-232"
A40 = (Board("a40", "0000:51:00.0", vfs=16),)
T4S = tuple(Board("tesla-t4", f"0000:{bus}:00.0") for bus in ("3b", "5e", "86"))
SHOWN = Jitter(0.05, 1.0, slow_share=0.05, slow=5.0)
PREPARED = Jitter(2.0, 6.0)
BOOTED = Jitter(2.0, 10.0)
HOST_ANSWERS = Jitter(0.1, 0.8)
ENGINE_ANSWERS = Jitter(0.01, 0.04)
POLICY = Policy(filters=("MdevFilter",), weights=(("MdevConsolidate", 1),))


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """A cluster's hosts, and the type that its VMs ask for."""

    name: str
    type_id: str
    hosts: tuple[HostPlan, ...]


@dataclass(frozen=True, slots=True)
class StartPlan:
    """One VM of the storm."""

    name: str
    cluster: int
    types: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """A storm; times in simulated seconds. The issue's own figures are the defaults."""

    seed: int = 1
    hosts: int = 20
    """Of each cluster."""
    starts: int = 500
    """In all; issued at once, so that each cluster's scheduling never waits for work."""
    doubles: float = 0.10
    """The share of VMs that ask for two instances."""
    stops: int = 50
    """VMs stopped meanwhile, chosen among those that are up."""
    stopping: tuple[float, float] = (10.0, 90.0)
    """When."""
    retry: float = 5.0
    """A VM that did not start is tried again after so long, as a pool or a person would."""
    lasts: float = 120.0
    """When nobody tries again any more."""
    settles: float = 140.0
    """After the last start, for what is to end to end: a little, an ordinary start, two rounds of
    inventories."""
    version: str = "4.5"
    create: Jitter = SHOWN
    """From a decision to the engine's showing the host."""
    prepare: Jitter = PREPARED
    """From a free creation slot on the host to the first device; with VDSM's four slots, devices appear
    2 to 20 s after the host is shown."""
    boot: Jitter = BOOTED
    create_fails: float = 0.02
    launch_fails: float = 0.03
    collect_interval: float = 60.0
    events_interval: float = 2.0
    """The poller of the engine's events."""
    host_answer: Jitter = HOST_ANSWERS
    """How long a host takes to answer."""
    engine_answer: Jitter = ENGINE_ANSWERS
    """How long the engine's REST API takes."""
    killed: tuple[float, ...] = ()
    """When the service is killed (SIGKILL)."""
    dead_for: float = 1.0
    """From there to its answering again."""

    @cached_property
    def clusters(self) -> tuple[ClusterPlan, ...]:
        """The two of them."""
        functions = tuple(HostPlan(f"a{n:02}", A40, cluster="functions") for n in range(self.hosts))
        boards = tuple(HostPlan(f"b{n:02}", T4S, n % 2 == 1, cluster="boards") for n in range(self.hosts))
        return ClusterPlan("functions", A40_4Q, functions), ClusterPlan("boards", T4_4Q, boards)

    @cached_property
    def vms(self) -> tuple[StartPlan, ...]:
        """The VMs in the order of their starts, clusters taking turns."""
        chance = random.Random(f"vms {self.seed}")  # noqa: S311 - chance that can be repeated is what is wanted
        double = set(chance.sample(range(self.starts), round(self.starts * self.doubles)))
        return tuple(
            StartPlan(f"vm{n:03}", n % 2, (self.clusters[n % 2].type_id,) * (2 if n in double else 1))
            for n in range(self.starts)
        )

    @property
    def capacity(self) -> int:
        """Instances that all hosts hold together."""
        return PER_HOST * self.hosts * len(self.clusters)

    @cached_property
    def settings(self) -> Settings:
        """The engine's."""
        return Settings(
            delays=Delays(create=self.create),
            misfortunes=Misfortunes(create_fails=self.create_fails, launch_fails=self.launch_fails),
        )

    def pace(self, chance: random.Random) -> Pace:
        """One VM's own pace on its host."""
        return Pace(prepare=self.prepare.draw(chance), boot=self.boot.draw(chance))
