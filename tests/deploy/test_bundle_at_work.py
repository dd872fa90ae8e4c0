"""The installed service at work, and what its removal leaves."""

import ast
import os
import shutil
import subprocess
import xmlrpc.client
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests

from simulation.datacenter import DataCenter
from simulation.datacenter.service_process import ServiceProcess
from tests.deploy.bundled import HOME, PLUGINS, PROXY, UNIT, entries, in_place, install, proxy, uninstall

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif("BUNDLE" not in os.environ, reason="takes the archive: run `make test-install`"),
    pytest.mark.xdist_group("bundle"),
]


def test_systemd_finds_nothing_wrong_with_the_unit(installed: Path) -> None:
    """The program where the unit says it is, and the manual that it names."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze on PATH")
    command = in_place(installed, "systemd-analyze", "verify", str(installed / UNIT))
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


def test_the_unit_exposes_little() -> None:
    """At most 2.5 by systemd's own measure, of 10."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze on PATH")
    unit = Path(__file__).parent.parent.parent / "deploy/mdev-scheduler.service"
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=25", str(unit)]

    assert 0 == subprocess.run(command, capture_output=True, check=False).returncode


def test_the_installed_service_answers_the_proxys_plugin(
    installed: Path, interpreters: Mapping[str, Path], running: tuple[DataCenter, ServiceProcess]
) -> None:
    """The proxy socket, asked by the file in the proxy's folder, run by EL8's Python where there is one."""
    center, service = running
    (vm,) = center.engine.call(lambda: list(center.engine.vms))
    gpu, plain = center.hosts
    script = f"import mdev_units; mdev_units.MdevFilter().do_filter{([gpu, plain], vm, {})!r}"
    python = interpreters.get("3.6", interpreters["3.11"])

    done = subprocess.run(
        [python, "-c", script],
        cwd=installed / PLUGINS,
        env={"MDEV_SCHEDULER_SOCKET": service.socket, "MDEV_SCHEDULER_STATE": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert [gpu] == ast.literal_eval(done.stdout)


def test_the_installed_service_answers_the_engine(running: tuple[DataCenter, ServiceProcess]) -> None:
    """The engine endpoint: units are discovered, and the filter answers for a VM."""
    center, service = running
    (vm,) = center.engine.call(lambda: list(center.engine.vms))
    gpu, plain = center.hosts

    with xmlrpc.client.ServerProxy(service.xmlrpc) as endpoint:
        found = endpoint.discover()
        answer = endpoint.runFilters(["MdevFilter"], [gpu, plain], vm, {})

    assert isinstance(found, dict)
    assert {"MdevFilter"} == set(found["filters"])
    assert isinstance(answer, dict)
    assert (0, [gpu]) == (answer["result_code"], answer["result"])


def test_the_installed_service_answers_people(running: tuple[DataCenter, ServiceProcess]) -> None:
    """The web API: the page, the API and the metrics; what the wheel must hold besides modules."""
    _, service = running

    assert "<html" in requests.get(service.api, timeout=10).text
    assert {"gpu", "plain"} == {host["name"] for host in service.ask("hosts")["items"]}


def test_the_plugin_goes_where_the_proxys_settings_say(unpacked: Path, tmp_path: Path) -> None:
    """As `doctor` looks for it there; the uninstaller takes it away from there."""
    root = tmp_path / "root"
    proxy(root)
    (root / "srv/plugins").mkdir(parents=True)
    (root / "etc/sysconfig").mkdir(parents=True)
    (root / "etc/sysconfig/ovirt-scheduler-proxy").write_text("OSCHEDPROXY_PLUGINS='/srv/plugins'\n")

    install(unpacked, root)

    assert (root / "srv/plugins/mdev_units.py").is_file()
    assert not (root / PLUGINS / "mdev_units.py").exists()
    uninstall(root, "--purge")
    assert [] == list((root / "srv/plugins").iterdir())


def test_an_uninstallation_keeps_what_the_administrator_wrote(leaving: Path) -> None:
    """And what others had put there."""
    uninstall(leaving)

    files = {path for path in entries(leaving) if not (leaving / path).is_dir()}
    assert {PROXY, "etc/mdev-scheduler/conf.d/50-engine.conf"} == files


def test_a_purge_leaves_nothing(leaving: Path, tmp_path: Path) -> None:
    """Folders that the installation had to make included."""
    said = uninstall(leaving, "--purge", "--check")
    assert (leaving / HOME).exists()

    assert [line.removeprefix("would ") for line in said] == uninstall(leaving, "--purge")
    proxy(tmp_path / "before")
    assert set(entries(tmp_path / "before")) == set(entries(leaving))
