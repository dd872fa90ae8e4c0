"""Calls in threads that nobody waits for at the end: a process may exit while one of them still blocks."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
AT_ONCE = 64


class Detached(Executor):
    """Daemon threads, made as they are needed and kept for later calls.

    The executors of the standard library are waited for at exit.
    """

    def __init__(self, name: str, at_once: int = AT_ONCE) -> None:
        """`name` is that of the threads; a call for which none of `at_once` is free waits."""
        self._name, self._left = name, threading.Semaphore(at_once)
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)

    def submit(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Begin it as soon as a thread is free."""
        future: Future[T] = Future()
        self._calls.put(partial(_settle, future, partial(call, *args, **kwargs)))
        if not self._idle.acquire(blocking=False) and self._left.acquire(blocking=False):
            threading.Thread(target=self._work, name=self._name, daemon=True).start()
        return future

    def end(self) -> None:
        """Have the threads end after the calls that were submitted before; none of them is waited for."""
        self._calls.put(None)

    def _work(self) -> None:
        while (call := self._next()) is not None:
            call()
            del call  # and what it returned
        self._calls.put(None)  # for the next thread

    def _next(self) -> Callable[[], None] | None:
        try:
            return self._calls.get_nowait()
        except Empty:
            self._idle.release()
            return self._calls.get()


def _settle(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
