"""The documentation of the endpoints keeps up with them."""

from pathlib import Path

import pytest

import scheduler_plugins
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.errors import SchedulerError
from scheduler_plugins.service.proxy_socket import line
from scheduler_plugins.service.web.api import STATUSES, api
from scheduler_plugins.service.web.capacity import Capacities
from tests.scheduler_plugins.world import World

TEXT = (Path(scheduler_plugins.__file__).parent.parent / "docs/api.md").read_text()


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


def test_the_limit_of_a_line_is_documented() -> None:
    """As the code has it."""
    assert f"{line.LIMIT // 1024} KiB" in TEXT
