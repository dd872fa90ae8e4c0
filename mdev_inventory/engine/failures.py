"""What a failed exchange with the engine is called: requests' errors by the cause underneath them."""

import ssl
import zlib
from collections.abc import Callable
from http.client import IncompleteRead

from urllib3.exceptions import DecodeError, ProtocolError
from urllib3.exceptions import TimeoutError as PoolTimeoutError

from mdev_inventory.engine.errors import EngineError, one_line
from mdev_inventory.tls import causes
from mdev_inventory.tls.shown import Shown

Look = Callable[[], tuple[causes.Asked, Shown | None]]
"""Who was asked, and the certificate that is shown there."""


class BrokenConnectionError(EngineError):
    """A connection that broke, before an answer or in the middle of one: worth another try."""


def late(what: str, seconds: float) -> EngineError:
    """There was no whole answer in so many seconds; `what` names the request."""
    return EngineError("timeout", f"{what}: no whole answer within {seconds:.4g} s")


def failure(
    error: Exception, what: str, seconds: float, look: Callable[[], tuple[causes.Asked, Shown | None]]
) -> EngineError:
    """The order counts: TLS and time-outs are errors of the socket, too."""
    cause = _cause(error)
    match cause:
        case TimeoutError() | PoolTimeoutError():
            return late(what, seconds)
        case ssl.SSLError() if not isinstance(cause, causes.ENDS):
            code, seen = causes.told(cause, *look())
            return EngineError(code, f"{what}: {one_line(seen)}", advised=True)
        case zlib.error() | DecodeError():
            return EngineError("bad-answer", f"{what}: the answer is compressed in a broken way")
        case IncompleteRead() | ProtocolError():
            return BrokenConnectionError("bad-answer", f"{what}: the answer broke off half way")
        case _:
            text = one_line(str(cause)) or type(cause).__name__
            return BrokenConnectionError("unreachable", f"{what}: {text}")


def _cause(error: BaseException) -> BaseException:
    """The first of the errors that led to this one: requests and urllib3 wrap what sockets say."""
    inner = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return error if inner is None else _cause(inner)
