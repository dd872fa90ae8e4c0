"""The service as a real process, on ports that are free and with an engine that does not answer."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Self

import requests

from mdev_inventory.engine.known_vm import KnownVm
from mdev_inventory.store.file import FILE_NAME
from mdev_inventory.store.store import Store
from simulation.vdsm.pki import Authority
from tests.scheduler_plugins.world import DEAD, FREE, FULL, NOW, PLAIN, TYPE, WANTS, World

NO_ENGINE = "http://127.0.0.1:9/ovirt-engine/api"
"""The port of `discard`, where nobody listens."""


class Folder:
    """A configuration with everything that it names; the state is that of an earlier run."""

    def __init__(self, folder: Path) -> None:
        self.config, self.state, self.socket = folder / "conf.d", folder / "state", folder / "run/proxy.sock"
        self.config.mkdir()
        self.password = folder / "password"
        self.password.touch(0o600)
        self.password.write_text("secret\n")
        authority = Authority(folder / "pki")
        client = authority.client()
        self.write(
            service=f"state_dir={self.state}\nhttp_port=0\nxmlrpc_port=0\nsocket={self.socket}\nsocket_group=\n",
            engine=f"url={NO_ENGINE}\npassword_file={self.password}\nca_file=\n",
            vdsm=f"ca_file={authority.ca_file}\ncert_file={client.cert_file}\nkey_file={client.key_file}\n",
        )

    def write(self, name: str = "10-test.conf", **sections: str) -> None:
        """A file of the configuration."""
        text = "".join(f"[{section}]\n{keys}\n" for section, keys in sections.items())
        (self.config / name).write_text(text)

    def remember(self, world: World) -> None:
        """The state file that a run in this world leaves."""
        store = Store(self.state / FILE_NAME)
        store.save_hosts(replace(host, address="127.0.0.1", port=9) for host in world.host_list)
        for seen in world.observations.values():
            store.save_observation(seen)
        for failure in world.failures.values():
            store.save_failure(failure)
        store.save_vms([KnownVm(WANTS, "wants", (TYPE,), NOW), KnownVm(PLAIN, "plain", (), NOW)])
        store.close()


class Running:
    """`mdev-scheduler serve` between `with` and its end."""

    def __init__(self, folder: Folder, environ: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.environ = {**os.environ, **(environ or {})}
        self.endpoints: dict[str, str] = {}
        self.log_file = folder.config.parent / "log"

    def __enter__(self) -> Self:
        """Returns once it has said where its endpoints are, or has ended."""
        with self.log_file.open("wb") as log:
            self.process = self._start(log)
        assert self.process.stdout
        line = self.process.stdout.readline().decode()
        self.endpoints = dict(part.split("=", 1) for part in line.split()[1:])
        return self

    def __exit__(self, *_: object) -> None:
        """Stops it, where the test did not."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=30)

    def stop(self, number: int) -> int:
        """Its exit status after that signal."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def log(self, until: str, deadline_s: float = 15.0) -> str:
        """Its log, once it holds these words."""
        end = time.monotonic() + deadline_s
        while until not in (text := self.log_file.read_text()) and time.monotonic() < end:
            time.sleep(0.02)
        assert until in text
        return text

    def reasons(self, until: str, deadline_s: float = 15.0) -> list[str]:
        """What its health page names, once one of the reasons holds these words."""
        end = time.monotonic() + deadline_s
        while True:
            reasons: list[str] = requests.get(f"{self.endpoints['api']}/healthz", timeout=10).json()["reasons"]
            if any(until in reason for reason in reasons):
                return reasons
            assert time.monotonic() < end, reasons
            time.sleep(0.05)

    def _start(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "scheduler_plugins", "serve", "--config", str(self.folder.config)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=self.environ)


HOSTS = [FREE, FULL, DEAD]
