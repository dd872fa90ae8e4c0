"""The engine endpoint, asked by xmlrpc.client and by the engine's own client's bytes, over a real port."""

import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from xmlrpc.client import Fault, ServerProxy, dumps, loads

import pytest
import requests

from scheduler_plugins.errors import UnknownVmError
from scheduler_plugins.service.engine_endpoint import xmlrpc
from scheduler_plugins.service.engine_endpoint.application import BODY_LIMIT, Application
from scheduler_plugins.units.registry import FILTERS, WEIGHTS
from tests.scheduler_plugins.service import fakes
from tests.scheduler_plugins.service.fakes import HOST_A, HOST_B, HOST_C, VM, FakeDecider

HOSTS = [HOST_A, HOST_B, HOST_C]


class Endpoint:
    """A running the engine endpoint and what it asks."""

    def __init__(self, decider: FakeDecider, url: str) -> None:
        self.decider, self.url = decider, url

    def call(self, method: str, *params: Any, path: str = "/") -> Any:
        """As a Python program would call it."""
        with ServerProxy(self.url + path, allow_none=True) as proxy:
            return getattr(proxy, method)(*params)

    def filters(self, *names: str, hosts: list[str] = HOSTS) -> Any:
        """runFilters with these units."""
        return self.call("runFilters", list(names), hosts, VM, {"mode": "x"})

    def post(self, body: bytes | str) -> Any:
        """The answer to this very body."""
        answer = requests.post(self.url, data=body, headers={"Content-Type": "text/xml"}, timeout=10)
        assert 200 == answer.status_code
        return loads(answer.content)[0][0]


@pytest.fixture(scope="module")
def served() -> Iterator[Endpoint]:
    """One server for all tests; each starts with a fresh decider behind it."""
    decider = FakeDecider()
    with ThreadPoolExecutor(4) as pool, fakes.http(Application(decider, pool)) as url:
        yield Endpoint(decider, url)


@pytest.fixture
def endpoint(served: Endpoint) -> Endpoint:
    """The endpoint with everything asked before forgotten."""
    vars(served.decider).update(vars(FakeDecider()))
    return served


def test_discover_tells_every_unit(endpoint: Endpoint) -> None:
    """Descriptions and regexes are strings, and the third key is `balance`, as the proxy has it."""
    expected = {
        "filters": {name: [unit.description, unit.properties] for name, unit in FILTERS.items()},
        "scores": {name: [unit.description, unit.properties] for name, unit in WEIGHTS.items()},
        "balance": {},
    }

    assert expected == endpoint.call("discover")
    assert expected == endpoint.call("discover", path="/RPC2")


def test_a_filter_answers_the_hosts_that_fit(endpoint: Endpoint) -> None:
    """In the order asked, with result code 0 and no errors; the unit gets the properties."""
    endpoint.decider.fitting = (HOST_C, HOST_A)

    assert {"result_code": 0, "result": [HOST_A, HOST_C]} == endpoint.filters("MdevFilter")
    assert [("MdevFilter", VM, tuple(HOSTS), {"mode": "x"})] == endpoint.decider.asked


def test_refusing_every_host_is_an_empty_list(endpoint: Endpoint) -> None:
    """The engine finds no host; a missing result would say the same but hide a fault."""
    endpoint.decider.fitting = ()

    assert {"result_code": 0, "result": []} == endpoint.filters("MdevFilter")


@pytest.mark.parametrize("names", [["MdevFilter"], []], ids=["filtered", "no filter"])
def test_a_host_named_twice_is_answered_once(endpoint: Endpoint, names: list[str]) -> None:
    """In filters and in weights, which the engine would add up."""
    twice = [HOST_A, HOST_A]

    assert [HOST_A] == endpoint.filters(*names, hosts=twice)["result"]
    assert 1 == len(endpoint.call("runCostFunctions", [["MdevSpread", 1]], twice, VM, {})["result"])


def test_filters_are_intersected(endpoint: Endpoint) -> None:
    """A host must pass all of them."""
    endpoint.decider.filters = {**FILTERS, "Other": FILTERS["MdevFilter"]}

    assert [HOST_A] == endpoint.filters("MdevFilter", "Other")["result"]
    assert ["MdevFilter", "Other"] == [asked[0] for asked in endpoint.decider.asked]


def test_weights_are_integers_with_the_units_name(endpoint: Endpoint) -> None:
    """Three members, so that the engine applies the unit's own factor; ours is ignored."""
    answer = endpoint.call("runCostFunctions", [["MdevConsolidate", 7], ["MdevSpread", 1]], HOSTS, VM, {})

    expected = [
        *([host, place, "MdevConsolidate"] for place, host in enumerate(HOSTS)),
        *([host, place, "MdevSpread"] for place, host in enumerate(HOSTS)),
    ]
    assert {"result_code": 0, "result": expected} == answer
    assert all(type(weight) is int for _, weight, _ in answer["result"])


def test_an_unknown_filter_is_a_plugin_error(endpoint: Endpoint) -> None:
    """In the proxy's words, beside what the known ones say."""
    expected = {
        "result_code": 1,
        "result": [HOST_A],
        "plugin_errors": {"MdevFoo": ["plugin not found: 'MdevFoo'"]},
    }

    assert expected == endpoint.filters("MdevFilter", "MdevFoo")


@pytest.mark.parametrize("names", [[], ["MdevFoo"]], ids=["none", "unknown"])
def test_no_filter_that_answers_lets_every_host_pass(endpoint: Endpoint, names: list[str]) -> None:
    """As the proxy: an error, and the whole list."""
    answer = endpoint.filters(*names)

    assert (1, HOSTS, ["all filters failed"]) == (answer["result_code"], answer["result"], answer["errors"])


def test_an_unknown_weight_is_a_plugin_error(endpoint: Endpoint) -> None:
    """The known one's weights go out all the same."""
    answer = endpoint.call("runCostFunctions", [["MdevFoo", 1], ["MdevSpread", 1]], [HOST_A], VM, {})

    expected = {
        "result_code": 1,
        "result": [[HOST_A, 0, "MdevSpread"]],
        "plugin_errors": {"MdevFoo": ["plugin not found: 'MdevFoo'"]},
    }
    assert expected == answer


def test_there_is_nothing_to_balance(endpoint: Endpoint) -> None:
    """An answer that the engine understands as: move nothing."""
    expected = {
        "result_code": 1,
        "result": ["", []],
        "plugin_errors": {"MdevFoo": ["plugin not found: 'MdevFoo'"]},
    }

    assert expected == endpoint.call("runLoadBalancing", "MdevFoo", HOSTS, {})


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UnknownVmError(VM), f"unknown-vm: {UnknownVmError(VM)}"),
        (ZeroDivisionError("secret"), "fault: see the log of mdev-scheduler"),
    ],
    ids=["no decision", "fault"],
)
def test_a_filter_that_fails_lets_every_host_pass(endpoint: Endpoint, error: Exception, text: str) -> None:
    """The failure is told beside a usable result; a fault's text stays in the log."""
    endpoint.decider.error = error
    expected = {
        "result_code": 1,
        "result": HOSTS,
        "plugin_errors": {"MdevFilter": [text]},
        "errors": ["all filters failed"],
    }

    assert expected == endpoint.filters("MdevFilter")


def test_a_request_from_memory_is_an_error_beside_the_answer(endpoint: Endpoint) -> None:
    """The hosts stand, and the engine shows the administrator what they rest on."""
    endpoint.decider.stale = "the engine does not answer; its request is as known 75 s ago"

    assert {
        "result_code": 1,
        "result": [HOST_A],
        "plugin_errors": {
            "MdevFilter": [
                "request-from-memory: the engine does not answer; its request is as known 75 s ago"
            ]
        },
    } == endpoint.filters("MdevFilter")


def test_a_weight_that_fails_leaves_the_others(endpoint: Endpoint) -> None:
    """A Fault would lose the weights of every unit."""
    endpoint.decider.error, endpoint.decider.failing = ZeroDivisionError(), "MdevSpread"
    answer = endpoint.call("runCostFunctions", [["MdevSpread", 1], ["MdevConsolidate", 1]], [HOST_A], VM, {})

    assert [[HOST_A, 0, "MdevConsolidate"]] == answer["result"]
    assert {"MdevSpread": ["fault: see the log of mdev-scheduler"]} == answer["plugin_errors"]


@pytest.mark.parametrize(
    ("method", "params", "code", "says"),
    [
        pytest.param("noSuch", (), xmlrpc.UNKNOWN_METHOD, "no method 'noSuch'", id="unknown method"),
        pytest.param("__init__", (), xmlrpc.UNKNOWN_METHOD, "no method", id="private method"),
        pytest.param("discover", (1,), xmlrpc.INVALID_PARAMS, "0 parameters, not 1", id="too many"),
        pytest.param("runFilters", ([], []), xmlrpc.INVALID_PARAMS, "4 parameters, not 2", id="too few"),
        pytest.param(
            "runFilters", ("x", [], "v", {}), xmlrpc.INVALID_PARAMS, "filters must be an array", id="names"
        ),
        pytest.param(
            "runFilters", ([], [1], "v", {}), xmlrpc.INVALID_PARAMS, "hosts must be an array", id="hosts"
        ),
        pytest.param("runFilters", ([], [], 1, {}), xmlrpc.INVALID_PARAMS, "vm must be a string", id="vm"),
        pytest.param(
            "runFilters", ([], [], "v", []), xmlrpc.INVALID_PARAMS, "properties must be", id="properties"
        ),
        pytest.param(
            "runFilters", ([], [], "v", {"a": 1}), xmlrpc.INVALID_PARAMS, "'a' must be a string", id="value"
        ),
        pytest.param(
            "runCostFunctions", ("x", [], "v", {}), xmlrpc.INVALID_PARAMS, "must be an array", id="costs"
        ),
        pytest.param(
            "runCostFunctions",
            ([["x"]], [], "v", {}),
            xmlrpc.INVALID_PARAMS,
            "must be [name, factor]",
            id="cost",
        ),
        pytest.param(
            "runLoadBalancing", (None, [], {}), xmlrpc.INVALID_PARAMS, "balance must be", id="balance"
        ),
    ],
)
def test_a_call_that_makes_no_sense_is_a_fault(
    endpoint: Endpoint, method: str, params: tuple[Any, ...], code: int, says: str
) -> None:
    """The fault's code and text say what is wrong with the call."""
    with pytest.raises(Fault) as fault:
        endpoint.post(dumps(params, method, allow_none=True))

    assert code == fault.value.faultCode
    assert says in fault.value.faultString


BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;&lol;&lol;">]>
<methodCall><methodName>&lol1;</methodName><params/></methodCall>"""
EXTERNAL = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>
<methodCall><methodName>discover</methodName><params><param><value>&file;</value></param></params></methodCall>"""


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
        pytest.param(
            "<methodCall><methodName>x</methodName><params></array></params></methodCall>", id="nesting"
        ),
        pytest.param(dumps((1,), "discover").replace("<int>1", "<int>one"), id="no number"),
        pytest.param(b"<methodCall><methodName>\xff</methodName></methodCall>", id="no UTF-8"),
        pytest.param(BOMB, id="entity bomb"),
        pytest.param(EXTERNAL, id="external entity"),
        pytest.param("<array>" * 100_000, id="deep"),
    ],
)
def test_what_is_no_call_is_a_fault(endpoint: Endpoint, body: str | bytes) -> None:
    """Nothing that a client sends gets further than the parser, and no entity is expanded."""
    with pytest.raises(Fault, match="not an XML-RPC call"):
        endpoint.post(body)

    assert [] == endpoint.decider.asked


ENGINE = """<?xml version="1.0" encoding="UTF-8"?><methodCall
 xmlns:ex="http://ws.apache.org/xmlrpc/namespaces/extensions"><methodName>runCostFunctions</methodName><params>
<param><value><array><data><value><array><data><value>MdevSpread</value><value><ex:i8>5</ex:i8></value></data>
</array></value></data></array></value></param>
<param><value><array><data><value>{host}</value></data></array></value></param>
<param><value>{vm}</value></param><param><value>{properties}</value></param></params></methodCall>"""


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
def test_the_engines_extension_types_are_understood(
    endpoint: Endpoint, properties: str, expected: dict[str, str]
) -> None:
    """Apache's client may send nil and 64-bit integers under its own namespace."""
    answer = endpoint.post(ENGINE.format(host=HOST_A, vm=VM, properties=properties))

    assert [[HOST_A, 0, "MdevSpread"]] == answer["result"]
    assert [("MdevSpread", VM, (HOST_A,), expected)] == endpoint.decider.asked


def test_as_many_hosts_as_the_limit_holds(endpoint: Endpoint) -> None:
    """A thousand hosts in one call, in and out."""
    hosts = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(1000)]
    endpoint.decider.fitting = tuple(hosts)

    assert hosts == endpoint.filters("MdevFilter", hosts=hosts)["result"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/RPC2/", 404),
        ("POST", "/api/v1/hosts", 404),
        ("GET", "/healthz", 404),
        ("GET", "/", 405),
        ("HEAD", "/RPC2", 405),
        ("PUT", "/RPC2", 405),
    ],
)
def test_nothing_else_is_on_this_port(endpoint: Endpoint, method: str, path: str, status: int) -> None:
    """POST on / and /RPC2 only, and no redirects."""
    answer = requests.request(method, endpoint.url + path, timeout=10, allow_redirects=False)

    assert status == answer.status_code


def test_a_body_over_the_limit_is_refused(endpoint: Endpoint) -> None:
    """It is not even read to its end."""
    host, port = endpoint.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(100 * BODY_LIMIT))
    connection.endheaders()
    connection.send(b"x" * (BODY_LIMIT + 1))
    answer = connection.getresponse()

    assert 413 == answer.status
    connection.close()
