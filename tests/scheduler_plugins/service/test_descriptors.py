"""Descriptors, memory and log of a real process under callers that hold what they can."""

import contextlib
import os
import re
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xmlrpc.client import ServerProxy

import pytest
import requests

import scheduler_plugins
from scheduler_plugins.config import options
from scheduler_plugins.service import opening
from scheduler_plugins.service.proxy_socket import server
from tests.scheduler_plugins.service.running import Folder, Running
from tests.scheduler_plugins.world import FREE, PLAIN, World

UNIT = Path(scheduler_plugins.__file__).parent.parent / "deploy/mdev-scheduler.service"
HELD = 700
OWN_DESCRIPTORS = 64
"""Of the process itself: files, event loops, libraries."""
HALF = {
    "api": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
    "xmlrpc": b"POST / HTTP/1.1\r\nHost: localhost\r\nX: ",
    "socket": b"1 MdevFilter ",
}


def limit(name: str) -> str:
    """The unit's setting."""
    found = re.search(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize("endpoint", ["api", "xmlrpc", "socket"])
def test_held_connections_take_few_descriptors(folder: Folder, endpoint: str) -> None:
    """Half requests on hundreds of connections: the engine is answered, readers too, and the log stays small."""
    folder.remember(World())
    with Running(folder) as service, contextlib.ExitStack() as stack:
        where = urlsplit(service.endpoints[endpoint])
        for _ in range(HELD):
            family = socket.AF_UNIX if endpoint == "socket" else socket.AF_INET
            client = stack.enter_context(socket.socket(family))
            client.settimeout(10)
            client.connect(service.endpoints[endpoint] if endpoint == "socket" else (where.hostname, where.port))
            with contextlib.suppress(ConnectionError):
                client.sendall(HALF[endpoint])
        with ServerProxy(service.endpoints["xmlrpc"]) as engine:
            answer: Any = engine.runFilters(["MdevFilter"], [FREE], PLAIN, {})
        health = requests.get(f"{service.endpoints['api']}/healthz", timeout=10).status_code
        descriptors = len(os.listdir(f"/proc/{service.process.pid}/fd"))
        log = service.log_file.stat().st_size

    assert ([FREE], 200) == (answer["result"], health)
    assert descriptors < max(opening.CALLERS.connections, server.CONNECTIONS) + OWN_DESCRIPTORS
    assert log < 64 * 1024


def test_the_unit_allows_for_all_connections_at_once() -> None:
    """The collector at the most that its key allows, every endpoint full: half of the descriptors are left."""
    (kind,) = [option.kind for option in options() if option.key == "max_connections"]
    most = int(kind.allowed.rpartition(" ")[2])
    connections = opening.CALLERS.connections + opening.READERS.connections + server.CONNECTIONS

    assert most + connections + OWN_DESCRIPTORS < int(limit("LimitNOFILE")) / 2


@pytest.mark.parametrize("name", ["LimitNOFILE", "MemoryMax", "TasksMax", "WatchdogSec"])
def test_what_the_unit_bounds_is_documented(name: str) -> None:
    """With its value."""
    assert f"`{name}={limit(name)}`" in (UNIT.parent.parent / "docs/limits.md").read_text()
