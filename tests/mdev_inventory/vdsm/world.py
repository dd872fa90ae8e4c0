"""What tests of VDSM's protocol share: an authority, running VDSMs, clients, and peers that are no VDSM."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mdev_inventory.vdsm.rpc import VdsmClient, client_context
from simulation.vdsm import Fault, SimulatedVdsm
from simulation.vdsm.farm import VdsmFarm
from simulation.vdsm.pki import Authority, KeyPair, server_context

LOOPBACK = "127.0.0.1"


@dataclass
class FakeHost:
    """A host that answers what it is given."""

    caps: dict[str, Any] = field(default_factory=lambda: {"software_version": "4.50"})
    devices: dict[str, Any] = field(default_factory=dict)
    vms: list[dict[str, Any]] = field(default_factory=list)
    domains: dict[str, str] = field(default_factory=dict)

    def capabilities(self) -> dict[str, Any]:
        """See VdsmHost."""
        return self.caps

    def hostdev_list(self) -> dict[str, Any]:
        """See VdsmHost."""
        return self.devices

    def all_vm_stats(self) -> list[dict[str, Any]]:
        """See VdsmHost."""
        return self.vms

    def domain_xmls(self, vm_ids: Iterable[str]) -> dict[str, str]:
        """See VdsmHost."""
        return {vm_id: self.domains[vm_id] for vm_id in vm_ids}


class World:
    """One engine CA, a farm of VDSMs that trust it, a foreign CA, and a client certificate of ours."""

    def __init__(self, directory: Path, farm: VdsmFarm) -> None:
        """Certificates are written below `directory`."""
        self.directory = directory
        self.farm = farm
        self.authority = Authority(directory / "engine")
        self.foreign = Authority(directory / "foreign", "another CA")
        self.pair = self.authority.client()
        self.host_pair = self.authority.host(LOOPBACK)

    @contextmanager
    def vdsm(
        self,
        host: FakeHost | None = None,
        pair: KeyPair | None = None,
        fault: Fault = Fault.NONE,
        hook: Path | None = None,
        tree: Path | None = None,
        address: str = LOOPBACK,
    ) -> Iterator[SimulatedVdsm]:
        """A running VDSM."""
        tls = server_context(self.authority.ca_file, pair or self.host_pair)
        vdsm = SimulatedVdsm(host or FakeHost(), tls, hook, tree, address)
        vdsm.fault = fault
        self.farm.start(vdsm)
        try:
            yield vdsm
        finally:
            self.farm.stop(vdsm)

    def client(
        self, ca: Authority | None = None, pair: KeyPair | None = None, check_hostname: bool = True
    ) -> VdsmClient:
        """A client, ours unless told otherwise."""
        pair = pair or self.pair
        ca_file = (ca or self.authority).ca_file
        return VdsmClient(client_context(ca_file, pair.cert_file, pair.key_file, check_hostname))

    def ask(self, port: int, method: str = "Host.ping2", **params: Any) -> Any:
        """One call of our client to the loopback address."""
        return asyncio.run(self.client().call(LOOPBACK, port, method, params, 5.0))


@contextmanager
def peer(act: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a peer that does `act` with its first connection, in a thread."""
    with socket.create_server((LOOPBACK, 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                act(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)
