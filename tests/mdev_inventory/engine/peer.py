"""A real HTTP server on loopback that behaves as an engine should, or as it should not."""

import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

TOKEN = "/ovirt-engine/sso/oauth/token"
LOGOUT = "/ovirt-engine/services/sso-logout"
API = "/ovirt-engine/api"


class Handler(BaseHTTPRequestHandler):
    """Answers what the peer's `routes` say; HTTP/1.1, so connections are kept alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "EnginePeer"

    def do_GET(self) -> None:
        """Answer."""
        self.server.serve(self)

    def do_POST(self) -> None:
        """Answer."""
        self.server.serve(self)

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def read_form(self) -> dict[str, str]:
        """The form in the body of a POST; read in any case, or it would be taken for the next request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return {k: v[0] for k, v in parse_qs(body.decode()).items()}

    def json(self, body: object, status: int = 200) -> None:
        """Answer with JSON."""
        self.whole(json.dumps(body).encode(), "application/json", status)

    def whole(self, body: bytes, kind: str = "application/json", status: int = 200) -> None:
        """Answer with these bytes."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def empty(self, status: int, *headers: tuple[str, str]) -> None:
        """Answer with these headers and no body."""
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", "0")):
            self.send_header(name, value)
        self.end_headers()

    def raw(self, answer: bytes) -> None:
        """Answer with just these bytes, and end the connection."""
        self.wfile.write(answer)
        self.hang_up()

    def last(self, body: bytes = b"{}") -> None:
        """Answer, and end the connection."""
        self.whole(body)
        self.hang_up()

    def hang_up(self) -> None:
        """End the connection after what was sent so far."""
        self.close_connection = True

    def trickle(self, first: bytes) -> None:
        """Send this, then a byte at a time until the other side goes or the test ends."""
        self.wfile.write(first)
        try:
            while not self.server.over.wait(0.02):
                self.wfile.write(b"x")
        except OSError:
            pass
        self.hang_up()


Route = Callable[[Handler], None]


class EnginePeer(ThreadingHTTPServer):
    """An engine of routes: `peer.routes["/vms"] = lambda answer: answer.json({})`; counts what it sees."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        """Listens on a free port of loopback, with TLS if given."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.over = threading.Event()
        self.routes: dict[str, Route] = {}
        self.seen: Counter[str] = Counter()
        self.forms: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.connections = 0
        self.tls = tls
        self._count = threading.Lock()
        self.tokens = 0
        self.revoked: list[str] = []

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread: a handshake that hangs holds up nobody else."""
        with self._count:
            self.connections += 1
        if self.tls is not None:
            request = self.tls.wrap_socket(request, server_side=True)
        try:
            super().finish_request(request, client_address)
        finally:
            request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are what the tests are about."""

    @property
    def url(self) -> str:
        """What to give to EngineApi."""
        return f"{'https' if self.tls else 'http'}://localhost:{self.server_port}/ovirt-engine"

    def serve(self, handler: Handler) -> None:
        """Token, logout, and otherwise what stands in `routes` for the path below `/api`."""
        parts = urlsplit(handler.path)
        form = handler.read_form()
        with self._count:
            self.seen[f"{handler.command} {handler.path.removeprefix('/ovirt-engine')}"] += 1
            self.headers.append(dict(handler.headers))
            self.forms.append(form)
        if parts.path in self.routes:
            self.routes[parts.path](handler)
        elif parts.path == TOKEN:
            self._give_token(handler)
        elif parts.path == LOGOUT:
            self.revoked.append(form.get("token", ""))
            handler.json({})
        elif handler.headers.get("Authorization") != f"Bearer token-{self.tokens}":
            handler.json({"error": "invalid_grant"}, 401)
        else:
            self.routes.get(parts.path.removeprefix(API), _unknown)(handler)

    def expire(self) -> None:
        """All tokens given so far are refused from now on."""
        with self._count:
            self.tokens += 1

    def _give_token(self, handler: Handler) -> None:
        with self._count:
            self.tokens += 1
            token = f"token-{self.tokens}"
        handler.json({"access_token": token, "scope": "ovirt-app-api", "exp": "1", "token_type": "bearer"})

    def __enter__(self) -> Self:
        """Serve in a thread."""
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_args: object) -> None:
        """Stop, and let go of what trickles or hangs."""
        self.over.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


def _unknown(handler: Handler) -> None:
    handler.whole(b"<html>404</html>", "text/html", 404)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fails where the block took longer."""
    start = time.monotonic()
    yield
    took = time.monotonic() - start
    assert took < seconds, f"took {took:.2f} s, at most {seconds} s are allowed"
