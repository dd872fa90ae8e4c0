"""What can be made to go wrong with answers, on demand."""

import threading
from collections import Counter
from dataclasses import dataclass
from enum import Enum

from simulation.engine.rest.messages import Answer, fault


class Kind(Enum):
    """Ways of not answering properly."""

    HTML = "a page of HTML with status 200, as a proxy or a login page would"
    ERROR = "status 500 with a fault"
    FORBIDDEN = "status 403 with a fault: the user lacks the right"
    HALF = "half of the body, then the connection is closed"
    UNSAID = "what was asked for is done, but the connection is closed without a word"
    NOTHING = "the connection is closed without a word"
    HANG = "no answer, ever"


INSTEAD = {
    Kind.HTML: Answer(200, b"<!DOCTYPE html><html><body>Please log in</body></html>", "text/html;charset=UTF-8"),
    Kind.ERROR: fault(500, "Internal Engine Error", "Operation Failed"),
    Kind.FORBIDDEN: fault(403, "User is not authorized to perform this action."),
}
"""The answers that a request gets instead of its own."""


@dataclass(slots=True)
class _Rule:
    kind: Kind
    part: str
    times: int | None
    method: str
    after: int


class Faults:
    """Rules for which requests fail how. Thread-safe."""

    def __init__(self) -> None:
        """All is well."""
        self.delay_s = 0.0
        """Added to every answer, in real seconds."""
        self.made: Counter[Kind] = Counter()
        """How often each was met."""
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()

    def add(self, kind: Kind, part: str = "", times: int | None = None, method: str = "", after: int = 0) -> None:
        """Requests whose path contains `part` fail so, the next `times` of them (None: all).

        With `method`, only requests of that method: one may look at events and not be allowed to add any.
        `after` so many of them have passed.
        """
        with self._lock:
            self._rules.append(_Rule(kind, part, times, method, after))

    def clear(self) -> None:
        """All is well again."""
        with self._lock:
            self._rules.clear()
        self.delay_s = 0.0

    def meet(self, method: str, path: str) -> Kind | None:
        """What befalls such a request for `path`; counts."""
        with self._lock:
            for rule in self._rules:
                if rule.part not in path or rule.method not in ("", method) or rule.times == 0:
                    continue
                if rule.after:
                    rule.after -= 1
                else:
                    rule.times = None if rule.times is None else rule.times - 1
                    self.made[rule.kind] += 1
                    return rule.kind
        return None
