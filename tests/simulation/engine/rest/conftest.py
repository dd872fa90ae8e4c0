"""A small data centre behind a REST API."""

from collections.abc import Iterator

import pytest

from tests.simulation.engine.centre import Centre
from tests.simulation.engine.rest.client import Client


@pytest.fixture
def centre() -> Centre:
    """Two hosts, an engine of 4.5, in virtual time."""
    return Centre(2)


@pytest.fixture
def client(centre: Centre) -> Iterator[Client]:
    """Logged in."""
    with Client(centre.engine) as client:
        yield client
