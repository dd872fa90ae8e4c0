"""What may be broken in a site, each alone: a context manager that breaks it and mends it again."""

import os
import shutil
import time
import xmlrpc.server
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import TCPServer
from threading import Thread

import scheduler_plugins
from scheduler_plugins.units.registry import FILTERS, WEIGHTS
from simulation.engine.policies.built_in import Content
from simulation.engine.rest.faults import Kind
from simulation.engine.units.discovery import UnitType
from simulation.vdsm import Fault
from simulation.vdsm.pki import Authority, server_context
from tests.scheduler_plugins.doctor.site import TYPE, Site, eventually, free_port

Broken = Callable[[Site], AbstractContextManager[None]]
PLUGIN = Path(scheduler_plugins.__file__).parent / "proxy" / "mdev_units.py"
FILTER, CONSOLIDATE = ("MdevFilter", UnitType.FILTER), ("MdevConsolidate", UnitType.WEIGHT)
FOREIGN = "00000000-0000-4000-8000-00000000f0e1"
ANOTHER = "simulated-other"


def options(text: Callable[[Site], str]) -> Broken:
    """Other keys of the configuration."""

    @contextmanager
    def broken(site: Site) -> Iterator[None]:
        site.options["fault"] = text(site)
        try:
            yield
        finally:
            site.options.clear()

    return broken


def mode(path: Callable[[Site], Path], wrong: int) -> Broken:
    """A file or folder with other permissions."""

    @contextmanager
    def broken(site: Site) -> Iterator[None]:
        right = path(site).stat().st_mode
        path(site).chmod(wrong)
        try:
            yield
        finally:
            path(site).chmod(right)
            site.mended_at = time.time()

    return broken


def own_certificate(days: int) -> Broken:
    """Our certificate for VDSM is valid so long."""

    def text(site: Site) -> str:
        pair = site.center.authority.client(days=days)
        return f"[vdsm]\ncert_file = {pair.cert_file}\nkey_file = {pair.key_file}"

    return options(text)


@contextmanager
def low_disk(site: Site, least: int) -> Iterator[None]:
    """So much free space is wanted, in MiB."""
    site.least_free = least
    try:
        yield
    finally:
        site.least_free = 1


def disk(share: int) -> Broken:
    """The disk has a part of what is wanted."""

    def broken(site: Site) -> AbstractContextManager[None]:
        facts = os.statvfs(site.state)
        return low_disk(site, facts.f_bavail * facts.f_frsize // 2**20 * share)

    return broken


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
            options(lambda _: f"[service]\n{section_key} = {port}")(site),
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
        with (
            proxy_running(site.root, plugin, units) as port,
            options(lambda _: f"[service]\nxmlrpc_port = {port}")(site),
        ):
            yield

    return broken


@contextmanager
def closed_to_the_proxy(site: Site) -> Iterator[None]:
    """The proxy is there, well, and may not look into the state directory."""
    with proxy(PLUGIN.read_text(), (*FILTERS, *WEIGHTS))(site), mode(lambda s: s.state, 0o700)(site):
        yield


@contextmanager
def engine_stopped(site: Site) -> Iterator[None]:
    """The engine's REST API is gone."""
    site.center.rest.stop()
    try:
        yield
    finally:
        site.center.rest.start()


def wrong_password(site: Site) -> str:
    """Another password in a file of its own."""
    file = site.config / "wrong-password"
    file.touch(0o600)
    file.write_text("another\n")
    return f"[engine]\npassword_file = {file}"


def another_authority(site: Site) -> str:
    """An authority that has signed nothing here."""
    return f"[engine]\nca_file = {Authority(site.config / 'pki').ca_file}"


def api(kind: Kind, part: str) -> Broken:
    """The engine answers so to questions for a path with that part."""

    @contextmanager
    def broken(site: Site) -> Iterator[None]:
        site.center.rest.faults.add(kind, part, method="GET")
        try:
            yield
        finally:
            site.center.rest.faults.clear()

    return broken


def roles(*names: str) -> Broken:
    """Our user has these roles only."""

    @contextmanager
    def broken(site: Site) -> Iterator[None]:
        rights = site.center.rest.rights
        before, rights.roles = rights.roles, list(names)
        try:
            yield
        finally:
            rights.roles = before

    return broken


@contextmanager
def unit_disabled(site: Site) -> Iterator[None]:
    """The engine has disabled one weight."""
    unit = site.engine.units.table[CONSOLIDATE]
    unit.enabled = False
    try:
        yield
    finally:
        unit.enabled = True


@contextmanager
def unit_missing(site: Site) -> Iterator[None]:
    """The engine never heard of one weight: it started before that was there."""
    with policy(lambda content: content.weights.clear())(site):
        unit = site.engine.units.table.pop(CONSOLIDATE)
        try:
            yield
        finally:
            site.engine.units.table[CONSOLIDATE] = unit


@contextmanager
def all_disabled(site: Site) -> Iterator[None]:
    """ExternalSchedulerEnabled was false when the engine started."""
    units = site.engine.units.table.values()
    for unit in units:
        unit.enabled = False
    try:
        yield
    finally:
        for unit in units:
            unit.enabled = True


def policy(change: Callable[[Content], object]) -> Broken:
    """The cluster's policy is another."""

    @contextmanager
    def broken(site: Site) -> Iterator[None]:
        live = site.policy.live
        filters, weights = list(live.filters), list(live.weights)
        change(live)
        try:
            yield
        finally:
            live.filters, live.weights = filters, weights

    return broken


@contextmanager
def nobody_asks(site: Site) -> Iterator[None]:
    """No filter in the policy, and no VM that would need it; hosts with cards all the same."""
    (vm,) = site.engine.vms.values()
    devices, vm.devices = vm.devices, ()
    try:
        with policy(lambda content: content.filters.clear())(site):
            yield
    finally:
        vm.devices = devices


def vdsm_tls(days: int | None) -> Broken:
    """A host's certificate is valid so long; of another authority where that is None."""

    @contextmanager
    def broken(site: Site) -> Iterator[None]:
        vdsm = site.center.vdsms["plain"]
        right = vdsm.tls
        other = Authority(site.center.folder / "other-pki")
        vdsm.tls = (
            server_context(other.ca_file, other.host("127.0.0.1"))
            if days is None
            else site.center.vdsm_tls(days)
        )
        try:
            yield
        finally:
            vdsm.tls = right
            site.mended_at = time.time()

    return broken


def vdsm_fault(fault: Fault) -> Broken:
    """A host's VDSM misbehaves."""

    @contextmanager
    def broken(site: Site) -> Iterator[None]:
        vdsm = site.center.vdsms["plain"]
        vdsm.fault = fault
        site.options["fault"] = "[collector]\nhost_timeout = 3"
        try:
            yield
        finally:
            vdsm.fault = Fault.NONE
            site.mended_at = time.time()
            site.options.clear()

    return broken


@contextmanager
def vdsm_gone(site: Site) -> Iterator[None]:
    """The engine has a port for the host where nobody listens."""
    host = site.host("plain")
    right, host.port = host.port, free_port()
    try:
        yield
    finally:
        host.port = right
        site.mended_at = time.time()


def hook(change: str) -> Broken:
    """The hook says something else."""
    return lambda site: site.hook(change)


def vm(name: str, parameters: dict[str, str]) -> Broken:
    """One more VM, with such a device."""

    @contextmanager
    def broken(site: Site) -> Iterator[None]:
        (cluster,) = site.center.clusters.values()
        added = site.engine.add_vm(name, cluster, devices=[parameters])
        try:
            yield
        finally:
            site.engine.remove_vm(added.id)

    return broken


@contextmanager
def engine_blind(site: Site) -> Iterator[None]:
    """The engine's rows are of a time when the card was full."""
    rows = site.host("gpu").devices
    figures = [kind for row in rows.values() for kind in row.get("mdev", {}).values()]
    before = [kind["available_instances"] for kind in figures]
    for kind in figures:
        kind["available_instances"] = "0"
    try:
        yield
    finally:
        for kind, right in zip(figures, before, strict=True):
            kind["available_instances"] = right


@contextmanager
def orphan(site: Site) -> Iterator[None]:
    """Somebody made an instance by hand."""
    (gpu,) = (host for host in site.center.hosts.values() if host.name == "gpu")
    site.engine.call(lambda: gpu.bus.create("0000:3b:00.0", TYPE, FOREIGN))
    eventually(lambda: any(host["orphans"] for host in site.service.ask("hosts")["items"]))
    try:
        yield
    finally:
        site.engine.call(lambda: gpu.bus.remove(FOREIGN))
