"""What may be broken on a host: its VDSM, its certificate, the hook, an instance too many."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from simulation.vdsm import Fault
from simulation.vdsm.pki import Authority, server_context
from tests.scheduler_plugins.doctor.faults import Broken, changed, on_host
from tests.scheduler_plugins.doctor.site import TYPE, Site, eventually, free_port

FOREIGN = "00000000-0000-4000-8000-00000000f0e1"


def vdsm_tls(context: Callable[[Site], ssl.SSLContext]) -> Broken:
    """A host shows another certificate."""
    return on_host(lambda site: changed(site.center.vdsms["plain"], tls=context(site)))


def of_another_authority(site: Site) -> ssl.SSLContext:
    """One that nobody here trusts."""
    other = Authority(site.center.folder / "other-pki")
    return server_context(other.ca_file, other.host("127.0.0.1"))


def vdsm_fault(fault: Fault) -> Broken:
    """A host's VDSM misbehaves."""

    @contextmanager
    def broken(site: Site) -> Iterator[None]:
        patience = "[collector]\nhost_timeout = 3"
        with changed(site.center.vdsms["plain"], fault=fault), changed(site, options=patience):
            yield

    return on_host(broken)


vdsm_gone = on_host(lambda site: changed(site.host("plain"), port=free_port()))
"""The engine has a port for the host where nobody listens."""


def hook(change: str) -> Broken:
    """The hook says something else."""
    return on_host(lambda site: site.hook(change))


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
