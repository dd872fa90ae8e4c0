"""Opens the service's doors, and says who is in the way where one cannot be had."""

import asyncio
import errno
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from scheduler_plugins.config import Service
from scheduler_plugins.scheduler import Scheduler
from scheduler_plugins.service.door1 import Door1, DoorError
from scheduler_plugins.service.door2 import Door2
from scheduler_plugins.service.door3 import Door3
from scheduler_plugins.service.health import Health
from scheduler_plugins.service.port_holder import port_holder

log = logging.getLogger("service")

DECISIONS_AT_ONCE = 16
"""Threads for decisions: the engine asks once per cluster at a time, the proxy once per unit of a call."""
XMLRPC_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Doors:
    """Where the service can be asked; ports as they really are."""

    api: str
    xmlrpc: str | None
    """None where another process holds the port."""
    socket: Path

    def __str__(self) -> str:
        """One line, for people and programs."""
        return f"api={self.api} xmlrpc={self.xmlrpc or '-'} socket={self.socket}"


class PortTakenError(DoorError):
    """Another process listens there."""


async def opened(
    settings: Service, stack: AsyncExitStack, scheduler: Scheduler, page: Door3, health: Health
) -> Doors:
    """Opens the doors; the stack closes them, before what they lean on."""
    pool = ThreadPoolExecutor(DECISIONS_AT_ONCE, thread_name_prefix="decision")
    stack.push_async_callback(asyncio.to_thread, pool.shutdown)
    await _started(page, stack, "http_port")
    xmlrpc = Door2(scheduler, pool, XMLRPC_HOST, settings.xmlrpc_port)
    try:
        await _started(xmlrpc, stack, "xmlrpc_port")
    except PortTakenError as error:
        # The proxy may well be there on purpose, and asks us through door 1.
        health.closed_doors.append(f"door 2 is closed: {error}")
        log.warning("Door 2 stays closed error=%s", error)
    proxy = Door1(settings.socket, scheduler, pool, settings.socket_group)
    await proxy.start()
    stack.push_async_callback(proxy.stop)
    return Doors(page.url, None if health.closed_doors else xmlrpc.url, settings.socket)


async def _started(door: Door2 | Door3, stack: AsyncExitStack, key: str) -> None:
    try:
        await door.start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            holder = (
                await asyncio.to_thread(port_holder, door.port) or "a process that /proc does not show us"
            )
            raise PortTakenError(f"{door.url} is held by {holder}; stop it or set [service] {key}") from error
        raise DoorError(f"cannot listen at {door.url}: {error.strerror}; set [service] {key}") from error
    stack.push_async_callback(door.stop)
