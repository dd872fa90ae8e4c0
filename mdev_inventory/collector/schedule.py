"""When a host is asked next: plain arithmetic, no clock and no host.

Healthy hosts are asked on a grid of their own: every `interval` seconds, shifted by a phase that comes
from the host's id. So a thousand hosts are spread over the interval, a restart does not change who is
asked when, and adding a host moves no other. A failing host is asked less and less often.
"""

import hashlib
import math

# A host that has been dead for long is still asked this often (seconds), however short the interval.
LONGEST_BACK_OFF = 600.0
# ... and never more rarely than this many intervals, so that a short interval means a short wait.
BACK_OFF_INTERVALS = 10
# Back-off is shortened by up to this part, so that hosts that died together do not come back in step.
JITTER = 0.25


def fraction(text: str) -> float:
    """A number in [0, 1) that depends on the text alone, evenly spread over texts."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) / 2**48


def next_due(host_id: str, ended_at: float, failures: int, interval: float) -> float:
    """When to ask the host again: its next turn on the grid, or after the back-off where it fails.

    `ended_at` is when it was asked last, in seconds on any one steady clock; `failures` how many times in a row
    it has failed by now, 0 after a success.
    """
    if failures:
        return ended_at + back_off(host_id, failures, interval)
    return next_turn(host_id, ended_at, interval)


def next_turn(host_id: str, after: float, interval: float) -> float:
    """The host's first turn on its grid that is later than `after`; at most one interval away."""
    shift = fraction(host_id) * interval
    turns = math.floor((after - shift) / interval) + 1
    turn = turns * interval + shift
    return turn if turn > after else turn + interval  # rounding may land on `after` itself


def back_off(host_id: str, failures: int, interval: float) -> float:
    """Seconds to leave a host alone after that many failures in a row: doubling, bounded, jittered."""
    longest = max(interval, min(BACK_OFF_INTERVALS * interval, LONGEST_BACK_OFF))
    plain = min(longest, interval * 2.0 ** min(failures - 1, 30))
    return plain * (1 - JITTER * fraction(f"{host_id} {failures}"))
