"""XML-RPC in and out: hostile input parsed safely, answers that the engine's Java client understands.

xmlrpc.client's own parser expands entities; defusedxml's refuses them. It is used for our parser alone:
defusedxml's monkey patch would change the module for the whole process.

The engine's client (Apache ws-xmlrpc) sends its extension types, `ex:nil` and `ex:i8`; the unmarshaller
takes them by the name behind the colon.
"""

from typing import Any
from xmlrpc.client import INVALID_METHOD_PARAMS, NOT_WELLFORMED_ERROR, Fault, Unmarshaller, dumps

from defusedxml.xmlrpc import DefusedExpatParser


def parse_call(body: bytes) -> tuple[str, tuple[Any, ...]]:
    """Method name and parameters of a call; raises Fault."""
    target = Unmarshaller(use_builtin_types=True)
    parser = DefusedExpatParser(target, forbid_dtd=True)
    try:
        parser.feed(body)
        parser.close()
        params = target.close()
    except Exception as error:
        # The unmarshaller trusts its input: wrong nesting ends in nearly any exception there is.
        raise Fault(NOT_WELLFORMED_ERROR, f"not an XML-RPC call: {type(error).__name__}") from error
    method = target.getmethodname()
    if method is None:
        raise Fault(NOT_WELLFORMED_ERROR, "not an XML-RPC call: it names no method")
    return method, params


def format_answer(answer: Any) -> bytes:
    """The answer to a call: its result, or a Fault where it cannot be served."""
    params = answer if isinstance(answer, Fault) else (answer,)
    return dumps(params, methodresponse=True).encode("utf-8", "xmlcharrefreplace")


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
