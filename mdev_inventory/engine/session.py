"""The session of requests by which the engine is asked: our TLS, no environment, and time for whole answers.

A socket's time-out holds for each read, so a server that sends a byte now and then would be read from without
end. Here it holds for the whole answer: what is left of it is set anew before each read.
"""

import io
import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPResponse
from http.cookiejar import Cookie
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from mdev_inventory.engine.deadline import Deadline

HEADERS = {"User-Agent": "mdev-scheduler", "Accept-Encoding": "gzip"}


def session(tls: ssl.SSLContext | None, connections: int) -> requests.Session:
    """Safe for threads, of which so many have a kept connection; neither proxies nor `.netrc` have a say."""
    made = requests.Session()
    made.trust_env = False
    made.headers.clear()
    made.headers.update(HEADERS)
    made.cookies = _SharedCookies()
    for scheme in ("https://", "http://"):
        made.mount(scheme, _Adapter(tls, connections))
    return made


class _SharedCookies(RequestsCookieJar):
    """The engine's session cookie. requests goes through the jar for each request, without the jar's lock."""

    def __iter__(self) -> Iterator[Cookie]:  # type: ignore[override] # the stubs say str
        with self._cookies_lock:  # type: ignore[attr-defined] # CookieJar's own, not in the stubs
            return iter(list(super().__iter__()))


class _Arriving(io.RawIOBase):
    """What arrives on a connection; TimeoutError where all of it takes longer than the socket's time-out."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._bytes = sock, sock.makefile("rb", buffering=0)
        self._deadline = Deadline(sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline.left()
        if not left:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._bytes.readinto(buffer)

    def close(self) -> None:
        self._bytes.close()
        super().close()


class _Answer(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Arriving(sock))


class _Connection(HTTPConnection):
    response_class = _Answer


class _TlsConnection(HTTPSConnection):
    response_class = _Answer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    def __init__(self, tls: ssl.SSLContext | None, connections: int) -> None:
        self._tls = tls
        super().__init__(pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._tls, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def cert_verify(self, *_args: Any) -> None:
        """Our TLS context knows whom to trust; requests would add authorities of its own."""
