"""Every VDSM of a fleet in one process: the real protocol over TLS, capabilities that lie ready."""

import asyncio
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mdev_inventory.model import KEY
from scheduler_plugins.benchmarks.speed.fleet import Fleet
from scheduler_plugins.simulation.pki import KeyPair, server_context
from scheduler_plugins.simulation.vdsm import SimulatedVdsm
from scheduler_plugins.simulation.vdsm_answers import capabilities


class ReadyHost:
    """A host that answers the same whenever it is asked."""

    def __init__(self, host_id: str, name: str, key: str) -> None:
        """`key` is what the capability hook would add."""
        self._capabilities = {**capabilities(host_id, name, "4.5"), KEY: json.loads(key)}

    def capabilities(self) -> dict[str, Any]:
        """With the hook's key."""
        return self._capabilities

    def hostdev_list(self) -> dict[str, Any]:
        """Nobody asks a host that has the hook."""
        return {}

    def all_vm_stats(self) -> list[dict[str, Any]]:
        """No VM that would need explaining."""
        return []

    def domain_xmls(self, vm_ids: Iterable[str]) -> dict[str, str]:
        """Likewise."""
        return dict.fromkeys(vm_ids, "")


async def serve(fleet: Fleet, ca_file: Path, own: KeyPair) -> None:
    """Prints the ports as JSON, and serves until standard input ends."""
    tls = server_context(ca_file, own)
    vdsms = [
        SimulatedVdsm(ReadyHost(host_id, f"host{number}", fleet.key(number)), tls)
        for number, host_id in enumerate(fleet.host_ids)
    ]
    for vdsm in vdsms:
        await vdsm.start()
    print(json.dumps([vdsm.port for vdsm in vdsms]), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def main() -> None:
    """The process: shape, hosts, full ones, then the CA's certificate, and ours with its key."""
    shape, count, full, ca_file, cert_file, key_file = sys.argv[1:]
    fleet = Fleet(shape, int(count), int(full))
    asyncio.run(serve(fleet, Path(ca_file), KeyPair(Path(cert_file), Path(key_file))))


if __name__ == "__main__":
    main()
