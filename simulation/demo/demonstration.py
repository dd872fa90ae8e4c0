"""`mdev-scheduler demo`: a simulated data centre starts VMs through the real service, and says why where.

The hook, VDSM's protocol over TLS, the engine's REST API, the service in its own process and its endpoint for
the engine are what production uses; the kernel drivers, VDSM and the engine are simulated. Before each
start every verdict of the service is held against what the host's own allocator would then do.
"""

import contextlib
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from simulation.datacenter import DataCenter
from simulation.datacenter.plans import VmPlan
from simulation.datacenter.service_process import ServiceProcess
from simulation.demo import scenario
from simulation.demo.report import Outcome, print_addresses, print_json, print_people
from simulation.engine.state import Run, Vm
from simulation.engine.units.external import XmlRpcScheduler
from simulation.hosts.trial import parents_taken

SPEED = 10.0
"""Simulated seconds to the second, so that nobody waits for guests that boot."""
START_LIMIT_S = 60.0


def run(
    hosts: int | None = None,
    json: bool = False,
    keep: bool = False,
    port: int = 0,
    xmlrpc_port: int = 0,
    run_dir: Path | None = None,
) -> int:
    """Runs the demonstration; 0 where every VM went where it should, else 1."""
    plans = scenario.hosts(hosts)
    signal.signal(signal.SIGTERM, _interrupt)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(_folder(run_dir))
        center = stack.enter_context(DataCenter(folder, plans, speed=SPEED))
        service = stack.enter_context(ServiceProcess(center, port=port, xmlrpc_port=xmlrpc_port))
        with Console(stderr=True).status("Starting VMs one after the other…"):
            outcomes = Demonstration(center, service).start_all()
        (print_json if json else print_people)(plans, outcomes)
        if keep:
            print_addresses(center, service)
            _until_interrupted()
    return 0 if all(outcome.as_it_should for outcome in outcomes) else 1


class Demonstration:
    """Starts the scenario's VMs one after the other."""

    def __init__(self, center: DataCenter, service: ServiceProcess) -> None:
        """Both must run."""
        self._center = center
        self._service = service

    def start_all(self) -> list[Outcome]:
        """The engine discovers the units, then every VM is started once inventories are fresh."""
        self._service.wait_for_fresh_inventories(self._center.dead)
        self._center.start_engine(XmlRpcScheduler(self._service.xmlrpc))
        self._center.wait_for(lambda: bool(self._center.engine.units.table), START_LIMIT_S)
        return [self._start(plan) for plan in scenario.VMS]

    def _start(self, plan: VmPlan) -> Outcome:
        vm = self._center.add_vm(plan)
        self._service.wait_for_fresh_inventories(self._center.dead)
        decision = self._service.ask("explain", vm=vm.id)
        truth = self._center.engine.call(lambda: self._truth(plan))
        start = self._center.engine.start_vm(vm.id)
        self._center.wait_for(lambda: start.ending is not None, START_LIMIT_S)
        return self._center.engine.call(lambda: self._outcome(plan, vm, start, decision, truth))

    def _truth(self, plan: VmPlan) -> dict[str, list[str] | None]:
        """By host name the parents that its allocator would take; None where the VM would not start."""
        return {
            host.name: parents_taken(host, plan.types) if host.name not in self._center.dead or not plan.types else None
            for host in self._center.hosts.values()
        }

    def _outcome(
        self, plan: VmPlan, vm: Vm, start: Run, decision: dict[str, Any], truth: dict[str, list[str] | None]
    ) -> Outcome:
        host = self._center.hosts[vm.host.id] if vm.host else None
        instances = host.bus.instances() if host else {}
        parents = [instances[uuid][0] for uuid, _ in vm.instances if uuid in instances]
        return Outcome(
            plan=plan,
            ending=str(start.ending),
            host=host.name if host else None,
            parents=tuple(parents),
            attempts=len(start.attempts),
            summary=decision["summary"],
            verdicts=tuple(decision["verdicts"]),
            truth=truth,
        )


@contextlib.contextmanager
def _folder(run_dir: Path | None) -> Iterator[Path]:
    """The folder of the run: the one given, kept afterwards, or one that ends with it."""
    if run_dir is not None:
        run_dir.mkdir(parents=True, exist_ok=True)
        yield run_dir.resolve()
        return
    # Many small files that need not outlive us: memory is a hundred times faster than some disks.
    memory = Path("/dev/shm")  # noqa: S108 - the folder made in it is private
    with tempfile.TemporaryDirectory(prefix="mdev-demo-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def _until_interrupted() -> None:
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()


def _interrupt(*_: object) -> None:
    """SIGTERM ends the demonstration as Ctrl-C does: its processes and files go with it."""
    raise KeyboardInterrupt
