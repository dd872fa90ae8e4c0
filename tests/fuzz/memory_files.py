"""A host's files as the fuzzer wants them: what each holds is made up when it is asked for, and stays."""

import errno
from collections.abc import Callable
from typing import TypeVar

from mdev_inventory.hook.files import Files
from mdev_inventory.hook.sysfs import BUS
from tests.fuzz.odd import Orders

NAMES = ("0000:3b:00.0", "0000:3b:00.4", "mtty", "nvidia-22", "i915-GVTg_V5_4", "a\udc80b", "x\n", "\x1b", "..", "ü")
TEXTS = (
    "0x10de",
    "GRID M60-8Q",
    "16",
    "-1",
    "",
    "1e5",
    "\uff19",
    "num_heads=4, max_instance=16",
    "\x00",
    "a" * 99,
    "\n7\n",
)
ERRORS = (errno.ENOENT, errno.EIO, errno.EACCES, errno.ENODEV, errno.EFBIG, 0, 9999)
MOST = 5
T = TypeVar("T")


class MemoryFiles(Files):
    """Answers from orders instead of from a disk."""

    def __init__(self, orders: Orders) -> None:
        """The same orders make the same tree."""
        super().__init__()
        self._orders = orders

    def text(self, path: str) -> str:
        """What a file holds."""
        return self._or_error(lambda: self._orders.text() if self._orders.below(3) else self._one_of(TEXTS))

    def names(self, path: str) -> list[str]:
        """The names in a folder."""
        least = 1 if path == BUS else 0
        return self._or_error(lambda: [self._one_of(NAMES) for _ in range(least + self._orders.below(MOST))])

    def target(self, path: str) -> str:
        """Where a link points."""
        return self._or_error(lambda: "../../" + self._one_of(NAMES))

    def _one_of(self, several: tuple[str, ...]) -> str:
        return several[self._orders.below(len(several))]

    def _or_error(self, answer: Callable[[], T]) -> T:
        if self._orders.below(8) == 7:
            number = ERRORS[self._orders.below(len(ERRORS))]
            raise OSError(number, "made up")
        return answer()
