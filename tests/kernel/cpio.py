"""Writes the archives of which the kernel makes its first root file system (cpio, "newc").

By hand, because device nodes and root's ownership then need neither root nor a tool.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_NODES = {"dev/console": (0o600, 5, 1), "dev/null": (0o666, 1, 3)}
"""What the kernel opens before there is a /dev: mode, major, minor."""


def pack(folder: Path, target: BinaryIO) -> None:
    """Appends all that is below a folder to an archive file, as root's; files are told apart by path."""
    for number, (name, path) in enumerate(_entries(folder), start=1):
        mode = path.lstat().st_mode
        content = b""
        if stat.S_ISLNK(mode):
            content = os.fsencode(path.readlink())
        elif stat.S_ISREG(mode):
            content = path.read_bytes()
        target.write(_entry(name, mode, content, number))


def pack_nodes(target: BinaryIO) -> None:
    """Appends the device nodes without which no first program starts."""
    for number, (name, (mode, major, minor)) in enumerate(_NODES.items(), start=1):
        target.write(_entry(name, stat.S_IFCHR | mode, b"", number, (major, minor)))


def finish(target: BinaryIO) -> None:
    """Ends an archive; another may follow in the same file."""
    target.write(_entry("TRAILER!!!", 0, b"", 0))
    target.write(bytes(-target.tell() % 512))


def _entries(folder: Path) -> Iterator[tuple[str, Path]]:
    """Names and paths below a folder, each folder before what is in it."""
    for path in sorted(folder.rglob("*")):
        yield path.relative_to(folder).as_posix(), path


def _entry(name: str, mode: int, content: bytes, number: int, node: tuple[int, int] = (0, 0)) -> bytes:
    raw = os.fsencode(name) + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, *node, len(raw), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + raw
    return _padded(head) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
