"""Door 2: XML-RPC where the engine looks for its external scheduler. POST on / and /RPC2, nothing else."""

import asyncio
import logging
from concurrent.futures import Executor

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from scheduler_plugins.service import xmlrpc
from scheduler_plugins.service.external import External
from scheduler_plugins.service.questions import Decider

log = logging.getLogger("door2")

BODY_LIMIT = 4 * 1024 * 1024
"""A call names each candidate host in about 70 bytes: room for more hosts than an engine has."""
BODY_SECONDS = 10.0


def door2(decider: Decider, pool: Executor) -> Starlette:
    """The application; decisions run in `pool`."""
    external = External(decider)

    async def rpc(request: Request) -> Response:
        try:
            body = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return Response("no whole body in time\n", status_code=408, media_type="text/plain")
        if len(body) > BODY_LIMIT:
            return Response(f"more than {BODY_LIMIT} bytes\n", status_code=413, media_type="text/plain")
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(pool, _answer, external, body)
        return Response(answer, media_type="text/xml")

    app = Starlette(routes=[Route(path, rpc, methods=["POST"]) for path in ("/", "/RPC2")])
    app.router.redirect_slashes = False  # "nothing else on that port" includes redirects
    return app


async def _body(request: Request) -> bytes:
    """The body, or a little more than the limit of it."""
    body = bytearray()
    async with asyncio.timeout(BODY_SECONDS):
        async for part in request.stream():
            body += part
            if len(body) > BODY_LIMIT:
                break
    return bytes(body)


def _answer(external: External, body: bytes) -> bytes:
    try:
        method, params = xmlrpc.parse_call(body)
        return xmlrpc.format_result(external.call(method, params))
    except xmlrpc.CallError as error:
        log.warning("Bad call code=%d error=%s", error.code, error)
        return xmlrpc.format_fault(error)
    except Exception:
        log.exception("Fault in a call")
        return xmlrpc.format_fault(xmlrpc.CallError(xmlrpc.INTERNAL, "fault: see the log of mdev-scheduler"))
