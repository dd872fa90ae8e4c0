"""What the engine has set up around us: version, policy units, scheduling policies, settings, our own rights.

Asked by `doctor` only, and only read. A policy's sub-collections name units by their id, so `units` is what
gives them names. Sub-collections are asked one by one: REST inlines them only where it knows the link.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.line import Deadline
from mdev_inventory.engine.members import Element
from mdev_inventory.engine.parsing import Read, collection
from mdev_inventory.engine.rest import EngineRest, in_path

T = TypeVar("T")
OBJECTS = ("data_center", "cluster", "host", "storage_domain", "vm", "vm_pool", "template", "disk")
"""Members by which a permission names the object that it is for; one for the whole system has none."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A policy unit; mandatory internal filters are never listed (contract section 4)."""

    id: str
    name: str
    type: str
    """`filter`, `weight` or `load_balancing`."""
    internal: bool
    enabled: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """A scheduling policy with the ids of its units."""

    id: str
    name: str
    filters: tuple[str, ...]
    weights: tuple[tuple[str, int], ...]
    """(unit, factor)."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster and the policy it uses; None where the engine shows none."""

    id: str
    name: str
    policy_id: str | None
    level: str | None = None
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
    administrative: bool


class Administration:
    """The questions; each raises EngineError and ends within `timeout` seconds."""

    def __init__(self, rest: EngineRest, timeout: float) -> None:
        """`rest` is shared with whoever else asks the engine: one token."""
        self._rest, self._timeout = rest, timeout

    def version(self) -> tuple[int, int, int]:
        """The engine's own version; (0, 0, 0) where it does not tell one."""
        return self._rest.one("", _version, Deadline(self._timeout))

    def units(self) -> list[Unit]:
        """Every policy unit that is listed."""
        return self._all("/schedulingpolicyunits", "scheduling_policy_unit", _unit)

    def clusters(self) -> list[Cluster]:
        """All clusters."""
        return self._all("/clusters", "cluster", _cluster)

    def policy(self, policy_id: str) -> Policy:
        """One policy with its filters and weights, in three requests."""
        path = f"/schedulingpolicies/{in_path(policy_id, 'scheduling policy')}"
        name = self._rest.one(path, _name, Deadline(self._timeout))
        filters = self._all(f"{path}/filters", "filter", _unit_id)
        weights = self._all(f"{path}/weights", "weight", _weight)
        return Policy(policy_id, name, tuple(filters), tuple(weights))

    def option(self, name: str) -> dict[str, str]:
        """A setting of the engine, by cluster level, or by `general`; engine-config's names.

        Only those that it marks as visible to clients: `not-found` for all others, and for a name that it
        has not (BackendSystemOptionResource, GetSystemOptionQuery). The API promises nothing about them.
        """
        path = f"/options/{in_path(name, 'setting')}"
        return self._rest.one(path, _option_values, Deadline(self._timeout))

    def permissions(self) -> list[Permission]:
        """Our own user's and its groups', as the engine knows them. `not-found` on engines before 4.2."""
        user = self._rest.one("", _own_user, Deadline(self._timeout))
        if user is None:
            raise EngineError("not-found", "GET /api: the engine does not say who we are")
        given = self._all(f"/users/{in_path(user, 'user')}/permissions", "permission", _permission)
        roles = {role.id: role for role in self._all("/roles", "role", _role)}
        permits = {role_id: self._permits(role_id) for role_id in {role_id for role_id, _ in given}}
        return [
            Permission(roles[role_id].name, permits[role_id], on, roles[role_id].administrative)
            for role_id, on in given
            if role_id in roles
        ]

    def _permits(self, role_id: str) -> frozenset[str]:
        return frozenset(self._all(f"/roles/{in_path(role_id, 'role')}/permits", "permit", _name))

    def _all(self, path: str, wrapper: str, read: Callable[[object], T]) -> list[T]:
        def items(answer: object) -> Read[T]:
            return collection(answer, wrapper, read)

        return self._rest.all(path, items, Deadline(self._timeout))


@dataclass(frozen=True, slots=True)
class _Role:
    id: str
    name: str
    administrative: bool


def _version(answer: object) -> tuple[int, int, int]:
    numbers = Element(_member(_member(answer, "product_info"), "version"), "version", "major")
    major, minor, build = (numbers.number(part, 0, 9999) or 0 for part in ("major", "minor", "build"))
    return major, minor, build


def _member(value: object, name: str) -> object:
    return value.get(name) or {} if isinstance(value, Mapping) else {}


def _own_user(answer: object) -> str | None:
    return Element(answer, "api", "product_info").within("authenticated_user", "id")


def _unit(value: object) -> Unit:
    element = Element(value, "scheduling_policy_unit")
    return Unit(
        element.text("id"),
        element.text("name"),
        element.optional("type") or "",
        element.optional("internal") == "true",
        element.optional("enabled") != "false",
    )


def _cluster(value: object) -> Cluster:
    element = Element(value, "cluster")
    name = element.optional("name") or element.text("id")
    level = [element.within("version", part) for part in ("major", "minor")]
    dotted = ".".join(part for part in level if part) if all(level) else None
    return Cluster(element.text("id"), name, element.within("scheduling_policy", "id"), dotted)


def _option_values(answer: object) -> dict[str, str]:
    listed = Element(answer, "setting").elements("values", "system_option_value") or []
    values = [Element(value, "value of a setting", "version") for value in listed]
    return {value.text("version"): value.optional("value") or "" for value in values}


def _unit_id(value: object) -> str:
    """A policy's part bears its unit's id (contract section 4)."""
    element = Element(value, "part of a policy")
    return element.within("scheduling_policy_unit", "id") or element.text("id")


def _weight(value: object) -> tuple[str, int]:
    factor = Element(value, "weight").number("factor", 0, 2**31)
    return _unit_id(value), 1 if factor is None else factor


def _name(value: object) -> str:
    element = Element(value, "named object")
    return element.optional("name") or element.text("id")


def _role(value: object) -> _Role:
    element = Element(value, "role")
    return _Role(element.text("id"), _name(value), element.optional("administrative") == "true")


def _permission(value: object) -> tuple[str, str]:
    """The role's id, and the kind of object that the permission is for."""
    element = Element(value, "permission")
    kinds = (kind for kind in OBJECTS if element.within(kind, "id"))
    return element.within("role", "id") or "", next(kinds, "")
