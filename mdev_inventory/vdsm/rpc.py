"""Asks a host's VDSM: JSON-RPC in STOMP frames over mutual TLS, one connection for what is asked at a time.

One total deadline covers a call's name lookup, TCP, TLS, STOMP and answer, so that a host can cost a caller
no more than that, wherever it hangs. No thread is used but for looking up names, in a small pool of its own.
Why not the library stomp.py: `docs/decisions/0001-vdsm-client.md`.

VDSM shares reply destinations and request ids among all clients of a host, the engine included, so both are
random here; answers to other ids are not ours.
"""

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Any, Self
from uuid import uuid4

from mdev_inventory.vdsm.connection import ClosedError, Phase, StompConnection, converse
from mdev_inventory.vdsm.credentials import ClientContext, CredentialsError, client_context
from mdev_inventory.vdsm.errors import Call, ErrorCode, VdsmError
from mdev_inventory.vdsm.stomp import Frame

__all__ = [
    "ClientContext",
    "CredentialsError",
    "ErrorCode",
    "Phase",
    "Talk",
    "VdsmClient",
    "VdsmError",
    "client_context",
]

REQUESTS = "jms.topic.vdsm_requests"
_LOOKUP_THREADS = 4


class VdsmClient:
    """Calls any number of hosts at the same time, from one event loop."""

    def __init__(self, tls: ClientContext, names: Executor | None = None) -> None:
        """`tls` is shared by all calls (`client_context`); `names` runs name lookups, by default 4 threads.

        A pool of its own, so that a resolver that hangs takes no thread from anything else.
        """
        self._tls = tls
        self._names = names or ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="vdsm-names")

    async def call(
        self, address: str, port: int, method: str, params: Mapping[str, Any] | None = None, deadline_s: float = 10.0
    ) -> Any:
        """What the host's VDSM answers to `method`, or VdsmError, within `deadline_s` seconds in all."""
        async with self.talk(address, port) as talk:
            return await talk.call(method, params, deadline_s)

    def talk(self, address: str, port: int) -> "Talk":
        """Several calls to one host over one connection; to be used with `async with`."""
        return Talk(address, port, self._tls, self._names)


class Talk:
    """Calls to one host, one after the other; the first one connects."""

    def __init__(self, address: str, port: int, tls: ClientContext, names: Executor) -> None:
        """Nothing is sent yet."""
        self._address, self._port, self._tls, self._names = address, port, tls, names
        self._open: tuple[AsyncExitStack, StompConnection] | None = None
        self._reply_to = ""

    async def __aenter__(self) -> Self:
        """Ready for calls."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Closes the connection, without waiting for the host."""
        await self._close()

    async def call(self, method: str, params: Mapping[str, Any] | None = None, deadline_s: float = 10.0) -> Any:
        """What the host's VDSM answers to `method`, or VdsmError, within `deadline_s` seconds in all.

        After a call that failed otherwise than by VDSM's own word, the next one connects anew.
        """
        call = Call(self._address, self._port, method, deadline_s, self._tls.ca_file)
        until = asyncio.get_running_loop().time() + deadline_s
        deadline, in_order = asyncio.timeout_at(until), False
        try:
            async with deadline:
                result = await self._ask(await self._connected(call, until), call, params or {})
            in_order = True
        except VdsmError as error:
            in_order = error.code is ErrorCode.VDSM
            raise
        except (OSError, ValueError, OverflowError, ClosedError) as error:
            raise (call.overdue() if deadline.expired() else call.failed(error)) from error
        finally:
            if not in_order:
                await self._close()
        return result

    async def _connected(self, call: Call, until: float) -> StompConnection:
        """The open connection, or a new one, on which VDSM has greeted us."""
        if self._open is None:
            stack = AsyncExitStack()
            talking = converse(self._address, self._port, self._tls, self._names, until, call.enter)
            self._open = stack, await stack.enter_async_context(talking)
            self._reply_to = ""
            await self._log_in(self._open[1], call)
        connection = self._open[1]
        call.enter(Phase.ANSWER)
        connection.begin()
        return connection

    async def _log_in(self, connection: StompConnection, call: Call) -> None:
        call.enter(Phase.LOGIN)
        await connection.send(Frame("CONNECT", {"accept-version": "1.2", "heart-beat": "0,0"}))
        greeting = await connection.receive()
        if greeting.command != "CONNECTED":
            raise call.refused(greeting)

    async def _ask(self, connection: StompConnection, call: Call, params: Mapping[str, Any]) -> Any:
        request_id, frames = str(uuid4()), list[Frame]()
        if not self._reply_to:
            self._reply_to = f"mdev-scheduler.replies.{uuid4()}"
            frames.append(_subscription(self._reply_to))
        await connection.send(*frames, _request(request_id, self._reply_to, call.method, params))
        while True:
            frame = await connection.receive()
            if frame.command != "MESSAGE":
                raise call.refused(frame)
            answer = call.answer(frame.body)
            if answer.get("id") == request_id:
                return call.result(answer)
            call.foreign_ids += 1

    async def _close(self) -> None:
        if self._open is not None:
            stack, self._open = self._open[0], None
            await stack.aclose()


def _subscription(destination: str) -> Frame:
    return Frame("SUBSCRIBE", {"destination": destination, "id": str(uuid4()), "ack": "auto"})


def _request(request_id: str, reply_to: str, method: str, params: Mapping[str, Any]) -> Frame:
    body = {"jsonrpc": "2.0", "method": method, "params": params, "id": request_id}
    headers = {"destination": REQUESTS, "reply-to": reply_to, "content-type": "application/json"}
    return Frame("SEND", headers, json.dumps(body).encode())
