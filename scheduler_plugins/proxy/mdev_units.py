"""The policy units as ovirt-scheduler-proxy loads them: this one file lies in its plugin folder.

Nothing is decided here. Each call of the engine starts one process per unit; it opens the scheduler's
unix socket, sends one line and copies the answer, already a Python literal, to standard output.

The proxy's rules bind this file (its loader.py, runner.py and request_handler.py):
every class with a `do_*` method becomes a unit, imported ones too; the method's docstring is the
description that the engine shows; a second thing on standard output loses the answer; any byte on
standard error loses it as well, exit status 0 or not; a filter that fails is skipped, so that only
an explicit `[]` refuses every host.

A service that answers `!` and why cannot decide this one question: the unit fails, as it does where the engine asks
the service itself, and the service tells the engine why. Only where there is no answer at all, what the service left
behind decides.

Runs on Python 3.6, standard library only.
"""

import os
import sys
import time

try:
    # `socket` takes most of the start-up: it drags in selectors, enum and collections. Median of
    # 9 runs on one idle core: 6.6 ms against 0.4 ms for its C half alone (3.9 and 3.11, -X importtime);
    # 7.6 ms against 0.5 ms of a whole process's 11 ms (3.6). All that is needed is in that half.
    import _socket as socket
except ImportError:  # an interpreter other than CPython
    import socket  # type: ignore[no-redef]

SOCKET = "/run/mdev-scheduler/proxy.sock"
STATE = "/var/lib/mdev-scheduler"
CONNECT_SECONDS = 0.2
CALL_SECONDS = 5.0
DROPPED_LIMIT = 65536
UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


class MdevFilter:
    """Hosts whose own allocator would refuse the VM's mediated devices are dropped."""

    properties_validation = ""

    def do_filter(self, hosts: "list[str]", vm: str, args: "dict[str, str]") -> None:
        """Only hosts that have free what the VM's vGPU request needs"""
        _silence()
        _end(_ask("MdevFilter", hosts, vm, args) or _literal(_filter_alone(hosts, vm)))


class MdevConsolidate:
    """Weight: the fullest card that still fits, so that empty cards stay empty."""

    properties_validation = ""

    def do_score(self, hosts: "list[str]", vm: str, args: "dict[str, str]") -> None:
        """Prefers hosts where the VM's vGPU joins the fullest card, empty cards stay empty"""
        _silence()
        _end(_ask("MdevConsolidate", hosts, vm, args) or _literal(_score_alone(hosts, vm)))


class MdevSpread:
    """Weight: the emptiest card, with the fewest neighbours."""

    properties_validation = ""

    def do_score(self, hosts: "list[str]", vm: str, args: "dict[str, str]") -> None:
        """Prefers hosts where the VM's vGPU shares its card with the fewest others"""
        _silence()
        _end(_ask("MdevSpread", hosts, vm, args) or _literal(_score_alone(hosts, vm)))


class MdevFragmentation:
    """Weight: the host where the start destroys least of the capacity that others can use."""

    properties_validation = (
        "MdevFragmentationMix=([A-Za-z0-9_.-]+:[0-9]{1,6}(,[A-Za-z0-9_.-]+:[0-9]{1,6})*)?"
        ";MdevFragmentationAges=(yes|no)?"
    )

    def do_score(self, hosts: "list[str]", vm: str, args: "dict[str, str]") -> None:
        """Prefers hosts where the VM's vGPU destroys least of the capacity that others can use"""
        _silence()
        _end(_ask("MdevFragmentation", hosts, vm, args) or _literal(_score_alone(hosts, vm)))


class MdevReserve:
    """Weight: VMs without a request stay off hosts with free cards."""

    properties_validation = "MdevReserveTypes=([A-Za-z0-9_.-]+(,[A-Za-z0-9_.-]+)*)?"

    def do_score(self, hosts: "list[str]", vm: str, args: "dict[str, str]") -> None:
        """Keeps hosts with free vGPUs for VMs that need them: others prefer hosts without"""
        _silence()
        _end(_ask("MdevReserve", hosts, vm, args) or _literal(_score_alone(hosts, vm)))


def _silence() -> None:
    """Whatever goes wrong from here on, traceback included: not a byte on standard error."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)


def _end(answer: bytes) -> None:
    """Print the answer, whole, and end at once: taking the interpreter down takes a fifth of its life."""
    while answer:
        answer = answer[os.write(1, answer) :]
    os._exit(0)


def _literal(answer: "list[str] | list[tuple[str, int]]") -> bytes:
    return ascii(answer).encode("ascii") + b"\n"


def _ask(unit: str, hosts: "list[str]", vm: str, args: "dict[str, str]") -> bytes:
    """The service's answer with its newline; empty where it is down or silent. Exits 1 where it says `!`."""
    try:
        answer = _call(_line(unit, hosts, vm, args))
        answer.decode("ascii")
    except (OSError, ValueError):
        return b""
    # An answer without a newline is half of one: the service died while it wrote.
    if not answer.endswith(b"\n") or not answer.strip():
        return b""
    if answer.startswith(b"!"):
        sys.exit(1)
    return answer


def _line(unit: str, hosts: "list[str]", vm: str, args: "dict[str, str]") -> bytes:
    properties = ";".join([_quote(key) + "=" + _quote(value) for key, value in sorted(args.items())])
    return " ".join(["1", unit, _quote(vm), _names(hosts), properties]).encode("ascii") + b"\n"


def _names(hosts: "list[str]") -> str:
    """The hosts, quoted where it is needed; ids of hosts never need it, so all are looked at in one."""
    names = ",".join(hosts)
    if names.count(",") == max(0, len(hosts) - 1) and not names.encode("utf-8", "replace").translate(
        None, UNRESERVED + b","
    ):
        return names
    return ",".join([_quote(host) for host in hosts])


def _quote(value: str) -> str:
    """Percent-encoded UTF-8, as urllib.parse.quote(value, safe="") would: that import costs 6 ms."""
    data = str(value).encode("utf-8", "replace")
    if not data.translate(None, UNRESERVED):
        return data.decode("ascii")
    return "".join([chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in data])


def _call(line: bytes) -> bytes:
    deadline = time.monotonic() + CALL_SECONDS
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _connect(connection, os.environ.get("MDEV_SCHEDULER_SOCKET") or SOCKET)
        connection.settimeout(_left(deadline))
        connection.sendall(line)
        return _read(connection, deadline)
    finally:
        connection.close()


def _connect(connection: "socket.socket", path: str) -> None:
    deadline = time.monotonic() + CONNECT_SECONDS
    connection.settimeout(CONNECT_SECONDS)
    while True:
        try:
            return connection.connect(path)
        except BlockingIOError:  # a full backlog: a unix socket does not wait there, so we do
            _left(deadline)
            time.sleep(0.01)


def _read(connection: "socket.socket", deadline: float) -> bytes:
    parts = []  # type: list[bytes]
    while True:
        connection.settimeout(_left(deadline))
        part = connection.recv(65536)
        if not part:
            return b"".join(parts)
        parts.append(part)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise OSError("deadline")
    return left


def _filter_alone(hosts: "list[str]", vm: str) -> "list[str]":
    """The filter's answer while the service is down: only VMs that ask for devices are held back."""
    if not _has_request(vm):
        return hosts
    if (_state("on-failure") or "drop").strip() == "pass":
        sys.exit(1)
    _remember_drop(vm)
    return []


def _score_alone(hosts: "list[str]", vm: str) -> "list[tuple[str, int]]":
    """A weight's answer while the service is down: to a VM without a request all hosts are alike."""
    if _has_request(vm):
        sys.exit(1)
    return [(host, 0) for host in hosts]


def _has_request(vm: str) -> bool:
    """Whether the service knew the VM as one with a request; exits 1 where that cannot be told."""
    known = _state("vms-with-request")
    if known is None:
        # A failed unit is skipped and logged by the proxy: better than refusing a VM for nothing.
        sys.exit(1)
    return vm.lower() in known.lower().split()


def _remember_drop(vm: str) -> None:
    """One line for the service, which says so in the portal once it is back; nothing depends on it.

    The service made the file, and takes it away whole: a single write at its end needs no lock. Where it is
    missing, or larger than anybody will read, nothing is written.
    """
    try:
        # Never a pipe that waits for a reader, nor somebody else's file: it is ours in a folder of ours.
        file = os.open(_path("dropped"), os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if os.fstat(file).st_size < DROPPED_LIMIT:
                os.write(file, f"{vm.lower()} {time.time():.0f}\n".encode("ascii"))
        finally:
            os.close(file)
    except (OSError, ValueError):
        pass


def _state(name: str) -> "str | None":
    """The text of a file in the state directory; None where it cannot be read."""
    try:
        with open(_path(name), encoding="ascii") as file:
            return file.read()
    except (OSError, ValueError):
        return None


def _path(name: str) -> str:
    return os.path.join(os.environ.get("MDEV_SCHEDULER_STATE") or STATE, name)
