"""The shapes of the API's answers, apart from the objects behind them: nothing here changes by accident."""

from pydantic import BaseModel

from mdev_inventory.model import MdevType, ParentDevice
from mdev_inventory.observation import HostFailure
from scheduler_plugins.scheduler import Decision
from scheduler_plugins.service.capacity import HostState, TypeOnHost, TypeState
from scheduler_plugins.verdict import Verdict


class ErrorBody(BaseModel):
    """Why there is no answer: the code is stable, the text is for people."""

    code: str
    text: str


class ErrorAnswer(BaseModel):
    """What every answer with a status of 400 and above holds."""

    error: ErrorBody


class FailureAnswer(BaseModel):
    """Why a host could not be observed when it was asked last."""

    code: str
    text: str
    at: float

    @classmethod
    def of(cls, failure: HostFailure) -> "FailureAnswer":
        """The answer's form of it."""
        return cls(code=failure.code, text=failure.text, at=failure.at)


class CapacityAnswer(BaseModel):
    """One type on one host: what its allocator would still create, and what lives there (null: unknown)."""

    id: str
    name: str
    free: int
    used: int | None

    @classmethod
    def of(cls, on_host: TypeOnHost) -> "CapacityAnswer":
        """The answer's form of it."""
        return cls(id=on_host.id, name=on_host.name, free=on_host.free, used=on_host.used)


class TypeAnswer(BaseModel):
    """One type on one parent device, as read: null where it is not known."""

    id: str
    name: str
    description: str
    device_api: str
    available_instances: int | None
    instances: list[str] | None

    @classmethod
    def of(cls, mdev_type: MdevType) -> "TypeAnswer":
        """The answer's form of it."""
        return cls(
            id=mdev_type.id,
            name=mdev_type.name,
            description=mdev_type.description,
            device_api=mdev_type.device_api,
            available_instances=mdev_type.available,
            instances=None if mdev_type.instances is None else list(mdev_type.instances),
        )


class ParentAnswer(BaseModel):
    """One parent device: null where something is not known."""

    address: str
    vendor: str | None
    device: str | None
    driver: str | None
    numa_node: int | None
    physfn: str | None
    types: list[TypeAnswer] | None

    @classmethod
    def of(cls, parent: ParentDevice) -> "ParentAnswer":
        """The answer's form of it."""
        types = None if parent.types is None else [TypeAnswer.of(found) for found in parent.types]
        return cls(**{**parent._asdict(), "types": types})


class ReadErrorAnswer(BaseModel):
    """A file that the host could not read."""

    path: str
    error: str


class HostAnswer(BaseModel):
    """One host in a list. `source`, `age_s` and `collected_at` are null where it was never observed."""

    id: str
    name: str
    address: str
    status: str
    cluster_id: str
    vgpu_placement: str
    source: str | None
    age_s: float | None
    collected_at: str | None
    parents: int | None
    types: list[CapacityAnswer]
    failure: FailureAnswer | None


class HostDetailAnswer(HostAnswer):
    """One host with all of its parent devices."""

    devices: list[ParentAnswer]
    errors: list[ReadErrorAnswer]


class TypeOnHostAnswer(BaseModel):
    """What one host has of a type."""

    id: str
    name: str
    status: str
    free: int
    used: int | None


class TypeTotalAnswer(BaseModel):
    """One type over all hosts: `free` counts hosts that are up, `used` is null where a host cannot tell."""

    id: str
    name: str
    description: str
    free: int
    used: int | None
    hosts: list[TypeOnHostAnswer]

    @classmethod
    def of(cls, state: TypeState) -> "TypeTotalAnswer":
        """The answer's form of it."""
        hosts = [
            TypeOnHostAnswer(id=host.id, name=host.name, status=host.status, free=on.free, used=on.used)
            for host, on in state.hosts
        ]
        return cls(
            id=state.id,
            name=state.name,
            description=state.description,
            free=state.free,
            used=state.used,
            hosts=hosts,
        )


class SlotAnswer(BaseModel):
    """Where one requested instance would land."""

    parent: str
    type: str


class VerdictAnswer(BaseModel):
    """Whether the VM would start on this host, and why not; `weights` are by unit, 0 the best."""

    host_id: str
    host_name: str
    fits: bool
    code: str | None
    text: str
    age_s: float | None
    source: str | None
    placement: list[SlotAnswer]
    weights: dict[str, int]


class DecisionAnswer(BaseModel):
    """One decision: the verdicts in the order asked."""

    vm_id: str
    vm_name: str | None
    request: list[str]
    fits: bool
    note: str
    at: float
    duration_ms: float
    verdicts: list[VerdictAnswer]


class HealthAnswer(BaseModel):
    """`ok`, or `degraded` with what does not work."""

    status: str
    reasons: list[str]
    version: str


class Hosts(BaseModel):
    """All hosts."""

    items: list[HostAnswer]


class Types(BaseModel):
    """All types."""

    items: list[TypeTotalAnswer]
