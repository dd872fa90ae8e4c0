"""The HTTP(S) server below the REST API: a thread per connection, and misbehaviour on demand."""

import socket
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from simulation.engine.rest.faults import Kind
from simulation.engine.rest.messages import Answer, Request

ADDRESS = "127.0.0.1"
HANDSHAKE_DEADLINE_S = 10.0
POLL_S = 0.02
"""How soon the listener notices that it shall stop."""
JOIN_DEADLINE_S = 5.0

Responder = Callable[[Request], tuple[Kind | None, Answer | None]]
"""What befalls a request, and the answer that it gets; called in the connection's thread."""


class Listener(ThreadingHTTPServer):
    """One listening socket; ends with all its connections at `close`."""

    daemon_threads = True
    # The default of 5 makes the sixth of several clients that come at once wait for a second.
    request_queue_size = 128

    def __init__(self, port: int, tls: ssl.SSLContext | None, respond: Responder) -> None:
        """Listens at once on 127.0.0.1; port 0 takes a free one."""
        super().__init__((ADDRESS, port), _Connection)
        self.respond = respond
        self.closing = threading.Event()
        self._tls = tls
        self._open: dict[threading.Thread, socket.socket] = {}
        self._thread = threading.Thread(target=self.serve_forever, args=(POLL_S,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Refuses new connections, cuts those that are open and waits for their threads."""
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        for thread, connection in tuple(self._open.items()):
            _cut(connection)
            if thread is not threading.current_thread():
                thread.join(JOIN_DEADLINE_S)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serves one connection, in its own thread: a client slow in its handshake delays nobody else."""
        thread = threading.current_thread()
        try:
            with self._wrapped(request) as connection:
                self._open[thread] = connection
                if not self.closing.is_set():
                    _shake_hands(connection)
                    super().finish_request(connection, client_address)
        except OSError:
            # No handshake came about, the client has gone, or a fault cut the connection.
            return
        finally:
            self._open.pop(thread, None)

    def _wrapped(self, request: socket.socket) -> socket.socket:
        if self._tls is None:
            return request
        return self._tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False)


class _Connection(BaseHTTPRequestHandler):
    """Requests of one connection, one after the other, kept alive in between."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Any method: the routes tell them apart."""
        listener = cast(Listener, self.server)
        length = int(self.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        misfortune, shown = listener.respond(request)
        if misfortune in (Kind.NOTHING, Kind.UNSAID, Kind.HANG):
            self._say_nothing(listener, misfortune)
            return
        if shown is not None:
            self._send(shown, half=misfortune is Kind.HALF)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing is printed: requests are counted instead."""

    def _send(self, shown: Answer, half: bool) -> None:
        self.send_response(shown.status)
        self.send_header("Content-Type", shown.content_type)
        self.send_header("Content-Length", str(len(shown.body)))
        self.end_headers()
        self.wfile.write(shown.body[: len(shown.body) // 2] if half else shown.body)
        self.wfile.flush()
        if half:
            self._hang_up()

    def _say_nothing(self, listener: Listener, misfortune: Kind | None) -> None:
        if misfortune is Kind.HANG:
            listener.closing.wait()
        self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        _cut(self.connection)


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _shake_hands(connection: socket.socket) -> None:
    if isinstance(connection, ssl.SSLSocket):
        connection.settimeout(HANDSHAKE_DEADLINE_S)
        connection.do_handshake()
        connection.settimeout(None)
