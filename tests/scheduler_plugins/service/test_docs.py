"""The documentation of the endpoints keeps up with them."""

from pathlib import Path

import pytest

import scheduler_plugins
from scheduler_plugins.decisions import history
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.errors import SchedulerError
from scheduler_plugins.service import opening, questions
from scheduler_plugins.service.answering import ANSWER_SECONDS, AT_ONCE, STUCK_SECONDS
from scheduler_plugins.service.engine_endpoint.application import BODY_LIMIT, BODY_SECONDS
from scheduler_plugins.service.events import portal
from scheduler_plugins.service.process import bounded_log
from scheduler_plugins.service.process.connection import Bounds
from scheduler_plugins.service.proxy_socket import line, server
from scheduler_plugins.service.web.api import EXPLAINED_AT_ONCE, STATUSES, TURN_SECONDS, api
from scheduler_plugins.service.web.application import READERS_AT_ONCE
from scheduler_plugins.service.web.capacity import Capacities
from tests.scheduler_plugins.world import World

DOCS = Path(scheduler_plugins.__file__).parent.parent / "docs"
TEXT, LIMITS = ((DOCS / name).read_text() for name in ("api.md", "limits.md"))
BOUNDS = Bounds()


def test_every_route_is_documented() -> None:
    """A new one cannot be forgotten."""
    world = World()
    app = api(Scheduler(world, world, world.clock), Capacities(world, world.clock), list)

    assert [] == [path for path in app.openapi()["paths"] if f"| `{path}" not in TEXT]


@pytest.mark.parametrize(("code", "status"), STATUSES.items())
def test_every_error_is_documented_with_its_status(code: str, status: int) -> None:
    """Codes are what programs rely on."""
    rows = [row for row in TEXT.splitlines() if row.startswith(f"| {status} |")]

    assert any(f"`{code}`" in row for row in rows)


def test_every_error_of_ours_has_a_status() -> None:
    """A unit's name or property, a late answer, and a fault, cannot come through the API."""
    codes = {error.code for error in SchedulerError.__subclasses__()}

    assert {"bad-property", "late", "unknown-unit"} == codes - set(STATUSES)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("one call or question", f"({ANSWER_SECONDS} s for the decision)"),
        ("questions decided at once", f"{AT_ONCE}"),
        ("hosts in one question", f"{questions.HOSTS:,}"),
        ("units in one call", f"{questions.UNITS} names"),
        ("properties in one question", f"{questions.PROPERTIES}, of {questions.PROPERTY_LENGTH:,} characters"),
        ("an id or a unit's name", f"{questions.ID_LENGTH} characters"),
        ("body of a call", f"{BODY_LIMIT // 1024:,} KiB, with a Content-Length, within {BODY_SECONDS:g} s"),
        ("line at the proxy socket", f"{line.LIMIT // 1024} KiB, within {server.IDLE_SECONDS:g} s"),
        ("connections: engine endpoint, proxy socket", f"{opening.CALLERS.connections} each"),
        ("connections: engine endpoint, proxy socket", f"{server.CONNECTIONS} each"),
        ("connections: web API", f"{opening.READERS.connections}"),
        ("headers of a request", f"{BOUNDS.headers // 1024} KiB, within {BOUNDS.headers_s:g} s"),
        ("a connection on which nothing is asked", f"{BOUNDS.idle_s:g} s"),
        ("an answer that is not read", f"{BOUNDS.unread_s:g} s (proxy socket: {server.IDLE_SECONDS:g} s)"),
        ("readers worked for at once", f"{READERS_AT_ONCE} threads"),
        ("readers worked for at once", f"{EXPLAINED_AT_ONCE} for `explain`"),
        ("readers worked for at once", f"for {TURN_SECONDS:g} s, then `busy`"),
        ("decisions kept for the page", f"{history.KEPT}, with {history.VERDICTS_KEPT:,} verdicts"),
        (
            "events of ours in the portal",
            f"1 for a VM in {portal.PER_VM_S:g} s, {portal.MOST} in {portal.PERIOD_S:g} s",
        ),
        ("log", f"{bounded_log.LINES} lines of one logger in {bounded_log.PERIOD_S:g} s"),
        ("log", f"{bounded_log.LINE_LENGTH:,} characters"),
        ("log", f"{bounded_log.WAITING:,} waiting"),
        ("a decision that does not end", f"{STUCK_SECONDS:g} s"),
    ],
)
def test_every_limit_is_documented(row: str, told: str) -> None:
    """As the code has it, in the table of all limits."""
    (found,) = [line for line in LIMITS.splitlines() if line.startswith(f"| {row} |")]

    assert told in found


def test_the_limits_of_a_call_are_in_the_description_of_the_endpoints() -> None:
    """For who writes a client."""
    assert f"{line.LIMIT // 1024} KiB" in TEXT
    assert f"at most {BODY_LIMIT // 1024 // 1024} MiB" in TEXT
