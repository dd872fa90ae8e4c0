"""The shapes of the API's answers about hosts and types, apart from the objects behind them."""

from dataclasses import asdict
from typing import Self

from pydantic import Field

from mdev_inventory.bare_cards import reasons
from mdev_inventory.model import HostInventory
from scheduler_plugins.service.web.answers import Answer
from scheduler_plugins.service.web.capacity import HostState


class FailureAnswer(Answer):
    """Why a host could not be observed when it was asked last."""

    code: str
    text: str
    at: float


class CapacityAnswer(Answer):
    """One type on one host: what its allocator would still create, and what lives there (null: unknown)."""

    id: str
    name: str
    free: int
    used: int | None


class TypeAnswer(Answer):
    """One type on one parent device, as read: null where it is not known."""

    id: str
    name: str
    description: str
    device_api: str
    available_instances: int | None = Field(validation_alias="available")
    instances: list[str] | None


class ParentAnswer(Answer):
    """One parent device: null where something is not known."""

    address: str
    vendor: str | None
    device: str | None
    driver: str | None
    numa_node: int | None
    physfn: str | None
    types: list[TypeAnswer] | None


class ReadErrorAnswer(Answer):
    """A file that the host could not read."""

    path: str
    error: str


class BareCardAnswer(Answer):
    """A card that could carry mediated devices and carries none, why, and what to do."""

    address: str
    code: str
    text: str
    remedy: str


class OrphanAnswer(Answer):
    """An instance that belongs to no VM, with its parent device and that one's driver."""

    uuid: str
    parent: str
    type: str
    driver: str | None


class HostAnswer(Answer):
    """One host in a list. `source`, `age_s` and `collected_at` are null where it was never observed.

    `orphans` are the vGPUs that belong to no VM; null where nobody can tell. `foreign` are other instances on the
    mdev bus that no VM is known to have: not ours.
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
    foreign: list[OrphanAnswer]
    bare_cards: list[BareCardAnswer]
    failure: FailureAnswer | None

    @classmethod
    def of(cls, state: HostState, now: float) -> Self:
        """The answer's form of it: the members of this form, out of those of all forms."""
        host, seen = state.host, state.observation
        inventory = seen.inventory if seen else HostInventory()
        members = {
            **asdict(host),
            "vgpu_placement": "separated" if host.separate else "consolidated",
            "source": seen.source if seen else None,
            "age_s": round(seen.age(now), 3) if seen else None,
            "collected_at": inventory.collected_at or None,
            "parents": len(inventory.parents) if seen else None,
            "types": state.types,
            "orphans": state.orphans,
            "foreign": state.foreign,
            "bare_cards": [
                {"address": address, **asdict(why)} for why, cards in reasons(inventory) for address in cards
            ],
            "failure": state.failure,
            "devices": inventory.parents,
            "errors": inventory.errors,
        }
        return cls.model_validate(members)


class HostDetailAnswer(HostAnswer):
    """One host with all of its parent devices."""

    devices: list[ParentAnswer]
    errors: list[ReadErrorAnswer]


class TypeOnHostAnswer(Answer):
    """What one host has of a type."""

    id: str
    name: str
    status: str
    free: int
    used: int | None


class TypeTotalAnswer(Answer):
    """One type over all hosts: `free` counts hosts that are up, `used` is null where a host cannot tell."""

    id: str
    name: str
    description: str
    free: int
    used: int | None
    hosts: list[TypeOnHostAnswer]


class Hosts(Answer):
    """All hosts."""

    items: list[HostAnswer]


class Types(Answer):
    """All types."""

    items: list[TypeTotalAnswer]
