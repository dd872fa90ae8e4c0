"""The proxy socket's line protocol: one question a connection, one line each way. Pure text, no sockets.

Question: `1 <unit> <vm> <host,host,…> <key=value;…>` and a newline, ASCII, everything between the
separators percent-encoded. Answer: one Python literal and a newline, or `!` and a text. The first
field is the protocol's version: a plugin file left behind by an upgrade is told so, not misread.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from mdev_inventory.visible import visible
from scheduler_plugins.service.questions import too_much

VERSION = "1"
LIMIT = 256 * 1024
"""Longest line taken. One argument of a process holds 128 KiB, so the proxy cannot ask more than that."""

Answer = Sequence[str] | Sequence[tuple[str, int]]
"""Host ids that fit, or each host's weight."""


class LineError(ValueError):
    """A line that is no question; the text says which part and what is expected."""


@dataclass(frozen=True, slots=True)
class Question:
    """What one unit is asked about one VM."""

    unit: str
    vm_id: str
    host_ids: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)


def parse(line: bytes) -> Question:
    """The question in a line, its newline included; raises LineError."""
    if not line.endswith(b"\n"):
        raise LineError(f"no newline after {len(line)} bytes; a question is one line of at most {LIMIT} bytes")
    version, unit, vm_id, hosts, properties = _fields(line[:-1])
    if version != VERSION:
        raise LineError(f"protocol version {version!r}; this service speaks {VERSION!r}: update mdev_units.py")
    host_ids = tuple(map(_text, hosts.split(","))) if hosts else ()
    question = Question(_text(unit), _text(vm_id), host_ids, _properties(properties))
    if wrong := too_much([question.unit], question.vm_id, question.host_ids, question.properties):
        raise LineError(wrong)
    return question


def format_answer(answer: Answer) -> bytes:
    """The answer as the Python literal that the proxy evaluates, ASCII whatever the ids hold."""
    return ascii(list(answer)).encode("ascii") + b"\n"


def format_error(text: str) -> bytes:
    """An error in one line; the plugin then does as if the service were down."""
    return b"!" + visible(" ".join(text.split())).encode("ascii", "backslashreplace") + b"\n"


def _fields(line: bytes) -> list[str]:
    try:
        fields = line.decode("ascii").split(" ")
    except UnicodeDecodeError as error:
        raise LineError(f"byte {error.start} is not ASCII; percent-encode it") from error
    if len(fields) != 5:
        raise LineError(f"{len(fields)} fields; expected `1 <unit> <vm> <host,host,…> <key=value;…>`")
    return fields


def _properties(field: str) -> dict[str, str]:
    properties = {}
    for item in field.split(";") if field else ():
        key, separator, value = item.partition("=")
        if not separator:
            raise LineError(f"property {item!r} has no `=`; expected key=value")
        properties[_text(key)] = _text(value)
    return properties


def _text(encoded: str) -> str:
    try:
        return unquote(encoded, errors="strict")
    except UnicodeDecodeError as error:
        raise LineError(f"{encoded!r} is not percent-encoded UTF-8") from error
