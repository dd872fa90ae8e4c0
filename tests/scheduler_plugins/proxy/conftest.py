"""What the tests of this folder share."""

import sys
from pathlib import Path

import pytest

from tests.scheduler_plugins.proxy.asking import Proxy


@pytest.fixture
def proxy(interpreter: Path, tmp_path: Path) -> Proxy:
    """A proxy per interpreter, with no service yet."""
    return Proxy(interpreter, tmp_path)


@pytest.fixture
def own_proxy(tmp_path: Path) -> Proxy:
    """A proxy on this interpreter, for what does not depend on it."""
    return Proxy(Path(sys.executable), tmp_path)
