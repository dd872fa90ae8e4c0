"""XML at the API's border, as the engine's SDK sends and expects it: the same documents as in JSON.

`href`, `id` and `rel` are attributes, everything else elements; a list is its element repeated, and a
collection is named in the plural where JSON names its members. A time is a number of milliseconds in JSON, and
a date here. What the user's own rights are (`users`, `permits`) is not told in XML.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.ElementTree import fromstring

from simulation.engine.rest.messages import JSON, PREFIX, Answer, BadRequestError, Request

XML = "application/xml"
ATTRIBUTES = ("href", "id", "rel")
REPEATED = ("property", "custom_property")
ACTION = "action"
ROOTS = {
    "": "api",
    "clusters": "cluster",
    "schedulingpolicyunits": "scheduling_policy_unit",
    "schedulingpolicies": "scheduling_policy",
    "filters": "filter",
    "weights": "weight",
    "balances": "balance",
    "hosts": "host",
    "devices": "host_device",
    "hooks": "hook",
    "vms": "vm",
    "mediateddevices": "vm_mediated_device",
    "events": "event",
    **dict.fromkeys(("start", "stop", "migrate", "refresh"), ACTION),
}
"""Collection or action in the path -> name of a member."""


def wanted(request: Request) -> bool:
    """Whether it asks for XML, and for something that there is in XML."""
    accepted = request.headers.get("accept", "")
    return XML in accepted and JSON not in accepted and _collection(_path(request)) in ROOTS


def understood(request: Request) -> Request:
    """The request with its body as JSON; BadRequestError where it is no XML."""
    if not request.body or XML not in request.headers.get("content-type", ""):
        return request
    try:
        root = fromstring(request.body.decode())
    except (ParseError, UnicodeDecodeError) as error:
        raise BadRequestError(f"the body is no XML: {error}") from error
    found = _value(root)
    return replace(request, body=json.dumps(found if isinstance(found, dict) else {}).encode())


def answered(request: Request, found: Answer) -> Answer:
    """An answer in JSON to a request that wants XML, in XML; any other as it is."""
    if not wanted(request) or found.content_type != JSON or not found.body:
        return found
    document = json.loads(found.body)
    root = Element(_root(document, _path(request), found.status))
    _fill(root, document)
    body = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + tostring(root)
    return Answer(found.status, body, f"{XML};charset=UTF-8")


def _path(request: Request) -> str:
    """Below the API's base; of anything else, all of it."""
    return request.path.removeprefix(PREFIX).strip("/")


def _collection(path: str) -> str:
    """The last collection named in the path: of `clusters/1`, `clusters`."""
    parts = path.split("/")
    return parts[-1] if len(parts) % 2 else parts[-2]


def _root(document: dict[str, Any], path: str, status: int) -> str:
    if status >= 400:
        return "fault"
    member = ROOTS[_collection(path)]
    alone = "id" in document or not path or member == ACTION
    return member if alone else f"{member}s".replace("ys", "ies")


def _fill(element: Element, value: Any) -> None:
    if not isinstance(value, dict):
        dated = element.tag == "time"
        element.text = datetime.fromtimestamp(value / 1000, UTC).isoformat() if dated else str(value)
        return
    for name, member in value.items():
        if name in ATTRIBUTES and isinstance(member, str):
            element.set(name, member)
        else:
            for each in member if isinstance(member, list) else [member]:
                _fill(SubElement(element, name), each)


def _value(element: Element) -> Any:
    """An element as in JSON: text, or an object of attributes and elements."""
    if not len(element) and not element.attrib:
        return element.text or ""
    found: dict[str, Any] = dict(element.attrib)
    for child in element:
        if child.tag in REPEATED:
            found.setdefault(child.tag, []).append(_value(child))
        else:
            found[child.tag] = _value(child)
    return found
