"""What becomes of VM starts when a link of the chain is missing: real processes, a simulated data centre."""

import ast
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import scheduler_plugins
from simulation.datacenter import DataCenter
from simulation.datacenter.plans import T4, HostPlan, VmPlan
from simulation.datacenter.service_process import ServiceProcess
from simulation.engine.audit import AuditEvent, Code
from simulation.engine.state import Ending, Run, Vm
from simulation.engine.units.external import XmlRpcScheduler

pytestmark = pytest.mark.timeout(180)

PLUGINS = Path(scheduler_plugins.__file__).parent / "proxy"
PLANS = (HostPlan("gpu", (T4,)), HostPlan("plain"))
T4_1Q = "nvidia-230"
LIMIT_S = 40.0
FOREIGN = "00000000-0000-4000-8000-00000000f0e1"


@pytest.fixture
def center(tmp_path: Path) -> Iterator[DataCenter]:
    """One host with a T4, one without a card; nobody schedules yet."""
    with DataCenter(tmp_path, PLANS, speed=20.0) as center:
        yield center


def eventually(condition: Callable[[], bool]) -> None:
    """Waits until it holds."""
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def ours(center: DataCenter) -> list[AuditEvent]:
    """The events that the engine has from others thitself."""
    return center.engine.call(lambda: [event for event in center.engine.audit.events if event.custom_id >= 0])


def complaints(center: DataCenter) -> list[str]:
    """What the engine noted about external units."""
    codes = (Code.EXTERNAL_SCHEDULER_PLUGIN_ERROR, Code.EXTERNAL_SCHEDULER_ERROR)
    events = center.engine.call(lambda: list(center.engine.audit.events))
    return [event.description for event in events if event.code in codes]


def schedules(center: DataCenter, service: ServiceProcess) -> None:
    """The engine starts: it has our units, and its own copy of the hosts' devices."""
    center.start_engine(XmlRpcScheduler(service.xmlrpc))
    hosts, units = center.engine.hosts.values(), center.engine.units
    assert center.wait_for(lambda: bool(units.table) and any(h.available.get(T4_1Q) for h in hosts), LIMIT_S)


def started(center: DataCenter, vm: Vm) -> Run:
    """A start, once it has ended."""
    run = center.engine.start_vm(vm.id)
    assert center.wait_for(lambda: run.ending is not None, LIMIT_S)
    return run


def knows(service: ServiceProcess, vm: Vm) -> None:
    """Waits until the service has written for the plugin that this VM asks for devices."""
    file = service.folder / "state" / "vms-with-request"
    eventually(lambda: file.exists() and vm.id in file.read_text())


def through_the_proxy(center: DataCenter, service: ServiceProcess, vm: Vm) -> tuple[int, str, str]:
    """The filter run by the proxy's rules: its own process, arguments by their repr."""
    hosts = list(center.hosts)
    script = f"import mdev_units; mdev_units.MdevFilter().do_filter{(hosts, vm.id, {})!r}"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PLUGINS,
        env={
            **os.environ,
            "MDEV_SCHEDULER_SOCKET": str(service.folder / "proxy.sock"),
            "MDEV_SCHEDULER_STATE": str(service.folder / "state"),
        },
        capture_output=True,
        text=True,
        timeout=30,
    )
    return done.returncode, done.stdout, done.stderr


def test_proxy_socket_while_the_service_is_down(center: DataCenter) -> None:
    """A VM without a request starts anywhere, one with a request nowhere; one event tells of it later."""
    plain = center.add_vm(VmPlan("office", (), ""))
    wants = [center.add_vm(VmPlan(name, (T4_1Q,), "")) for name in ("desk-1", "desk-2")]
    with ServiceProcess(center) as service:
        service.wait_for_fresh_inventories(set())
        knows(service, wants[1])
        (gpu, _) = center.hosts
        answers = {vm.name: through_the_proxy(center, service, vm) for vm in (plain, *wants)}
    assert [[*center.hosts], [gpu], [gpu]] == [ast.literal_eval(out) for _, out, _ in answers.values()]

    down = [through_the_proxy(center, service, vm) for vm in (plain, *wants, wants[0])]
    assert [(0, str([*center.hosts]) + "\n", ""), *[(0, "[]\n", "")] * 3] == down
    assert [] == ours(center)

    with service:
        assert center.wait_for(lambda: bool(ours(center)), LIMIT_S)
        eventually(lambda: not (service.folder / "state" / "dropped.taken").exists())
    with service:
        service.wait_for_fresh_inventories(set())
    (event,) = ours(center)
    assert "error" == event.severity
    assert ["desk-1", "desk-2"] == [name for name in ("desk-1", "desk-2") if name in event.description]
    assert "2 VMs" in event.description
    assert "" == (service.folder / "state" / "dropped").read_text()


def test_proxy_socket_on_pass(center: DataCenter) -> None:
    """The plugin fails without a word, so that the proxy leaves the unit out; nothing is to be told."""
    wants = center.add_vm(VmPlan("desk-1", (T4_1Q,), ""))
    with ServiceProcess(center, options="[service]\non_failure = pass\n") as service:
        knows(service, wants)

    assert (1, "", "") == through_the_proxy(center, service, wants)
    with service:
        service.wait_for_fresh_inventories(set())
    assert "" == (service.folder / "state" / "dropped").read_text()
    assert [] == ours(center)


@pytest.mark.parametrize("trouble", ["password changed", "API down"])
def test_engine_endpoint_while_the_engine_cannot_be_asked(center: DataCenter, trouble: str) -> None:
    """The stored request decides, the answer can be used, and the engine is told how old that is."""
    known = [center.add_vm(VmPlan(name, (T4_1Q,), "")) for name in ("desk-1", "desk-2")]
    with ServiceProcess(center) as service:
        service.wait_for_fresh_inventories(set())
        knows(service, known[1])
        schedules(center, service)
        before = started(center, known[0])
        assert ([], Ending.UP) == (complaints(center), before.ending)

        rest = center.rest
        if trouble == "API down":
            rest.stop()
        else:
            rest.tokens.password = "another"
            rest.tokens.expire()
        after = started(center, known[1])
        decision = service.ask("explain", vm=known[1].id)

    assert Ending.UP == after.ending
    assert ["gpu"] == [center.hosts[host_id].name for host_id, _ in after.history]
    (complaint,) = complaints(center)
    assert "MdevFilter" in complaint
    assert "its request is as known" in complaint
    assert "its request is as known" in decision["note"]
    assert [True, False] == [verdict["fits"] for verdict in decision["verdicts"]]


@pytest.mark.parametrize("version", ["4.4", "4.5"])
def test_instances_that_belong_to_no_vm(tmp_path: Path, version: str) -> None:
    """Whatever the engine's version calls them by: those of VMs have an owner, others are shown."""
    with DataCenter(tmp_path, PLANS[:1], speed=20.0, version=version) as center:
        (gpu,) = center.hosts.values()
        center.engine.call(lambda: gpu.bus.create("0000:3b:00.0", T4_1Q, FOREIGN))
        vm = add(center, version)
        with ServiceProcess(center) as service:
            service.wait_for_fresh_inventories(set())
            schedules(center, service)
            assert Ending.UP == started(center, vm).ending
            eventually(lambda: [t["used"] for t in host(service)["types"] if t["id"] == T4_1Q] == [2])
            eventually(lambda: host(service)["orphans"] is not None)
            orphans = host(service)["orphans"]

    assert [{"uuid": FOREIGN, "parent": "0000:3b:00.0", "type": T4_1Q, "driver": "nvidia"}] == orphans
    assert FOREIGN in gpu.bus.instances()


def add(center: DataCenter, version: str) -> Vm:
    """A VM that asks for one instance, in the version's own place."""
    if version == "4.4":
        return center.engine.add_vm("desk-1", center.clusters["Default"], mdev_type=T4_1Q)
    return center.add_vm(VmPlan("desk-1", (T4_1Q,), ""))


def host(service: ServiceProcess) -> dict[str, Any]:
    """The only host, as the API shows it."""
    item: dict[str, Any]
    (item,) = service.ask("hosts")["items"]

    return item
