"""Every VDSM of a fleet in one process: the real protocol over TLS, capabilities that lie ready."""

import asyncio
import json
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.speed.stage.fleet import Fleet, key_of
from mdev_inventory.model import KEY
from simulation.hosts.vdsm_answers import capabilities
from simulation.vdsm import SimulatedVdsm
from simulation.vdsm.pki import KeyPair, server_context


class ReadyHost:
    """A host whose answers lie ready, for any number of instances on it."""

    def __init__(self, fleet: Fleet, number: int) -> None:
        """One of the fleet."""
        self._plain = capabilities(fleet.host_ids[number], f"host{number}", "4.5")
        self._shape_name, self._most = fleet.shape_name, fleet.shape.full
        self._used = fleet.used(number)

    def start_vm(self) -> None:
        """One instance more."""
        self._used = min(self._most, self._used + 1)

    def capabilities(self) -> dict[str, Any]:
        """With the hook's key."""
        return {**self._plain, KEY: _key(self._shape_name, self._used)}

    def hostdev_list(self) -> dict[str, Any]:
        """Nobody asks a host that has the hook."""
        return {}

    def all_vm_stats(self) -> list[dict[str, Any]]:
        """No VM that would need explaining."""
        return []

    def domain_xmls(self, vm_ids: Iterable[str]) -> dict[str, str]:
        """Likewise."""
        return dict.fromkeys(vm_ids, "")


@cache
def _key(shape_name: str, used: int) -> Any:
    return json.loads(key_of(shape_name, used))


async def serve(fleet: Fleet, ca_file: Path, own: KeyPair) -> None:
    """Prints the ports as JSON, and serves; each line of standard input is a host on which a VM starts."""
    tls = server_context(ca_file, own)
    hosts = [ReadyHost(fleet, number) for number in range(fleet.count)]
    vdsms = [SimulatedVdsm(host, tls) for host in hosts]
    for vdsm in vdsms:
        await vdsm.start()
    print(json.dumps([vdsm.port for vdsm in vdsms]), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        hosts[int(line)].start_vm()


def main() -> None:
    """The process: shape, hosts, full ones, then the CA's certificate, and ours with its key."""
    shape, count, full, ca_file, cert_file, key_file = sys.argv[1:]
    fleet = Fleet(shape, int(count), int(full))
    asyncio.run(serve(fleet, Path(ca_file), KeyPair(Path(cert_file), Path(key_file))))


if __name__ == "__main__":
    main()
