"""Every cause of a failed handshake at a real server, asked by both clients: what each of them says.

python -m tests.mdev_inventory.tls.table FOLDER

prints it as JSON, and needs nothing of the tests' own packages: so any Python that has the product's can be asked.
"""

import asyncio
import json
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from mdev_inventory.engine.deadline import Deadline
from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.http import EngineHttp
from mdev_inventory.vdsm.errors import VdsmError
from mdev_inventory.vdsm.rpc import VdsmClient, client_context
from simulation.vdsm.pki import Authority
from tests.mdev_inventory.tls.certificates import Issued, Wanted, issue, server

ROOT = Wanted("root", authority=True)
SHOWN = Wanted()
LIMIT_S = 20.0
Said = tuple[str, str]
"""An error's code and text; both empty where the handshake was accepted."""


class Case:
    """What a server shows, and what is in the client's CA file."""

    def __init__(self, shown: Wanted, root: Wanted = ROOT, trusted: str = "root", host: str = "127.0.0.1") -> None:
        """`trusted`: `root`, `other` (an authority of the same name), `between` (the one that issued it)."""
        self.shown, self.root, self.trusted, self.host = shown, root, trusted, host

    def made(self, folder: Path) -> tuple[ssl.SSLContext, Path]:
        """The server's side, and the CA file of the clients."""
        root, ca_file = issue(self.root), folder / "ca.pem"
        between = issue(Wanted("between", authority=True), root) if self.trusted == "between" else None
        trusted: Mapping[str, Callable[[], Issued | None]] = {
            "root": lambda: root,
            "other": lambda: issue(self.root),
            "stranger": lambda: issue(Wanted("stranger", authority=True)),
            "between": lambda: between,
        }
        tls = server(folder, issue(self.shown, between or root), between)
        in_file = trusted[self.trusted]()
        ca_file.write_bytes(in_file.pem if in_file else b"")
        return tls, ca_file


CASES: Mapping[str, Case] = {
    "ended": Case(Wanted(begins=-400, ends=-2)),
    "the authority's ended": Case(SHOWN, Wanted("root", authority=True, begins=-400, ends=-2)),
    "not yet valid": Case(Wanted(begins=2)),
    "another name": Case(Wanted(names=("other.example",)), host="localhost"),
    "another address": Case(Wanted(names=("192.0.2.1",))),
    "no names, asked by address": Case(Wanted(names=())),
    "no names, asked by name": Case(Wanted("localhost", names=()), host="localhost"),
    "another authority": Case(SHOWN, trusted="stranger"),
    "an authority of the same name": Case(SHOWN, trusted="other"),
    "an authority of the same name, keys not told apart": Case(Wanted(issuer_key=False), trusted="other"),
    "for clients only": Case(Wanted(client_only=True)),
    "well": Case(SHOWN),
    "an authority without key usage": Case(SHOWN, Wanted("root", authority=True, key_usage=False)),
    "without authority key identifier": Case(Wanted(issuer_key=False)),
    "only the issuing authority in the CA file": Case(SHOWN, trusted="between"),
}
PLAIN = "plain http"


def run(folder: Path) -> dict[str, dict[str, Said]]:
    """By case: what the client of hosts (`host`) and that of the engine (`engine`) say."""
    said = {}
    for number, (name, case) in enumerate(CASES.items()):
        tls, ca_file = _folder(folder / str(number), case)
        with listening(tls) as port:
            said[name] = {"host": ask_host(case.host, port, ca_file), "engine": ask_engine(case.host, port, ca_file)}
    with listening(None) as port:
        ca_file = folder / "0" / "ca.pem"
        said[PLAIN] = {"host": ask_host("127.0.0.1", port, ca_file), "engine": ask_engine("127.0.0.1", port, ca_file)}
    return said


def _folder(folder: Path, case: Case) -> tuple[ssl.SSLContext, Path]:
    folder.mkdir(parents=True)
    return case.made(folder)


@contextmanager
def listening(tls: ssl.SSLContext | None) -> Iterator[int]:
    """A server on both loopback addresses' port that shakes hands and refuses what is asked; plain without `tls`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, tls), daemon=True).start()
        yield listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.settimeout(LIMIT_S)
        with (
            connection,
            suppress(OSError),
            tls.wrap_socket(connection, server_side=True) if tls else connection as peer,
        ):
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            peer.recv(4096)


def ask_host(host: str, port: int, ca_file: Path) -> Said:
    """The client of hosts; what is no STOMP came over accepted TLS."""
    ours = Authority(ca_file.parent / "ours").client()
    client = VdsmClient(client_context(ca_file, ours.cert_file, ours.key_file))
    try:
        asyncio.run(client.call(host, port, "Host.ping2", {}, LIMIT_S))
    except VdsmError as error:
        return ("", "") if error.code == "protocol" else (str(error.code), str(error))
    raise AssertionError("it is no VDSM")


def ask_engine(host: str, port: int, ca_file: Path) -> Said:
    """The engine's client; an answer of whatever status came over accepted TLS."""
    http = EngineHttp(f"https://{host}:{port}/ovirt-engine", ca_file)
    try:
        http.ask("GET", "/api", Deadline(LIMIT_S))
    except EngineError as error:
        return str(error.code), str(error)
    finally:
        http.close()
    return "", ""


if __name__ == "__main__":
    json.dump(run(Path(sys.argv[1])), sys.stdout)
