"""HTTP to the engine that ends at its deadline, whatever the other side does.

A decision waits for such an exchange with the engine's lock held. requests knows no deadline for all of it
(resolving a name, connecting, the handshake, a server that sends a byte now and then), so it works in a
thread that is waited for until then and no longer; what comes later is dropped. `session.py` has such a
thread end soon after. Nobody waits for it at exit.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from mdev_inventory.engine.address import authorities, base_url
from mdev_inventory.engine.deadline import Deadline
from mdev_inventory.engine.detached import AT_ONCE, Detached
from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.failures import BrokenConnectionError, failure, late
from mdev_inventory.engine.session import HEADERS, session
from mdev_inventory.tls.causes import Asked
from mdev_inventory.tls.shown import Shown, look

# What a restarting engine or its web server says for some seconds.
PASSING = frozenset({502, 503, 504})
# Before the second and the third try. Longer waits are the collector's business, not a single call's.
BACK_OFF_S = (0.1, 0.3)
# 5,000 VMs of 5 KiB each are 25 MiB; what is longer than this is no answer to anything that we ask.
MAX_BODY = 64 * 1024 * 1024
CHUNK = 64 * 1024
CONNECT_S = 3.0
HTTPS = 443


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    request: str
    """Method and path, for errors and logs."""
    status: int
    content_type: str
    location: str
    body: bytes = field(repr=False)


class EngineHttp:
    """Requests to one engine, each within its deadline; safe to be called from several threads."""

    def __init__(self, url: str, ca_file: Path | None = None, max_body: int = MAX_BODY) -> None:
        """EngineSettingError where `url` or `ca_file` cannot be used; nothing is sent."""
        self.base, self._ca_file, self._max_body = base_url(url), ca_file, max_body
        tls = authorities(ca_file) if ca_file or self.base.startswith("https:") else None
        self._session = session(tls, AT_ONCE)
        self._threads = Detached("engine")
        self._closing = threading.Event()

    def ask(self, method: str, path: str, deadline: Deadline, **content: Any) -> Answer:
        """Send it, with headers, params, data and json as requests takes them; `path` is below `base`.

        A GET is tried again after a broken connection or a passing status, while there is time. Every HTTP
        status is an answer here. EngineError: unreachable, timeout, bad-answer, closed, and the causes of TLS.
        """
        if self._closing.is_set():
            raise self._closed()
        if deadline.left():
            call = self._threads.submit(self._tried, method, path, deadline, content)
            try:
                return call.result(deadline.left())
            except TimeoutError:
                call.cancel()
        raise late(f"{method} {path} at {self.base}", deadline.seconds)

    def close(self) -> None:
        """Close the idle connections; calls under way close theirs when they end."""
        self._closing.set()
        self._threads.end()
        self._session.close()

    def _tried(self, method: str, path: str, deadline: Deadline, content: Mapping[str, Any]) -> Answer:
        """urllib3's own retries end where the body begins, and know no deadline."""
        for wait in BACK_OFF_S if method == "GET" else ():
            try:
                answer = self._once(method, path, deadline, content)
                if answer.status not in PASSING or wait >= deadline.left():
                    return answer
            except BrokenConnectionError:
                if wait >= deadline.left():
                    raise
            if self._closing.wait(wait):
                raise self._closed()
        return self._once(method, path, deadline, content)

    def _once(self, method: str, path: str, deadline: Deadline, content: Mapping[str, Any]) -> Answer:
        what, left = f"{method} {path} at {self.base}", deadline.left()
        if not left:
            raise late(what, deadline.seconds)
        try:
            answer = self._exchange(method, path, left, content)
        except (requests.RequestException, HTTPError, OSError) as error:
            # An error keeps the frames that it came through, and in them a form holds the password.
            cause = None if "data" in content else error
            raise self._named(failure(error, what, deadline.seconds, lambda: self._look(deadline)), deadline) from cause
        if answer.status == HTTPStatus.UNAUTHORIZED:
            # The engine's session cookie belongs to the token: a new token, no old cookie.
            self._session.cookies.clear()
        if len(answer.body) > self._max_body:
            raise EngineError("bad-answer", f"{what}: the answer is longer than any that is asked for")
        return answer

    def _exchange(self, method: str, path: str, left: float, content: Mapping[str, Any]) -> Answer:
        """Redirects are not followed: elsewhere is not the engine, and must not see the token.

        The request is prepared without the session, whose merging of settings takes a sixth of an exchange.
        """
        headers = {**HEADERS, **content.get("headers", {})}
        request = requests.Request(
            method, self.base + path, cookies=self._session.cookies, **{**content, "headers": headers}
        )
        with self._session.send(
            request.prepare(), timeout=(min(CONNECT_S, left), left), allow_redirects=False, stream=True, proxies={}
        ) as told:
            body = bytearray()
            for piece in told.iter_content(CHUNK):
                body += piece
                if len(body) > self._max_body:
                    break
            location, kind = (told.headers.get(name, "") for name in ("Location", "Content-Type"))
            return Answer(f"{method} {path}", told.status_code, kind, location, bytes(body))

    def _named(self, error: EngineError, deadline: Deadline) -> EngineError:
        """A server that speaks TLS only breaks a connection without: asked by http://, that is told apart."""
        if isinstance(error, BrokenConnectionError) and self.base.startswith("http:") and self._look(deadline)[1]:
            return EngineError("tls-only", f"{self.base} speaks TLS, and is asked without", advised=True)
        return error

    def _look(self, deadline: Deadline) -> tuple[Asked, Shown | None]:
        """Who is asked, and the certificate that is shown there, for as long as half of what is left."""
        parts = urlsplit(self.base)
        name = parts.hostname or ""
        return Asked(name, self._ca_file), look(name, parts.port or HTTPS, deadline.left() / 2)

    def _closed(self) -> EngineError:
        return EngineError("closed", f"{self.base}: asked after it was closed")
