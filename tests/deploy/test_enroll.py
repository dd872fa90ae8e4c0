"""The certificate for VDSM, enrolled from an authority as the engine machine has it.

The engine's own tool cannot be had here. What stands in for it takes the same options, reads the request and
writes the certificate where the engine's does, and notes how it was called and who could read the key then.
"""

import os
import pwd
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ENGINE_TOOL = """#!/bin/sh -eu
printf '%s\\n' "$@" > "$PKI/called"
stat -c %a "$KEY.new" >> "$PKI/called"
[ -z "${REFUSES:-}" ] || exit 1
openssl x509 -req -in "$PKI/requests/${1#--name=}.req" -CA "$PKI/ca.pem" -CAkey "$PKI/ca.key" -CAcreateserial \
    -days 1827 -out "$PKI/certs/${1#--name=}.cer"
"""


class EngineMachine:
    """Its folders, in another place."""

    def __init__(self, folder: Path) -> None:
        """An authority, the engine's own certificate, and the tool."""
        self.pki, self.tools, self.key = folder / "pki", folder / "bin", folder / "vdsm.key"
        for each in (self.pki / "certs", self.pki / "requests", self.pki / "keys", self.tools):
            each.mkdir(parents=True)
        self._certificate("ca.key", "ca.pem", "/O=example/CN=authority")
        self._certificate("keys/engine.key", "certs/engine.cer", "/O=example/CN=engine.example")
        tool = self.tools / "pki-enroll-request.sh"
        tool.write_text(ENGINE_TOOL)
        tool.chmod(0o755)
        user = pwd.getpwuid(os.geteuid()).pw_name
        text = (ROOT / "deploy/bundle/enroll.sh").read_text().replace("chown $name $key", f"chown {user} $key")
        for real, here in (
            ("/etc/pki/ovirt-engine", self.pki),
            ("/usr/share/ovirt-engine/bin", self.tools),
            ("/etc/mdev-scheduler/vdsm.key", self.key),
        ):
            text = text.replace(real, str(here))
        self._script = folder / "enroll.sh"
        self._script.write_text(text)

    def enrol(self, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs the script."""
        environment = {**os.environ, "PKI": str(self.pki), "KEY": str(self.key), **more}
        command = ["sh", str(self._script), *options]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def _certificate(self, key: str, certificate: str, subject: str) -> None:
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3000", "-subj", subject]
        files = ["-keyout", str(self.pki / key), "-out", str(self.pki / certificate)]
        subprocess.run([*command, *files], check=True, capture_output=True)


@pytest.fixture
def machine(tmp_path: Path) -> EngineMachine:
    """An engine machine on which nothing was enrolled yet."""
    return EngineMachine(tmp_path)


def test_a_certificate_is_enrolled_once(machine: EngineMachine) -> None:
    """The key is the service's alone, the certificate is the authority's, and a good one stays as it is."""
    first = machine.enrol()
    key, certificate = machine.key.read_bytes(), (machine.pki / "certs/mdev-scheduler.cer").read_bytes()
    second = machine.enrol()

    assert (0, 0) == (first.returncode, second.returncode), first.stderr
    assert f"enrol {machine.pki}/certs/mdev-scheduler.cer\n" == first.stdout
    assert (b"PRIVATE KEY" in key, 0o600) == (True, machine.key.stat().st_mode & 0o777)
    assert ("", key) == (second.stdout, machine.key.read_bytes())
    assert certificate == (machine.pki / "certs/mdev-scheduler.cer").read_bytes()


def test_no_secret_is_on_a_command_line(machine: EngineMachine) -> None:
    """The engine's tool gets a name and a subject; the key is unreadable for others from its first moment on."""
    machine.enrol()

    expected = ["--name=mdev-scheduler", "--subject=/C=US/O=example/CN=engine.example", "600"]
    assert expected == (machine.pki / "called").read_text().splitlines()


def test_an_authority_that_refuses_leaves_the_old_key(machine: EngineMachine) -> None:
    """The certificate in use and its key still belong together, and no other key lies about."""
    machine.enrol()
    key = machine.key.read_bytes()
    done = machine.enrol("--within", "1900", REFUSES="yes")

    assert done.returncode
    assert key == machine.key.read_bytes()
    assert not machine.key.with_name("vdsm.key.new").exists()
