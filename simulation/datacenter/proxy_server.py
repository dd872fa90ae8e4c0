"""ovirt-scheduler-proxy as the engine reaches it: XML-RPC, a thread a call, and room for few who wait.

Its listen queue holds five, as Python's `socketserver` has it, while the engine's client gives up after 100 ms:
who finds the queue full for so long has no answer, and the engine goes on without our units. Each call starts an
interpreter, so that a machine with many at once comes late to accept the next.
"""

import threading
from collections.abc import Mapping
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import Any, Self
from xmlrpc.server import SimpleXMLRPCServer

from simulation.datacenter.proxy_process import ProxyScheduler

BACKLOG = 5


class _Server(ThreadingMixIn, SimpleXMLRPCServer):
    daemon_threads = True
    request_queue_size = BACKLOG


class ProxyServer:
    """The proxy at a free port of loopback, while it is entered."""

    def __init__(self, proxy: ProxyScheduler) -> None:
        """It listens, and accepts nobody yet."""
        self._server = _Server(("127.0.0.1", 0), logRequests=False, allow_none=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        methods: Mapping[str, Any] = {
            "discover": proxy.discover,
            "runFilters": proxy.run_filters,
            "runCostFunctions": proxy.run_cost_functions,
        }
        for name, method in methods.items():
            self._server.register_function(method, name)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        """Serves."""
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """No more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
