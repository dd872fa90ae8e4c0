"""A whole installation on loopback, all of it well: service, engine and hosts; and the doctor to ask."""

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import requests

from scheduler_plugins.cli.doctor import run
from scheduler_plugins.doctor.gather import Where
from simulation.datacenter import DataCenter
from simulation.datacenter.plans import T4, HostPlan, VmPlan
from simulation.datacenter.proxy_process import ProxyScheduler
from simulation.datacenter.service_process import ServiceProcess
from simulation.engine.policies import SchedulingPolicy
from simulation.engine.state import Host
from simulation.engine.units.external import ExternalScheduler, XmlRpcScheduler

PLANS = (HostPlan("gpu", (T4,)), HostPlan("plain"))
TYPE = "nvidia-230"
LIMIT_S = 60.0
HOOK = """#!{python}
import json, os, subprocess, sys
subprocess.run([{real!r}, *sys.argv[1:]], check=True)
with open(os.environ["_hook_json"]) as file:
    caps = json.load(file)
inventory = caps["mdev_inventory"]
{change}
with open(os.environ["_hook_json"], "w") as file:
    json.dump(caps, file)
"""


def free_port() -> int:
    """A port where nobody listens at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


class Site:
    """Everything that the doctor looks at; `options` are what its own copy of the configuration adds."""

    def __init__(self, center: DataCenter, service: ServiceProcess) -> None:
        self.center, self.service = center, service
        self.engine = center.engine
        self.root = center.folder / "root"
        self.root.mkdir(exist_ok=True)
        self.config = center.folder / "doctor.d"
        self.config.mkdir()
        self.least_free = 1
        text = (service.folder / "conf.d" / "10-simulation.conf").read_text()
        (self.config / "10-site.conf").write_text(text)
        # A machine that does much else makes no inventory old.
        (self.config / "20-patience.conf").write_text("[collector]\ncollect_interval = 20\nhost_timeout = 15\n")
        self.options = ""
        self.mended_at = 0.0
        """When the hosts last became as they should be."""

    @property
    def state(self) -> Path:
        """The state directory."""
        return self.service.folder / "state"

    @property
    def policy(self) -> SchedulingPolicy:
        """The only cluster's policy."""
        return self.engine.policies.of(next(iter(self.center.clusters.values())))

    def host(self, name: str) -> Host:
        """A host as the engine knows it."""
        return next(host for host in self.engine.hosts.values() if host.name == name)

    def ask(self) -> tuple[int, dict[str, Any]]:
        """Exit status and answer of `mdev-scheduler doctor --json`."""
        (self.config / "90-options.conf").write_text(self.options)
        printed = StringIO()
        with redirect_stdout(printed):
            status = run(Where(self.config, self.root, least_free_mib=self.least_free), json=True)
        return status, json.loads(printed.getvalue())

    def is_well(self) -> bool:
        """Whether the service has nothing to complain of, and has asked every host since it was mended."""
        health = requests.get(f"{self.service.api}/healthz", timeout=10).json()
        hosts = self.service.ask("hosts")["items"]
        since = time.time() - self.mended_at
        seen = [host["age_s"] is not None and host["age_s"] < since for host in hosts]
        wrong = any(host["failure"] or host["orphans"] != [] for host in hosts)
        return bool(health["status"] == "ok" and seen and all(seen) and not wrong)

    @contextmanager
    def hook(self, change: str) -> Iterator[None]:
        """The card's host has another hook, which changes what the real one says."""
        hook = self.center.hooks["gpu"]
        real = hook.with_name("real")
        os.rename(hook, real)
        hook.write_text(HOOK.format(python=sys.executable, real=str(real), change=change))
        hook.chmod(0o755)
        try:
            yield
        finally:
            os.rename(real, hook)


def eventually(condition: Callable[[], bool]) -> None:
    """Waits until it holds."""
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@contextmanager
def site(folder: Path, version: str = "4.5", proxy_port: int | None = None) -> Iterator[Site]:
    """The installation with an engine of that version, up and settled.

    With `proxy_port` the engine asks ovirt-scheduler-proxy, which holds that port already.
    """
    with DataCenter(folder, PLANS, speed=20.0, version=version) as center:
        if version < "4.5":
            center.engine.add_vm("desk", center.clusters["Default"], mdev_type=TYPE)
        else:
            center.add_vm(VmPlan("desk", (TYPE,), ""))
        slow = "[collector]\nhost_timeout = 15\n[engine]\ntimeout = 30\n"
        engine_endpoint = proxy_port or free_port()
        with ServiceProcess(center, port=free_port(), xmlrpc_port=engine_endpoint, options=slow) as service:
            service.wait_for_fresh_inventories(set())
            center.start_engine(_scheduler(center, service, proxied=proxy_port is not None))
            hosts, units = center.engine.hosts.values(), center.engine.units
            assert center.wait_for(lambda: bool(units.table) and any(h.available.get(TYPE) for h in hosts), LIMIT_S)
            yield Site(center, service)


def _scheduler(center: DataCenter, service: ServiceProcess, proxied: bool) -> ExternalScheduler:
    if not proxied:
        return XmlRpcScheduler(service.xmlrpc)
    return ProxyScheduler(center.folder / "plugins", Path(service.socket), service.folder / "state")
