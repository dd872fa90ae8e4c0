"""The processes that are measured, or that answer what is measured: engine stub, VDSMs, the service.

Each runs what production runs, or a module of this package, and ends with `with`.
"""

import atexit
import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.speed.stage.fleet import Fleet
from simulation.vdsm.pki import Authority

STOP_LIMIT_S = 20.0
HERE = "benchmarks.speed.stage"
TICKS = os.sysconf("SC_CLK_TCK")
QUIET = """
[collector]
collect_interval = 3600
vms_interval = 86400
[engine]
engine_events = no
engine_refresh = no
[log]
level = warning
"""
"""A service left alone with the decisions."""


class DidNotStartError(RuntimeError):
    """A process did not come up; the text names its log."""


@contextlib.contextmanager
def running(command: Sequence[str], log: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and the first line that it prints; DidNotStartError where it prints none."""
    with log.open("ab") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own modules
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=_environment()
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise DidNotStartError(f"{' '.join(command)}: see {log}:\n{log.read_text()[-2000:]}")
        yield process, line
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=STOP_LIMIT_S)
        process.kill()
        process.communicate()


@cache
def _environment() -> dict[str, str]:
    """Ours, where compiled modules are kept, as an installation keeps them, in a folder of their own."""
    folder = tempfile.mkdtemp(prefix="bench-compiled-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**environment, "PYTHONPYCACHEPREFIX": folder}


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine's stub, in a process of its own."""

    url: str

    def tell(self, what: str, **told: Any) -> Any:
        """One of the stub's own questions: `delay`, `place`, `forget`, `count`, `own`."""
        return _post(self.url, f"/bench/{what}", json.dumps(told).encode(), json.loads)

    def apart(self, work: Callable[[], float], own: list[float]) -> Callable[[], float]:
        """The work with the stub's own milliseconds taken out of its sample, and added to `own`."""

        def measured() -> float:
            self.tell("own")
            took = work()
            own.append(self.tell("own")["own_ms"])
            return took - own[-1]

        return measured


@contextlib.contextmanager
def engine(fleet: Fleet, folder: Path, ports: Sequence[int] = ()) -> Iterator[Engine]:
    """The engine's stub for a fleet, without delay at first."""
    command = [sys.executable, "-m", f"{HERE}.engine_stub", fleet.shape_name, str(fleet.count)]
    options = ["--full", str(fleet.full), "--ports", json.dumps(list(ports))]
    with running([*command, *options], folder / "engine.log") as (_, port):
        yield Engine(f"http://127.0.0.1:{port.strip()}")


@dataclass(frozen=True, slots=True)
class Vdsms:
    """The VDSMs of a fleet, all in one process."""

    ports: list[int]
    process: subprocess.Popen[str]

    def start_vm(self, number: int) -> None:
        """A VM with one instance starts on that host."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()


@contextlib.contextmanager
def vdsms(fleet: Fleet, folder: Path, authority: Authority) -> Iterator[Vdsms]:
    """The VDSMs of a fleet."""
    own = authority.host("127.0.0.1")
    command = [sys.executable, "-m", f"{HERE}.vdsm_stub", fleet.shape_name, str(fleet.count), str(fleet.full)]
    files = [str(authority.ca_file), str(own.cert_file), str(own.key_file)]
    with running([*command, *files], folder / "vdsms.log") as (process, ports):
        yield Vdsms(json.loads(ports), process)


@dataclass(frozen=True, slots=True)
class Service:
    """The service as production runs it, in a process of its own."""

    pid: int
    api: str
    xmlrpc: str
    socket: str
    state: Path

    @property
    def rss_mib(self) -> float:
        """Its memory now."""
        return int(self._status()["VmRSS"].split()[0]) / 1024

    @property
    def threads(self) -> int:
        """How many it has now."""
        return int(self._status()["Threads"])

    @property
    def cpu_s(self) -> float:
        """Seconds of a core that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def _status(self) -> dict[str, str]:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


@contextlib.contextmanager
def service(
    fleet: Fleet,
    folder: Path,
    engine_url: str,
    options: str = QUIET,
    *,
    fill: bool = True,
    ports: Sequence[int] = (),
    age_s: float = 1.0,
    authority: Authority | None = None,
) -> Iterator[Service]:
    """The service beside that engine; with `fill` it starts with every host of the fleet in its store."""
    authority = authority or Authority(folder / "pki")
    state = folder / "state"
    if fill:
        state.mkdir(parents=True, exist_ok=True)
        for old in state.glob("state.sqlite*"):
            old.unlink()
        fleet.fill(state / "state.sqlite", time.time(), age_s, tuple(ports))
    conf = folder / "conf.d"
    _configure(conf, folder, engine_url, authority, options)
    command = [sys.executable, "-m", "scheduler_plugins", "serve", "--config", str(conf)]
    with running(command, folder / "service.log") as (process, line):
        endpoints = dict(part.split("=", 1) for part in line.split() if "=" in part)
        yield Service(process.pid, endpoints["api"], endpoints["xmlrpc"], endpoints["socket"], state)


def _configure(conf: Path, folder: Path, engine_url: str, authority: Authority, options: str) -> None:
    conf.mkdir(parents=True, exist_ok=True)
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text("secret\n")
    client = authority.client()
    (conf / "10-bench.conf").write_text(
        f"""\
[service]
state_dir = {folder / "state"}
http_port = 0
xmlrpc_port = 0
socket = {folder / "proxy.sock"}
socket_group =
[engine]
url = {engine_url}
user = admin@internal
password_file = {password}
ca_file = {authority.ca_file}
[vdsm]
ca_file = {authority.ca_file}
cert_file = {client.cert_file}
key_file = {client.key_file}
"""
    )
    (conf / "20-options.conf").write_text(options)


def _post(url: str, path: str, body: bytes, read: Any) -> Any:
    where = urlsplit(url)
    assert where.hostname is not None
    connection = http.client.HTTPConnection(where.hostname, where.port)
    try:
        connection.request("POST", path, body)
        return read(connection.getresponse().read())
    finally:
        connection.close()
