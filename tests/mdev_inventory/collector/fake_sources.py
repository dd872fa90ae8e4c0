"""One host's VDSM and engine, which answer what they are told to."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mdev_inventory.engine.model import Host, HostDevice
from mdev_inventory.model import HostInventory, MdevType
from mdev_inventory.tls.causes import Cause
from mdev_inventory.vdsm.connection import Phase
from mdev_inventory.vdsm.errors import ErrorCode, VdsmError
from tests.mdev_inventory.engine.samples import HOST_ID, T4

HOST = Host(HOST_ID, "gpu01", "gpu01.example.com", 54321, "up", "c1", False)


FROM_HOOK = HostInventory((T4._replace(types=(MdevType("nvidia-231", "GRID T4-2Q", available=4),)),))


class FakeVdsm:
    """Answers with the next of `answers`, or raises it; `asked` holds the methods and the time given."""

    def __init__(self, **answers: object) -> None:
        """`getCapabilities` and `hostdevListByCaps` by their names."""
        self._answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.deadlines: list[float] = []

    @asynccontextmanager
    async def talk(self, address: str, port: int) -> AsyncIterator["FakeVdsm"]:
        """With the one host that there is."""
        assert address in ("", HOST.address)
        assert HOST.port == port
        yield self

    async def call(self, method: str, params: dict[str, Any], deadline_s: float) -> Any:
        """The answer of that method; `...` says nothing until the deadline."""
        self.asked.append((method, params))
        self.deadlines.append(deadline_s)
        answer = self._answers[method.removeprefix("Host.")]
        if answer is ...:
            await asyncio.sleep(deadline_s)
            raise silent(ErrorCode.TIMEOUT)
        if isinstance(answer, Exception):
            raise answer
        return answer


class FakeEngine:
    """Lists these devices, raises this error, or waits for this event."""

    def __init__(self, answer: list[HostDevice] | Exception | threading.Event) -> None:
        """`answer` for any host."""
        self._answer = answer
        self.asked = 0

    def host_devices(self, host_id: str) -> list[HostDevice]:
        """The answer."""
        self.asked += 1
        if isinstance(self._answer, Exception):
            raise self._answer
        if isinstance(self._answer, threading.Event):
            self._answer.wait(10)
            return []
        return self._answer


class Steps:
    """A clock that goes on by a second each time it is read."""

    def __init__(self) -> None:
        """Starts at 100."""
        self._now = 99.0

    def __call__(self) -> float:
        """The next second."""
        self._now += 1.0
        return self._now


def silent(code: ErrorCode | Cause = ErrorCode.CONNECT) -> VdsmError:
    """The error of a VDSM that cannot be asked."""
    return VdsmError(code, "VDSM at gpu01: no answer", Phase.CONNECT)
