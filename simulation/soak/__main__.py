"""`python -m simulation.soak`: half an hour of a mixed load, and what the service's process takes meanwhile.

A table of five minutes each on standard output. Exit status 1 where memory, descriptors or threads have grown
after the first third of the time: after the tenth of thirty minutes.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from simulation.datacenter import DataCenter
from simulation.datacenter.service_process import ServiceProcess
from simulation.demo import scenario
from simulation.engine.units.external import XmlRpcScheduler
from simulation.soak.footprint import Footprint, footprint, grown, most
from simulation.soak.load import Load

SAMPLES = 180
ROWS = 6


def main() -> int:
    """Runs it."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--hosts", type=int, default=12)
    parser.add_argument("--vms", type=int, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        found, counts = soak(Path(folder), arguments.minutes * 60, arguments.hosts, arguments.vms)
    _print(found, arguments.minutes * 60 / ROWS)
    print(", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())))
    more = grown(found, arguments.minutes * 60 / 3)
    print("\n".join(f"GROWN after the first third: {text}" for text in more) or "flat after the first third")
    return 1 if more else 0


def soak(folder: Path, seconds: float, hosts: int, vms: int) -> tuple[Sequence[Footprint], dict[str, int]]:
    """So many seconds with so many hosts and VMs: the service's footprints, and what was done to it."""
    with DataCenter(folder, scenario.hosts(hosts), speed=10.0) as center, ServiceProcess(center) as service:
        service.wait_for_fresh_inventories(center.dead)
        center.start_engine(XmlRpcScheduler(service.xmlrpc))
        found, began = list[Footprint](), time.monotonic()
        with Load(center, service, vms) as load:
            while (now := time.monotonic() - began) < seconds:
                found.append(footprint(now, service.pid, service.log, service.folder / "state"))
                load.wait(seconds / SAMPLES)
    return found, dict(load.counts)


def _print(found: Sequence[Footprint], row_s: float) -> None:
    table = Table("until", "memory", "descriptors", "threads", "log", "state")
    for row in range(ROWS):
        part = [each for each in found if row * row_s <= each.seconds < (row + 1) * row_s]
        if not part:
            continue
        largest = most(part)
        table.add_row(
            f"{(row + 1) * row_s / 60:.1f} min",
            f"{largest.memory_kib / 1024:.1f} MiB",
            str(largest.descriptors),
            str(largest.threads),
            f"{largest.log_bytes / 1024:,.0f} KiB",
            f"{largest.state_bytes / 1024:,.0f} KiB",
        )
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
