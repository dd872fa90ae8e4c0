"""Asks everybody what the checks need to know; nothing here judges, and nothing changes anything."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from mdev_inventory import __version__
from mdev_inventory.collector.host_watch import SILENT_STATUSES
from scheduler_plugins.config import FOLDER
from scheduler_plugins.doctor.facts import Facts
from scheduler_plugins.doctor.gather import engine, hosts, machine, service

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Where:
    """Where to look."""

    config: Path = FOLDER
    root: Path = Path("/")
    """The folder under which ovirt-scheduler-proxy is looked for."""
    url: str = ""
    """The service's; empty: as the configuration has it."""
    least_free_mib: int = 256


def facts(where: Where) -> Facts:
    """Everything, as of now. Each question has a deadline of its own; none of them raises."""
    here = machine.read(where.config, where.root, where.least_free_mib * MIB)
    if here.config is None:
        return Facts(here, version=__version__)
    answered = service.ask(here.config, where.url)
    if here.file_error:
        return Facts(here, answered, version=__version__)
    asked = engine.ask(here.config)
    there = [host for host in asked.hosts or () if host.status not in SILENT_STATUSES]
    told = asyncio.run(hosts.ask(there, here.config, time.time)) if there else ()
    return Facts(here, answered, asked, tuple(told), __version__)
