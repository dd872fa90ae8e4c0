"""The service, its endpoints, and the proxy that may stand before them."""

from collections.abc import Iterator

from scheduler_plugins.doctor.catalogue import found
from scheduler_plugins.doctor.facts import Facts
from scheduler_plugins.doctor.findings import Finding, ok, untold
from scheduler_plugins.units.registry import FILTERS, WEIGHTS

GROUP_USES = 0o060


def service(facts: Facts) -> Iterator[Finding]:
    """It answers, and is of the version that is installed."""
    seen = facts.service
    if seen.error:
        yield found("service-foreign" if seen.foreign else "service-down", seen.error)
    elif seen.version != facts.version:
        text = f"version {seen.version} runs, version {facts.version} is installed"
        yield found("service-other-version", text)
    else:
        yield ok(f"version {seen.version} answers")


def proxy_socket(facts: Facts) -> Iterator[Finding]:
    """The socket for the proxy's plugin answers, and the proxy's group may use it."""
    endpoint, path = facts.machine.proxy_socket, facts.config.service.socket
    if endpoint.error:
        yield found("proxy-socket-closed", f"{path}: {endpoint.error}")
    elif endpoint.wanted_group not in (None, endpoint.group) or endpoint.mode & GROUP_USES != GROUP_USES:
        yield found("proxy-socket-locked", f"{path}: mode {endpoint.mode:04o}, group {endpoint.group}")
    else:
        yield ok(f"{path} answers")


def engine_endpoint(facts: Facts) -> Iterator[Finding]:
    """The service, or ovirt-scheduler-proxy, listens where the engine asks."""
    endpoint, port = facts.machine.engine_endpoint, facts.config.service.xmlrpc_port
    holder = endpoint.holder or "a process that only root can see"
    if port == 0:
        yield untold("[service] xmlrpc_port = 0 takes any free port; the service's log names it")
    elif not endpoint.listens:
        yield found("engine-endpoint-closed", f"nobody listens on port {port}")
    elif facts.engine_endpoint_ours:
        yield ok(f"port {port}: the service listens")
    elif endpoint.units is None or not facts.machine.proxy.installed:
        yield found("engine-endpoint-foreign", f"port {port} is held by {holder}")
    else:
        yield ok(f"port {port}: ovirt-scheduler-proxy listens ({holder})")


def proxy(facts: Facts) -> Iterator[Finding]:
    """Where it answers the engine, it has this version's plugin, loaded."""
    there, folder = facts.machine.proxy, facts.machine.proxy.folder
    missing = {*FILTERS, *WEIGHTS} - (facts.machine.engine_endpoint.units or frozenset())
    if not there.installed:
        yield ok("not installed: the engine asks the service itself")
    elif not facts.proxied and not there.plugin:
        yield ok("installed, not in use: the engine asks the service itself")
    elif not there.plugin:
        yield found("plugin-missing", f"no mdev_units.py in {folder}", path=folder)
    elif there.plugin != "same":
        yield found("plugin-differs", f"{folder}/mdev_units.py is of another version", path=folder)
    elif facts.proxied and missing:
        yield found("plugin-not-loaded", f"it does not know {', '.join(sorted(missing))}")
    else:
        yield ok(f"{folder} has this version's plugin")
