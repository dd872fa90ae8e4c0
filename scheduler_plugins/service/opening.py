"""Opens the service's endpoints, and says who is in the way where one cannot be had."""

import asyncio
import errno
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scheduler_plugins.config import Config
from scheduler_plugins.service.answering import Answering
from scheduler_plugins.service.engine_endpoint.application import Application
from scheduler_plugins.service.health import Health
from scheduler_plugins.service.process.connection import Bounds
from scheduler_plugins.service.process.http import HttpServer, HttpThread
from scheduler_plugins.service.process.listening import EndpointError, Listener, listen, url_of
from scheduler_plugins.service.process.port_holder import port_holder
from scheduler_plugins.service.proxy_socket.server import ProxySocket, Undecided
from scheduler_plugins.service.questions import Decider
from scheduler_plugins.service.web.application import WebApi

if TYPE_CHECKING:
    from starlette.types import ASGIApp

log = logging.getLogger("service")

XMLRPC_HOST = "127.0.0.1"
CALLERS = Bounds(connections=256)
READERS = Bounds(connections=64)
"""Of the web API: a browser has up to six."""


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
    config: Config,
    stack: AsyncExitStack,
    decider: Decider,
    answering: Answering,
    undecided: Undecided,
    load_api: Callable[[], "ASGIApp"],
    health: Health,
) -> Endpoints:
    """Opens the endpoints; the stack closes them, before what they lean on. Raises EndpointError.

    `undecided` hears what the proxy does not pass on to the engine. By the engine's host this machine is known, too.
    """
    settings = config.service
    stack.push_async_callback(answering.stop)
    names = [*settings.allowed_hosts, urlsplit(config.engine.url or "").hostname or ""]
    api = await _listening("web_api", settings.http_host, settings.http_port, "http_port")
    await _serve(stack, api, HttpThread(HttpServer(WebApi(load_api), READERS, names), "web"))
    xmlrpc = None
    try:
        xmlrpc = await _listening("engine_endpoint", XMLRPC_HOST, settings.xmlrpc_port, "xmlrpc_port")
    except PortTakenError as error:
        # The proxy may well be there on purpose, and asks us through the proxy socket.
        health.closed_endpoints.append(f"the engine endpoint is closed: {error}")
        log.warning("The engine endpoint stays closed error=%s", error)
    else:
        await _serve(stack, xmlrpc, HttpServer(Application(decider, answering), CALLERS, names))
    proxy = ProxySocket(settings.socket, decider, answering, settings.socket_group, undecided=undecided)
    await proxy.start()
    stack.push_async_callback(proxy.stop)
    health.checks.append(proxy.trouble)
    return Endpoints(api.url, xmlrpc.url if xmlrpc else None, settings.socket)


async def _serve(stack: AsyncExitStack, listener: Listener, server: HttpServer | HttpThread) -> None:
    stack.callback(listener.socket.close)
    await server.start(listener.socket)
    stack.push_async_callback(server.stop)


async def _listening(name: str, host: str, port: int, key: str) -> Listener:
    url = url_of(host, port)
    try:
        listener = listen(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            holder = await asyncio.to_thread(port_holder, port) or "a process that /proc does not show us"
            raise PortTakenError(f"{url} is held by {holder}; stop it or set [service] {key}") from error
        raise EndpointError(f"cannot listen at {url}: {error.strerror}; set [service] {key}") from error
    logging.getLogger(name).info("Listening url=%s", listener.url)
    return listener
