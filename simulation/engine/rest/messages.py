"""Requests and answers of the REST API, free of the transport."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from simulation.timeline.processes import Promise

T = TypeVar("T")
JSON = "application/json"
PREFIX = "/ovirt-engine/api"


class BadRequestError(Exception):
    """The request's body or parameters cannot be understood: status 400."""


class NotFoundError(Exception):
    """No such object: status 404."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """Without parameters."""
        return urlsplit(self.target).path

    def parameter(self, name: str) -> str | None:
        """A parameter of the target; None where it is not given."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True).get(name, [None])[0]

    def number(self, name: str) -> int | None:
        """A parameter that has to be a number; BadRequestError where it is none."""
        text = self.parameter(name)
        if text is None:
            return None
        if not text.isdigit():
            raise BadRequestError(f"parameter {name}={text!r} is no number")
        return int(text)

    def form(self) -> dict[str, str]:
        """The body as a form."""
        return {key: values[0] for key, values in parse_qs(self.body.decode("latin-1")).items()}

    def document(self) -> dict[str, Any]:
        """The body as a JSON object; BadRequestError where it is none."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError as error:
            raise BadRequestError(f"the body is no JSON: {error}") from error
        if not isinstance(value, dict):
            raise BadRequestError("the body is no JSON object")
        return value


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer."""

    status: int
    body: bytes = b""
    content_type: str = JSON


Handler = Callable[..., Answer | Promise[None]]
"""What answers a request: a function of the engine, the request and the ids in its path."""
Route = tuple[str, str, Handler]
"""Method, path below `/ovirt-engine/api`, function."""


def answer(value: object, status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(status, json.dumps(value).encode())


def entity(table: Mapping[str, T], object_id: str, kind: str) -> T:
    """The object of that id; NotFoundError where there is none."""
    if object_id not in table:
        raise NotFoundError(f"Entity not found: {kind} {object_id}")
    return table[object_id]


def fault(status: int, detail: str, reason: str = "Operation Failed") -> Answer:
    """The engine's error document; `detail` carries brackets as translated messages do."""
    return answer({"detail": f"[{detail}]", "reason": reason}, status)


COMPLETE = answer({"status": "complete"})
"""What an action says that is done."""
NO_SUCH_RESOURCE = Answer(404, b"<html><body>404 - Not Found</body></html>", "text/html;charset=UTF-8")
"""What the application server says where no resource is: not JSON."""
UNAUTHORIZED = Answer(401, b"<html><body>Unauthorized</body></html>", "text/html;charset=UTF-8")
"""What the session filter says, likewise."""
