"""The shapes of the API's answers about hosts and types, apart from the objects behind them."""

from typing import Any

from pydantic import BaseModel

from mdev_inventory.model import HostInventory, MdevType, ParentDevice
from mdev_inventory.observation import HostFailure
from scheduler_plugins.service.web.capacity import HostState, TypeOnHost, TypeState


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


class OrphanAnswer(BaseModel):
    """An instance that belongs to no VM."""

    uuid: str
    parent: str
    type: str


class HostAnswer(BaseModel):
    """One host in a list. `source`, `age_s` and `collected_at` are null where it was never observed.

    `orphans` are the instances that belong to no VM; null where nobody can tell.
    """

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
    orphans: list[OrphanAnswer] | None
    failure: FailureAnswer | None

    @classmethod
    def of(cls, state: HostState, now: float) -> "HostAnswer":
        """The answer's form of it."""
        return cls(**_host(state, now))


class HostDetailAnswer(HostAnswer):
    """One host with all of its parent devices."""

    devices: list[ParentAnswer]
    errors: list[ReadErrorAnswer]

    @classmethod
    def of(cls, state: HostState, now: float) -> "HostDetailAnswer":
        """The answer's form of it."""
        inventory = state.observation.inventory if state.observation else HostInventory()
        return cls(
            **_host(state, now),
            devices=[ParentAnswer.of(parent) for parent in inventory.parents],
            errors=[ReadErrorAnswer(path=error.path, error=error.error) for error in inventory.errors],
        )


def _host(state: HostState, now: float) -> dict[str, Any]:
    """The members that every form of a host has."""
    host, seen = state.host, state.observation
    return {
        "id": host.id,
        "name": host.name,
        "address": host.address,
        "status": host.status,
        "cluster_id": host.cluster_id,
        "vgpu_placement": "separated" if host.separate else "consolidated",
        "source": seen.source if seen else None,
        "age_s": round(seen.age(now), 3) if seen else None,
        "collected_at": seen.inventory.collected_at or None if seen else None,
        "parents": len(seen.inventory.parents) if seen else None,
        "types": [CapacityAnswer.of(on_host) for on_host in state.types],
        "orphans": None
        if state.orphans is None
        else [OrphanAnswer(**orphan._asdict()) for orphan in state.orphans],
        "failure": FailureAnswer.of(state.failure) if state.failure else None,
    }


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


class Hosts(BaseModel):
    """All hosts."""

    items: list[HostAnswer]


class Types(BaseModel):
    """All types."""

    items: list[TypeTotalAnswer]
