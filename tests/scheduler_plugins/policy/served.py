"""A simulated engine over TLS for the policy commands, and the configuration that names it."""

import ssl
from pathlib import Path
from typing import Any

from scheduler_plugins.policy.runner import Engine
from scheduler_plugins.policy.state import EngineState, from_document
from scheduler_plugins.units.registry import FILTERS, WEIGHTS
from simulation.engine import SimulatedEngine
from simulation.engine.policies import SchedulingPolicy
from simulation.engine.rest.auth import Tokens
from simulation.engine.rest.messages import Request
from simulation.engine.rest.server import RestServer
from simulation.engine.settings import AT_ONCE
from simulation.engine.state import Cluster, Policy
from simulation.timeline import Timeline
from simulation.vdsm.pki import Authority
from tests.simulation.engine.centre import Units

USER, PASSWORD = "admin@internal", "secret"


class Recorder(Tokens):
    """Keeps what was asked of the API."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Request] = []

    def accepts(self, request: Request) -> bool:
        """As ever."""
        self.requests.append(request)
        return super().accepts(request)

    def changes(self) -> list[tuple[str, str, str]]:
        """Method, path below the API's base and body of all requests but those that only look."""
        asked = ((each.method, each.path.partition("/api/")[2], each.body.decode()) for each in self.requests)
        return [each for each in asked if each[0] != "GET"]


class Served:
    """An engine with two clusters: `gpu` has evenly_distributed, `office` has none."""

    def __init__(self, folder: Path, tls: bool = True) -> None:
        self.folder = folder
        self.authority = Authority(folder / "pki")
        self.timeline = Timeline()
        self.engine = SimulatedEngine(self.timeline, settings=AT_ONCE)
        self.units = Units()
        self.offer([*FILTERS, *WEIGHTS])
        self.gpu, self.office = (self.engine.add_cluster(name, Policy()) for name in ("gpu", "office"))
        self.restart()
        self.engine.policies.choose(self.gpu, self.policy("evenly_distributed"), {})
        self.rest = RestServer(self.engine, self._tls() if tls else None)
        """The API: its faults and counters."""
        self.tokens = self.rest.tokens = Recorder()
        self.url = self.rest.start()

    def offer(self, names: list[str]) -> None:
        """From the engine's next start on, it finds these of our units."""
        filters, weights = (
            {name: [unit.description, unit.properties] for name, unit in table.items() if name in names}
            for table in (FILTERS, WEIGHTS)
        )
        self.units.found = {"filters": filters, "scores": weights, "balance": {}}

    def restart(self) -> None:
        """The engine starts again: it discovers units, and goes by what is stored."""
        self.engine.start(self.units)
        self.timeline.run_all()

    def policy(self, name: str) -> SchedulingPolicy:
        """A policy by its name."""
        return next(one for one in self.engine.policies.table.values() if one.live.name == name)

    def names(self) -> list[str]:
        """All policies' names."""
        return sorted(one.live.name for one in self.engine.policies.table.values())

    def of(self, cluster: Cluster) -> dict[str, Any]:
        """A cluster's policy in full, as in force, after making sure that all of it is stored."""
        policy = self.engine.policies.of(cluster)
        assert policy.live == policy.stored
        live = policy.live
        return {
            "name": live.name,
            "properties": live.properties,
            "filters": {unit[0]: number for unit, number in live.filters},
            "weights": {unit[0]: number for unit, number in live.weights},
            "balance": live.balance[0] if live.balance else None,
        }

    def task(self, *steps: Any) -> dict[str, Any]:
        """What `sdk_child` is told."""
        return {
            "url": self.url,
            "user": USER,
            "password": PASSWORD,
            "ca_file": str(self.authority.ca_file),
            "timeout": 10,
            "steps": [step.task for step in steps],
        }

    def asked(self, **changes: Any) -> Engine:
        """The engine as `runner` is told of it."""
        usual = {"url": self.url, "user": USER, "password": PASSWORD, "timeout": 10.0}
        return Engine(**{**usual, "ca_file": self.authority.ca_file, **changes})

    def configured(self) -> Path:
        """A folder of configuration files."""
        folder = self.folder / "conf.d"
        folder.mkdir(exist_ok=True)
        password = self.folder / "password"
        password.write_text(f"{PASSWORD}\n")
        password.chmod(0o600)
        lines = f"url = {self.url}\nuser = {USER}\npassword_file = {password}\n"
        (folder / "50.conf").write_text(f"[engine]\n{lines}ca_file = {self.authority.ca_file}\n")
        return folder

    def _tls(self) -> ssl.SSLContext:
        pair = self.authority.host("127.0.0.1")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pair.cert_file, pair.key_file)
        return context


def state_of(answer: dict[str, Any]) -> EngineState:
    """What the child saw."""
    assert "state" in answer, answer
    return from_document(answer["state"])
