"""XML-RPC in and out: hostile input parsed safely, answers that the engine's Java client understands.

xmlrpc.client's own parser expands entities; defusedxml's refuses them. It is used for our parser alone:
defusedxml's monkey patch would change the module for the whole process.

The engine's client (Apache ws-xmlrpc) sends its extension types, `ex:nil` and `ex:i8`; the unmarshaller
takes them by the name behind the colon.
"""

from typing import Any
from xmlrpc.client import Fault, Unmarshaller, dumps

from defusedxml.xmlrpc import DefusedExpatParser

# Numbers of http://xmlrpc-epi.sourceforge.net/specs/rfc.fault_codes.php, which clients know.
NOT_WELL_FORMED = -32700
UNKNOWN_METHOD = -32601
INVALID_PARAMS = -32602
INTERNAL = -32603


class CallError(Exception):
    """A call that cannot be served at all: it is answered with a Fault of this code."""

    def __init__(self, code: int, text: str) -> None:
        """`text` is what the caller reads."""
        super().__init__(text)
        self.code = code


def parse_call(body: bytes) -> tuple[str, tuple[Any, ...]]:
    """Method name and parameters of a call; raises CallError."""
    target = Unmarshaller(use_builtin_types=True)
    parser = DefusedExpatParser(target, forbid_dtd=True)
    try:
        parser.feed(body)
        parser.close()
        params = target.close()
    except Exception as error:
        # The unmarshaller trusts its input: wrong nesting ends in nearly any exception there is.
        raise CallError(NOT_WELL_FORMED, f"not an XML-RPC call: {type(error).__name__}") from error
    method = target.getmethodname()
    if method is None:
        raise CallError(NOT_WELL_FORMED, "not an XML-RPC call: it names no method")
    return method, params


def format_result(result: Any) -> bytes:
    """The answer to a call."""
    return _encoded((result,))


def format_fault(error: CallError) -> bytes:
    """The answer to a call that cannot be served."""
    return _encoded(Fault(error.code, str(error)))


def _encoded(answer: tuple[Any, ...] | Fault) -> bytes:
    return dumps(answer, methodresponse=True).encode("utf-8", "xmlcharrefreplace")


def names(what: str, value: object) -> list[str]:
    """A parameter that must be an array of strings; raises CallError."""
    if not isinstance(value, list) or not set(map(type, value)) <= {str}:
        raise CallError(INVALID_PARAMS, f"{what} must be an array of strings")
    return value


def name(what: str, value: object) -> str:
    """A parameter that must be a string; raises CallError."""
    if not isinstance(value, str):
        raise CallError(INVALID_PARAMS, f"{what} must be a string")
    return value


def properties(value: object) -> dict[str, str]:
    """The policy's properties: a struct of strings, or nil for none; raises CallError."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise CallError(INVALID_PARAMS, "properties must be a struct")
    return {
        name("a property's name", k): name(f"property {k!r}", v) for k, v in value.items() if v is not None
    }
