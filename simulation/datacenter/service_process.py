"""The service as production runs it: `mdev-scheduler serve` in a process of its own, on its own files."""

import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any, Self

import requests

from simulation.datacenter.center import DataCenter

START_LIMIT_S = 30.0
STOP_LIMIT_S = 20.0
ANSWER_LIMIT_S = 10.0
PAUSE_S = 0.05
PROGRAM = (sys.executable, "-m", "scheduler_plugins")
"""The command as it is imported here."""


class ServiceDiedError(RuntimeError):
    """The service did not come up; the text names its log, which says why."""


class ServiceProcess:
    """The service for one simulated data centre. A context manager: it runs inside `with`."""

    def __init__(
        self,
        center: DataCenter,
        *,
        port: int = 0,
        xmlrpc_port: int = 0,
        options: str = "",
        program: Sequence[str] = PROGRAM,
    ) -> None:
        """Writes its configuration into the data centre's folder; port 0 is any free one.

        `options` is the text of one more configuration file, whose keys prevail over ours; `program` is what
        is run, if not the command as it is imported here.
        """
        self._program = program
        self.folder = center.folder / "service"
        self.log = self.folder / "log"
        self.config = self.folder / "conf.d"
        self.api = self.xmlrpc = self.socket = ""
        """Where it answers, known inside `with`; `xmlrpc` is `-` where another process holds the port."""
        self._write_config(center, port, xmlrpc_port)
        (self.config / "20-options.conf").write_text(options)

    def __enter__(self) -> Self:
        """Starts it and waits until its endpoints listen; ServiceDiedError."""
        command = [*self._program, "serve", "--config", str(self.config)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)  # noqa: S603
        try:
            self._read_endpoints()
        except ServiceDiedError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stops it as systemd would: SIGTERM, and SIGKILL if that does not help."""
        self._process.terminate()
        try:
            self._process.communicate(timeout=STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    @property
    def pid(self) -> int:
        """Of the process, inside `with`."""
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL. Entering it again starts the next life, on the same state and perhaps on other ports."""
        self._process.kill()
        self._process.communicate()

    def ask(self, path: str, **query: str) -> Any:
        """The API's answer to a GET below `/api/v1`; raises requests' errors."""
        answer = requests.get(f"{self.api}/api/v1/{path}", params=query, timeout=ANSWER_LIMIT_S)
        answer.raise_for_status()
        return answer.json()

    def wait_for_fresh_inventories(
        self, silent: set[str], deadline_s: float = START_LIMIT_S, since: float | None = None
    ) -> None:
        """Waits until every host but the `silent` ones (by name) was asked after `since`: None is this call.

        Hosts are known only once the engine was asked for them, so there must be one. TimeoutError.
        """
        since, end = time.time() if since is None else since, time.monotonic() + deadline_s
        while time.monotonic() < end:
            hosts = self.ask("hosts")["items"]
            ages = [(host["age_s"], time.time()) for host in hosts if host["name"] not in silent]
            if hosts and all(age is not None and now - age > since for age, now in ages):
                return
            time.sleep(PAUSE_S)
        raise TimeoutError(f"not every host was observed within {deadline_s:.0f} s; see {self.log}")

    def _read_endpoints(self) -> None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        endpoints = dict(part.split("=", 1) for part in line.split() if "=" in part)
        if not {"api", "xmlrpc", "socket"} <= endpoints.keys():
            raise ServiceDiedError(f"the service did not start; see {self.log}:\n{self.log.read_text()[-2000:]}")
        self.api, self.xmlrpc, self.socket = (endpoints["api"].rstrip("/"), endpoints["xmlrpc"], endpoints["socket"])

    def _write_config(self, center: DataCenter, port: int, xmlrpc_port: int) -> None:
        self.config.mkdir(parents=True, exist_ok=True)
        password = self.folder / "engine-password"
        password.touch(mode=0o600)
        password.write_text(center.password + "\n")
        (self.config / "10-simulation.conf").write_text(
            f"""\
[service]
state_dir = {self.folder / "state"}
http_port = {port}
xmlrpc_port = {xmlrpc_port}
socket = {self.folder / "proxy.sock"}
socket_group =

[engine]
url = {center.engine_url}
user = {center.user}
password_file = {password}
ca_file = {center.authority.ca_file}

[vdsm]
ca_file = {center.authority.ca_file}
cert_file = {center.client.cert_file}
key_file = {center.client.key_file}

[collector]
collect_interval = 1
host_timeout = 5
vms_interval = 10
"""
        )
