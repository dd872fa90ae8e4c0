"""A moment by which a call has to be over."""

import time


class Deadline:
    """So many seconds from now."""

    def __init__(self, seconds: float) -> None:
        """`seconds` may be 0: then it has passed."""
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - time.monotonic())
