"""The plugin's file, run as the proxy runs it."""

import ast
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import scheduler_plugins
from scheduler_plugins.units.registry import FILTERS
from tests.scheduler_plugins.service.fakes import HOST_A, HOST_B, HOST_C, VM

FOLDER = Path(scheduler_plugins.__file__).parent / "proxy"


HOSTS = [HOST_A, HOST_B, HOST_C]
OTHER_VM = "5b2a4a0e-6b1c-4a45-9a5e-3a6e8f3f0002"


# What the proxy's loader does with a file: every class in the module with one of three methods.
LOADER = """
import inspect, mdev_units
for name, cls in inspect.getmembers(mdev_units, inspect.isclass):
    for method in ("do_filter", "do_score", "do_balance"):
        if hasattr(cls, method):
            print((name, method, getattr(cls, method).__doc__, getattr(cls, "properties_validation", "")))
"""


class Ran(NamedTuple):
    """What a run left behind."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def literal(self) -> object:
        """The answer as the proxy reads it; the run must have been good by the proxy's rules."""
        assert (0, "") == (self.returncode, self.stderr)
        return ast.literal_eval(self.stdout)


class Proxy:
    """Runs the plugin file's units the way ovirt-scheduler-proxy does."""

    def __init__(self, interpreter: Path, folder: Path) -> None:
        self.interpreter = interpreter
        self.socket = folder / "proxy.sock"
        self.state = folder / "state"
        self.state.mkdir()

    def python(self, script: str, *options: str) -> Ran:
        """A script in the plugin folder; no locale is set, as under systemd."""
        environ = {"MDEV_SCHEDULER_SOCKET": str(self.socket), "MDEV_SCHEDULER_STATE": str(self.state)}
        environ["PYTHONDONTWRITEBYTECODE"] = "1"
        done = subprocess.run(
            [self.interpreter, *options, "-c", script],
            cwd=FOLDER,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def run(self, unit: str, hosts: list[str] = HOSTS, vm: str = VM, **properties: str) -> Ran:
        """One unit's method with the arguments' repr, as the proxy's runner writes it."""
        method = "do_filter" if unit in FILTERS else "do_score"
        return self.python(f"import mdev_units; mdev_units.{unit}().{method}{(hosts, vm, properties)!r}")

    def knows(self, *vms: str, on_failure: str | None = None) -> None:
        """What the service wrote while it ran."""
        (self.state / "vms-with-request").write_text("".join(f"{vm}\n" for vm in vms))
        if on_failure is not None:
            (self.state / "on-failure").write_text(f"{on_failure}\n")


@contextmanager
def server(path: Path, answer: bytes, hold: threading.Event | None = None) -> Iterator[None]:
    """Something at the socket that reads a line, says `answer`, and closes once `hold` is set."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=_say, args=(listener, answer, hold))
        thread.start()
        yield
        if hold:
            hold.set()
        thread.join(10)


def _say(listener: socket.socket, answer: bytes, hold: threading.Event | None) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(answer)
        if hold:
            hold.wait(20)
