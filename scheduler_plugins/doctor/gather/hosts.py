"""What each host's VDSM says, asked as the service asks it: many hosts at a time, each with its deadline."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from mdev_inventory.collector.host_lists import from_hostdev_list
from mdev_inventory.collector.sources import from_capabilities
from mdev_inventory.engine.model import Host
from mdev_inventory.model import HostInventory, InventoryError
from mdev_inventory.vdsm.certificate import peer_not_after
from mdev_inventory.vdsm.errors import VdsmError
from mdev_inventory.vdsm.rpc import ClientContext, VdsmClient, client_context
from scheduler_plugins.config import Config
from scheduler_plugins.doctor.facts import HostFacts

DAY_S = 86400.0
HOOK_POINT, HOOK = "after_get_caps", "mdev_inventory"
RESOLUTION_S = 1.0
"""The hook writes its time in whole seconds."""


async def ask(hosts: Sequence[Host], config: Config, clock: Callable[[], float]) -> list[HostFacts]:
    """Every host; the credentials have been looked at before."""
    vdsm = config.vdsm
    tls = client_context(vdsm.ca_file, vdsm.cert_file, vdsm.key_file, vdsm.check_hostname)
    client, turns = VdsmClient(tls), asyncio.Semaphore(config.collector.max_connections)

    async def one(host: Host) -> HostFacts:
        async with turns:
            return await _one(host, client, tls, config.collector.host_timeout, clock)

    return list(await asyncio.gather(*map(one, hosts)))


async def _one(
    host: Host, client: VdsmClient, tls: ClientContext, timeout: float, clock: Callable[[], float]
) -> HostFacts:
    try:
        began = clock()
        caps = await client.call(host.address, host.port, "Host.getCapabilities", {}, timeout)
        seen = told(host, caps, began, clock())
        if seen.inventory is None:
            pci = {"caps": ["pci"]}
            devices = await client.call(host.address, host.port, "Host.hostdevListByCaps", pci, timeout)
            with suppress(InventoryError):
                seen = replace(seen, inventory=from_hostdev_list(devices))
    except VdsmError as error:
        return HostFacts(host, error.key, f"host {host.name}: {error.seen}")
    return replace(seen, days=await asyncio.to_thread(_days, host, tls, timeout, clock()))


def told(host: Host, caps: object, began: float, answered: float) -> HostFacts:
    """What the capabilities say that were asked for and came at these times."""
    told: Mapping[str, Any] = caps if isinstance(caps, Mapping) else {}
    facts = HostFacts(host, release=_release(told), hook_listed=_lists_hook(told))
    try:
        inventory = from_capabilities(caps)
    except InventoryError as error:
        return replace(facts, hook_error=f"host {host.name}: {error.seen}", hook_remedy=error.remedy)
    if inventory is None:
        return facts
    return replace(facts, inventory=inventory, hooked=True, clock_off=_off(inventory, began, answered))


def _release(caps: Mapping[str, Any]) -> tuple[int, int] | None:
    """VDSM 4.40 is of oVirt 4.4."""
    major, _, rest = str(caps.get("software_version", "")).partition(".")
    minor = rest.partition(".")[0]
    return (int(major), int(minor) // 10) if major.isdigit() and minor.isdigit() else None


def _lists_hook(caps: Mapping[str, Any]) -> bool:
    hooks = caps.get("hooks")
    files = hooks.get(HOOK_POINT) if isinstance(hooks, Mapping) else None
    return isinstance(files, Mapping) and any(HOOK in str(name) for name in files)


def _off(inventory: HostInventory, began: float, answered: float) -> float | None:
    """How far the host's clock is from ours; None where its time cannot be read."""
    with suppress(ValueError):
        return clock_off(datetime.fromisoformat(inventory.collected_at).timestamp(), began, answered)
    return None


def clock_off(there: float, began: float, answered: float) -> float:
    """Seconds by which `there` is ahead; what lies within the call may be no difference at all."""
    if there > answered:
        return there - answered
    return min(0.0, there + RESOLUTION_S - began)


def _days(host: Host, tls: ClientContext, timeout: float, now: float) -> float | None:
    try:
        return (peer_not_after(host.address, host.port, tls, timeout).timestamp() - now) / DAY_S
    except (OSError, ValueError, KeyError):
        return None
