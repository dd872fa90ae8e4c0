"""What the deployment's tests share: the packages as the build scripts make them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.hook_file import build

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def rpm_root_user() -> None:
    """rpm changes its root: only root may."""
    if not shutil.which("rpmbuild"):
        pytest.skip("no rpmbuild: `make rpm` installs it")
    if os.geteuid() != 0:
        pytest.skip("installing into another root takes root")


@pytest.fixture(scope="session")
def hook_rpm(rpm_root_user: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hosts' package."""
    folder = tmp_path_factory.mktemp("rpm")
    return build_rpm(build(folder / "hook"), folder)


def build_rpm(hook: Path, folder: Path) -> Path:
    """Runs the project's own build script; the package's path."""
    command = [ROOT / "deploy/rpm/build", hook, folder]
    return Path(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
