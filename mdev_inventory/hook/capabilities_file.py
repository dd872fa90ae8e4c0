"""Adds a member to the JSON file in which VDSM hands its capabilities to a hook.

VDSM decodes that file unprotected: were it broken, the host would drop out of the cluster. And what is in
it is VDSM's business: every other member stays as it was written, digit for digit.

Runs on Python 3.6: the VDSM hook imports it.
"""

import contextlib
import json
import os
import re
from typing import List, Tuple

_BLANKS = re.compile(r"[ \t\n\r]*")
# Only looks whether the JSON is whole: numbers of any size are left as text.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def set_member(path: str, name: str, value: str) -> None:
    """Sets a member of the JSON object in the file to the JSON text `value`, in one go or not at all.

    Raises OSError or ValueError with the file untouched.
    """
    with open(path, "rb") as file:
        document = file.read().decode("utf-8")
    replace_file(path, with_member(document, name, value).encode("utf-8"))


def with_member(document: str, name: str, value: str) -> str:
    """The JSON object with that member set, as its last; the others' text and order are kept.

    Raises ValueError where `document` is no JSON object.
    """
    others = [text for key, text in _members(document) if key != name]
    return "{" + ", ".join([*others, f"{json.dumps(name)}: {value}"]) + "}"


def _members(document: str) -> List[Tuple[str, str]]:
    """Each member's name, and its text from the name to the end of the value."""
    members: List[Tuple[str, str]] = []
    at = _past(document, 0, "{")
    while members or not document.startswith("}", at):
        key, stop = _DECODER.raw_decode(document, at)
        if not document.startswith('"', at):
            raise ValueError(f"no JSON object: a member's name is no text at character {at}")
        _, stop = _DECODER.raw_decode(document, _past(document, stop, ":"))
        members.append((key, document[at:stop]))
        at = _skip(document, stop)
        if document.startswith("}", at):
            break
        at = _past(document, at, ",")
    if _past(document, at, "}") != len(document):
        raise ValueError(f"no JSON object: text after its end at character {at}")
    return members


def _past(document: str, at: int, mark: str) -> int:
    """Where the next thing begins after that mark; there may be blanks on both sides of it."""
    at = _skip(document, at)
    if not document.startswith(mark, at):
        raise ValueError(f"no JSON object: {mark!r} is missing at character {at}")
    return _skip(document, at + len(mark))


def _skip(document: str, at: int) -> int:
    blanks = _BLANKS.match(document, at)
    return blanks.end() if blanks else at


def replace_file(path: str, content: bytes) -> None:
    """Gives the file new content in one go, its owner and mode kept.

    By renaming a new file over it, because nothing else leaves no moment with half a file: not a full disk,
    not a kill. VDSM opens the file by its name again (vdsm/lib/vdsm/common/hooks.py), in its folder for
    temporary files, where it may create others.
    """
    target = os.path.realpath(path)
    old = os.stat(target)
    beside = f"{target}.{os.urandom(8).hex()}"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            _keep_identity(descriptor, old)
        os.replace(beside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise


def _keep_identity(descriptor: int, old: os.stat_result) -> None:
    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, old.st_mode & 0o7777)
