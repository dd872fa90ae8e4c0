"""The calls and answers of every start, read and written fast: strings, numbers, structs and arrays of them.

A call names each candidate host, and so does its answer: a thousand hosts take the standard library's
unmarshaller, which is called back for each of their tags, longer than the decision takes. Here a tree is
built in C; and as the calls of a storm differ in nothing but the VM, mostly, none is built at all: what was
read from a call is kept, and holds for the next one that is the same but for its VM.

What the engine never sends (and who knows who sends what) is none of this module's business: `parse` knows it
not, and the general parser takes it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element, fromstring
from xmlrpc.client import escape

DECLARED = b"<!"
"""Begins a document type, whose entities could be made to expand without end, a comment and a CDATA section.

No encoding that the parser knows writes this otherwise, but those that have bytes of 0 in their text.
"""
VM = re.compile(rb"<value>(?:<string>)?([0-9A-Fa-f-]{36})</")
"""The VM in a call, behind the hosts."""
ANY_VM, ANY = b"any-vm", "any-vm"
"""In its place in a call that stands for all that differ from it in nothing else."""
CALLS_KEPT = 16
KEPT_BYTES = 256 * 1024
"""Longer calls are not kept: there is room for three thousand hosts."""
NUMBERS = range(-(2**31), 2**31)


class UnusualError(Exception):
    """Nothing that the engine sends with every start."""


def parse(body: bytes) -> tuple[str, tuple[Any, ...]]:
    """Method name and parameters of a usual call; UnusualError, or what the parser raises, for any other.

    The parameters are kept, and not to be changed.
    """
    vm = VM.search(body, max(0, body.rfind(b"</array>")))
    if vm is None or len(body) > KEPT_BYTES or ANY_VM in body:
        return _parsed(body)
    begin, end = vm.span(1)
    method, params = _kept(b"%b%b%b" % (body[:begin], ANY_VM, body[end:]))
    if ANY not in params:  # it stands deeper than a VM does
        return _parsed(body)
    vm_id = vm[1].decode("ascii")
    return method, tuple([vm_id if param == ANY else param for param in params])


def _parsed(body: bytes) -> tuple[str, tuple[Any, ...]]:
    if DECLARED in body or b"\0" in body:
        raise UnusualError
    call = fromstring(body)  # noqa: S314 - without a document type there is nothing to expand
    if call.tag != "methodCall" or [part.tag for part in call] not in (
        ["methodName", "params"],
        ["methodName"],
    ):
        raise UnusualError
    params = call[1] if len(call) > 1 else ()
    return _text(call[0]), tuple(_value(_only(param, "param", "value")) for param in params)


_kept = lru_cache(maxsize=CALLS_KEPT)(_parsed)


def _value(value: Element) -> Any:
    if not len(value):
        return value.text or ""
    inner = _only(value, "value")
    match inner.tag:
        case "string":
            return _text(inner)
        case "array":
            return _array(_only(inner, "array", "data"))
        case "struct":
            return dict(_member(member) for member in inner)
        case "int" | "i4":
            return int(_text(inner))
    raise UnusualError


def _array(data: Element) -> list[Any]:
    if any(value.tag != "value" for value in data):
        raise UnusualError
    bare = [value.text for value in data if not len(value)]
    if not bare:
        tagged = [value[0] for value in data if len(value) == 1]
        bare = [string.text for string in tagged if string.tag == "string" and not len(string)]
    if len(bare) == len(data) and all(bare):
        return bare
    return [_value(value) for value in data]


def _member(member: Element) -> tuple[str, Any]:
    if [part.tag for part in member] != ["name", "value"]:
        raise UnusualError
    return _text(member[0]), _value(member[1])


def _only(element: Element, tag: str, inner: str = "") -> Element:
    """The one child of an element of that tag."""
    if element.tag != tag or len(element) != 1 or (inner and element[0].tag != inner):
        raise UnusualError
    return element[0]


def _text(element: Element) -> str:
    if len(element):
        raise UnusualError
    return element.text or ""


def written(result: object) -> bytes:
    """The answer to a call; UnusualError for what our answers never hold."""
    value = f"<methodResponse><params><param>{_written(result)}</param></params></methodResponse>"
    return f"<?xml version='1.0' encoding='utf-8'?>{value}".encode()


def _written(value: object) -> str:
    if isinstance(value, str):
        return f"<value><string>{_escaped(value)}</string></value>"
    if type(value) is int and value in NUMBERS:
        return f"<value><int>{value}</int></value>"
    if isinstance(value, dict):
        members = "".join(
            f"<member><name>{_escaped(k)}</name>{_written(v)}</member>" for k, v in value.items()
        )
        return f"<value><struct>{members}</struct></value>"
    if isinstance(value, list | tuple):
        return f"<value><array><data>{_items(value)}</data></array></value>"
    raise UnusualError


def _items(values: Sequence[Any]) -> str:
    kinds = set(map(type, values))
    if kinds == {str} and not _has_markup("".join(values)):
        return f"<value><string>{'</string></value><value><string>'.join(values)}</string></value>"
    if kinds == {tuple} and set(map(len, values)) == {3}:
        return _triples(values)
    return "".join(map(_written, values))


def _triples(values: Sequence[tuple[Any, Any, Any]]) -> str:
    """Arrays of host, weight and unit, or of whatever else."""
    hosts, weights, units = zip(*values, strict=True)
    kinds = set(map(type, hosts)), set(map(type, weights)), set(map(type, units))
    if kinds != ({str}, {int}, {str}) or min(weights) not in NUMBERS or max(weights) not in NUMBERS:
        return "".join(map(_written, values))
    written = {unit: _written(unit) for unit in set(units)}
    if _has_markup("".join(hosts)):
        hosts = tuple(map(escape, hosts))
    return "".join(
        [
            f"<value><array><data><value><string>{host}</string></value><value><int>{weight}</int></value>"
            f"{written[unit]}</data></array></value>"
            for host, weight, unit in zip(hosts, weights, units, strict=True)
        ]
    )


def _escaped(text: str) -> str:
    return escape(text) if _has_markup(text) else text


def _has_markup(text: str) -> bool:
    """Whether anything in it cannot stand in a text as it is."""
    return "<" in text or "&" in text or ">" in text
