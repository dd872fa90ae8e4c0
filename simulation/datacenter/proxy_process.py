"""ovirt-scheduler-proxy as the engine meets it: our plugin file run as the proxy runs it.

One process per unit and call, its standard output read as a Python literal, any byte on standard error or an
exit status other than 0 a failure; a filter that fails is skipped, and where all fail every host passes.
"""

import ast
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import scheduler_plugins
from scheduler_plugins.units.registry import FILTERS, WEIGHTS
from simulation.engine.units.external import Functions, Names, Properties

PLUGIN = Path(scheduler_plugins.__file__).parent / "proxy" / "mdev_units.py"
TIMEOUT_S = 30.0
UNITS: dict[str, dict[str, list[str]]] = {
    "filters": {name: ["filter", unit.properties] for name, unit in FILTERS.items()},
    "scores": {name: ["weight", unit.properties] for name, unit in WEIGHTS.items()},
    "balance": {},
}
"""What discovery finds in the file; `test_mdev_units` holds the file to it."""


class ProxyScheduler:
    """An external scheduler: the proxy with our plugin, which asks the service through the proxy socket."""

    def __init__(self, folder: Path, socket: Path, state: Path) -> None:
        """The plugin is copied into `folder`; `socket` and `state` are the service's."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(PLUGIN, folder)
        self._folder = folder
        self._environment = {**os.environ, "MDEV_SCHEDULER_SOCKET": str(socket), "MDEV_SCHEDULER_STATE": str(state)}

    def discover(self) -> object:
        """All units."""
        return UNITS

    def run_filters(self, names: Names, hosts: Names, vm: str, properties: Properties) -> object:
        """What all filters leave that did not fail."""
        printed = self._run_all(names, "do_filter", hosts, vm, properties)
        answers = [set(answer) for answer in printed if isinstance(answer, list)]
        if not answers:
            return {"result_code": 1, "result": list(hosts), "errors": ["all filters failed"]}
        return {"result_code": 0, "result": sorted(set.intersection(*answers))}

    def run_cost_functions(self, functions: Functions, hosts: Names, vm: str, properties: Properties) -> object:
        """Weights times factors, added up."""
        names = [name for name, _ in functions]
        printed = self._run_all(names, "do_score", hosts, vm, properties)
        total: Counter[str] = Counter()
        for (_, factor), answer in zip(functions, printed, strict=True):
            for host, weight in answer if isinstance(answer, list) else ():
                total[host] += factor * weight
        return {"result_code": 0, "result": [[host, weight] for host, weight in total.items()]}

    def _run_all(
        self, names: Sequence[str], method: str, hosts: Sequence[str], vm: str, properties: Mapping[str, str]
    ) -> list[object]:
        arguments = repr((list(hosts), vm, dict(properties)))
        scripts = [f"import mdev_units; mdev_units.{name}().{method}{arguments}" for name in names]
        with ThreadPoolExecutor(max(1, len(scripts))) as pool:
            return list(pool.map(self._run, scripts))

    def _run(self, script: str) -> object:
        """What a unit printed; None where it failed."""
        try:
            done = subprocess.run(  # noqa: S603 - our own plugin
                [sys.executable, "-c", script],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT_S,
                check=False,
            )
            return None if done.returncode or done.stderr else ast.literal_eval(done.stdout.decode())
        except (subprocess.TimeoutExpired, ValueError, SyntaxError):
            return None
