"""A simulated engine for each test, and the SDK where it is installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scheduler_plugins.policy.served import Served


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """An engine over TLS that knows our units."""
    served = Served(tmp_path)
    yield served
    served.rest.stop()


@pytest.fixture(scope="session")
def sdk() -> None:
    """The test needs the engine's SDK."""
    pytest.importorskip("ovirtsdk4", reason="the engine's SDK is not installed: .ci/sdk tells why")
