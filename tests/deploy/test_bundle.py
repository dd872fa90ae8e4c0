"""The engine machine's archive: installed offline into an empty root, run from there, removed.

`make test-install` builds the archive and names it; elsewhere these tests are skipped.
"""

import ast
import os
import re
import shutil
import subprocess
import xmlrpc.client
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from mdev_inventory import __version__
from simulation.datacenter import DataCenter
from simulation.datacenter.plans import T4, HostPlan, VmPlan
from simulation.datacenter.service_process import ServiceProcess

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif("BUNDLE" not in os.environ, reason="takes the archive: run `make test-install`"),
    pytest.mark.xdist_group("bundle"),
]

HOME = "opt/mdev-scheduler"
UNIT = "etc/systemd/system/mdev-scheduler.service"
PLUGINS = "usr/share/ovirt-scheduler-proxy/plugins"
T4_1Q = "nvidia-230"
# What the engine machine has where the proxy runs.
PROXY = f"{PLUGINS}/max_vms.py"
# Under `sh -c`, with the root and a command: what lies under /opt and /usr/local is the root's there.
IN_PLACE = 'mount --bind "$0/opt" /opt && mount --bind "$0/usr/local" /usr/local && exec "$@"'


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


def install(unpacked: Path, root: Path, *options: str | Path) -> str:
    """Runs the installer without any network; what it says."""
    if os.geteuid() != 0:
        pytest.skip("a machine without a network is made by root only")
    command: list[str | Path] = ["unshare", "--net", unpacked / "install.sh", "--root", root, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


@pytest.fixture(scope="session")
def installed(unpacked: Path, other_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with the archive installed, and nothing else but a proxy's plugin folder."""
    root = tmp_path_factory.mktemp("root")
    proxy(root)
    install(unpacked, root, "--python", other_python)
    return root


def proxy(root: Path) -> None:
    """Puts ovirt-scheduler-proxy's plugin folder there."""
    (root / PLUGINS).mkdir(parents=True)
    (root / PROXY).write_text("# Somebody else's.\n")


def entries(root: Path) -> dict[str, str]:
    """Every path below the root, with what it is and when it was changed."""
    return {
        str(path.relative_to(root)): f"{path.lstat().st_mode:o} {path.lstat().st_mtime_ns}"
        for path in sorted(root.rglob("*"))
        if "__pycache__" not in path.parts
    }


def test_every_wheel_of_the_archive_is_pinned_by_its_hash(unpacked: Path) -> None:
    """What pip may install is what was packed, and what was packed is what the lock names."""
    names = {wheel.name.split("-")[0].replace("_", "-") for wheel in (unpacked / "wheels").glob("*.whl")}
    pinned = set(re.findall(r"^(\S+)==", (unpacked / "requirements.txt").read_text(), re.M))

    assert names == pinned
    assert {"mdev-scheduler", "fastapi", "uvicorn"} < pinned


def test_only_what_must_be_compiled_is(unpacked: Path) -> None:
    """Everything else runs on any machine."""
    compiled = {w.name.split("-")[0] for w in (unpacked / "wheels").glob("*.whl") if "none-any" not in w.name}

    assert compiled <= {"cffi", "cryptography", "httptools", "markupsafe", "pydantic_core"}


def test_the_program_is_installed_without_a_network(installed: Path) -> None:
    """By another interpreter than the one that made the archive; it says its version from there."""
    python = installed / HOME / "bin/python"
    command = [str(python), "-I", "-m", "scheduler_plugins", "--version"]

    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert f"mdev-scheduler {__version__}\n" == said
    assert not list((installed / HOME).rglob("pip")), "nothing else is to be installed there"


def test_what_is_left_out_is_said(installed: Path) -> None:
    """The demonstration's own needs are no engine machine's."""
    command = [str(installed / HOME / "bin/python"), "-I", "-m", "scheduler_plugins", "demo"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (3, "") == (done.returncode, done.stdout)
    assert "the demonstration needs simulation: run `make demo` in a clone" in done.stderr


def test_no_file_names_the_folder_that_it_was_installed_through(installed: Path) -> None:
    """A root may be an image that is mounted elsewhere."""
    scripts = [path for path in (installed / HOME / "bin").iterdir() if not path.is_symlink()]

    assert b"#!/opt/mdev-scheduler/bin/python" == (installed / HOME / "bin/mdev-scheduler").read_bytes()[:32]
    assert [] == [path for path in scripts if str(installed).encode() in path.read_bytes()]


def test_a_second_run_changes_nothing(unpacked: Path, installed: Path) -> None:
    """And says nothing, also where it should only look."""
    before = entries(installed)

    assert "" == install(unpacked, installed)
    assert "" == install(unpacked, installed, "--check")
    assert before == entries(installed)


def test_a_look_changes_nothing(unpacked: Path, other_python: Path, tmp_path: Path) -> None:
    """`--check` tells what an installation would do."""
    said = install(unpacked, tmp_path, "--check", "--python", other_python)

    assert "would install /opt/mdev-scheduler (" in said
    assert f"would install /{UNIT}\n" in said
    assert [] == list(tmp_path.iterdir())


def test_what_was_changed_by_hand_is_set_right(unpacked: Path, installed: Path) -> None:
    """A unit file that was edited in place, instead of by a drop-in, is ours again."""
    with (installed / UNIT).open("a") as unit:
        unit.write("# by hand\n")

    assert f"install /{UNIT}\n" == install(unpacked, installed)
    assert "by hand" not in (installed / UNIT).read_text()


def test_a_wheel_that_was_tampered_with_is_refused(unpacked: Path, other_python: Path, tmp_path: Path) -> None:
    """By its hash, before anything of it runs; nothing takes the program's place."""
    copy = Path(shutil.copytree(unpacked, tmp_path / "copy"))
    wheel = next((copy / "wheels").glob("uvicorn-*.whl"))
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    root = tmp_path / "root"
    root.mkdir()

    command: list[str | Path] = [copy / "install.sh", "--root", root, "--python", other_python]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (root / HOME).exists()


def test_an_interpreter_that_the_archive_has_no_wheels_for_is_named(
    unpacked: Path, interpreters: Mapping[str, Path], tmp_path: Path
) -> None:
    """With what would do, and how to get it."""
    if "3.9" not in interpreters:
        pytest.skip("no python3.9 on PATH or in ~/.pyenv/versions")
    command: list[str | Path] = [unpacked / "install.sh", "--root", tmp_path, "--python", interpreters["3.9"]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert 3 == done.returncode
    assert "x86_64 3.11" in done.stderr
    assert "dnf install python3.11" in done.stderr


def in_place(root: Path, *command: str) -> list[str]:
    """A command that sees the root's /opt and /usr/local as its own."""
    return ["unshare", "--mount", "sh", "-c", IN_PLACE, str(root), *command]


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


@pytest.fixture
def leaving(installed: Path, tmp_path: Path) -> Path:
    """A copy of the installation, configured, that may be removed."""
    root = tmp_path / "root"
    subprocess.run(["cp", "--archive", str(installed), str(root)], check=True)
    (root / "etc/mdev-scheduler/conf.d/50-engine.conf").write_text("[engine]\n")
    return root


def uninstall(root: Path, *options: str) -> list[str]:
    """Runs the uninstaller that lies in the root; what it says."""
    command: list[str | Path] = [root / HOME / "uninstall.sh", "--root", root, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "" == done.stderr
    return done.stdout.splitlines()


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
