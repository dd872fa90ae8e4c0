"""The fast reader and writer of XML-RPC against the standard library's."""

from typing import Any
from xmlrpc.client import dumps, loads

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler_plugins.service.engine_endpoint import xmlrpc, xmlrpc_tree
from scheduler_plugins.service.engine_endpoint.xmlrpc_tree import Scores, UnusualError

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r", exclude_categories=["Cc", "Cs"]))
VALUES = st.recursive(
    TEXTS | st.integers(-(2**31), 2**31 - 1),
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner) | st.lists(TEXTS),
)
AS_THE_ENGINE = (
    b'<?xml version="1.0" encoding="UTF-8"?><methodCall xmlns:ex="http://ws.apache.org/xmlrpc/namespaces/'
    b'extensions"><methodName>runFilters</methodName><params><param><value><array><data><value>MdevFilter'
    b"</value></data></array></value></param><param><value><array><data><value>a</value><value>b</value>"
    b"</data></array></value></param><param><value>vm</value></param><param><value><struct/></value></param>"
    b"</params></methodCall>"
)


@given(st.lists(VALUES))
def test_a_call_is_read_as_the_library_reads_it(params: list[Any]) -> None:
    """Strings, numbers, arrays and structs, in each other."""
    body = dumps(tuple(params), "method", encoding="utf-8").encode("utf-8", "xmlcharrefreplace")

    assert (loads(body)[1], loads(body)[0]) == xmlrpc.parse_call(body)


def test_the_engines_own_bytes() -> None:
    """Strings without a tag, no blanks, a namespace of extensions."""
    assert ("runFilters", (["MdevFilter"], ["a", "b"], "vm", {})) == xmlrpc_tree.parse(AS_THE_ENGINE)


UUIDS = st.uuids().map(str)
HOSTS = st.lists(UUIDS, max_size=3)
LIKE_CALLS = st.tuples(
    st.sampled_from(["runFilters", "runCostFunctions", "any-vm"]),
    st.tuples(
        st.lists(TEXTS | st.lists(TEXTS | st.integers(0, 9))) | TEXTS | UUIDS,
        HOSTS | UUIDS,
        UUIDS | TEXTS | st.just("any-vm") | HOSTS,
        st.dictionaries(TEXTS | UUIDS, UUIDS | TEXTS | st.just("any-vm") | HOSTS, max_size=2) | UUIDS,
    ),
)


@given(st.lists(LIKE_CALLS, min_size=2))
def test_what_one_call_said_is_never_said_for_another(calls: list[tuple[str, Any]]) -> None:
    """What was read of a call is kept for those that differ from it in the VM alone."""
    for method, params in calls:
        body = dumps(params, method, encoding="utf-8").encode("utf-8", "xmlcharrefreplace")
        for written in (body, body.replace(b"<string>", b"").replace(b"</string>", b"").replace(b"\n", b"")):
            assert (loads(written)[1], loads(written)[0]) == xmlrpc.parse_call(written)


def test_calls_that_differ_in_the_vm_alone_are_read_once() -> None:
    """In a storm of starts nothing else changes."""
    bodies = [AS_THE_ENGINE.replace(b">vm<", b">%036d<" % number) for number in range(3)]
    read = [xmlrpc.parse_call(body) for body in bodies]

    assert [f"{number:036}" for number in range(3)] == [params[2] for _, params in read]
    assert 1 == len({id(params[1]) for _, params in read})


@given(VALUES)
def test_an_answer_is_read_as_it_was_meant(value: Any) -> None:
    """Whoever writes it, with or without what has to be escaped."""
    assert ((value,), None) == loads(xmlrpc.format_result(value))


WEIGHED = st.lists(st.tuples(TEXTS, st.integers(-(2**31), 2**31 - 1)), min_size=1)


@given(st.lists(st.tuples(WEIGHED, TEXTS)), st.sampled_from(["", "\ud800"]))
def test_weights_are_arrays_of_three(told: list[tuple[list[tuple[str, int]], str]], trouble: str) -> None:
    """Host, weight, unit; from whichever writer."""
    scores = [Scores(tuple(h for h, _ in hosts), tuple(w for _, w in hosts), unit) for hosts, unit in told]
    answer = xmlrpc.format_result({"result": scores, "errors": [trouble]})

    triples = [[host, weight, unit] for weighed, unit in told for host, weight in weighed]
    (read,), _ = loads(answer.replace(b"&#55296;", b"?"))
    assert isinstance(read, dict)
    assert triples == read["result"]


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><methodCall><methodName>&a;</methodName></methodCall>",
        "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE x><methodCall/>".encode("utf-16"),
        b"<methodCall><methodName>a</methodName><params><param><value><ex/></value></param></params></methodCall>",
        b"<methodResponse/>",
    ],
    ids=["a document type", "one in UTF-16", "another type", "no call"],
)
def test_what_is_unusual_is_left_to_the_library(body: bytes) -> None:
    """A document type above all: its entities could grow without end."""
    with pytest.raises(UnusualError):
        xmlrpc_tree.parse(body)


@pytest.mark.parametrize(
    "value", [2**31, True, 1.5, None, b"x", [Scores(("a",), (True,), "u")], [Scores(("a",), (2**31,), "u")]]
)
def test_what_our_answers_never_hold_is_not_written(value: object) -> None:
    """A weight that is no 32-bit number would break the engine: the general writer, or nobody."""
    with pytest.raises(UnusualError):
        xmlrpc_tree.written(value)
