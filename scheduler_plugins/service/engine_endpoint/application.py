"""The engine endpoint as an ASGI application: POST of one XML-RPC call on / and /RPC2, nothing else.

The event loop only moves bytes: each call is parsed, decided and answered in a thread. Only where that does not
end in time, the event loop answers itself: every host that was asked about, and why beside it.
"""

import asyncio
import logging
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING
from xmlrpc.client import INTERNAL_ERROR, Fault

from scheduler_plugins.service.answering import Answering, Late
from scheduler_plugins.service.engine_endpoint import xmlrpc
from scheduler_plugins.service.engine_endpoint.external import External
from scheduler_plugins.service.questions import Decider

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

log = logging.getLogger("engine_endpoint")

PATHS = frozenset({"/", "/RPC2"})
BODY_LIMIT = 1024 * 1024
"""A call names each candidate host in about 70 bytes: room for more hosts than may be asked about."""
BODY_SECONDS = 5.0
"""How long a body may take to arrive."""
LINGER_SECONDS = 2.0
"""So long a client that was refused may go on sending before it is cut off: it might miss the answer."""
CLOSE = (b"connection", b"close")
FAULT = Fault(INTERNAL_ERROR, "fault: see the log of mdev-scheduler")


class RefusedError(Exception):
    """A request that is no call; it ends the connection."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        """`text` is the answer's body."""
        super().__init__(text)
        self.status = status


class DisconnectedError(Exception):
    """Nobody is there any more to be answered."""


class Application:
    """Answers the engine's calls."""

    def __init__(self, decider: Decider, answering: Answering) -> None:
        """Every call asks this decider."""
        self._external = External(decider)
        self._late = External(Late(decider, answering.seconds))
        self._answering = answering

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """One request."""
        try:
            body = await _call(scope, receive)
        except RefusedError as error:
            await _refuse(error, receive, send)
        except DisconnectedError:
            return
        else:
            work, late = (partial(answer_to, external, body) for external in (self._external, self._late))
            answer = await self._answering.answer(work, late)
            await _begin(send, HTTPStatus.OK, b"text/xml; charset=utf-8", answer)
            await send({"type": "http.response.body", "body": answer})


def answer_to(external: External, body: bytes) -> bytes:
    """The answer to a call, whatever it is: its result, or a Fault."""
    try:
        return xmlrpc.format_answer(external.call(*xmlrpc.parse_call(body)))
    except Fault as fault:
        log.warning("Bad call code=%d error=%s", fault.faultCode, fault.faultString)
        return xmlrpc.format_answer(fault)
    except Exception:
        log.exception("Fault in a call")
        return xmlrpc.format_answer(FAULT)


async def _call(scope: "Scope", receive: "Receive") -> bytes:
    """The body of a request that may be a call; raises RefusedError for any other, and DisconnectedError."""
    _check(scope["path"], scope["method"], dict(scope["headers"]))
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _body(receive)
    except TimeoutError:
        raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, "no whole request in time") from None


def _check(path: str, method: str, headers: dict[bytes, bytes]) -> None:
    if path not in PATHS:
        raise RefusedError(HTTPStatus.NOT_FOUND, f"nothing at {path[:80]}; XML-RPC is at / and /RPC2")
    if method != "POST":
        raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "POST is the only method here")
    if b"content-length" not in headers or b"transfer-encoding" in headers:
        raise RefusedError(HTTPStatus.LENGTH_REQUIRED, "a Content-Length is needed")
    if int(headers[b"content-length"]) > BODY_LIMIT:  # the server refuses what is no number
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {BODY_LIMIT} bytes")


async def _body(receive: "Receive") -> bytes:
    """As long as its Content-Length says: the server sees to that."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        body += message["body"]
        more = message["more_body"]
    return bytes(body)


async def _refuse(error: RefusedError, receive: "Receive", send: "Send") -> None:
    text = f"{error}\n".encode("ascii", "replace")
    allow = [(b"allow", b"POST")] if error.status is HTTPStatus.METHOD_NOT_ALLOWED else []
    await _begin(send, error.status, b"text/plain", text, CLOSE, *allow)
    await send({"type": "http.response.body", "body": text, "more_body": True})
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while (await receive()).get("more_body"):
                pass
    await send({"type": "http.response.body"})


async def _begin(send: "Send", status: HTTPStatus, kind: bytes, body: bytes, *more: tuple[bytes, bytes]) -> None:
    length = (b"content-length", b"%d" % len(body))
    headers = [(b"content-type", kind), length, *more]
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
