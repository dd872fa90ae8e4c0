"""XML-RPC in and out: hostile input read safely, answers that the engine's Java client understands.

A call names each candidate host, and so does its answer. The standard library's unmarshaller, called back for
each of their tags, takes longer for a thousand hosts than the decision does: here a tree is built in C. A
document type is refused before that, as its entities could be made to expand without end.

The engine's client (Apache ws-xmlrpc) sends its extension types, `ex:nil` and `ex:i8`: a type is taken by its
name behind the namespace.
"""

from collections.abc import Callable, Iterable
from typing import Any
from xml.etree.ElementTree import Element, fromstring
from xmlrpc.client import INVALID_METHOD_PARAMS, MAXINT, MININT, NOT_WELLFORMED_ERROR, Fault, escape

from mdev_inventory.visible import visible

HEAD = "<?xml version='1.0' encoding='utf-8'?>\n<methodResponse>"
TAIL = "</methodResponse>\n"


def parse_call(body: bytes) -> tuple[str, tuple[Any, ...]]:
    """Method name and parameters of a call; raises Fault."""
    try:
        return _call(_tree(body))
    except Exception as error:
        # The readers below trust their input: wrong nesting ends in nearly any exception there is.
        raise Fault(NOT_WELLFORMED_ERROR, f"not an XML-RPC call: {type(error).__name__}") from error


def _tree(body: bytes) -> Element:
    text = body.decode()  # a text: whatever encoding it declares, the parser reads what is looked at here
    if "<!DOCTYPE" in text:
        raise ValueError("a document type")
    return fromstring(text)  # noqa: S314 - without a document type there is nothing to expand


def _call(call: Element) -> tuple[str, tuple[Any, ...]]:
    name, *others = call
    if (call.tag, name.tag) != ("methodCall", "methodName"):
        raise ValueError("no call")
    params = _inner(others[0], "param") if others else ()
    return name.text or "", tuple(_value(value) for param in params for value in _inner(param, "value"))


def _inner(element: Element, tag: str) -> Iterable[Element]:
    """The elements in this one; ValueError where one has another tag."""
    if {inner.tag for inner in element} - {tag}:
        raise ValueError(tag)
    return element


def _value(value: Element) -> Any:
    if not len(value):
        return value.text or ""
    (inner,) = value
    return _READERS[inner.tag.rpartition("}")[2]](inner)


def _array(array: Element) -> list[Any]:
    (data,) = _inner(array, "data")
    return [_value(value) for value in _inner(data, "value")]


def _struct(struct: Element) -> dict[str, Any]:
    return {name.text or "": _value(value) for name, value in _inner(struct, "member")}


def _number(number: Element) -> int:
    return int(number.text or "")


_READERS: dict[str, Callable[[Element], Any]] = {
    "string": lambda string: string.text or "",
    "array": _array,
    "struct": _struct,
    "nil": lambda _: None,
    **dict.fromkeys(("int", "i1", "i2", "i4", "i8"), _number),
}
"""What a call of the engine's can hold; no method of ours takes anything else."""


def format_answer(answer: Any) -> bytes:
    """The answer to a call: its result, in which a tuple is a host's weight, or a Fault where it cannot be served."""
    if isinstance(answer, Fault):
        fault = _written({"faultCode": answer.faultCode, "faultString": answer.faultString})
        inner = f"<fault>{fault}</fault>"
    else:
        inner = f"<params><param>{_written(answer)}</param></params>"
    return f"{HEAD}{inner}{TAIL}".encode("utf-8", "xmlcharrefreplace")


def _written(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return f"<value><string>{escape(visible(value))}</string></value>"
    if kind is tuple:  # three of its own calls for each host take as long as all the rest of an answer
        return _weight(*value)
    if kind is int and MININT <= value <= MAXINT:
        return f"<value><int>{value}</int></value>"
    if kind is list:
        return f"<value><array><data>{''.join([_written(item) for item in value])}</data></array></value>"
    if kind is dict:
        return f"<value><struct>{''.join([_member(*item) for item in value.items()])}</struct></value>"
    raise TypeError(f"no answer holds {value!r}")


def _weight(host: str, weight: int, unit: str) -> str:
    who = f"<value><string>{escape(host)}</string></value><value><int>{weight}</int></value>"
    return f"<value><array><data>{who}<value><string>{escape(unit)}</string></value></data></array></value>"


def _member(name: str, value: Any) -> str:
    return f"<member><name>{escape(name)}</name>{_written(value)}</member>"


def invalid(text: str) -> Fault:
    """What is wrong with a parameter."""
    return Fault(INVALID_METHOD_PARAMS, text)


def names(what: str, value: object) -> list[str]:
    """A parameter that must be an array of strings; raises Fault."""
    if not isinstance(value, list) or not set(map(type, value)) <= {str}:
        raise invalid(f"{what} must be an array of strings")
    return value


def name(what: str, value: object) -> str:
    """A parameter that must be a string; raises Fault."""
    if not isinstance(value, str):
        raise invalid(f"{what} must be a string")
    return value


def properties(value: object) -> dict[str, str]:
    """The policy's properties: a struct of strings, or nil for none; raises Fault."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid("properties must be a struct")
    return {name("a property's name", k): name(f"property {k!r}", v) for k, v in value.items() if v is not None}
