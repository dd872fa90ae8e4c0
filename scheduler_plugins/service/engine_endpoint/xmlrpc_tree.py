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
from typing import Any, NamedTuple
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
HOSTS_KEPT = 3000
"""Longer calls and answers are not kept."""
STRING, STRING_ENDS = "<value><string>", "</string></value>"
NUMBERS = range(-(2**31), 2**31)


class UnusualError(Exception):
    """Nothing that the engine sends with every start."""


class Scores(NamedTuple):
    """What a unit says to hosts: for who reads it, an array of host, weight and unit for each of them."""

    hosts: tuple[str, ...]
    weights: tuple[int, ...]
    unit: str

    @property
    def triples(self) -> list[tuple[str, int, str]]:
        """Those arrays."""
        return [(host, weight, self.unit) for host, weight in zip(self.hosts, self.weights, strict=True)]


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


def plain(result: Any) -> Any:
    """The answer as any XML-RPC writer takes it."""
    if isinstance(result, dict):
        return {name: plain(value) for name, value in result.items()}
    if isinstance(result, list) and any(isinstance(value, Scores) for value in result):
        return [triple for scores in result for triple in scores.triples]
    return result


def written(result: object) -> bytes:
    """The answer to a call; UnusualError for what our answers never hold."""
    parts = ["<?xml version='1.0' encoding='utf-8'?><methodResponse><params><param>"]
    _write(result, parts)
    parts.append("</param></params></methodResponse>")
    return "".join(parts).encode()


def _write(value: object, parts: list[str]) -> None:
    """Adds the value to the parts: put together once, as it may be long."""
    if isinstance(value, str):
        parts.append(_string(value))
    elif type(value) is int and value in NUMBERS:
        parts.append(f"<value><int>{value}</int></value>")
    elif isinstance(value, dict):
        parts.append("<value><struct>")
        for name, member in value.items():
            parts.append(f"<member><name>{_escaped(name)}</name>")
            _write(member, parts)
            parts.append("</member>")
        parts.append("</struct></value>")
    elif isinstance(value, list | tuple):
        parts.append("<value><array><data>")
        _write_items(value, parts)
        parts.append("</data></array></value>")
    else:
        raise UnusualError


def _write_items(values: Sequence[Any], parts: list[str]) -> None:
    kinds = set(map(type, values))
    if kinds == {str} and not _has_markup("".join(values)):
        parts += (STRING, f"{STRING_ENDS}{STRING}".join(values), STRING_ENDS)
    elif kinds == {Scores}:
        for scores in values:
            _write_scores(scores, parts)
    else:
        for value in values:
            _write(value, parts)


def _write_scores(scores: Scores, parts: list[str]) -> None:
    distinct = set(scores.weights)
    if set(map(type, scores.weights)) - {int} or not all(weight in NUMBERS for weight in distinct):
        raise UnusualError
    unit = _string(scores.unit)
    ends = {weight: f"<value><int>{weight}</int></value>{unit}</data></array></value>" for weight in distinct}
    hosts = scores.hosts
    triples = [""] * (2 * len(hosts))
    triples[::2] = _begins(hosts) if len(hosts) <= HOSTS_KEPT else _begins.__wrapped__(hosts)
    triples[1::2] = map(ends.__getitem__, scores.weights)
    parts += triples


@lru_cache(maxsize=CALLS_KEPT)
def _begins(hosts: tuple[str, ...]) -> list[str]:
    """How the triples of these hosts begin: the same hosts are weighed again and again."""
    return [f"<value><array><data>{_string(host)}" for host in hosts]


def _string(text: str) -> str:
    return f"{STRING}{_escaped(text)}{STRING_ENDS}"


def _escaped(text: str) -> str:
    return escape(text) if _has_markup(text) else text


def _has_markup(text: str) -> bool:
    """Whether anything in it cannot stand in a text as it is."""
    return "<" in text or "&" in text or ">" in text
