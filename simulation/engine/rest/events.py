"""The audit log over REST: reading it on, and adding external events."""

from typing import Any

from simulation.engine.audit import EXTERNAL_CODES, ORIGIN, About, DuplicateEventError
from simulation.engine.rest import views
from simulation.engine.rest.engine import Engine
from simulation.engine.rest.messages import Answer, BadRequestError, Request, Route, answer
from simulation.engine.world import ActionError

MANDATORY = ("origin", "severity", "custom_id", "description")
INT_LIMIT = 2**31


def listed(engine: Engine, request: Request) -> Answer:
    """Events after index `from`, newest first, at most `max` of the newest."""
    after = request.number("from") or 0
    newest_first = engine.audit.events[after:][::-1][: request.number("max")]
    names = _names(engine)
    return answer(views.collection("event", (views.event(entry, names) for entry in newest_first)))


def added(engine: Engine, request: Request) -> Answer:
    """AddExternalEvent: all mandatory members, an origin of one's own, a new (origin, custom_id)."""
    body = request.document()
    missing = [name for name in MANDATORY if not body.get(name)]
    if missing:
        raise BadRequestError(f"Event {missing} required for add")
    if body["origin"] == ORIGIN or body["severity"] not in EXTERNAL_CODES:
        raise ActionError(f"Cannot add event: origin {body['origin']!r}, severity {body['severity']!r}")
    about = About(*(_id(body, kind) for kind in ("vm", "host", "cluster")))
    _check(engine, about)
    try:
        entry = engine.audit.write_external(
            engine.world.now,
            body["severity"],
            str(body["description"]),
            about,
            origin=str(body["origin"]),
            custom_id=_custom_id(body["custom_id"]),
        )
    except DuplicateEventError as error:
        raise ActionError(str(error)) from error
    return answer(views.event(entry, _names(engine)), 201)


TABLE: tuple[Route, ...] = (("GET", "events", listed), ("POST", "events", added))


def _custom_id(value: object) -> int:
    try:
        number = int(str(value))
    except ValueError as error:
        raise BadRequestError(f"custom_id {value!r} is no number") from error
    if not -INT_LIMIT <= number < INT_LIMIT:
        raise BadRequestError(f"custom_id {number} does not fit into 32 bits")
    return number


def _id(body: dict[str, Any], kind: str) -> str | None:
    value = body.get(kind)
    return value.get("id") if isinstance(value, dict) else None


def _check(engine: Engine, about: About) -> None:
    """The engine refuses events about objects that it does not know."""
    for object_id, table in ((about.vm_id, engine.vms), (about.host_id, engine.hosts)):
        if object_id is not None and object_id not in table:
            raise ActionError(f"Cannot add event: no object with id {object_id}")


def _names(engine: Engine) -> dict[str, str]:
    tables: tuple[dict[str, Any], ...] = (engine.hosts, engine.vms, engine.clusters)
    return {object_id: entry.name for table in tables for object_id, entry in table.items()}
