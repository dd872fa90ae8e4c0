"""The hosts' package: built, looked into, installed into an empty root, run from there, erased."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from mdev_inventory import __version__
from tests import trees
from tests.deploy.conftest import build_rpm
from tests.mdev_inventory.hook.vdsm_runs import CAPABILITIES, quiet, run
from tools.hook_file import build

HOOK = "usr/libexec/vdsm/hooks/after_get_caps/50_mdev_inventory"
STAND_IN = """\
Name: vdsm
Version: 4.40.0
Release: 1
Summary: Owns the hooks' folder, as VDSM does
License: none
BuildArch: noarch
Provides: /usr/bin/python3
%description
Owns the hooks' folder, as VDSM does.
%install
mkdir -p %{buildroot}/usr/libexec/vdsm/hooks/after_get_caps
%files
%dir /usr/libexec/vdsm
%dir /usr/libexec/vdsm/hooks
%dir /usr/libexec/vdsm/hooks/after_get_caps
"""


def query(package: Path, *options: str) -> str:
    """What rpm says of a package file."""
    command = ["rpm", "-qp", *options, str(package)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def rpm(root: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs rpm on another root."""
    command = ["rpm", "--root", str(root), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def entries(root: Path) -> set[str]:
    """All files and folders of a root but rpm's own database."""
    found = {str(path.relative_to(root)) for path in root.rglob("*")}
    return {path for path in found if not path.startswith(("root", "var", "usr/lib/sysimage"))}


@pytest.fixture(scope="session")
def stand_in(rpm_root_user: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package that owns what VDSM owns: dependencies are checked against it."""
    folder = tmp_path_factory.mktemp("vdsm")
    (folder / "vdsm.spec").write_text(STAND_IN)
    command = ["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {folder}", f"{folder}/vdsm.spec"]
    subprocess.run(command, capture_output=True, check=True)
    return next(folder.rglob("*.rpm"))


def test_the_package_holds_the_hook_where_vdsm_runs_it_and_nothing_else(hook_rpm: Path) -> None:
    """One file, root's, which everybody may run and only root may change."""
    listed = query(hook_rpm, "--qf", "[%{FILENAMES} %{FILEMODES:perms} %{FILEUSERNAME}:%{FILEGROUPNAME}\n]")

    assert f"/{HOOK} -rwxr-xr-x root:root\n" == listed
    assert f"mdev-inventory-hook-{__version__}-1.noarch.rpm" == hook_rpm.name


def test_the_package_runs_nothing_when_it_comes_or_goes(hook_rpm: Path) -> None:
    """VDSM looks into the folder at each call: there is nothing to restart, so there are no scripts."""
    assert "" == query(hook_rpm, "--scripts", "--triggers", "--filetriggers")


def test_the_package_wants_hosts_that_run_python_3(hook_rpm: Path) -> None:
    """VDSM before 4.40 would run the file with an interpreter that cannot read it, or not at all."""
    wanted = query(hook_rpm, "--requires").splitlines()

    assert {"vdsm >= 4.40", "/usr/bin/python3"} == {line for line in wanted if not line.startswith("rpmlib(")}


def test_the_package_can_be_read_by_the_oldest_rpm(hook_rpm: Path) -> None:
    """EL8's rpm, in FIPS mode too: a gzip payload and SHA-256 digests (8)."""
    assert "gzip 8" == query(hook_rpm, "--qf", "%{PAYLOADCOMPRESSOR} %{FILEDIGESTALGO}")


def test_the_same_sources_give_the_same_package(hook_rpm: Path, tmp_path: Path) -> None:
    """Whenever and from wherever it is built."""
    again = build_rpm(build(tmp_path / "elsewhere/hook"), tmp_path)

    assert hook_rpm.read_bytes() == again.read_bytes()


def test_the_package_comes_and_goes_without_a_trace(hook_rpm: Path, stand_in: Path, tmp_path: Path) -> None:
    """With dependencies checked, in a root where VDSM's package is there and nothing else."""
    assert 0 == rpm(tmp_path, "--install", stand_in).returncode
    before = entries(tmp_path)

    assert 0 == rpm(tmp_path, "--install", hook_rpm).returncode
    assert {HOOK} == entries(tmp_path) - before
    assert "" == rpm(tmp_path, "--verify", "mdev-inventory-hook").stdout
    assert 0 == rpm(tmp_path, "--erase", "mdev-inventory-hook").returncode
    assert before == entries(tmp_path)


def test_the_package_does_not_install_without_vdsm(hook_rpm: Path, tmp_path: Path) -> None:
    """On a machine that is no host it would only lie about."""
    done = rpm(tmp_path, "--install", hook_rpm)

    assert done.returncode
    assert "vdsm >= 4.40 is needed by mdev-inventory-hook" in done.stderr


def test_the_package_leaves_no_file_in_an_empty_root(hook_rpm: Path, tmp_path: Path) -> None:
    """Without VDSM's package the folders are nobody's: rpm leaves those, and no file in them."""
    assert 0 == rpm(tmp_path, "--install", "--nodeps", hook_rpm).returncode
    assert (tmp_path / HOOK).is_file()
    assert 0 == rpm(tmp_path, "--erase", "mdev-inventory-hook").returncode
    assert [] == [path for path in entries(tmp_path) if not (tmp_path / path).is_dir()]


def test_the_installed_hook_answers_as_vdsm_runs_it(
    hook_rpm: Path, interpreters: Mapping[str, Path], tmp_path: Path
) -> None:
    """From where the package put it, with the options of its first line, by Python 3.6."""
    if "3.6" not in interpreters:
        pytest.skip("no python3.6 on PATH or in ~/.pyenv/versions")
    rpm(tmp_path / "root", "--install", "--nodeps", hook_rpm)
    hook = tmp_path / "root" / HOOK
    options = hook.read_bytes().split(b"\n")[0].decode().split()[1:]
    caps = tmp_path / "caps.json"
    caps.write_text(CAPABILITIES)
    trees.add_parent(tmp_path / "host", "0000:3b:00.0", ("nvidia-22",), available=4)

    done = run([interpreters["3.6"], *options, hook, "--root", tmp_path / "host"], caps)

    assert quiet(done)
    assert ["0000:3b:00.0"] == [parent["address"] for parent in done.inventory["parents"]]
    assert __version__ == done.inventory["hook_version"]
    assert set(json.loads(CAPABILITIES)) < set(json.loads(done.text))
    assert os.access(hook, os.X_OK)
