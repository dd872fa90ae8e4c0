"""The service's own clock: seconds since the epoch, by a clock that nobody can set.

What is newer, what is too old and what a start in flight has left is told by this clock, so that a step of the
machine's clock (by hand, or by NTP after a boot with a dead battery) ends no claim and holds on to none. It is the
machine's clock at the first start after a boot, and from then on counts as the kernel does since the boot, also
while the service is down: the state file remembers both. Over a boot only the machine's clock can tell.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from mdev_inventory.store.file import StoreError
from mdev_inventory.store.store import Store

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def since_boot() -> float:
    """Seconds since the machine was booted; they go on while it sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """Which boot this is; empty where the kernel does not tell."""
    try:
        return BOOT_ID.read_text("ascii").strip()
    except (OSError, UnicodeError):
        return ""


class ServiceClock:
    """Call it for the time now; it never steps."""

    def __init__(
        self, booted_at: float, wall: Callable[[], float] = time.time, running: Callable[[], float] = since_boot
    ) -> None:
        """`booted_at` is when the machine was booted, by this clock; `wall` is the machine's, which may be set."""
        self._booted_at, self._wall, self._running = booted_at, wall, running

    def __call__(self) -> float:
        """Seconds since the epoch, near enough to the machine's clock until that is set."""
        return self._booted_at + self._running()

    def to_wall(self, moment: float) -> float:
        """That moment by the machine's clock of now: for people, and for who has only that."""
        return moment + (self._wall() - self())

    def of_wall(self, moment: float) -> float:
        """What this clock said when the machine's would have said that, as it is set now."""
        return moment - (self._wall() - self())


def clock_of(
    store: Store,
    wall: Callable[[], float] = time.time,
    running: Callable[[], float] = since_boot,
    boot: Callable[[], str] = boot_id,
) -> ServiceClock:
    """The clock that the state file's times go by, continued where the machine was not booted since.

    Raises StoreError where the file cannot be read; one that cannot be written is lived with.
    """
    this_boot = boot()
    booted_at = store.clocks().get(this_boot) if this_boot else None
    if booted_at is None:
        booted_at = wall() - running()
        with contextlib.suppress(StoreError):
            store.save_clock(this_boot, booted_at)
    return ServiceClock(booted_at, wall, running)
