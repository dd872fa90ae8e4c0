"""The methods that the engine calls, and what they answer in XML-RPC."""

import re
from dataclasses import dataclass, field
from typing import Any
from xmlrpc.client import INVALID_METHOD_PARAMS, METHOD_NOT_FOUND, Fault, loads

import pytest

from scheduler_plugins.errors import UnknownVmError
from scheduler_plugins.service.engine_endpoint import xmlrpc
from scheduler_plugins.service.engine_endpoint.external import External
from scheduler_plugins.units.registry import FILTERS, WEIGHTS
from tests.scheduler_plugins.service.fakes import HOST_A, HOST_B, HOST_C, VM, FakeDecider

HOSTS = [HOST_A, HOST_B, HOST_C]


@dataclass
class Endpoint:
    """The methods, and what they ask."""

    decider: FakeDecider = field(default_factory=FakeDecider)

    def call(self, method: str, *params: Any) -> Any:
        """The result as whoever called reads it."""
        answer = xmlrpc.format_answer(External(self.decider).call(method, params))
        return loads(answer)[0][0]

    def filters(self, *names: str, hosts: list[str] = HOSTS) -> Any:
        """runFilters with these units."""
        return self.call("runFilters", list(names), hosts, VM, {"mode": "x"})


@pytest.fixture
def endpoint() -> Endpoint:
    """Nothing was asked yet."""
    return Endpoint()


def test_discover_tells_every_unit(endpoint: Endpoint) -> None:
    """Descriptions and regexes are strings, and the third key is `balance`, as the proxy has it."""
    expected = {
        "filters": {name: [unit.description, unit.properties] for name, unit in FILTERS.items()},
        "scores": {name: [unit.description, unit.properties] for name, unit in WEIGHTS.items()},
        "balance": {},
    }

    assert expected == endpoint.call("discover")


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
    expected = {"result_code": 1, "result": [HOST_A], "plugin_errors": {"MdevFoo": ["plugin not found: 'MdevFoo'"]}}

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
    expected = {"result_code": 1, "result": ["", []], "plugin_errors": {"MdevFoo": ["plugin not found: 'MdevFoo'"]}}

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
            "MdevFilter": ["request-from-memory: the engine does not answer; its request is as known 75 s ago"]
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
        pytest.param("noSuch", (), METHOD_NOT_FOUND, "no method 'noSuch'", id="unknown method"),
        pytest.param("__init__", (), METHOD_NOT_FOUND, "no method", id="private method"),
        pytest.param("discover", (1,), INVALID_METHOD_PARAMS, "0 parameters, not 1", id="too many"),
        pytest.param("runFilters", ([], []), INVALID_METHOD_PARAMS, "4 parameters, not 2", id="too few"),
        pytest.param("runFilters", ("x", [], "v", {}), INVALID_METHOD_PARAMS, "filters must be an array", id="names"),
        pytest.param("runFilters", ([], [1], "v", {}), INVALID_METHOD_PARAMS, "hosts must be an array", id="hosts"),
        pytest.param("runFilters", ([], [], 1, {}), INVALID_METHOD_PARAMS, "vm must be a string", id="vm"),
        pytest.param("runFilters", ([], [], "v", []), INVALID_METHOD_PARAMS, "properties must be", id="properties"),
        pytest.param("runFilters", ([], [], "v", {"a": 1}), INVALID_METHOD_PARAMS, "'a' must be a string", id="value"),
        pytest.param("runCostFunctions", ("x", [], "v", {}), INVALID_METHOD_PARAMS, "must be an array", id="costs"),
        pytest.param(
            "runCostFunctions", ([["x"]], [], "v", {}), INVALID_METHOD_PARAMS, "must be [name, factor]", id="cost"
        ),
        pytest.param("runLoadBalancing", (None, [], {}), INVALID_METHOD_PARAMS, "balance must be", id="balance"),
    ],
)
def test_a_call_that_makes_no_sense_is_a_fault(
    endpoint: Endpoint, method: str, params: tuple[Any, ...], code: int, says: str
) -> None:
    """The fault's code and text say what is wrong with the call."""
    with pytest.raises(Fault, match=re.escape(says)) as fault:
        endpoint.call(method, *params)

    assert code == fault.value.faultCode
