"""What may be broken on this machine: files, the disk, sockets, and the proxy."""

import shutil
import xmlrpc.server
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import TCPServer
from threading import Thread

import scheduler_plugins
from scheduler_plugins.units.registry import FILTERS, WEIGHTS
from tests.scheduler_plugins.doctor.faults import Broken, changed, mode, options
from tests.scheduler_plugins.doctor.site import Site

PLUGIN = Path(scheduler_plugins.__file__).parent / "proxy" / "mdev_units.py"
ALL_UNITS = (*FILTERS, *WEIGHTS)


def own_certificate(days: int) -> Broken:
    """Our certificate for VDSM is valid so long."""

    def text(site: Site) -> str:
        pair = site.center.authority.client(days=days)
        return f"[vdsm]\ncert_file = {pair.cert_file}\nkey_file = {pair.key_file}"

    return options(text)


def disk(share: int) -> Broken:
    """The disk has a part of what is wanted."""
    return lambda site: changed(site, least_free=shutil.disk_usage(site.state).free // 2**20 * share)


@contextmanager
def serving(server: TCPServer) -> Iterator[int]:
    """Somebody else's server; its port."""
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Other(BaseHTTPRequestHandler):
    """Says something to everybody, in no protocol of ours."""

    def do_GET(self) -> None:
        """A page."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>hello</html>")

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


def foreign(section_key: str) -> Broken:
    """Another program listens on the port of that key."""

    @contextmanager
    def broken(site: Site) -> Iterator[None]:
        with (
            serving(HTTPServer(("127.0.0.1", 0), Other)) as port,
            changed(site, options=f"[service]\n{section_key} = {port}"),
        ):
            yield

    return broken


@contextmanager
def proxy_running(root: Path, plugin: str | None, units: tuple[str, ...]) -> Iterator[int]:
    """ovirt-scheduler-proxy under a root, with that text for our plugin, and those units loaded; its port."""
    folder = root / "usr/share/ovirt-scheduler-proxy/plugins"
    folder.mkdir(parents=True)
    if plugin is not None:
        (folder / "mdev_units.py").write_text(plugin)
    server = xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False)
    sections = {"filters": {name: ["", ""] for name in units}, "scores": {}, "balance": {}}
    server.register_function(lambda: sections, "discover")
    try:
        with serving(server) as port:
            yield port
    finally:
        shutil.rmtree(root / "usr")


def proxy(plugin: str | None, units: tuple[str, ...]) -> Broken:
    """The proxy holds the port."""

    @contextmanager
    def broken(site: Site) -> Iterator[None]:
        with proxy_running(site.root, plugin, units) as port, changed(site, options=f"[service]\nxmlrpc_port = {port}"):
            yield

    return broken


@contextmanager
def closed_to_the_proxy(site: Site) -> Iterator[None]:
    """The proxy is there, well, and may not look into the state directory."""
    with proxy(PLUGIN.read_text(), ALL_UNITS)(site), mode(lambda s: s.state, 0o700)(site):
        yield
