"""An engine that costs nothing: its answers lie ready, and it waits as long as it is told to before each.

It stands beside the simulated engine because that one thinks: here only our own time is to be measured. It
answers JSON, and XML to whoever asks for that, in a process of its own, each client in a thread that waits
for it alone: an event loop takes as long to wake up as the answer. Below `/bench` it is told where VMs are,
and tells what it was asked.
"""

import argparse
import json
import re
import socket
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from benchmarks.speed.stage import engine_answers
from benchmarks.speed.stage.fleet import Fleet

API = "/ovirt-engine/api"
FOUND = b"HTTP/1.1 200 OK\r\nContent-Type: %s; charset=UTF-8\r\nContent-Length: %d\r\n\r\n"
JSON, XML = b"application/json", b"application/xml"
RECEIVED = 64 * 1024
"""Bytes read at once at most."""
ID = re.compile(r"\bid=([0-9a-f-]{36})")
COLLECTORS = re.compile(r"\S+ (/bench/|\S*/(events|hosts|vms(?!\S*search=))[ ?])")
"""Requests that no decision makes: the collector's, and the benchmark's own."""
TOKEN = {"access_token": "t", "scope": "ovirt-app-api", "exp": str(2**62), "token_type": "bearer"}


class EngineStub:
    """The engine of one fleet."""

    def __init__(self, fleet: Fleet, ports: tuple[int, ...], delay_s: float) -> None:
        """`ports` are the hosts' VDSMs', none where nobody can be asked; `delay_s` is before each answer."""
        self.delay_s = delay_s
        self.asked: Counter[str] = Counter()
        """Requests by kind, and connections."""
        self.own_s = 0.0
        """Seconds of a core that answers took since somebody asked last, but for those to the collector."""
        self._answers = engine_answers.Answers(fleet, ports)

    def answer(self, method: str, target: str, accept: str, body: bytes) -> tuple[bytes, bytes]:
        """Content type and content."""
        url = urlsplit(target)
        if url.path.startswith("/bench/"):
            return JSON, json.dumps(self._bench(url.path[7:], json.loads(body or b"{}"))).encode()
        as_xml = "xml" in accept
        self.asked[_kind(method, url.path, url.query)] += 1
        if not url.path.startswith(API):
            return JSON, json.dumps(TOKEN if url.path.endswith("/token") else {}).encode()
        found = self._found(method, url.path.removeprefix(API).strip("/").split("/"), url.query, as_xml)
        return XML if as_xml else JSON, found

    def _bench(self, what: str, told: dict[str, Any]) -> object:
        """What the benchmark wants: set the delay, say where VMs are, forget, count, or tell our own time."""
        if what == "delay":
            self.delay_s = told["seconds"]
        elif what == "place":
            self._answers.place(told)
            return self._own()
        elif what == "own":
            return self._own()
        elif what == "forget":
            self._answers.placed.pop(told["vm"], None)
        elif what == "count":
            counted, self.asked = dict(self.asked), Counter()
            return counted
        return {}

    def _own(self) -> dict[str, float]:
        own, self.own_s = self.own_s, 0.0
        return {"own_ms": own * 1000}

    def _found(self, method: str, path: list[str], query: str, as_xml: bool) -> bytes:
        match [method, *path]:
            case ["GET", "vms"]:
                ids = ID.findall(unquote(parse_qs(query).get("search", [""])[0]))
                return self._answers.vms(ids, "follow=" in query) if ids else self._answers.all_vms()
            case ["GET", "vms", vm_id]:
                return self._answers.vm_xml(vm_id) if as_xml else self._answers.vm_json(vm_id)
            case ["GET", "vms", vm_id, "mediateddevices"]:
                return self._answers.mediated_devices(vm_id)
            case ["GET", "hosts"]:
                return self._answers.hosts_xml if as_xml else self._answers.hosts_json
            case ["GET", "events"]:
                return self._answers.events(int(parse_qs(query).get("from", ["0"])[0]))
            case ["GET", "hosts", host_id, "devices"]:
                return self._answers.devices(host_id, as_xml)
            case _:
                return b"{}"


def _kind(method: str, path: str, query: str) -> str:
    """A request's kind, without the ids in it."""
    kind = re.sub(r"[0-9a-f-]{36}", "ID", path.removeprefix(API))
    return f"{method} {kind}{'?search' if 'search=' in query else ''}"


class _Connection:
    """One client, answered in the order in which it asks, by a thread that waits for nothing else."""

    def __init__(self, stub: EngineStub, sock: socket.socket) -> None:
        self._stub, self._sock, self._data = stub, sock, b""
        self._stub.asked["connections"] += 1

    def serve(self) -> None:
        """Until the client hangs up."""
        with self._sock, suppress(OSError):
            while data := self._sock.recv(RECEIVED):
                self._received(data)

    def _received(self, data: bytes) -> None:
        """Part of a request, or several."""
        began = time.thread_time()
        self._data += data
        while (request := _cut(self._data)) is not None:
            head, body, self._data = request
            self._answer(head, body)
            if not COLLECTORS.match(head):
                self._stub.own_s += time.thread_time() - began
            began = time.thread_time()

    def _answer(self, head: str, body: bytes) -> None:
        line, *lines = head.split("\r\n")
        method, target, _ = line.split(" ", 2)
        accept = next((one[7:].strip() for one in lines if one.lower().startswith("accept:")), "")
        kind, content = self._stub.answer(method, target, accept, body)
        if self._stub.delay_s and not target.startswith("/bench/"):
            time.sleep(self._stub.delay_s)
        self._sock.sendall(FOUND % (kind, len(content)) + content)


def _cut(data: bytes) -> tuple[str, bytes, bytes] | None:
    """Head and body of the first request, and what follows it; None while it is not whole."""
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        return None
    text = head.decode("latin-1")
    length = re.search(r"^content-length:\s*(\d+)", text, re.I | re.M)
    size = int(length[1]) if length else 0
    return (text, rest[:size], rest[size:]) if len(rest) >= size else None


def serve(stub: EngineStub) -> None:
    """Prints the port, and serves until standard input ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=_take, args=(stub, listener), daemon=True).start()
    sys.stdin.read()


def _take(stub: EngineStub, listener: socket.socket) -> None:
    while True:
        sock = listener.accept()[0]
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_Connection(stub, sock).serve, daemon=True).start()


def main() -> None:
    """The process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("shape")
    parser.add_argument("hosts", type=int)
    parser.add_argument("--full", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--ports", type=json.loads, default=[])
    told = parser.parse_args()
    fleet = Fleet(told.shape, told.hosts, told.full)
    serve(EngineStub(fleet, tuple(told.ports), told.delay))


if __name__ == "__main__":
    main()
