"""Takes an inventory within a deadline, although a read may be stuck in a driver for ever.

Such a read cannot be interrupted, and the process in it cannot be killed. So a forked reader does the
reading and tells each answer in shared memory. When it falls silent, it is abandoned and another one goes on
from the answers known so far: the file at which it stuck counts as not read, and everything else is still
read. What was not read by the deadline is told as such (`model.Cut`), never as unreadable.

Which file a silent reader sticks at need not be told: taking the inventory again from the known answers
stops at the first one that is missing.

Runs on Python 3.6: the VDSM hook imports it.
"""

import contextlib
import errno
import os
import select
import signal
import time
from typing import Callable, Dict, List, NoReturn, Union, cast

from mdev_inventory.hook.answers import Answer, Answers
from mdev_inventory.hook.files import Files, NotReadError
from mdev_inventory.hook.sysfs import BUS, inventory_of
from mdev_inventory.model import Cut, HostInventory, ReadError

# One of the three readings of `Files`, and the path that it has no answer for yet.
_Reading = Callable[[Files, str], Union[str, List[str]]]
_Ask = Callable[[_Reading, str], Answer]

# Each silence may last half of the time left, so that the deadline leaves no use for more readers.
_MOST_READERS = 8
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
            ended = _run_reader(root, known, end)
        except OSError as error:  # no process, no pipe or no memory to be had
            return _assemble(known, error.errno or errno.EAGAIN)
        if not ended and time.monotonic() >= end:
            break  # not stuck, only late
        try:
            return _with_stuck(inventory_of(_Known(known, _refuse)), known)
        except _UnansweredError as missing:
            known[str(missing)] = None
    return _assemble(known)


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


def _run_reader(root: str, known: Dict[str, Answer], end: float) -> bool:
    """Lets a process read what is not known, until it ends (True), falls silent or the time is over."""
    answers = Answers()
    receiving, sending = os.pipe()
    try:
        pid = os.fork()
        if pid == 0:
            _read_and_tell(root, known, answers, sending)
        os.close(sending)
        sending = -1
        ended = False
        try:
            ended = _wait(receiving, answers, end)
        finally:
            _part_from(pid, ended)
    finally:
        os.close(receiving)
        if sending >= 0:
            os.close(sending)
    answers.into(known)
    answers.close()
    return ended


def _part_from(pid: int, ended: bool) -> None:
    """Reaps a reader that has ended. Another is not waited for: it dies when the driver lets it go."""
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        if ended:
            os.waitpid(pid, 0)
        else:
            os.kill(pid, signal.SIGKILL)


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


def _read_and_tell(root: str, known: Dict[str, Answer], answers: Answers, pipe: int) -> NoReturn:
    """The reader's life: each answer is told as soon as it is there."""
    try:
        let_go_of_descriptors(keep=pipe)
        files = Files(root)

        def ask(reading: _Reading, path: str) -> Answer:
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


def let_go_of_descriptors(keep: int) -> None:
    """Ends this process's hold on all that it inherited: somebody may wait for the end of those pipes."""
    redirect_standard_streams()
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != keep:
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
