"""Takes an inventory within a deadline, although a read may be stuck in a driver for ever.

Such a read cannot be interrupted, and the process in it cannot be killed. So a forked reader does the
reading and tells each answer in shared memory. When it falls silent, it is abandoned and another one goes on
from the answers known so far: the file at which it stuck counts as not read, and everything else is still
read. What was not read by the deadline is told as such (`model.Cut`), never as unreadable.

How many readers may be left behind is bounded, over all runs (`slots`). Which file a silent reader sticks at
need not be told: taking the inventory again from the known answers stops at the first one that is missing.

Runs on Python 3.6: the VDSM hook imports it.
"""

import contextlib
import errno
import os
import select
import signal
import time
from typing import Callable, Dict, List, NamedTuple, NoReturn, Optional, Tuple, Union, cast

from mdev_inventory.hook.answers import Answer, Answers
from mdev_inventory.hook.files import Files, NotReadError
from mdev_inventory.hook.slots import HangingError, Slot, take
from mdev_inventory.hook.sysfs import BUS, inventory_of
from mdev_inventory.model import Cut, HostInventory, ReadError

# One of the three readings of `Files`, and the path that it has no answer for yet.
_Reading = Callable[[Files, str], Union[str, List[str]]]
_Ask = Callable[[_Reading, str], Answer]

# Each silence may last half of the time left, so that the deadline leaves no use for more readers.
_MOST_READERS = 8
# Files that the kernel answers by itself, whatever a driver does.
_PLAIN = frozenset({"boot_id", "class", "device", "numa_node", "osrelease", "sriov_numvfs", "sriov_totalvfs", "vendor"})
# They need no longer (seconds).
_PLAIN_SECONDS = 0.5
# So often is looked whether a killed reader is dead, before it counts as left behind.
_LOOKS_FOR_DEATH = 20
# How often (seconds) is looked whether a reader still gets on.
_LOOK = 0.02


def read_inventory_within(seconds: float, root: str = "/") -> HostInventory:
    """What can be read of the bus below `root` within that time; never takes notably longer, never raises.

    What did not answer in time is told in `cut`.
    """
    end = time.monotonic() + seconds
    known: Dict[str, Answer] = {}
    for _ in range(_MOST_READERS):
        if time.monotonic() >= end:
            break
        try:
            with take(root, time.monotonic() + (end - time.monotonic()) / 2) as slot:
                fate = _run_reader(root, known, end, slot)
                whole, missing = _whole(known)
                if not fate.gone:
                    slot.mark(missing)
        except HangingError as error:
            known.update(dict.fromkeys(error.paths))
            _read_plain(root, known, end)
            break
        except OSError as error:  # no process, no pipe or no memory to be had
            return _assemble(known, error.errno or errno.EAGAIN)
        if whole is not None:
            return _with_stuck(whole, known)
        if not fate.ended and time.monotonic() >= end:
            break  # not stuck, only late
        known[missing] = None
    return _assemble(known)


class _Fate(NamedTuple):
    """What became of a reader."""

    ended: bool
    """Whether it came to its end."""
    gone: bool
    """Whether its process is no more."""


def _whole(known: Dict[str, Answer]) -> Tuple[Optional[HostInventory], str]:
    """The inventory if all is known, else None and the path at which the reader stopped."""
    try:
        return inventory_of(_Known(known, _refuse)), ""
    except _UnansweredError as missing:
        return None, str(missing)


def _read_plain(root: str, known: Dict[str, Answer], end: float) -> None:
    """Reads what the kernel tells without the driver, by a reader that has slots of its own."""
    with contextlib.suppress(OSError, HangingError):
        now = time.monotonic()
        soon = min(end, now + _PLAIN_SECONDS)
        with take(root, (now + soon) / 2, "plain") as slot:
            if not _run_reader(root, known, soon, slot, plain=True).gone:
                slot.mark("")


class _Known(Files):
    """Files as far as their answers are known; `ask` answers the rest."""

    def __init__(self, known: Dict[str, Answer], ask: _Ask) -> None:
        super().__init__()
        self._known = known
        self._ask = ask

    def text(self, path: str) -> str:
        return cast(str, self._answer(Files.text, path))

    def names(self, path: str) -> List[str]:
        return cast(List[str], self._answer(Files.names, path))

    def target(self, path: str) -> str:
        return cast(str, self._answer(Files.target, path))

    def _answer(self, reading: _Reading, path: str) -> Union[str, List[str]]:
        answer = self._known[path] if path in self._known else self._ask(reading, path)
        if isinstance(answer, int):
            raise OSError(answer, os.strerror(answer))
        if answer is None:
            raise NotReadError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        return answer


def _run_reader(root: str, known: Dict[str, Answer], end: float, slot: Slot, plain: bool = False) -> _Fate:
    """Lets a process read what is not known, until it ends, falls silent or the time is over."""
    answers = Answers()
    receiving, sending = os.pipe()
    try:
        pid = os.fork()
        if pid == 0:
            _read_and_tell(root, known, answers, (sending, slot.descriptor), plain)
        os.close(sending)
        sending = -1
        ended = gone = False
        try:
            ended = _wait(receiving, answers, end)
        finally:
            gone = _part_from(pid, ended)
    finally:
        os.close(receiving)
        if sending >= 0:
            os.close(sending)
    answers.into(known)
    answers.close()
    return _Fate(ended, gone)


def _part_from(pid: int, ended: bool) -> bool:
    """Whether the reader is gone. One in a driver is not waited for: it dies when the driver lets it go."""
    try:
        if not ended:
            os.kill(pid, signal.SIGKILL)
        for _ in range(_LOOKS_FOR_DEATH):
            if os.waitpid(pid, os.WNOHANG)[0]:
                return True
            time.sleep(_LOOK / 4)
    except (ProcessLookupError, ChildProcessError):  # nobody need reap it
        return True
    return False


def _wait(receiving: int, answers: Answers, end: float) -> bool:
    """Whether the reader came to its end, which closes its pipe; no silence lasts half of the time left."""
    poll = select.poll()
    poll.register(receiving, select.POLLIN)
    told, since = answers.told, time.monotonic()
    while True:
        if poll.poll(_LOOK * 1000):
            return True
        now = time.monotonic()
        if answers.told != told:
            told, since = answers.told, now
        if now >= end or now - since >= (end - since) / 2:
            return False


def _read_and_tell(
    root: str, known: Dict[str, Answer], answers: Answers, keep: Tuple[int, int], plain: bool
) -> NoReturn:
    """The reader's life: each answer is told as soon as it is there; with `plain` no driver is asked."""
    try:
        let_go_of_descriptors(*keep)
        files = Files(root)

        def ask(reading: _Reading, path: str) -> Answer:
            if plain and reading is Files.text and os.path.basename(path) not in _PLAIN:
                return None
            answer = _attempt(reading, files, path)
            answers.tell(path, answer)
            return answer

        inventory_of(_Known(known, ask))
    finally:
        os._exit(0)


def _attempt(reading: _Reading, files: Files, path: str) -> Answer:
    try:
        return reading(files, path)
    except OSError as error:
        return error.errno or errno.EIO


def let_go_of_descriptors(*keep: int) -> None:
    """Ends this process's hold on all that it inherited: somebody may wait for the end of those pipes."""
    redirect_standard_streams()
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in keep:
            with contextlib.suppress(OSError):  # the descriptor that listed the folder is gone already
                os.close(int(name))


def redirect_standard_streams() -> None:
    """Standard input, output and error to /dev/null."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    if null > 2:
        os.close(null)


class _UnansweredError(Exception):
    """The text is the first path without an answer."""


def _refuse(_reading: _Reading, path: str) -> NoReturn:
    raise _UnansweredError(path)


def _assemble(known: Dict[str, Answer], error: int = 0) -> HostInventory:
    """The inventory that the answers make; `error` is why nobody could be sent to read the rest."""
    inventory = _with_stuck(inventory_of(_Known(known, lambda _reading, _path: None)), known)
    if error:
        why = ReadError(BUS, errno.errorcode.get(error, "unknown error"))
        inventory = inventory._replace(errors=(why, *inventory.errors))
    return inventory


def _with_stuck(inventory: HostInventory, known: Dict[str, Answer]) -> HostInventory:
    stuck = tuple(path for path, answer in known.items() if answer is None)
    return inventory._replace(cut=(inventory.cut or Cut())._replace(stuck=stuck)) if stuck else inventory
