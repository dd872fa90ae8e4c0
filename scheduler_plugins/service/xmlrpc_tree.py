"""The calls and answers of every start, read and written fast: strings, numbers, structs and arrays of them.

A call names each candidate host, and so does its answer: a thousand hosts take the standard library's
unmarshaller, which is called back for each of their tags, longer than the decision takes. Here a tree is
built in C. What the engine never sends (and who knows who sends what) is none of this module's business:
`parse` knows it not, and the general parser takes it.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, fromstring
from xmlrpc.client import escape

DECLARED = b"<!"
"""Begins a document type, whose entities could be made to expand without end, a comment and a CDATA section.

No encoding that the parser knows writes this otherwise, but those that have bytes of 0 in their text.
"""
MARKUP = re.compile("[<>&]")
"""What cannot stand in a text as it is."""
NUMBERS = range(-(2**31), 2**31)


class UnusualError(Exception):
    """Nothing that the engine sends with every start."""


class Score(NamedTuple):
    """A host's weight by one unit; an array of three for who reads it."""

    host: str
    weight: int
    unit: str


def parse(body: bytes) -> tuple[str, tuple[Any, ...]]:
    """Method name and parameters of a usual call; UnusualError, or what the parser raises, for any other."""
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
    if kinds == {str} and not MARKUP.search("".join(values)):
        return f"<value><string>{'</string></value><value><string>'.join(values)}</string></value>"
    if kinds == {Score}:
        return _scores(values)
    return "".join(map(_written, values))


def _scores(scores: Sequence[Score]) -> str:
    units = {unit: _written(unit) for unit in {score.unit for score in scores}}
    if any(type(score.weight) is not int or score.weight not in NUMBERS for score in scores):
        raise UnusualError
    return "".join(
        [
            f"<value><array><data><value><string>{_escaped(host)}</string></value><value><int>{weight}</int></value>"
            f"{units[unit]}</data></array></value>"
            for host, weight, unit in scores
        ]
    )


def _escaped(text: str) -> str:
    return escape(text) if MARKUP.search(text) else text
