"""The playbook, really run: a host and an engine machine, each a root of its own, from check to removal.

`make test-ansible` makes the roots and both packages; elsewhere these tests are skipped. Real in them:
Ansible, dnf and rpm, packages, users and files, openssl, the service started as its unit would. Stand-ins:
ssh, VDSM's package, engine-config, ovirt-aaa-jdbc-tool, the engine's PKI scripts and REST API, and systemctl
but for what it does to unit files: systemd does not run there.
"""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.rights_api import ADMIN, PASSWORD, RightsApi
from tests.deploy.test_rpm import HOOK, STAND_IN

HERE = Path(__file__).parent
PLAYBOOKS = HERE.parent.parent / "deploy/ansible"
NOTHING = {"host": 0, "manager": 0}
USER = "mdev-scheduler@internal-authz"
pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif("DEBIAN_ROOT" not in os.environ, reason="takes roots: run `make test-ansible`"),
]

VOLATILE = re.compile(
    # Ansible's own, dnf's and rpm's databases, caches and logs, and the copies that shadow's tools keep.
    r"(root/\.ansible|root/\.rpmdb|var/lib/(dnf|rpm)|var/cache/(dnf|ldconfig)|var/log|tmp|proc|dev|run/lock)(/|$)"
    r"|etc/(passwd|group|shadow|gshadow|subuid|subgid)-$|etc/\.pwd\.lock$"
)


@dataclass
class Site:
    """The machines, and what the playbook is told of them."""

    roots: Path
    api: RightsApi
    package: Path
    bundle: Path
    more: dict[str, Any] = field(default_factory=dict)

    def run(self, playbook: str, *options: str) -> dict[str, dict[str, int]]:
        """Runs a playbook; Ansible's own sums, by host. Fails where it fails."""
        inventory = self.roots / "inventory.yml"
        inventory.write_text(json.dumps(self._inventory()))
        environ = {
            **os.environ,
            "ROOTS": str(self.roots),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_HOME": str(self.roots / "ansible"),
            "ANSIBLE_SSH_EXECUTABLE": str(HERE / "roots/ssh"),
            "ANSIBLE_SSH_TRANSFER_METHOD": "piped",
            "ANSIBLE_SSH_ARGS": "",
            "ANSIBLE_PIPELINING": "1",
        }
        command = ["ansible-playbook", "-i", str(inventory), "--diff", str(PLAYBOOKS / playbook), *options]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        with (self.roots / "log").open("a") as log:
            log.write(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
        assert PASSWORD not in done.stdout + done.stderr
        assert 0 == done.returncode, done.stdout[-6000:] + done.stderr[-2000:]
        return sums(done.stdout)

    def _inventory(self) -> dict[str, Any]:
        hook = {"mdev_inventory_hook_package": str(self.package), "mdev_inventory_hook_gpg_check": False}
        engine = {
            "mdev_scheduler_bundle": str(self.bundle),
            # The root has its interpreter, and dnf no repository.
            "mdev_scheduler_python_package": "",
            "mdev_scheduler_engine_url": self.api.url,
            "mdev_scheduler_admin_user": ADMIN,
            "mdev_scheduler_admin_password": PASSWORD,
            "mdev_scheduler_config": {"service": {"http_port": 0, "xmlrpc_port": 0}},
            **self.more,
        }
        groups = {
            "mdev_hosts": {"hosts": {"host": None}, "vars": hook},
            "engine": {"hosts": {"manager": None}, "vars": engine},
        }
        common = {"ansible_python_interpreter": "/usr/bin/python3", "ansible_user": "root"}
        return {"all": {"vars": common, "children": groups}}

    def state(self) -> dict[str, str]:
        """Every path on both machines with what it is, but what no installation can leave alone."""
        return {
            f"{machine}/{path}": described
            for machine in ("host", "manager")
            for path, described in tree(self.roots / machine).items()
        }


def sums(output: str) -> dict[str, dict[str, int]]:
    """The recapitulation at the end of a run."""
    rows = re.findall(r"^(\S+) +: (ok=.*)$", output, re.M)
    return {host: {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", row)} for host, row in rows}


def tree(root: Path) -> dict[str, str]:
    """Kind, mode, owner and content of every path."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = Path(folder, name)
            relative = str(path.relative_to(root))
            if VOLATILE.match(relative) or "__pycache__" in relative:
                continue
            status = path.lstat()
            content = "" if path.is_symlink() or not path.is_file() else digest(path)
            found[relative] = f"{status.st_mode:o} {status.st_uid}:{status.st_gid} {content}"
    return found


def digest(path: Path) -> str:
    """What the file holds, in short."""
    return hashlib.blake2b(path.read_bytes(), digest_size=8).hexdigest()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Both machines as they are before us, and an engine that knows its administrator."""
    roots = tmp_path_factory.mktemp("site")
    for machine in ("host", "manager"):
        subprocess.run(["cp", "--archive", os.environ["DEBIAN_ROOT"], str(roots / machine)], check=True)
    (roots / "vdsm.spec").write_text(STAND_IN)
    subprocess.run([str(HERE / "roots/host-machine"), str(roots / "host"), str(roots / "vdsm.spec")], check=True)
    subprocess.run([str(HERE / "roots/engine-machine"), str(roots / "manager")], check=True)
    pki = roots / "manager/etc/pki/ovirt-engine"
    with RightsApi(pki / "certs/engine.cer", pki / "keys/engine.key") as api:
        yield Site(roots, api, Path(os.environ["RPM"]).resolve(), Path(os.environ["BUNDLE"]).resolve())


def changed(run: dict[str, dict[str, int]]) -> dict[str, int]:
    """How many tasks changed something, by host."""
    return {host: row["changed"] for host, row in run.items()}


def test_the_playbook_from_first_check_to_removal(site: Site) -> None:
    """A check changes nothing, a first run everything, a second nothing; a removal leaves nothing."""
    before = site.state()

    checked = site.run("site.yml", "--check")
    assert before == site.state()
    assert 0 == site.api.changes
    assert 0 < min(changed(checked).values())

    site.run("site.yml")
    installed = site.state()
    assert_installed(site)
    assert_service_runs(site)
    installed = site.state()

    assert NOTHING == changed(site.run("site.yml"))
    assert installed == site.state()
    assert NOTHING == changed(site.run("site.yml", "--check"))

    requests = site.api.changes
    would = changed(site.run("remove.yml", "--check"))
    assert 0 < min(would.values())
    assert (installed, requests) == (site.state(), site.api.changes)

    site.run("remove.yml")
    assert before == site.state()
    assert ({}, {}) == (site.api.users, site.api.permissions)
    assert NOTHING == changed(site.run("remove.yml"))


def assert_installed(site: Site) -> None:
    """Both machines are as they should be."""
    engine = site.roots / "manager"
    assert (site.roots / "host" / HOOK).is_file()
    assert {"ReadOnlyAdmin", "ExternalEventsCreator", "HostAdmin"} == site.api.roles_of(USER)
    settings = engine / "var/lib/engine-config"
    assert "true\n" == (settings / "ExternalSchedulerEnabled-general").read_text()
    password = (engine / "etc/mdev-scheduler/engine-password").read_bytes()
    stored = (engine / "var/lib/internal-domain/mdev-scheduler").read_text()
    assert f"{hashlib.sha256(password).hexdigest()} until 2099-12-31 00:00:00Z\n" == stored
    wanted = engine / "etc/systemd/system/multi-user.target.wants/mdev-scheduler.service"
    assert wanted.is_symlink()


def assert_service_runs(site: Site) -> None:
    """As the unit starts it, by its user: password, key and certificates are where it can read them."""
    program = "/opt/mdev-scheduler/bin/mdev-scheduler"
    command = ["chroot", "--userspec=mdev-scheduler:ovirt", "--groups=", str(site.roots / "manager"), program, "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            socket = site.roots / "manager/run/mdev-scheduler/proxy.sock"
            assert line.startswith("mdev-scheduler api=http://127.0.0.1:"), process.communicate()
            assert socket.is_socket()
        finally:
            process.terminate()
            _, said = process.communicate(timeout=30)
    assert 0 == process.returncode, said


def test_a_certificate_that_ends_soon_is_enrolled_again(site: Site) -> None:
    """And one that does not is left alone."""
    site.run("site.yml")
    engine = site.roots / "manager"
    enrol = ["chroot", str(engine), "/opt/mdev-scheduler/enroll.sh", "--check", "--within"]

    def says(days: str) -> str:
        return subprocess.run([*enrol, days], capture_output=True, text=True, check=True).stdout

    assert "" == says("1800")
    assert "would enrol /etc/pki/ovirt-engine/certs/mdev-scheduler.cer\n" == says("1827")


def test_a_property_for_old_levels_is_added_to_those_that_are_there(site: Site) -> None:
    """Others' properties stay; a second run adds nothing."""
    site.more = {"mdev_scheduler_vm_property_levels": ["4.3"]}
    site.run("site.yml")

    file = site.roots / "manager/var/lib/engine-config/UserDefinedVMProperties-4.3"
    assert "hugepages=^[0-9]+$;mdev_type=^[^,](,?[0-9A-Za-z_-]+)+$\n" == file.read_text()
    assert NOTHING == changed(site.run("site.yml"))


def test_the_engine_is_restarted_only_when_asked(site: Site) -> None:
    """A changed setting says that a restart is due, and does it where it may."""
    file = site.roots / "manager/var/lib/engine-config/ExternalSchedulerEnabled-general"
    log = site.roots / "log"

    def tasks(*options: str) -> str:
        file.write_text("false\n")
        start = log.stat().st_size
        site.run("site.yml", *options)
        return log.read_text()[start:]

    due, done = ("HANDLER [mdev_scheduler : Say that a restart is due]", "[mdev_scheduler : Restart ovirt-engine]")
    without = tasks()
    allowed = tasks("-e", "mdev_scheduler_restart_engine=true")
    assert (True, True) == (due in without, f"{done} " in allowed)
    assert "skipping: [manager]" in without.split(done)[1].split("HANDLER")[0]
    assert "changed: [manager]" in allowed.split(done)[1].split("HANDLER")[0]
