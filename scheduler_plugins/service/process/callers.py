"""Who may ask over HTTP: callers that mean this machine, and no page of another site in somebody's browser.

The endpoints ask nobody for a password, because they listen on loopback only. A browser reaches loopback, too: a page
from elsewhere could send requests there, through a name of its own that it lets point to 127.0.0.1 as well. So
`Host` and, where a browser sends it, `Origin` have to name this machine.
"""

import ipaddress
import json
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "localhost4", "localhost6", "ip6-localhost"})
CODE = "forbidden-host"


class Callers:
    """Hands requests of such callers on to an application, and refuses the others."""

    def __init__(self, app: "ASGIApp", names: Iterable[str] = ()) -> None:
        """`names` are this machine's, beside those of loopback and its own host name."""
        self._app = app
        self._names = LOOPBACK_NAMES | {socket.gethostname().lower()} | {name.lower() for name in names}

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """One request."""
        wrong = self._wrong(scope["headers"])
        if wrong:
            await _refuse(wrong, send)
        else:
            await self._app(scope, receive, send)

    def _wrong(self, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """Why these headers are not those of such a caller; empty where they are."""
        told = [(name, value.decode("latin-1")) for name, value in headers if name in (b"host", b"origin")]
        hosts = [value for name, value in told if name == b"host"]
        if len(hosts) > 1:
            return "more than one Host"
        for name, value in told:
            # An Origin is a whole URL, or `null`, which has no host.
            if not self._is_here(value if name == b"origin" else f"//{value}"):
                return f"{name.decode().title()} {value[:80]!r} is not this machine"
        return ""

    def _is_here(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
            if "@" in parts.netloc or parts.path.strip("/"):
                return False
        except ValueError:
            return False
        return host.rstrip(".") in self._names or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _refuse(wrong: str, send: "Send") -> None:
    text = f"{wrong}; [service] allowed_hosts names others by which this machine may be asked"
    body = json.dumps({"error": {"code": CODE, "text": text}}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
