"""One exchange with the engine, and reading its VMs: `python -m benchmarks.speed.measures.engine_client`.

The figures of docs/decisions/0004-requests-to-the-engine.md. An exchange is the search for ten VMs that a
decision waits for, over a connection that is kept; its stub's own time is in it.
"""

import contextlib
import json
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.speed.stage import processes
from benchmarks.speed.stage.fleet import Fleet
from benchmarks.speed.timing import Stats, timed
from mdev_inventory.engine import parsing
from mdev_inventory.engine.api import EngineApi

HOSTS, EXCHANGES, LISTED, READINGS = 100, 2000, 10_000, 15


def exchanges() -> Stats:
    """Of the searches."""
    fleet = Fleet("cards", HOSTS)
    with searching(fleet) as api:
        samples = [timed(lambda: api.vms_by_id(fleet.vm_ids[:10])) for _ in range(EXCHANGES)]
    return Stats.of(samples[EXCHANGES // 10 :])


@contextlib.contextmanager
def searching(fleet: Fleet) -> Iterator[EngineApi]:
    """Our client of the fleet's stub."""
    with (
        tempfile.TemporaryDirectory() as folder,
        processes.engine(fleet, Path(folder)) as stub,
        EngineApi(stub.url, "admin@internal", "secret") as api,
    ):
        yield api


def vms() -> object:
    """The answer with ten thousand VMs, their devices inlined, and members that nobody looks at."""
    params = [{"name": "mdevType", "value": "nvidia-22"}]
    devices = {"vm_mediated_device": [{"id": "d-1", "spec_params": {"property": params}}]}
    unknown = {f"member_{n}": {"value": str(n)} for n in range(40)}
    one = {"name": "vm", "status": "up", "cluster": {"id": "c-1"}, "host": {"id": "h-1"}, **unknown}
    listed = [{"id": f"vm-{n}", **one, "mediated_devices": devices} for n in range(LISTED)]
    return json.loads(json.dumps({"vm": listed}))


def main() -> None:
    """Print both."""
    stats, answer = exchanges(), vms()
    readings = [timed(lambda: parsing.vms(answer)) for _ in range(READINGS)]
    print(f"one exchange: {stats.median:.2f} ms in the median, {stats.p95:.2f} ms at the 95th percentile")
    print(f"{LISTED} VMs read: {statistics.median(readings):.0f} ms in the median, {min(readings):.0f} at best")


if __name__ == "__main__":
    main()
