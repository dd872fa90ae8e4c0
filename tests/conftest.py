"""Fixtures that several packages' tests share."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

# How long one example takes depends on what else the machine does; a whole test has its own limit.
settings.register_profile("short", deadline=None)
settings.register_profile("long", deadline=None, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))

# EL8's platform python, EL9's, and ours: what hosts and proxies run, and what the service runs.
VERSIONS = ("3.6", "3.9", "3.11")
NEWER = ("3.12", "3.13", "3.14")


def _candidates(version: str) -> Iterator[Path]:
    """Where an interpreter of that version may be: on PATH, or installed by pyenv."""
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield Path(on_path)
    yield from sorted(Path.home().glob(f".pyenv/versions/{version}*/bin/python{version}"))


def _find(version: str) -> Path | None:
    """The first candidate that is what its name says; pyenv leaves names on PATH that only print an error."""
    question = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
    for candidate in _candidates(version):
        ask = [str(candidate), "-c", question]
        answer = subprocess.run(ask, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        found, _, executable = answer.stdout.decode().strip().partition(" ")
        if found == version:
            return Path(executable)
    return None


@pytest.fixture(scope="session")
def interpreters() -> Mapping[str, Path]:
    """The Python interpreters found on this machine: version (`3.6`) to path."""
    return {version: path for version in VERSIONS if (path := _find(version))}


@pytest.fixture(scope="session", params=NEWER)
def newer_interpreter(request: pytest.FixtureRequest) -> Path:
    """Each Python later than the one that the product is tested with; likewise skipped."""
    found = _find(request.param)
    if found is None:
        pytest.skip(f"no python{request.param} on PATH or in ~/.pyenv/versions")
    return found


@pytest.fixture(params=VERSIONS)
def interpreter(request: pytest.FixtureRequest, interpreters: Mapping[str, Path]) -> Path:
    """Each supported interpreter in turn; the test is skipped for those that this machine lacks."""
    version: str = request.param
    if version not in interpreters:
        pytest.skip(f"no python{version} on PATH or in ~/.pyenv/versions")
    return interpreters[version]
