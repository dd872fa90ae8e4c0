"""Many simulated VDSMs in one thread: one event loop serves a whole data centre."""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from simulation.vdsm.server import SimulatedVdsm

_LIMIT_S = 30.0


class VdsmFarm:
    """Starts and stops VDSMs from ordinary code; use it as a context manager."""

    def __init__(self) -> None:
        """Nothing runs before `with`."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="vdsm-farm", daemon=True)
        self._vdsms: list[SimulatedVdsm] = []

    def __enter__(self) -> Self:
        """Starts the thread."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops every VDSM and the thread."""
        for vdsm in self._vdsms:
            self.stop(vdsm)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_LIMIT_S)
        self._loop.close()

    def start(self, vdsm: SimulatedVdsm) -> SimulatedVdsm:
        """Starts a VDSM, for the first time or again; its port is known on return."""
        if vdsm not in self._vdsms:
            self._vdsms.append(vdsm)
        self._run(vdsm.start())
        return vdsm

    def stop(self, vdsm: SimulatedVdsm) -> None:
        """Stops a VDSM: its port is closed on return."""
        self._run(vdsm.stop())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_LIMIT_S)
