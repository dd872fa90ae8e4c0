"""An asyncio event loop whose time runs ahead as soon as everybody waits: hours of it in a second.

Nothing sleeps: where the loop would wait for a timer it moves its clock there. What other tests do in
threads happens in line, so that a run is the same every time.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

T = TypeVar("T")


class _Selector(selectors.SelectSelector):
    """Never waits: the time that would have been waited is added to the loop's clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Ready files at once; without a timer, nobody would ever wake the loop."""
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("every task waits for something that never happens")
        if not ready and timeout:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop with a clock of its own, `time()`, that begins at 0."""

    def __init__(self) -> None:
        self.virtual = _Selector()
        super().__init__(self.virtual)

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self.virtual.now

    def run_in_executor(  # type: ignore[override]
        self, executor: object, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        """Done in line: real threads would take no virtual time and make the order a matter of luck."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run it to its end on a virtual loop."""
    with asyncio.Runner(loop_factory=lambda: cast(asyncio.AbstractEventLoop, VirtualLoop())) as runner:
        return runner.run(main)


def now() -> float:
    """The running loop's time, as a service's clock."""
    return asyncio.get_running_loop().time()


def spend(seconds: float) -> None:
    """Work that takes so long: called from what runs in a thread elsewhere."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.virtual.now += seconds
