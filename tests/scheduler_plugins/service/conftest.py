"""What the tests of the service's processes start from."""

from pathlib import Path

import pytest

from tests.scheduler_plugins.service.running import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A configuration of its own for each test."""
    return Folder(tmp_path)
