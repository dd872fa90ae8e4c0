"""Asks one host for its inventory: the hook's key, else VDSM's host devices, else the engine's copy of these.

VDSM without the hook is asked for the host devices; so is VDSM whose hook's key cannot be understood, which
stays visible as a failure `bad-inventory`. The engine comes last and only where VDSM is there but does not
tell us, as with a certificate that it refuses: its copy is as old as the engine's last refresh of that host,
whenever that was, and why VDSM did not tell stays visible beside it. Where VDSM is
silent, the engine could not start a VM there either: its copy would only make a dead host look able.

A host that tells its inventory is asked about its VMs as well, where somebody wants that: `vm_questions`.
"""

import asyncio
import functools
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, Protocol

from mdev_inventory.collector.host_lists import from_engine_devices, from_hostdev_list
from mdev_inventory.collector.vm_questions import Unexplained, vms_there
from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.model import Host, HostDevice
from mdev_inventory.model import KEY, HostInventory, InventoryError, ReadError
from mdev_inventory.observation import HostFailure, Observation, Source
from mdev_inventory.vdsm import key_reader
from mdev_inventory.vdsm.errors import ErrorCode, VdsmError
from mdev_inventory.vdsm.strict import LOOK_AT_LOG

__all__ = ["SourceError", "from_capabilities", "from_engine_devices", "from_hostdev_list", "observe"]

BAD_INVENTORY = "bad-inventory"
# Nobody can start a VM on a host whose VDSM cannot be reached or does not answer.
SILENT = frozenset({ErrorCode.CONNECT, ErrorCode.TIMEOUT})
# What a slow VDSM leaves of the deadline for asking the engine instead.
ENGINE_SHARE = 0.25


class Talk(Protocol):
    """One host is asked, several things one after the other."""

    async def call(self, method: str, params: dict[str, Any], deadline_s: float) -> Any:
        """The result of a JSON-RPC call; raises VdsmError."""


class Vdsm(Protocol):
    """How hosts are asked."""

    def talk(self, address: str, port: int) -> AbstractAsyncContextManager[Talk]:
        """Calls to one host, over one connection, which the first call makes."""


class Engine(Protocol):
    """What is asked of the engine; blocks, ends within a deadline of its own, raises EngineError."""

    def host_devices(self, host_id: str) -> list[HostDevice]:
        """The engine's copy of a host's devices."""


class SourceError(Exception):
    """No source told a host's inventory. `code` is that of VDSM's failure, the text tells all of them."""

    def __init__(self, code: str, text: str) -> None:
        """`code` is stable for machines: VdsmError's codes, `bad-inventory`, `no-address`."""
        super().__init__(text)
        self.code = code
        self.text = text


async def observe(
    host: Host,
    vdsm: Vdsm,
    engine: Engine,
    timeout_s: float,
    clock: Callable[[], float],
    unexplained: Unexplained | None = None,
) -> Observation:
    """The host's inventory from the best source that answers within `timeout_s` in all, or SourceError.

    `clock` is the service's, seconds since the epoch. `requested_at` is read before the request whose answer
    counts is sent. For the engine's copy that says when we asked, not how old the copy was then: whoever
    ends a claim by an inventory's time must not do so by one from `Source.ENGINE`. `failure` says why a
    better source did not do. `unexplained` tells the instances whose VMs VDSM is to name; None asks nothing
    about VMs.
    """
    asking = _Asking(host, clock, asyncio.get_running_loop().time() + timeout_s)
    try:
        async with vdsm.talk(host.address, host.port) as talk:
            seen = await asking.vdsm(talk, timeout_s * ENGINE_SHARE)
            return await asking.vms(talk, seen, unexplained) if unexplained else seen
    except SourceError as error:
        if error.code in SILENT:
            raise
        failure = HostFailure(host.id, error.code, error.text, clock())
    return await asking.engine(engine, failure)


def from_capabilities(caps: object) -> HostInventory | None:
    """The inventory in the answer to `Host.getCapabilities`; None where the host has no hook.

    InventoryError where the answer or the hook's key cannot be understood.
    """
    if not isinstance(caps, dict):
        raise InventoryError("capabilities", caps, "not an object", LOOK_AT_LOG)
    return key_reader.from_key(caps[KEY]) if KEY in caps else None


class _Asking:
    """One host, asked once, and the moment by which that has to be over."""

    def __init__(self, host: Host, clock: Callable[[], float], ends: float) -> None:
        self._host, self._clock, self._ends = host, clock, ends

    async def vdsm(self, talk: Talk, reserve: float) -> Observation:
        """From the hook's key or from VDSM's list, with `reserve` seconds left unused; SourceError."""
        if not self._host.address:
            raise SourceError("no-address", f"the engine shows no usable address for host {self._host.name}")
        asked = self._clock()
        caps = await self._call(talk, "Host.getCapabilities", {}, reserve)
        failure = None
        try:
            inventory = from_capabilities(caps)
        except InventoryError as error:
            failure = HostFailure(self._host.id, BAD_INVENTORY, self._named(error), self._clock())
        else:
            if inventory is not None:
                return self._seen(inventory, Source.HOOK, asked)
        return await self._listed(talk, reserve, failure)

    async def _listed(self, talk: Talk, reserve: float, failure: HostFailure | None) -> Observation:
        """From VDSM's list of host devices; `failure` is what is wrong with the hook's key."""
        asked = self._clock()
        try:
            devices = await self._call(talk, "Host.hostdevListByCaps", {"caps": ["pci"]}, reserve)
            inventory = from_hostdev_list(devices)
        except InventoryError as error:
            raise self._both(failure, BAD_INVENTORY, self._named(error)) from error
        except SourceError as error:
            raise self._both(failure, error.code, error.text) from error
        if failure is not None:
            inventory = inventory._replace(errors=(ReadError(f"capabilities/{KEY}", failure.text), *inventory.errors))
        return self._seen(inventory, Source.VDSM, asked, failure)

    async def vms(self, talk: Talk, seen: Observation, unexplained: Unexplained) -> Observation:
        """The observation with what VDSM tells of the VMs there, within what is left of the time."""
        call = functools.partial(self._ask, talk, 0.0)
        there = await vms_there(call, seen.inventory, unexplained, self._host.name)
        return replace(seen, **there._asdict(), received_at=self._clock())

    async def engine(self, engine: Engine, failure: HostFailure) -> Observation:
        """From the engine's copy. One that shows no mdev type at all tells nothing: older ones never do."""
        asked = self._clock()
        try:
            async with asyncio.timeout_at(self._ends):
                devices = await asyncio.to_thread(engine.host_devices, self._host.id)
        except EngineError as error:
            raise self._both(failure, failure.code, f"nor can the engine be asked: {error.text}") from error
        except TimeoutError as error:
            raise self._both(failure, failure.code, "nor did the engine answer in time") from error
        inventory = from_engine_devices(devices)
        if not inventory.parents:
            raise self._both(failure, failure.code, "nor does the engine show an mdev type there")
        return self._seen(inventory, Source.ENGINE, asked, failure)

    async def _call(self, talk: Talk, method: str, params: dict[str, Any], reserve: float) -> Any:
        try:
            return await self._ask(talk, reserve, method, params)
        except VdsmError as error:
            raise SourceError(str(error.code), f"host {self._host.name}: {error}") from error

    async def _ask(self, talk: Talk, reserve: float, method: str, params: dict[str, Any]) -> Any:
        left = max(0.0, self._ends - reserve - asyncio.get_running_loop().time())
        return await talk.call(method, params, left)

    def _seen(
        self, inventory: HostInventory, source: Source, asked: float, failure: HostFailure | None = None
    ) -> Observation:
        return Observation(self._host.id, inventory, source, asked, self._clock(), failure)

    def _named(self, error: InventoryError) -> str:
        return f"host {self._host.name} ({self._host.address}:{self._host.port}): {error}"

    def _both(self, failure: HostFailure | None, code: str, text: str) -> SourceError:
        return SourceError(code, f"{failure.text}; {text}" if failure else text)
