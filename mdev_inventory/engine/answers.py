"""What an answer has to look like: success, and JSON; else an error with the engine's own words."""

import json
from http import HTTPStatus
from typing import Any

from mdev_inventory.engine.errors import Code, EngineError, one_line
from mdev_inventory.engine.http import Answer

REFUSALS: dict[int, tuple[Code, str]] = {
    HTTPStatus.NOT_FOUND: ("not-found", "there is no such object"),
    HTTPStatus.FORBIDDEN: ("forbidden", "the engine's user lacks the right to do this"),
}


def decoded(answer: Answer) -> Any:
    """The JSON of a successful answer; else EngineError `not-found`, `forbidden`, `http` or `bad-answer`."""
    if not 200 <= answer.status < 300:
        raise _refusal(answer)
    try:
        return loads(answer.body)
    except ValueError as error:
        kind, what = one_line(answer.content_type) or "no content type", f"HTTP status {answer.status}, but"
        text = f"{answer.request}: {what} {len(answer.body)} bytes of {kind} that are no JSON"
        raise EngineError("bad-answer", f"{text}: {one_line(str(error))}", answer.status) from None


def _refusal(answer: Answer) -> EngineError:
    code, text = REFUSALS.get(answer.status, ("http", f"HTTP status {answer.status}"))
    if code == "http" and answer.location:
        text = f"{text}, it points to {one_line(answer.location)}"
    return EngineError(code, f"{answer.request}: {text}{_fault(answer)}", answer.status)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


DECODER = json.JSONDecoder(parse_constant=_no_constant)


def loads(body: bytes) -> Any:
    """JSON as the standard has it; ValueError for all else, nesting without end included."""
    try:
        return DECODER.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def members_of(answer: Answer) -> dict[str, Any]:
    """The answer's JSON object; empty where it holds none."""
    try:
        body = loads(answer.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _fault(answer: Answer) -> str:
    """Reason and detail of an oVirt fault, ready to be appended; empty where the body is none."""
    body = members_of(answer)
    fault = body.get("fault", body)
    said = (fault.get("reason"), fault.get("detail")) if isinstance(fault, dict) else ()
    return "".join(f": {one_line(words)}" for words in said if isinstance(words, str) and words)
