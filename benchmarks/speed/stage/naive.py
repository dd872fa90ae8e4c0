"""The naive plugin: what it needs to run, and what a start costs with it."""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed.stage.proxy import Proxy, loads_our_packages, system_python

MISSING = "the naive plugin was not measured: ovirt-engine-sdk-python is not installed (extra `sdk`)"


def proxy(folder: Path, engine_url: str, environment: dict[str, str] | None = None) -> Proxy | None:
    """The proxy whose interpreter finds the engine's SDK; None where that is not installed.

    The system's python takes the packages of this environment where it is the same version of Python; else
    all plugins compared run under the one that runs this.
    """
    spec = importlib.util.find_spec("ovirtsdk4")
    if spec is None or spec.origin is None:
        return None
    python = system_python() if loads_our_packages(system_python()) else sys.executable
    told = {
        "ENGINE_URL": f"{engine_url}/ovirt-engine/api",
        "ENGINE_USER": "admin@internal",
        "ENGINE_PASSWORD": "secret",
    }
    packages = {"PYTHONPATH": str(Path(spec.origin).parent.parent)}
    return Proxy(folder, {**told, **packages, **(environment or {})}, python)


def start(plugins: Proxy, hosts: Sequence[str], vm_id: str) -> float:
    """Milliseconds of one start: one process for the filter, then one for the weight."""
    fitting, filtering = plugins.run("naive_units", "NaiveFilter", "do_filter", hosts, vm_id)
    assert isinstance(fitting, list)
    return filtering + plugins.run("naive_units", "NaiveWeight", "do_score", fitting, vm_id)[1]
