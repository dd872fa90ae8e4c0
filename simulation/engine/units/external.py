"""The engine's way to external policy units: ExternalSchedulerBrokerImpl.

Answers come back raw; what the engine makes of them is in `answers` and `discovery`.
"""

import http.client
import xmlrpc.client
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError

CONNECTION_TIMEOUT_S = 0.1
"""ExternalSchedulerConnectionTimeout."""
RESPONSE_TIMEOUT_S = 120.0
"""ExternalSchedulerResponseTimeout."""


class ExternalSchedulerError(Exception):
    """XmlRpcException: nothing listens, no answer in time, a fault, or no XML-RPC at all."""


Names = Sequence[str]
Properties = Mapping[str, str]
Functions = Sequence[tuple[str, int]]
"""(name, factor) of each weight."""


class ExternalScheduler(Protocol):
    """Whoever runs the external units. Every method raises ExternalSchedulerError where it cannot answer."""

    def discover(self) -> object:
        """All units: {"filters": {name: [description, regex]}, "scores": {...}, "balance": {...}}."""

    def run_filters(self, names: Names, hosts: Names, vm: str, properties: Properties) -> object:
        """Those of `hosts` that all filters of that name leave."""

    def run_cost_functions(self, functions: Functions, hosts: Names, vm: str, properties: Properties) -> object:
        """The weights of `hosts` by each (name, factor)."""


class CalledScheduler(ABC):
    """An external scheduler that is asked by XML-RPC's calls, whatever carries them."""

    @abstractmethod
    def call(self, method: str, *arguments: Any) -> object:
        """What the method answers; ExternalSchedulerError where nothing can be had."""

    def discover(self) -> object:
        """Calls `discover`."""
        return self.call("discover")

    def run_filters(self, names: Names, hosts: Names, vm: str, properties: Properties) -> object:
        """Calls `runFilters`."""
        return self.call("runFilters", list(names), list(hosts), vm, dict(properties))

    def run_cost_functions(self, functions: Functions, hosts: Names, vm: str, properties: Properties) -> object:
        """Calls `runCostFunctions`."""
        pairs = [[name, factor] for name, factor in functions]
        return self.call("runCostFunctions", pairs, list(hosts), vm, dict(properties))


class XmlRpcScheduler(CalledScheduler):
    """An external scheduler behind a URL, asked as the engine's client asks it. Thread-safe."""

    def __init__(
        self,
        url: str,
        connection_timeout_s: float = CONNECTION_TIMEOUT_S,
        response_timeout_s: float = RESPONSE_TIMEOUT_S,
    ) -> None:
        """`url` as in ExternalSchedulerServiceURL; nothing is connected yet."""
        self._url = url
        self._timeouts = (connection_timeout_s, response_timeout_s)

    def call(self, method: str, *arguments: Any) -> object:
        """Over a connection of its own."""
        transport = _Transport(*self._timeouts)
        parts = urlsplit(self._url)
        request = xmlrpc.client.dumps(arguments, method, allow_none=True).encode()
        try:
            answer = transport.single_request(parts.netloc, parts.path or "/", request)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error, ExpatError, ValueError) as error:
            raise ExternalSchedulerError(f"{method} at {self._url}: {error}") from error
        finally:
            transport.close()
        return answer[0] if isinstance(answer, tuple) else answer


class _Connection(http.client.HTTPConnection):
    """Connects within one timeout and reads within another."""

    def __init__(self, host: str, connection_timeout_s: float, response_timeout_s: float) -> None:
        super().__init__(host, timeout=connection_timeout_s)
        self._response_timeout_s = response_timeout_s

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(self._response_timeout_s)


class _Transport(xmlrpc.client.Transport):
    """One call, one connection, no second try."""

    def __init__(self, connection_timeout_s: float, response_timeout_s: float) -> None:
        super().__init__()
        self._timeouts = (connection_timeout_s, response_timeout_s)
        self._made: http.client.HTTPConnection | None = None

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        self._made = _Connection(host, *self._timeouts)
        return self._made

    def close(self) -> None:
        if self._made:
            self._made.close()
