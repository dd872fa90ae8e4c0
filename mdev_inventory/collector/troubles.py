"""What does not work at the moment, each thing under its name: for the log and for whoever asks."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

log = logging.getLogger("collector")


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that keeps failing."""

    code: str
    """The error's own code (`unreachable`, `auth`, ...), or `unexpected`, or the error's class."""
    text: str
    since: float
    """When it failed first: the service's clock."""


class Troubles:
    """What fails now. Logged when it begins, when it changes and when it ends, not every time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives the seconds since the epoch."""
        self._clock = clock
        self._now: dict[str, Trouble] = {}

    @property
    def now(self) -> Mapping[str, Trouble]:
        """By name, at this moment."""
        return MappingProxyType(dict(self._now))

    def failed(self, name: str, error: Exception) -> None:
        """The thing of that name failed; an error without a `code` is none that we foresaw."""
        code = code_of(error)
        before = self._now.get(name)
        since = before.since if before else self._clock()
        self._now[name] = Trouble(code or "unexpected", str(error), since)
        if before is None or before.code != self._now[name].code:
            log.error("FAILED %s: %s", name, error, exc_info=None if code else error)

    def works(self, name: str) -> None:
        """The thing of that name worked."""
        if before := self._now.pop(name, None):
            log.info("WORKS again: %s after=%.0fs", name, self._clock() - before.since)


def code_of(error: Exception) -> str | None:
    """The code that an error of ours carries, or the name of a plain OSError; None for a surprise."""
    code = getattr(error, "code", None)
    if isinstance(code, str):
        return str(code)
    return "os" if isinstance(error, OSError) else None
