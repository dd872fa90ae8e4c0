"""What can be chosen about a simulated engine: its version, its delays, its misfortunes."""

import random
from dataclasses import dataclass, field

MAX_RERUN_HOSTS = 3
"""MaxRerunVmOnVdsCount: how many hosts one start tries in all."""
LATEST_PATCH = 10
"""A version given without its third number is the last of its line."""


@dataclass(frozen=True, order=True)
class EngineVersion:
    """Which engine; decides how VMs ask for devices, what the REST API shows and which filters there are."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> "EngineVersion":
        """From `4.4` (the last 4.4) or `4.4.1`; ValueError for anything else."""
        numbers = text.split(".")
        if len(numbers) not in (2, 3) or not all(number.isdigit() for number in numbers):
            raise ValueError(f"engine version {text!r}: give two or three numbers, e.g. 4.4 or 4.4.1")
        major, minor, patch = (*map(int, numbers), LATEST_PATCH)[:3]
        return cls(major, minor, patch)

    @property
    def has_mediated_devices(self) -> bool:
        """VM devices instead of the custom property `mdev_type`."""
        return self >= EngineVersion(4, 5, 0)

    @property
    def has_mdevice_filter(self) -> bool:
        """MDevicePolicyUnit, mandatory; with it came `m_dev_types` in the REST API."""
        return self >= EngineVersion(4, 4, 0)

    @property
    def has_readable_type_names(self) -> bool:
        """`human_readable_name` of a type in the REST API."""
        return self >= EngineVersion(4, 4, 7)

    @property
    def filter_takes_nodisplay_for_a_type(self) -> bool:
        """The built-in filter's defect of 4.4.0 and 4.4.1."""
        return EngineVersion(4, 4, 0) <= self < EngineVersion(4, 4, 2)

    @property
    def level(self) -> str:
        """The cluster level that goes with it."""
        return f"{self.major}.{self.minor}"

    def __str__(self) -> str:
        """As in product_info: `4.4.10`."""
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True, slots=True)
class Jitter:
    """A delay in seconds, drawn evenly from a range; a share of draws is slow."""

    low: float = 0.0
    high: float | None = None
    """None: always `low`."""
    slow_share: float = 0.0
    slow: float = 0.0

    def draw(self, source: random.Random) -> float:
        """The next delay."""
        if self.slow_share and source.random() < self.slow_share:
            return self.slow
        return self.low if self.high is None else source.uniform(self.low, self.high)


@dataclass(frozen=True, slots=True)
class Delays:
    """How long things take. What happens on a host after VM.create is the host's own matter."""

    decision: Jitter = Jitter(0.01, 0.05)
    """The engine's own work while it holds the cluster's lock."""
    second_round: Jitter = Jitter(0.1, 10.0)
    """ThrottlerMaxWaitForVdsUpdateInMillis: between two selections of one delayed start."""
    create: Jitter = Jitter(0.05, 1.0, slow_share=0.05, slow=5.0)
    """From the decision (lock released) to VM.create; the host is shown from then on."""
    monitoring: Jitter = Jitter(0.01, 0.5)
    """From a change of a VM's status on its host to the engine's knowing."""
    stop: Jitter = Jitter(0.05, 0.5)
    """From powering_down to the host's being told."""
    domain_xml: Jitter = Jitter(0.0, 15.0)
    """From powering_up to the row for the unmanaged mdev, stored once the domain XML was read."""
    refresh: Jitter = Jitter(0.2, 2.0)
    """RefreshHost, from the wish to fresh rows."""


@dataclass(frozen=True, slots=True)
class Misfortunes:
    """What goes wrong by chance, as shares from 0 to 1."""

    create_fails: float = 0.0
    """VM.create fails at once, for a reason that has nothing to do with devices: rerun at once."""
    launch_fails: float = 0.0
    """The start fails on the host once its devices are made, likewise for another reason: rerun."""
    second_round: float = 0.0
    """An internal unit delays a start: the selection runs twice."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be chosen, but for version and seed."""

    delays: Delays = field(default_factory=Delays)
    misfortunes: Misfortunes = field(default_factory=Misfortunes)
    max_rerun_hosts: int = MAX_RERUN_HOSTS


def client_options(version: EngineVersion) -> dict[str, dict[str, str]]:
    """What REST shows of the engine's settings, by name and cluster level."""
    predefined = "sap_agent=^(true|false)$"
    if not version.has_mediated_devices:
        predefined += ";mdev_type=^[^,](,?[0-9A-Za-z_-]+)+$"
    values = {"PredefinedVMProperties": predefined, "UserDefinedVMProperties": ""}
    return {name: {version.level: value} for name, value in values.items()}


AT_ONCE = Settings(delays=Delays(*(Jitter() for _ in range(7))))
"""No delays and no misfortunes: for tests that ask what, not when."""
