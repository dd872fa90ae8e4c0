"""A small simulated data centre for tests: hosts with one T4 each, external units that answer as told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from simulation.engine import SimulatedEngine
from simulation.engine.rest.server import RestServer
from simulation.engine.settings import AT_ONCE, Jitter, Settings
from simulation.engine.state import Host, Policy, Vm
from simulation.engine.units.external import Functions, Names, Properties
from simulation.hosts import SimulatedHost
from simulation.hosts.virtual_machine import Delays
from simulation.kernel.boards import bus_of
from simulation.timeline import Timeline

T4_1Q, T4_16Q = "nvidia-230", "nvidia-234"
FULL_SIZE = T4_16Q
"""A T4 holds one of it."""
PACE = Delays(prepare=1.0, create=0.25, launch=0.5, boot=4.0, teardown=0.125)

PROMPT = replace(AT_ONCE, delays=replace(AT_ONCE.delays, domain_xml=Jitter(10.0)))
"""No delays, but the domain XML is read only after the guest has booted: no refresh at the first Up."""

Answer = Callable[[list[str]], object]


def everyone(hosts: list[str]) -> object:
    """An answer that lets every host through."""
    return {"result_code": 0, "result": hosts}


class Units:
    """External units: one filter, two weights; answers are functions of the hosts asked about."""

    def __init__(self, answer: Answer = everyone, scores: Answer | None = None) -> None:
        self.found: object = {
            "filters": {"Fits": ["keeps those that fit", "strict=true|false"]},
            "scores": {"Pack": ["packs", ""], "Spread": ["spreads", ""]},
            "balance": {},
        }
        self.answer = answer
        self.scores = scores or (lambda hosts: {"result_code": 0, "result": []})
        self.asked: list[tuple[str, str, list[str]]] = []
        """(method, VM, hosts) of every question."""
        self.names: list[Any] = []
        self.properties: list[dict[str, str]] = []

    def discover(self) -> object:
        """What was found."""
        return self.found

    def run_filters(self, names: Names, hosts: Names, vm: str, properties: Properties) -> object:
        """What `answer` makes of the hosts."""
        return self._note("runFilters", names, hosts, vm, properties, self.answer)

    def run_cost_functions(self, functions: Functions, hosts: Names, vm: str, properties: Properties) -> object:
        """What `scores` makes of the hosts."""
        return self._note("runCostFunctions", functions, hosts, vm, properties, self.scores)

    def _note(
        self,
        method: str,
        names: Sequence[Any],
        hosts: Sequence[str],
        vm: str,
        properties: Mapping[str, str],
        answer: Answer,
    ) -> object:
        self.asked.append((method, vm, list(hosts)))
        self.names.append(list(names))
        self.properties.append(dict(properties))
        return answer(list(hosts))


class Centre:
    """One cluster of like hosts with an engine that has started."""

    def __init__(
        self,
        hosts: int = 2,
        *,
        version: str = "4.5",
        units: Units | None = None,
        settings: Settings = PROMPT,
        policy: Policy | None = None,
        properties: Mapping[str, str] | None = None,
        seed: int = 7,
    ) -> None:
        self.timeline = Timeline()
        self.engine = SimulatedEngine(self.timeline, version, seed, settings=settings)
        self.rest = RestServer(self.engine)
        """The REST API, which somebody starts or nobody."""
        self.units = units or Units()
        wanted = policy or Policy(filters=("Fits",), weights=(("Pack", 1),))
        self.cluster = self.engine.add_cluster("gpu", wanted, properties)
        self.hosts = [self.add_host(f"host{number}") for number in range(hosts)]
        self.engine.start(self.units)
        self.timeline.run_all()

    def add_host(self, name: str, *, board: str = "tesla-t4", status: str = "up") -> Host:
        """A host with one board."""
        driver = SimulatedHost(name, name, bus_of(board), self.timeline, delays=PACE)
        return self.engine.add_host(name, self.cluster, driver, status=status)

    def vm(self, name: str = "vm", mdev_type: str | None = FULL_SIZE) -> Vm:
        """A VM that is down."""
        return self.engine.add_vm(name, self.cluster, mdev_type=mdev_type)

    def started(self, name: str = "vm", mdev_type: str | None = FULL_SIZE) -> Vm:
        """A VM whose start has run to its end."""
        vm = self.vm(name, mdev_type)
        self.engine.start_vm(vm.id)
        self.timeline.run_all()
        return vm

    def simulated(self, host: Host) -> SimulatedHost:
        """The host behind the engine's row."""
        assert isinstance(host.driver, SimulatedHost)
        return host.driver

    def stop(self) -> None:
        """Nobody is answered any more."""
        self.rest.stop()
        self.engine.stop()

    def codes(self) -> list[int]:
        """The audit log since the engine's start."""
        return self.engine.audit.codes()


def with_delays(**changes: Any) -> Settings:
    """No delays but these."""
    return replace(PROMPT, delays=replace(PROMPT.delays, **changes))


def with_misfortunes(**changes: float) -> Settings:
    """No delays, and these misfortunes."""
    return replace(PROMPT, misfortunes=replace(PROMPT.misfortunes, **changes))
