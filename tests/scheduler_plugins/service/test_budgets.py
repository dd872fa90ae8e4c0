"""How much may be asked at once, the same at both endpoints: both sides of each limit."""

from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import pytest

from scheduler_plugins.service import questions
from scheduler_plugins.service.engine_endpoint.application import BODY_LIMIT
from scheduler_plugins.service.proxy_socket.line import Question
from scheduler_plugins.service.questions import HOSTS, ID_LENGTH, PROPERTIES, PROPERTY_LENGTH, UNITS
from tests.scheduler_plugins.service.fakes import VM, FakeDecider, engine_endpoint, line_of, proxy_socket
from tests.scheduler_plugins.service.proxy_socket.asking import ask

FILTER = "MdevFilter"


def hosts(count: int) -> list[str]:
    """So many."""
    return [f"{number:08x}-0000-4000-8000-000000000000" for number in range(count)]


QUESTIONS = [
    pytest.param([FILTER], hosts(HOSTS), VM, {}, "", id="as many hosts as may be"),
    pytest.param([FILTER], hosts(HOSTS + 1), VM, {}, "4097 hosts", id="one host more"),
    pytest.param([FILTER], ["h" * ID_LENGTH], VM, {}, "", id="a long id"),
    pytest.param([FILTER], ["h" * (ID_LENGTH + 1)], VM, {}, "more than 80 characters", id="too long an id"),
    pytest.param([FILTER], [], "v" * (ID_LENGTH + 1), {}, "more than 80 characters", id="too long an id of a VM"),
    pytest.param(["U" * (ID_LENGTH + 1)], [], VM, {}, "more than 80 characters", id="too long a name of a unit"),
    pytest.param([FILTER], [], VM, {f"k{n}": "" for n in range(PROPERTIES)}, "", id="as many properties as may be"),
    pytest.param([FILTER], [], VM, {f"k{n}": "" for n in range(PROPERTIES + 1)}, "65 properties", id="one more"),
    pytest.param([FILTER], [], VM, {"k": "x" * (PROPERTY_LENGTH - 1)}, "", id="a long property"),
    pytest.param([FILTER], [], VM, {"k": "x" * PROPERTY_LENGTH}, "a property of more", id="too long a property"),
]
TABLE = pytest.mark.parametrize(("units", "host_ids", "vm", "properties", "wrong"), QUESTIONS)


@TABLE
def test_what_one_call_of_the_engine_may_ask(
    units: list[str], host_ids: list[str], vm: str, properties: dict[str, str], wrong: str
) -> None:
    """More makes no sense: a Fault, and nobody is asked."""
    decider = FakeDecider()
    with engine_endpoint(decider) as url, ServerProxy(url) as endpoint:
        if wrong:
            with pytest.raises(Fault, match=wrong):
                endpoint.runFilters(units, host_ids, vm, properties)
        else:
            endpoint.runFilters(units, host_ids, vm, properties)

    assert (0 if wrong else 1) == len(decider.asked)


@TABLE
def test_what_one_line_of_the_proxys_may_ask(
    tmp_path: Path, units: list[str], host_ids: list[str], vm: str, properties: dict[str, str], wrong: str
) -> None:
    """The same, as a line that is none."""
    decider, path = FakeDecider(), tmp_path / "proxy.sock"
    with proxy_socket(path, decider):
        answer = ask(path, line_of(Question(units[0], vm, tuple(host_ids), properties)))

    assert answer.startswith(b"!bad-line: " if wrong else b"[")
    assert wrong.encode() in answer
    assert (0 if wrong else 1) == len(decider.asked)


def test_a_unit_is_asked_once() -> None:
    """However often a call names it, the answer is no larger than for one; more names than units are refused."""
    decider = FakeDecider()
    with engine_endpoint(decider) as url, ServerProxy(url) as endpoint:
        answer: Any = endpoint.runCostFunctions([["MdevSpread", 1]] * 5000, hosts(100), VM, {})
        with pytest.raises(Fault, match=f"{UNITS + 1} units"):
            endpoint.runFilters([f"U{number}" for number in range(UNITS + 1)], hosts(100), VM, {})

    assert 100 == len(answer["result"])
    assert 1 == len(decider.asked)


def test_a_body_holds_the_largest_question() -> None:
    """As the engine's client writes it: a host takes about 70 bytes, and may take three times as much."""
    assert BODY_LIMIT > HOSTS * 3 * 70
    assert questions.too_much([FILTER], VM, hosts(HOSTS), {}) == ""
