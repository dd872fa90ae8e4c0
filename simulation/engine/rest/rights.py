"""What the engine's one user may do: roles given on the system, their permits, and where REST shows them."""

from uuid import NAMESPACE_OID, uuid5

from simulation.engine.rest import views
from simulation.engine.rest.engine import Engine
from simulation.engine.rest.messages import Answer, NotFoundError, Request, Route, answer
from simulation.engine.rest.views import View

USER = str(uuid5(NAMESPACE_OID, "user"))
ROLES = {
    "SuperUser": ("login", "manipulate_host", "inject_external_events", "configure_engine"),
    "ReadOnlyAdmin": ("login",),
    "ExternalEventsCreator": ("login", "inject_external_events"),
    "HostAdmin": ("login", "manipulate_host", "edit_host_configuration"),
}
"""A selection of the predefined roles, each with some of its permits."""
DEMANDED = {("POST", "events"): "inject_external_events", ("POST", "hosts/{host_id}/refresh"): "manipulate_host"}
"""The permit that a route asks for."""


class Rights:
    """The roles of the user; change `roles` at any time."""

    def __init__(self) -> None:
        """As `admin@internal` has it."""
        self.roles: list[str] = ["SuperUser"]

    def allow(self, method: str, route: str) -> bool:
        """Whether the user may use a route."""
        permit = DEMANDED.get((method, route))
        return permit is None or any(permit in ROLES[role] for role in self.roles)

    def table(self) -> tuple[Route, ...]:
        """Where REST shows them."""
        return (
            ("GET", "users/{user_id}/permissions", self._permissions),
            ("GET", "roles", _roles),
            ("GET", "roles/{role_id}/permits", _permits),
        )

    def _permissions(self, _: Engine, __: Request, user_id: str) -> Answer:
        """What was given to the user itself."""
        if user_id != USER:
            raise NotFoundError(f"Entity not found: user {user_id}")
        return answer(views.collection("permission", map(_permission, self.roles)))


def own_user() -> View:
    """What the entry point says of who asks (from 4.2 on)."""
    return {"authenticated_user": views.reference("users", USER)}


def _roles(_: Engine, __: Request) -> Answer:
    """All roles."""
    return answer(views.collection("role", (_role(name) for name in ROLES)))


def _permits(_: Engine, __: Request, role_id: str) -> Answer:
    """What a role allows."""
    for name, allowed in ROLES.items():
        if _id(name) == role_id:
            shown = ({"name": permit, "administrative": "true", "id": permit} for permit in allowed)
            return answer(views.collection("permit", shown))
    raise NotFoundError(f"Entity not found: role {role_id}")


def _id(role: str) -> str:
    return str(uuid5(NAMESPACE_OID, f"role/{role}"))


def _role(name: str) -> View:
    return {"administrative": "true", "name": name, **(views.reference("roles", _id(name)) or {})}


def _permission(role: str) -> View:
    return {
        "role": views.reference("roles", _id(role)),
        "user": views.reference("users", USER),
        "id": str(uuid5(NAMESPACE_OID, f"permission/{role}")),
    }
