"""HTTP to the engine: where it is, whom to trust, when to try again, and what an answer has to look like.

Threads. A connection is for one call at a time, so each call takes one of its own from a stack of idle ones
and puts it back: as many connections as calls at one time, all kept alive, none tied to a thread that may
end. A connection per thread would leave some behind in ended threads.

TLS is always verified, against `ca_file` or the system's authorities; there is no switch. `http://` is
allowed for loopback addresses only, where a simulated engine listens.
"""

import ipaddress
import json
import ssl
import threading
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mdev_inventory.engine.errors import EngineError, EngineSettingError, one_line
from mdev_inventory.engine.line import CutError, Deadline
from mdev_inventory.engine.reading import BrokenOffError, TooLongError, UnreadableError
from mdev_inventory.engine.wire import MAX_BODY, Answer, Peer, Request, Wire

# What a restarting engine or its web server says for some seconds.
PASSING = frozenset({502, 503, 504})
# Before the second and the third try. Longer waits are the collector's business, not a single call's.
BACK_OFF_S = (0.1, 0.3)
BASE_PATH = "/ovirt-engine"


class EngineHttp:
    """Requests to one engine, each within its deadline; safe to be called from several threads."""

    def __init__(self, url: str, ca_file: Path | None = None, max_body: int = MAX_BODY) -> None:
        """EngineSettingError where `url` or `ca_file` cannot be used; nothing is sent."""
        self._max_body = max_body
        self.base = base_url(url)
        secure = self.base.startswith("https:")
        tls = trusting(ca_file) if secure or ca_file else None
        self._tls = tls if secure else None
        self._idle: deque[Wire] = deque()
        self._closing = threading.Event()

    def ask(self, request: Request, deadline: Deadline) -> Answer:
        """Send it. A GET is tried again after a broken connection or a passing status, while there is time.

        Every HTTP status is an answer here. EngineError: unreachable, tls, timeout, bad-answer, closed.
        """
        waits = iter(BACK_OFF_S if request.method == "GET" else ())
        while True:
            wait = next(waits, None)
            more = wait is not None and wait < deadline.left()
            try:
                answer = self._once(request, deadline)
            except _BrokenError as broken:
                if not more:
                    raise broken.error from broken.__cause__
            else:
                if answer.status not in PASSING or not more:
                    return answer
            self._closing.wait(wait)

    def close(self) -> None:
        """Close the idle connections; calls under way close theirs when they end."""
        self._closing.set()
        while self._idle:
            self._idle.pop().close()

    def _once(self, request: Request, deadline: Deadline) -> Answer:
        try:
            with self._wire() as wire:
                answer = wire.exchange(request, deadline)
                if answer.status == HTTPStatus.UNAUTHORIZED:
                    wire.forget_cookies()
                return answer
        except (CutError, UnreadableError, OSError, UnicodeError, zlib.error) as error:
            # An error keeps the frames that it came through, and in them a form holds the password.
            cause = None if request.form else error
            raise _meaning(error, request, self.base, deadline) from cause

    @cached_property
    def _peer(self) -> Peer:
        parts = urlsplit(self.base)
        port = parts.port or (443 if self._tls else 80)
        return Peer(parts.hostname or "", port, self._tls)

    @contextmanager
    def _wire(self) -> Iterator[Wire]:
        """A connection that nobody else uses meanwhile."""
        if self._closing.is_set():
            raise EngineError("closed", f"{self.base}: asked after it was closed")
        try:
            wire = self._idle.pop()
        except IndexError:
            wire = Wire(self._peer, self._max_body)
        try:
            yield wire
        finally:
            self._idle.append(wire)
            if self._closing.is_set():
                self.close()


class _BrokenError(Exception):
    """A connection that broke: worth another try."""

    def __init__(self, error: EngineError) -> None:
        super().__init__(error.text)
        self.error = error


def _meaning(error: Exception, request: Request, base: str, deadline: Deadline) -> Exception:
    """What a failed exchange is called. The order counts: TLS and time-outs are errors of the socket, too."""
    what = f"{request} at {base}"
    match error:
        case CutError() | TimeoutError():
            return EngineError("timeout", f"{what}: no whole answer within {deadline.seconds:g} s")
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return _BrokenError(EngineError("unreachable", f"{what}: {one_line(str(error))}"))
        case ssl.SSLError():
            hint = "check that the CA file is that of the engine's web server"
            return EngineError("tls", f"{what}: {one_line(str(error))}; {hint}")
        case TooLongError():
            return EngineError("bad-answer", f"{what}: the answer is longer than any that is asked for")
        case BrokenOffError():
            return _BrokenError(EngineError("bad-answer", f"{what}: the answer broke off half way"))
        case zlib.error():
            return EngineError("bad-answer", f"{what}: the answer is compressed in a broken way")
        case _:
            text = one_line(str(error)) or type(error).__name__
            return _BrokenError(EngineError("unreachable", f"{what}: {text}"))


def decoded(answer: Answer, request: Request) -> Any:
    """The JSON of a successful answer; else EngineError `not-found`, `forbidden`, `http` or `bad-answer`."""
    if answer.status == HTTPStatus.NOT_FOUND:
        raise EngineError("not-found", f"{request}: there is no such object{_fault(answer)}", answer.status)
    if answer.status == HTTPStatus.FORBIDDEN:
        text = f"{request}: the engine's user lacks the right to do this{_fault(answer)}"
        raise EngineError("forbidden", text, answer.status)
    if not 200 <= answer.status < 300:
        aside = f", it points to {one_line(answer.location)}" if answer.location else ""
        raise EngineError(
            "http", f"{request}: HTTP status {answer.status}{aside}{_fault(answer)}", answer.status
        )
    try:
        return loads(answer.body)
    except ValueError as error:
        kind = one_line(answer.content_type) or "no content type"
        text = (
            f"{request}: HTTP status {answer.status}, but {len(answer.body)} bytes of {kind} that are no JSON"
        )
        raise EngineError("bad-answer", f"{text}: {one_line(str(error))}", answer.status) from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


DECODER = json.JSONDecoder(parse_constant=_no_constant)


def loads(body: bytes) -> Any:
    """JSON as the standard has it; ValueError for all else, nesting without end included."""
    try:
        return DECODER.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _fault(answer: Answer) -> str:
    """Reason and detail of an oVirt fault, ready to be appended; empty where the body is none."""
    try:
        body = loads(answer.body)
    except ValueError:
        return ""
    fault = body.get("fault", body) if isinstance(body, dict) else None
    if not isinstance(fault, dict):
        return ""
    said = [one_line(v) for v in (fault.get("reason"), fault.get("detail")) if isinstance(v, str) and v]
    return ": " + ": ".join(said) if said else ""


def base_url(url: str) -> str:
    """`https://engine.example.com/ovirt-engine`, also from an URL that lacks the path or ends in `/api`."""
    allowed = "https://HOST[:PORT][/ovirt-engine[/api]], or http:// for a loopback address"
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise EngineSettingError(f"the engine's URL is no URL; allowed: {allowed}") from None
    if parts.username is not None or parts.password is not None:
        raise EngineSettingError(f"the engine's URL holds a user or a password; allowed: {allowed}")
    if parts.scheme not in ("https", "http") or not host or port == 0 or parts.query or parts.fragment:
        raise EngineSettingError(f"the engine's URL {url!r} is not usable; allowed: {allowed}")
    if parts.scheme == "http" and not is_loopback(host):
        raise EngineSettingError(
            f"the engine's URL {url!r} would send the password unencrypted; use https://"
        )
    path = parts.path.rstrip("/").removesuffix("/api")
    return f"{parts.scheme}://{parts.netloc}{path or BASE_PATH}"


def is_loopback(host: str) -> bool:
    """Whether a host of an URL is this machine for certain: `localhost` or a loopback address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """TLS that trusts the authorities in `ca_file`, else the system's; EngineSettingError."""
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (OSError, ValueError) as error:
        raise EngineSettingError(
            f"the CA file {str(ca_file)!r} cannot be used: {error}; it must hold PEM certificates"
        ) from None
    context.hostname_checks_common_name = False
    context.set_alpn_protocols(["http/1.1"])
    return context
