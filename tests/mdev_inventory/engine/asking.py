"""Asks an engine over HTTP for `/x`."""

from mdev_inventory.engine.deadline import Deadline
from mdev_inventory.engine.errors import EngineError
from mdev_inventory.engine.http import Answer, EngineHttp
from tests.mdev_inventory.engine.net import failure


def ask(http: EngineHttp, seconds: float = 5.0, method: str = "GET") -> Answer:
    """The answer to a request for `/x`."""
    content = {"data": {"a": "secret"}} if method == "POST" else {}
    return http.ask(method, "/x", Deadline(seconds), **content)


def refused(http: EngineHttp, seconds: float = 5.0, method: str = "GET") -> EngineError:
    """The error of a call that has to fail."""
    return failure(lambda: ask(http, seconds, method))
