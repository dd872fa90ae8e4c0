"""What a soaked service is asked: VMs start and stop, readers read, and callers ask what makes no sense."""

import itertools
import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from http.client import HTTPException
from xmlrpc.client import Error, ServerProxy

import requests

from simulation.datacenter import DataCenter
from simulation.datacenter.service_process import ServiceProcess
from simulation.demo import scenario
from simulation.engine.state import Vm
from simulation.engine.world import ActionError

PATHS = ("", "healthz", "api/v1/hosts", "api/v1/types", "api/v1/claims")
TIMEOUT_S = 10.0
FAILURES = (OSError, requests.RequestException, HTTPException, Error)
"""Of a caller; they are counted."""


class Load:
    """Everybody who asks, each in a thread of its own. A context manager: they ask inside `with`."""

    def __init__(self, center: DataCenter, service: ServiceProcess, vms: int, seed: int = 0) -> None:
        """Defines that many VMs, of the demonstration's kinds."""
        self.counts: Counter[str] = Counter()
        """How often each thing was done, and how often it failed."""
        self._center, self._service = center, service
        self._stopping = threading.Event()
        plans = itertools.islice(itertools.cycle(scenario.VMS), vms)
        self._vms = [center.add_vm(replace(plan, name=f"{plan.name}-{n}")) for n, plan in enumerate(plans)]
        chances = [random.Random(f"{seed} {n}") for n in range(4)]  # noqa: S311 - repeatable
        work: Sequence[tuple[str, Callable[[random.Random], None], float]] = (
            ("start or stop", self._start_or_stop, 0.05),
            ("read", self._read, 0.02),
            ("explain", self._explain, 0.2),
            ("nonsense", self._nonsense, 0.02),
        )
        self._threads = [
            threading.Thread(target=self._keep, args=(*each, chance), daemon=True)
            for each, chance in zip(work, chances, strict=True)
        ]

    def __enter__(self) -> "Load":
        """From now on."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Nobody asks any more."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def wait(self, seconds: float) -> bool:
        """So long; True where it was told to end meanwhile."""
        return self._stopping.wait(seconds)

    def _keep(self, name: str, work: Callable[[random.Random], None], pause_s: float, chance: random.Random) -> None:
        while not self._stopping.wait(pause_s):
            try:
                work(chance)
                self.counts[name] += 1
            except ActionError:
                self.counts[f"{name}: not now"] += 1
            except FAILURES:
                self.counts[f"{name}: failed"] += 1

    def _start_or_stop(self, chance: random.Random) -> None:
        vm: Vm = chance.choice(self._vms)
        (self._center.engine.start_vm if vm.status == "down" else self._center.engine.stop_vm)(vm.id)

    def _read(self, chance: random.Random) -> None:
        requests.get(f"{self._service.api}/{chance.choice(PATHS)}", timeout=TIMEOUT_S)

    def _explain(self, chance: random.Random) -> None:
        vm = chance.choice(self._vms)
        name = chance.choice([vm.id, vm.name, f"nobody-{chance.random()}"])
        requests.get(f"{self._service.api}/api/v1/explain", params={"vm": name}, timeout=TIMEOUT_S)

    def _nonsense(self, chance: random.Random) -> None:
        """A host that nobody has, a VM that nobody has, a unit that nobody has: each time others."""
        with ServerProxy(self._service.xmlrpc, allow_none=True) as endpoint:
            hosts = [str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(50)]
            unit = chance.choice(["MdevFilter", f"Nobody{chance.random()}"])
            endpoint.runFilters([unit], hosts, str(uuid.UUID(int=chance.getrandbits(128))), {})
