"""What changed last: for who has worked something out of all, and wants to look at what is new alone."""

from collections import deque

LOGGED = 1024
"""Changes remembered: a thousand hosts in a minute are seventeen a second, a boot storm is a few hundred."""


class ChangeLog:
    """The keys of the last changes, each change with its number. Its owner's lock is held around calls."""

    def __init__(self) -> None:
        """Nothing has changed yet."""
        self.number = 0
        """How many changes there have been."""
        self._keys: deque[str] = deque(maxlen=LOGGED)

    def add(self, key: str) -> None:
        """This changed."""
        self.number += 1
        self._keys.append(key)

    def add_all(self) -> None:
        """Anything may have changed."""
        self.number += 1
        self._keys.clear()

    def since(self, number: int) -> tuple[int, frozenset[str] | None]:
        """The number of changes so far, and what those after `number` concern; None where that may be any."""
        new = self.number - number
        if not 0 <= new <= len(self._keys):
            return self.number, None
        return self.number, frozenset(list(self._keys)[len(self._keys) - new :])
