"""Hostile calls refused, and the engine's own dialect read."""

from typing import Any
from xmlrpc.client import NOT_WELLFORMED_ERROR, Fault, dumps, loads

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.visible import visible
from scheduler_plugins.service.engine_endpoint import xmlrpc

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r", exclude_categories=["Cc", "Cs"])).map(visible)
VALUES = st.recursive(
    TEXTS | st.integers(-(2**31), 2**31 - 1),
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner) | st.lists(TEXTS),
)


@given(VALUES)
def test_an_answer_is_read_as_it_was_meant(value: Any) -> None:
    """With or without what has to be escaped."""
    assert ((value,), None) == loads(xmlrpc.format_answer(value))


@given(VALUES)
def test_a_call_is_read_as_it_was_meant(value: Any) -> None:
    """Whatever writer wrote it."""
    assert ("ask", (value, [])) == xmlrpc.parse_call(dumps((value, []), "ask").encode())


@given(TEXTS, TEXTS)
def test_a_weight_is_an_array(host: str, unit: str) -> None:
    """Of host, weight and unit, as the engine reads it."""
    assert (([[host, 5, unit]],), None) == loads(xmlrpc.format_answer([(host, 5, unit)]))


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, None, 0.5, True])
def test_what_no_answer_holds_is_an_error(value: object) -> None:
    """Nothing goes out that the engine's client could read as something else."""
    with pytest.raises(TypeError, match="no answer holds"):
        xmlrpc.format_answer([value])


BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;&lol;&lol;">]>
<methodCall><methodName>&lol1;</methodName><params/></methodCall>"""
EXTERNAL = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>
<methodCall><methodName>discover</methodName><params><param><value>&file;</value></param></params></methodCall>"""


DEEP = "<array><data><value>" * 50_000 + "</value></data></array>" * 50_000


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="nothing"),
        pytest.param("hello", id="no XML"),
        pytest.param("<methodCall><methodName>discover", id="cut off"),
        pytest.param("<a/>", id="another document"),
        pytest.param(dumps((1,), methodresponse=True), id="a response"),
        pytest.param(dumps(Fault(1, "x")), id="a fault"),
        pytest.param("<methodCall><params><param/></params></methodCall>", id="no method"),
        pytest.param("<methodCall><methodName>x</methodName><params></array></params></methodCall>", id="nesting"),
        pytest.param(dumps((1,), "discover").replace("<int>1", "<int>one"), id="no number"),
        pytest.param(b"<methodCall><methodName>\xff</methodName></methodCall>", id="no UTF-8"),
        pytest.param(BOMB, id="entity bomb"),
        pytest.param(BOMB.encode("utf-16"), id="entity bomb in another encoding"),
        pytest.param(BOMB.replace("?>", ' encoding="utf-16"?>', 1), id="entity bomb said to be in another encoding"),
        pytest.param(EXTERNAL, id="external entity"),
        pytest.param("<array>" * 100_000, id="deep"),
        pytest.param(dumps((1,), "x").replace("<int>1</int>", DEEP), id="deep and well-formed"),
        pytest.param(dumps((1,), "x").replace("int>", "dateTime.iso8601>"), id="a type that no call has"),
    ],
)
def test_what_is_no_call_is_a_fault(body: str | bytes) -> None:
    """Nothing that a client sends gets further than the parser, and no entity is expanded."""
    with pytest.raises(Fault, match="not an XML-RPC call") as fault:
        xmlrpc.parse_call(body.encode() if isinstance(body, str) else body)

    assert NOT_WELLFORMED_ERROR == fault.value.faultCode


ENGINE = """<?xml version="1.0" encoding="UTF-8"?><methodCall
 xmlns:ex="http://ws.apache.org/xmlrpc/namespaces/extensions"><methodName>runCostFunctions</methodName><params>
<param><value><array><data><value><array><data><value>MdevSpread</value><value><ex:i8>5</ex:i8></value></data>
</array></value></data></array></value></param>
<param><value><array><data><value>host</value></data></array></value></param>
<param><value>vm</value></param><param><value>{properties}</value></param></params></methodCall>"""


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        pytest.param("<ex:nil/>", {}, id="nil"),
        pytest.param("<struct/>", {}, id="none"),
        pytest.param(
            "<struct><member><name>a</name><value><ex:nil/></value></member>"
            "<member><name>b</name><value>x</value></member></struct>",
            {"b": "x"},
            id="a nil value",
        ),
    ],
)
def test_the_engines_extension_types_are_understood(properties: str, expected: dict[str, str]) -> None:
    """Apache's client may send nil and 64-bit integers under its own namespace, and no tag around strings."""
    method, params = xmlrpc.parse_call(ENGINE.format(properties=properties).encode())

    assert ("runCostFunctions", ([["MdevSpread", 5]], ["host"], "vm")) == (method, params[:3])
    assert expected == xmlrpc.properties(params[3])
