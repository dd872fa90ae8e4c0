"""What can go wrong between us and the engine's REST API."""

from typing import Literal

from mdev_inventory.tls import remedies
from mdev_inventory.tls.causes import Cause
from mdev_inventory.visible import visible

Code = Literal[
    "unreachable",  # no connection, or one that broke before an answer
    "timeout",  # nothing, or not all of it, before the deadline
    "auth",  # the engine refuses user and password, or a token that it has just given
    "forbidden",  # the engine's user lacks the right to do this
    "not-found",  # the object does not exist (any more)
    "ambiguous",  # several objects have the name that was asked for
    "http",  # another HTTP status than success
    "bad-answer",  # success, but not what was asked for: HTML, half a body, a wrong type
    "closed",  # asked after close()
    "tls-only",  # http:// where TLS answers
]
"""What TLS may fail by has the codes of `Cause`."""


class EngineError(Exception):
    """A call that the engine did not answer as hoped; never holds a password or a token."""

    def __init__(self, code: Code | Cause, seen: str, status: int | None = None, advised: bool = False) -> None:
        """`code` is stable for machines, `seen` names the request; `status` where HTTP got so far.

        `advised` has the text end with what to do, by `mdev_inventory.tls.remedies`.
        """
        self.remedy = remedies.ENGINE[code] if advised else ""
        self.text = f"{seen}; {self.remedy}" if advised else seen
        super().__init__(self.text)
        self.code: Code | Cause = code
        self.seen = seen
        self.status = status


class EngineSettingError(ValueError):
    """A setting for reaching the engine that cannot be used: the text says what is allowed."""


def one_line(text: str, limit: int = 300) -> str:
    """Foreign text made fit for an error or an event: visible, on one line, at most `limit` characters."""
    clean = visible(" ".join(text.split()))
    return clean if len(clean) <= limit else clean[: limit - 3] + "..."
