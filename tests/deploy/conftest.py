"""What the deployment's tests share: the packages as the build scripts make them."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from simulation.datacenter import DataCenter
from simulation.datacenter.plans import T4, HostPlan, VmPlan
from simulation.datacenter.service_process import ServiceProcess
from tests.deploy.bundled import T4_1Q, UNIT, in_place, install, proxy
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


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive's folder."""
    folder = tmp_path_factory.mktemp("bundle")
    subprocess.run(["tar", "-xf", os.environ["BUNDLE"], "-C", folder], check=True)
    (top,) = folder.iterdir()
    return top


@pytest.fixture(scope="session")
def other_python(interpreters: Mapping[str, Path]) -> Path:
    """A Python 3.11, the system's own if it can: rarely the one that built the archive."""
    for candidate in (Path("/usr/bin/python3.11"), interpreters["3.11"]):
        if subprocess.run([candidate, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0:
            return candidate
    pytest.skip("no python3.11 with its venv module on PATH")


@pytest.fixture(scope="session")
def installed(unpacked: Path, other_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with the archive installed, and nothing else but a proxy's plugin folder."""
    root = tmp_path_factory.mktemp("root")
    proxy(root)
    install(unpacked, root, "--python", other_python)
    return root


@pytest.fixture(scope="module")
def running(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DataCenter, ServiceProcess]]:
    """The service as the unit starts it, from the root, for a simulated data centre."""
    plans = (HostPlan("gpu", (T4,)), HostPlan("plain"))
    start = re.search(r"^ExecStart=(\S+) serve ", (installed / UNIT).read_text(), re.M)
    assert start
    with DataCenter(tmp_path_factory.mktemp("center"), plans, speed=20.0) as center:
        center.add_vm(VmPlan("desk", (T4_1Q,), ""))
        with ServiceProcess(center, program=in_place(installed, start.group(1))) as service:
            service.wait_for_fresh_inventories(set())
            yield center, service


@pytest.fixture
def leaving(installed: Path, tmp_path: Path) -> Path:
    """A copy of the installation, configured, that may be removed."""
    root = tmp_path / "root"
    subprocess.run(["cp", "--archive", str(installed), str(root)], check=True)
    (root / "etc/mdev-scheduler/conf.d/50-engine.conf").write_text("[engine]\n")
    return root
