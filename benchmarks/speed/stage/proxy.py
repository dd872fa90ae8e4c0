"""Runs a plugin's method as ovirt-scheduler-proxy does: a new interpreter for each unit and call.

The interpreter is the system's, whatever this program runs under, because that is what the proxy starts. All
plugins lie in one folder and get one environment, so that they differ in nothing but what they do.
"""

import ast
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import scheduler_plugins

OURS = Path(scheduler_plugins.__file__).parent / "proxy" / "mdev_units.py"
PLUGINS = Path(__file__).parent / "plugins"
SYSTEM_PYTHON = "/usr/bin/python3"


class PluginFailedError(RuntimeError):
    """The plugin failed by the proxy's rules; the text tells what it said."""


@dataclass
class Proxy:
    """A folder of plugins and the environment that they run in."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    python: str = ""
    """The system's python where this is empty and there is one."""

    def __post_init__(self) -> None:
        """Puts the plugins into the folder."""
        self.python = self.python or system_python()
        self.folder.mkdir(parents=True, exist_ok=True)
        for plugin in (OURS, *sorted(PLUGINS.glob("*.py"))):
            shutil.copy(plugin, self.folder)
        # As the installation does, for all alike.
        compiling = [self.python, "-I", "-m", "compileall", "-q", "."]
        subprocess.run(compiling, cwd=self.folder, check=True)  # noqa: S603 - our own plugins

    def run(self, module: str, unit: str, method: str, hosts: Sequence[str], vm_id: str) -> tuple[object, float]:
        """What the unit printed, and how many milliseconds it took; PluginFailedError."""
        script = f"import {module}; {module}.{unit}().{method}{(list(hosts), vm_id, {})!r}"
        began = time.perf_counter()
        done = subprocess.run(  # noqa: S603 - our own plugins
            [self.python, "-c", script],
            cwd=self.folder,
            # The proxy's user may not write into the plugins' folder.
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        took = (time.perf_counter() - began) * 1000
        if done.returncode or done.stderr:
            raise PluginFailedError(f"{unit}: status {done.returncode}: {done.stderr.decode()[-500:]}")
        return ast.literal_eval(done.stdout.decode()), took


def at_once(runs: Sequence[Callable[[], object]]) -> float:
    """Milliseconds until all have run, side by side: the proxy starts all units of a call at once."""
    began = time.perf_counter()
    if len(runs) == 1:
        runs[0]()
    else:
        with ThreadPoolExecutor(len(runs)) as threads:
            list(threads.map(lambda run: run(), runs))
    return (time.perf_counter() - began) * 1000


def system_python() -> str:
    """The interpreter that the proxy would start; ours where the system has none."""
    return SYSTEM_PYTHON if Path(SYSTEM_PYTHON).exists() else sys.executable


def loads_our_packages(python: str) -> bool:
    """Whether that interpreter can load what is installed here: the SDK's C part is for one version only."""
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_config_var('SOABI'))"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - an interpreter
    return told.stdout.strip() == str(sysconfig.get_config_var("SOABI"))
