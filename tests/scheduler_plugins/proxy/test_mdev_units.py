"""The proxy's plugin file, run as the proxy runs it, by every interpreter that a proxy may have."""

import ast
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

import scheduler_plugins
from scheduler_plugins.units.registry import FILTERS, WEIGHTS
from tests.scheduler_plugins.service.fakes import HOST_A, HOST_B, HOST_C, VM, FakeDecider, proxy_socket

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


@pytest.fixture
def proxy(interpreter: Path, tmp_path: Path) -> Proxy:
    """A proxy per interpreter, with no service yet."""
    return Proxy(interpreter, tmp_path)


@pytest.fixture
def own_proxy(tmp_path: Path) -> Proxy:
    """A proxy on this interpreter, for what does not depend on it."""
    return Proxy(Path(sys.executable), tmp_path)


def test_the_loader_finds_exactly_our_units(proxy: Proxy) -> None:
    """Each with the description that the engine endpoint tells, and no helper class beside them."""
    expected = [
        *((name, "do_filter", unit.description, unit.properties) for name, unit in FILTERS.items()),
        *((name, "do_score", unit.description, unit.properties) for name, unit in WEIGHTS.items()),
    ]

    loaded = proxy.python(LOADER)

    assert "" == loaded.stderr
    assert sorted(expected) == sorted(ast.literal_eval(row) for row in loaded.stdout.splitlines())


@pytest.mark.parametrize("options", [("-W", "error"), ("-W", "always", "-X", "dev")], ids=["errors", "dev"])
def test_importing_says_nothing(proxy: Proxy, options: tuple[str, ...]) -> None:
    """A byte on either stream while the proxy loads the file, and none of its units registers."""
    assert Ran(0, "", "") == proxy.python("import mdev_units", *options)


def test_importing_loads_no_module_that_start_up_has_not(proxy: Proxy) -> None:
    """Start-up counts in every call: nothing but socket's C half, which is a tenth of socket."""
    script = (
        "import os, sys; sys.path.insert(0, ''); before = set(sys.modules);"
        "import mdev_units; print(set(sys.modules) - before)"
    )

    loaded = proxy.python(script, "-I", "-S").literal

    assert {"mdev_units", "_socket", "time"} >= loaded  # type: ignore[operator]


def test_a_filter_prints_the_services_answer(proxy: Proxy) -> None:
    """Hosts, VM and properties arrive whole, whatever characters the properties hold."""
    decider = FakeDecider(fitting=(HOST_A, HOST_C))
    with proxy_socket(proxy.socket, decider):
        ran = proxy.run("MdevFilter", mode="a b;c=%d\n'\"", empty="")

    assert f"['{HOST_A}', '{HOST_C}']\n" == ran.stdout
    assert [HOST_A, HOST_C] == ran.literal
    assert [("MdevFilter", VM, tuple(HOSTS), {"mode": "a b;c=%d\n'\"", "empty": ""})] == decider.asked


def test_refusing_every_host_is_an_explicit_empty_list(proxy: Proxy) -> None:
    """Printing nothing would let every host pass."""
    with proxy_socket(proxy.socket, FakeDecider(fitting=())):
        assert [] == proxy.run("MdevFilter").literal


@pytest.mark.parametrize("unit", list(WEIGHTS))
def test_a_weight_prints_pairs(proxy: Proxy, unit: str) -> None:
    """Exactly two members each: the proxy fails the whole call over a third one."""
    with proxy_socket(proxy.socket, FakeDecider()):
        assert [(HOST_A, 0), (HOST_B, 1), (HOST_C, 2)] == proxy.run(unit).literal


def test_as_many_hosts_as_a_command_line_holds(proxy: Proxy) -> None:
    """The kernel takes 128 KiB of one argument: about 3000 hosts, which fit the proxy socket's line."""
    hosts = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(3000)]
    with proxy_socket(proxy.socket, FakeDecider(fitting=tuple(hosts))):
        assert hosts == proxy.run("MdevFilter", hosts).literal


def test_odd_ids_survive(own_proxy: Proxy) -> None:
    """The engine sends UUIDs; anything else must not change the line's form either."""
    odd = ["a b", "c,d", "ä", "%"]
    with proxy_socket(own_proxy.socket, FakeDecider(fitting=tuple(odd))):
        assert odd == own_proxy.run("MdevFilter", odd).literal


def test_down_a_vm_without_a_request_passes(proxy: Proxy) -> None:
    """With the service down, only who asks for devices is held back."""
    proxy.knows(OTHER_VM)

    assert HOSTS == proxy.run("MdevFilter").literal
    assert [(host, 0) for host in HOSTS] == proxy.run("MdevSpread").literal


@pytest.mark.parametrize("word", [None, "drop", "nonsense"])
def test_down_a_vm_with_a_request_is_dropped(proxy: Proxy, word: str | None) -> None:
    """By default, and where the word is not understood: it would start where its device is not free."""
    proxy.knows(OTHER_VM, VM, on_failure=word)

    assert [] == proxy.run("MdevFilter").literal


def test_down_a_drop_is_remembered(proxy: Proxy) -> None:
    """One line a start for the service, once it is back: which VM, and when, behind what is there."""
    proxy.knows(VM)
    dropped = proxy.state / "dropped"
    dropped.write_text("before\n")
    since = time.time()

    assert [] == proxy.run("MdevFilter").literal
    assert [] == proxy.run("MdevFilter", vm=VM.upper()).literal
    before, *lines = dropped.read_text().splitlines()
    assert "before" == before
    assert [VM, VM] == [line.split()[0] for line in lines]
    assert all(since - 1 <= float(line.split()[1]) <= time.time() + 1 for line in lines)


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "link", "full"])
def test_a_drop_that_cannot_be_remembered_is_one_all_the_same(own_proxy: Proxy, kind: str) -> None:
    """Whatever lies there: no word, no wait, the same answer, and nothing written where we should not."""
    own_proxy.knows(VM)
    dropped, elsewhere = own_proxy.state / "dropped", own_proxy.state / "elsewhere"
    elsewhere.touch()
    if kind == "folder":
        dropped.mkdir()
    elif kind == "pipe":
        os.mkfifo(dropped)
    elif kind == "link":
        dropped.symlink_to(elsewhere)
    elif kind == "full":
        dropped.write_bytes(b"x" * 65536)

    assert [] == own_proxy.run("MdevFilter").literal
    assert "" == elsewhere.read_text()
    assert kind != "missing" or not dropped.exists()
    assert kind != "full" or dropped.stat().st_size == 65536


@pytest.mark.parametrize(
    ("unit", "vm", "word"),
    [
        pytest.param("MdevFilter", OTHER_VM, "drop", id="no request"),
        pytest.param("MdevFilter", VM, "pass", id="on pass"),
        pytest.param("MdevConsolidate", VM, "drop", id="a weight"),
    ],
)
def test_what_is_no_drop_is_not_remembered(own_proxy: Proxy, unit: str, vm: str, word: str) -> None:
    """Only VMs that were refused are told of."""
    own_proxy.knows(VM, on_failure=word)
    (own_proxy.state / "dropped").touch()
    own_proxy.run(unit, vm=vm)

    assert "" == (own_proxy.state / "dropped").read_text()


def test_down_a_vm_with_a_request_is_left_to_the_engine_on_pass(proxy: Proxy) -> None:
    """The run fails, so that the proxy skips the filter, and logs it."""
    proxy.knows(VM, on_failure="pass")

    assert Ran(1, "", "") == proxy.run("MdevFilter")


def test_down_a_weight_fails_for_a_vm_with_a_request(proxy: Proxy) -> None:
    """Zeros would say that every host is the best."""
    proxy.knows(VM)

    assert Ran(1, "", "") == proxy.run("MdevConsolidate")


@pytest.mark.parametrize("unit", [*FILTERS, *WEIGHTS])
def test_down_and_nothing_known_fails(proxy: Proxy, unit: str) -> None:
    """Without the file nobody can tell who asks for devices: skipped and logged, not refused."""
    assert Ran(1, "", "") == proxy.run(unit)


def test_down_and_the_file_is_no_text(own_proxy: Proxy) -> None:
    """A damaged file is as good as none."""
    (own_proxy.state / "vms-with-request").write_bytes(b"\xff\xfe")

    assert Ran(1, "", "") == own_proxy.run("MdevFilter")


def test_an_error_of_the_service_is_as_if_it_were_down(proxy: Proxy) -> None:
    """A fault inside the service must not let a VM start anywhere."""
    proxy.knows(VM)
    with proxy_socket(proxy.socket, FakeDecider(error=ZeroDivisionError())):
        assert [] == proxy.run("MdevFilter").literal


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


@pytest.mark.parametrize(
    "answer",
    [b"", b"['" + HOST_A.encode(), b"\n", b"!fault: x\n", b"\xff\n"],
    ids=["nothing", "half a line", "empty line", "error", "not ASCII"],
)
def test_what_is_no_whole_answer_is_as_if_it_were_down(proxy: Proxy, answer: bytes) -> None:
    """The service died while it answered: half a list of hosts must not pass for the answer."""
    proxy.knows(VM)
    with server(proxy.socket, answer):
        assert [] == proxy.run("MdevFilter").literal


def test_a_silent_service_costs_five_seconds_at_most(own_proxy: Proxy) -> None:
    """The whole call has one deadline: the engine holds its cluster's lock meanwhile."""
    own_proxy.knows(VM)
    began = time.monotonic()
    with server(own_proxy.socket, b"['", threading.Event()):
        ran = own_proxy.run("MdevFilter")
        took = time.monotonic() - began

    assert [] == ran.literal
    assert 4.5 < took < 6.5


def test_a_full_backlog_costs_little(own_proxy: Proxy) -> None:
    """A socket that takes nobody is given up soon after 0.2 s."""
    own_proxy.knows(VM)
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as waiting:
        listener.bind(str(own_proxy.socket))
        listener.listen(0)
        waiting.connect(str(own_proxy.socket))
        began = time.monotonic()
        ran = own_proxy.run("MdevFilter")

        assert [] == ran.literal
        assert 0.2 < time.monotonic() - began < 3


def test_a_fault_of_the_file_itself_is_silent(own_proxy: Proxy) -> None:
    """Whatever it is asked, standard error stays empty; the exit status tells."""
    ran = own_proxy.python("import mdev_units; mdev_units.MdevFilter().do_filter(None, None, None)")

    assert Ran(1, "", "") == ran


def test_without_its_variables_it_looks_where_the_service_is_installed(own_proxy: Proxy) -> None:
    """The paths that the service's defaults use."""
    script = "import mdev_units; print((mdev_units.SOCKET, mdev_units.STATE))"

    assert ("/run/mdev-scheduler/proxy.sock", "/var/lib/mdev-scheduler") == own_proxy.python(script).literal
