"""Calls in threads that nobody waits for at the end: a process may exit while one of them still blocks."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Detached(Executor):
    """A daemon thread for each call. The executors of the standard library are waited for at exit."""

    def __init__(self, name: str) -> None:
        """`name` is that of the threads."""
        self._name = name

    def submit(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Begin at once, however many are under way."""
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = call(*args, **kwargs)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=work, name=self._name, daemon=True).start()
        return future
