"""Takes an inventory within a deadline, although a read may be stuck in a driver for ever.

Such a read cannot be interrupted, and the process in it cannot be killed. So a forked reader does the
reading and tells each answer through a pipe. When it falls silent, it is abandoned and another one goes on
from the answers known so far: the file at which it stuck counts as unreadable, and everything else is
still read. At the deadline, what was never read is one error per parent.

Which file a silent reader sticks at need not be told: taking the inventory again from the known answers
stops at the first one that is missing.

Runs on Python 3.6: the VDSM hook imports it.
"""

import contextlib
import errno
import json
import os
import select
import signal
import time
from io import FileIO
from typing import IO, Callable, Dict, List, NoReturn, Union, cast

from mdev_inventory.hook.sysfs import BUS, Files, inventory_of
from mdev_inventory.model import HostInventory

# A file's text, a folder's names, a link's target, or the errno of the failure.
_Answer = Union[str, List[str], int]
# One of the three readings of `Files`, and the path that it has no answer for yet.
_Reading = Callable[[Files, str], Union[str, List[str]]]
_Ask = Callable[[_Reading, str], _Answer]

# Each silence may last half of the time left, so that the deadline leaves no use for more readers.
_MOST_READERS = 8


def read_inventory_within(seconds: float, root: str = "/") -> HostInventory:
    """What can be read of the bus below `root` within that time; never takes notably longer, never raises.

    A file that did not answer is an error ETIMEDOUT, as is a parent that was not read to its end.
    """
    end = time.monotonic() + seconds
    known: Dict[str, _Answer] = {}
    for _ in range(_MOST_READERS):
        try:
            ended = _run_reader(root, known, end)
        except OSError as error:  # no process or no pipe to be had
            return _assemble(known, error.errno or errno.EAGAIN)
        if not ended and time.monotonic() >= end:
            break
        try:
            return inventory_of(_Known(known, _refuse))
        except _NoAnswerError as missing:
            known[str(missing)] = errno.ECHILD if ended else errno.ETIMEDOUT
    return _assemble(known, errno.ETIMEDOUT)


class _Known(Files):
    """Files as far as their answers are known; `ask` answers the rest."""

    def __init__(self, known: Dict[str, _Answer], ask: _Ask) -> None:
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
        if path not in self._known:
            self._known[path] = self._ask(reading, path)
        answer = self._known[path]
        if isinstance(answer, int):
            raise OSError(answer, os.strerror(answer))
        return answer


def _run_reader(root: str, known: Dict[str, _Answer], end: float) -> bool:
    """Lets a process read what is not known, until it ends (True), falls silent or the time is over."""
    receiving, sending = os.pipe()
    with open(receiving, "rb", buffering=0) as answers:
        with open(sending, "wb") as pipe:
            pid = os.fork()
            if pid == 0:
                _read_and_tell(root, known, pipe)
        ended = False
        try:
            ended = _receive(answers, known, end)
        finally:
            _part_from(pid, ended)
    return ended


def _part_from(pid: int, ended: bool) -> None:
    """Reaps a reader that has ended. Another is not waited for: it dies when the driver lets it go."""
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        if ended:
            os.waitpid(pid, 0)
        else:
            os.kill(pid, signal.SIGKILL)


def _receive(answers: FileIO, known: Dict[str, _Answer], end: float) -> bool:
    poll = select.poll()
    poll.register(answers, select.POLLIN)
    rest = b""
    while True:
        left = end - time.monotonic()
        if left <= 0 or not poll.poll(left / 2 * 1000):
            return False
        chunk = answers.read(65536)
        if not chunk:
            return True
        *lines, rest = (rest + chunk).split(b"\n")
        known.update(json.loads(line.decode()) for line in lines)


def _read_and_tell(root: str, known: Dict[str, _Answer], pipe: IO[bytes]) -> NoReturn:
    """The reader's life: one JSON line `[path, answer]` for each answer, as soon as it is there."""
    try:
        let_go_of_descriptors(keep=pipe.fileno())
        files = Files(root)

        def ask(reading: _Reading, path: str) -> _Answer:
            answer = _attempt(reading, files, path)
            pipe.write(json.dumps([path, answer]).encode() + b"\n")
            pipe.flush()
            return answer

        inventory_of(_Known(known, ask))
    finally:
        os._exit(0)


def _attempt(reading: _Reading, files: Files, path: str) -> _Answer:
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


class _NoAnswerError(Exception):
    """The text is the first path without an answer."""


def _refuse(_reading: _Reading, path: str) -> NoReturn:
    raise _NoAnswerError(path)


def _assemble(known: Dict[str, _Answer], reason: int) -> HostInventory:
    """The inventory that the answers make; what was never read is one error per parent."""
    unread = set()

    def give_up(_reading: _Reading, path: str) -> _Answer:
        unread.add(path)
        return reason

    inventory = inventory_of(_Known(known, give_up))
    errors = (e._replace(path=_device(e.path)) if e.path in unread else e for e in inventory.errors)
    return inventory._replace(errors=tuple(dict.fromkeys(errors)))


def _device(path: str) -> str:
    """The parent device's folder on the bus, for a path below it; else the path itself."""
    if not path.startswith(BUS + "/"):
        return path
    return "/".join(path.split("/")[: BUS.count("/") + 2])
