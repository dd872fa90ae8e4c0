"""What the engine has set up around us: version, policy units, scheduling policies, settings, our own rights.

Asked by `doctor` only, and only read. A policy's sub-collections name units by their id, so `units` is what
gives them names. Sub-collections are asked one by one: REST inlines them only where it knows the link.
"""

from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, PlainValidator

from mdev_inventory.engine import members
from mdev_inventory.engine.deadline import Deadline
from mdev_inventory.engine.elements import Kind
from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.members import Id, NameOrId, Needed, OptionalId, Text, at
from mdev_inventory.engine.rest import EngineRest, in_path

T = TypeVar("T")
OBJECTS = ("data_center", "cluster", "host", "storage_domain", "vm", "vm_pool", "template", "disk")
"""Members by which a permission names the object that it is for; one for the whole system has none."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A policy unit; mandatory internal filters are never listed."""

    id: Needed
    name: Needed
    type: Text
    """`filter`, `weight` or `load_balancing`."""
    internal: Annotated[bool, at(), PlainValidator(lambda value: members.optional(value) == "true")]
    enabled: Annotated[bool, at(), PlainValidator(lambda value: members.optional(value) != "false")]


@dataclass(frozen=True, slots=True)
class Policy:
    """A scheduling policy with the ids of its units."""

    id: str
    name: str
    filters: tuple[str, ...]
    weights: tuple[tuple[str, int], ...]
    """(unit, factor)."""


def _level(version: object) -> str | None:
    parts = [members.within(version, part) for part in ("major", "minor")]
    return ".".join(part for part in parts if part) if all(parts) else None


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster and the policy it uses; None where the engine shows none."""

    id: Needed
    name: NameOrId
    policy_id: Annotated[OptionalId, at("scheduling_policy")]
    level: Annotated[str | None, at("version"), PlainValidator(_level)] = None
    """Its compatibility version, `4.4`."""


@dataclass(frozen=True, slots=True)
class Permission:
    """A role that our user or one of its groups has, on the system or on one object."""

    role: str
    """Its name."""
    permits: frozenset[str]
    """What it allows, by REST's words: `manipulate_host`, ..."""
    on: str
    """The kind of object (`cluster`, ...); empty for the whole system."""


class Administration:
    """The questions; each raises EngineError and ends within `timeout` seconds."""

    def __init__(self, rest: EngineRest, timeout: float) -> None:
        """`rest` is shared with whoever else asks the engine: one token."""
        self._rest, self._timeout = rest, timeout

    def version(self) -> tuple[int, int, int]:
        """The engine's own version; (0, 0, 0) where it does not tell one."""
        return self._one("", VERSION)

    def units(self) -> list[Unit]:
        """Every policy unit that is listed."""
        return self._all("/schedulingpolicyunits", UNIT)

    def clusters(self) -> list[Cluster]:
        """All clusters."""
        return self._all("/clusters", CLUSTER)

    def policy(self, policy_id: str) -> Policy:
        """One policy with its filters and weights, in three requests."""
        path = f"/schedulingpolicies/{in_path(policy_id, 'scheduling policy')}"
        name = self._one(path, POLICY).name
        filters, weights = self._all(f"{path}/filters", FILTER), self._all(f"{path}/weights", WEIGHT)
        factors = tuple((weight.unit, weight.factor) for weight in weights)
        return Policy(policy_id, name, tuple(part.unit for part in filters), factors)

    def option(self, name: str) -> dict[str, str]:
        """A setting of the engine, by cluster level, or by `general`; engine-config's names.

        Only those that it marks as visible to clients: `not-found` for all others, and for a name that it
        has not (BackendSystemOptionResource, GetSystemOptionQuery). The API promises nothing about them.
        """
        values = self._one(f"/options/{in_path(name, 'setting')}", SETTING).values
        return {value.version: value.value for value in values}

    def permissions(self) -> list[Permission]:
        """Our own user's and its groups', as the engine knows them. `not-found` on engines before 4.2."""
        user = self._one("", OWN_USER)
        if user is None:
            raise EngineError("not-found", "GET /api: the engine does not say who we are")
        given = self._all(f"/users/{in_path(user, 'user')}/permissions", GRANT)
        roles = {role.id: role for role in self._all("/roles", ROLE)}
        permits = {role_id: self._permits(role_id) for role_id in {role_id for role_id, _ in given}}
        return [Permission(roles[role_id].name, permits[role_id], on) for role_id, on in given if role_id in roles]

    def _permits(self, role_id: str) -> frozenset[str]:
        found = self._all(f"/roles/{in_path(role_id, 'role')}/permits", PERMIT)
        return frozenset(permit.name for permit in found)

    def _one(self, path: str, kind: Kind[T]) -> T:
        return self._rest.one(path, kind.one, Deadline(self._timeout))

    def _all(self, path: str, kind: Kind[T]) -> list[T]:
        return self._rest.all(path, kind.all, Deadline(self._timeout))


@dataclass(frozen=True, slots=True)
class _Named:
    id: Needed
    name: NameOrId


@dataclass(frozen=True, slots=True)
class _Part:
    """Of a policy: it bears its unit's id."""

    id: Needed
    unit_id: Annotated[Id, at("scheduling_policy_unit")]
    factor: Annotated[int, at(), PlainValidator(lambda value: members.number(value, 0, 2**31, 1))]

    @property
    def unit(self) -> str:
        return self.unit_id or self.id


@dataclass(frozen=True, slots=True)
class _Value:
    version: Needed
    value: Text


@dataclass(frozen=True, slots=True)
class _Setting:
    values: Annotated[
        tuple[_Value, ...], at(), BeforeValidator(lambda value: members.items_of(value, "system_option_value") or ())
    ]


def _version(answer: object) -> tuple[int, int, int]:
    path = ("product_info", "version")
    major, minor, build = (
        members.number(members.within(answer, *path, part), 0, 9999, 0, ".".join(("", *path, part)))
        for part in ("major", "minor", "build")
    )
    return major, minor, build


def _grant(value: object) -> tuple[str, str]:
    """The id of a role, and the kind of object that it is given on."""
    on = next((kind for kind in OBJECTS if members.within(value, kind, "id")), "")
    return members.within(value, "role", "id") or "", on


VERSION = Kind[tuple[int, int, int]]("api", Annotated[object, PlainValidator(_version)])
OWN_USER = Kind[str | None](
    "api", Annotated[object, PlainValidator(lambda api: members.within(api, "authenticated_user", "id"))]
)
UNIT = Kind[Unit]("scheduling_policy_unit", Unit)
CLUSTER = Kind[Cluster]("cluster", Cluster)
POLICY, ROLE, PERMIT = (Kind[_Named](name, _Named) for name in ("scheduling_policy", "role", "permit"))
FILTER, WEIGHT = Kind[_Part]("filter", _Part), Kind[_Part]("weight", _Part)
SETTING = Kind[_Setting]("setting", _Setting)
GRANT = Kind[tuple[str, str]]("permission", Annotated[object, PlainValidator(_grant)])
