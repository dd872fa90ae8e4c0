"""Everything that the collector writes to the disk, in a thread of its own: no decision waits for it."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from mdev_inventory.collector.troubles import Troubles
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.request_files import RequestFiles

SLOW_S = 5.0
"""A write that takes longer is told: the disk hangs, or another process holds the file."""
STOP_S = 5.0
"""So long the end of the collector waits for the last write."""


class SlowDiskError(Exception):
    """The disk has not taken something for long; it is waited for."""

    code = "slow"

    def __init__(self, name: str) -> None:
        """`name` is what was to be written."""
        super().__init__(
            f"the disk has not taken the {name} for {SLOW_S:g} s: it hangs, or another process holds the file"
        )


class WriteBehind:
    """The store and the proxy's files, kept in step with the inventories; what fails is tried again."""

    def __init__(self, inventories: Inventories, files: RequestFiles, troubles: Troubles) -> None:
        """Nothing is written before the first call."""
        self._inventories, self._files, self._troubles = inventories, files, troubles
        self._thread = ThreadPoolExecutor(1, "write-behind")
        self._word_written = False
        self.also: list[tuple[str, Callable[[], object]]] = []
        """What else is written, after the inventories, with the name that its troubles get."""
        self.vms_listed = False
        """Set once the engine has shown its VMs: until then the last run's file knows better."""

    async def end(self) -> None:
        """Write what has changed, and no more after that; a disk that hangs is given up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await self.write()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def write(self) -> None:
        """Write what has changed."""
        loop = asyncio.get_running_loop()
        works = [("store", self._inventories.flush), ("request files", self._write_files), *self.also]
        for name, work in works:
            try:
                await self._written(name, loop.run_in_executor(self._thread, work))
            except Exception as error:
                self._troubles.failed(name, error)
            else:
                self._troubles.works(name)

    async def _written(self, name: str, writing: asyncio.Future[object]) -> None:
        """Waits for it without end, and says so where that takes long."""
        await asyncio.wait((writing,), timeout=SLOW_S)
        if not writing.done():
            self._troubles.failed(name, SlowDiskError(name))
        await writing

    def _write_files(self) -> None:
        if not self._word_written:
            self._files.write_on_failure()
            self._word_written = True
        if self.vms_listed:
            self._files.write_vms(vm.id for vm in self._inventories.vms.values() if vm.types)
