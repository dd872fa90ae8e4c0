"""What the tests of this folder share."""

from pathlib import Path

import pytest

from tests.scheduler_plugins.config.files import Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write configuration files, by name; returns their folder."""

    def _write(text: str | bytes = "", name: str = "50-test.conf") -> Path:
        raw = text if isinstance(text, bytes) else text.encode()
        (tmp_path / name).write_bytes(raw)
        return tmp_path

    return _write
