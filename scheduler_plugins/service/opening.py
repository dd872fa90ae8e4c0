"""Opens the service's endpoints, and says who is in the way where one cannot be had."""

import asyncio
import errno
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from scheduler_plugins.config import Service
from scheduler_plugins.decisions.scheduler import Scheduler
from scheduler_plugins.service.engine_endpoint.server import EngineEndpoint
from scheduler_plugins.service.health import Health
from scheduler_plugins.service.process.port_holder import port_holder
from scheduler_plugins.service.proxy_socket.server import EndpointError, ProxySocket
from scheduler_plugins.service.web.server import WebApi

log = logging.getLogger("service")

DECISIONS_AT_ONCE = 16
"""Threads for decisions: the engine asks once per cluster at a time, the proxy once per unit of a call."""
XMLRPC_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the service can be asked; ports as they really are."""

    api: str
    xmlrpc: str | None
    """None where another process holds the port."""
    socket: Path

    def __str__(self) -> str:
        """One line, for people and programs."""
        return f"api={self.api} xmlrpc={self.xmlrpc or '-'} socket={self.socket}"


class PortTakenError(EndpointError):
    """Another process listens there."""


async def opened(
    settings: Service, stack: AsyncExitStack, scheduler: Scheduler, page: WebApi, health: Health
) -> Endpoints:
    """Opens the endpoints; the stack closes them, before what they lean on."""
    pool = ThreadPoolExecutor(DECISIONS_AT_ONCE, thread_name_prefix="decision")
    stack.push_async_callback(asyncio.to_thread, pool.shutdown)
    await _started(page, stack, "http_port")
    xmlrpc = EngineEndpoint(scheduler, pool, XMLRPC_HOST, settings.xmlrpc_port)
    try:
        await _started(xmlrpc, stack, "xmlrpc_port")
    except PortTakenError as error:
        # The proxy may well be there on purpose, and asks us through the proxy socket.
        health.closed_endpoints.append(f"the engine endpoint is closed: {error}")
        log.warning("The engine endpoint stays closed error=%s", error)
    proxy = ProxySocket(settings.socket, scheduler, pool, settings.socket_group)
    await proxy.start()
    stack.push_async_callback(proxy.stop)
    return Endpoints(page.url, None if health.closed_endpoints else xmlrpc.url, settings.socket)


async def _started(endpoint: EngineEndpoint | WebApi, stack: AsyncExitStack, key: str) -> None:
    try:
        await endpoint.start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            holder = (
                await asyncio.to_thread(port_holder, endpoint.port) or "a process that /proc does not show us"
            )
            raise PortTakenError(
                f"{endpoint.url} is held by {holder}; stop it or set [service] {key}"
            ) from error
        raise EndpointError(
            f"cannot listen at {endpoint.url}: {error.strerror}; set [service] {key}"
        ) from error
    stack.push_async_callback(endpoint.stop)
