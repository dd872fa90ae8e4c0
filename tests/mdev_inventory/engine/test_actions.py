"""What is asked of the engine to be done: events in its log, hosts read anew."""

import json
from typing import Any

import pytest
import responses

from mdev_inventory.engine.api import EngineApi
from tests.mdev_inventory.engine.net import API, asked, failure
from tests.mdev_inventory.engine.samples import HOST_ID, VM_ID

DENIED = {"reason": "Operation Failed", "detail": "[User is not authorized to perform this action.]"}


def sent(net: responses.RequestsMock) -> list[Any]:
    """The bodies of all requests to the API."""
    return [json.loads(call.request.body or "null") for call in net.calls if API in str(call.request.url)]


def test_an_event_about_a_vm(net: responses.RequestsMock, engine: EngineApi) -> None:
    """It carries an origin of ours and the object that it is about."""
    net.post(f"{API}/events", json={"id": "1"}, status=201)
    engine.add_event("no host fits", "error", vm_id=VM_ID)

    (event,) = sent(net)

    assert {
        "origin": "mdev-scheduler",
        "severity": "error",
        "custom_id": event["custom_id"],
        "description": "no host fits",
        "vm": {"id": VM_ID},
    } == event


def test_an_event_about_nothing(net: responses.RequestsMock, engine: EngineApi) -> None:
    """It is in one line of what the engine would keep of it."""
    net.post(f"{API}/events", json={"id": "1"}, status=201)
    engine.add_event("two\nlines " + 20_000 * "x")
    (event,) = sent(net)

    assert ("warning", None) == (event["severity"], event.get("vm"))
    assert event["description"].startswith("two lines xxx")
    assert (10_000, "...") == (len(event["description"]), event["description"][-3:])


def test_events_have_numbers_of_their_own(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The engine takes a number once, and none that does not fit into 32 bits."""
    net.post(f"{API}/events", json={"id": "1"}, status=201)
    for _ in range(5):
        engine.add_event("no host fits")
    numbers = [int(event["custom_id"]) for event in sent(net)]

    assert 5 == len(set(numbers))
    assert all(0 <= number < 2**31 for number in numbers)


def test_refreshing_a_host(net: responses.RequestsMock, engine: EngineApi) -> None:
    """An action with an empty body; nothing is returned."""
    net.post(f"{API}/hosts/{HOST_ID}/refresh", json={"status": "complete"})
    engine.refresh_host(HOST_ID)

    assert [f"POST /hosts/{HOST_ID}/refresh"] == asked(net)
    assert [{}] == sent(net)


@pytest.mark.parametrize(("status", "code"), [(403, "forbidden"), (404, "not-found"), (409, "http"), (503, "http")])
def test_what_the_engine_refuses(net: responses.RequestsMock, engine: EngineApi, status: int, code: str) -> None:
    """A right that lacks is told apart; nothing is sent twice."""
    net.post(f"{API}/events", json=DENIED, status=status)
    error = failure(lambda: engine.add_event("no host fits"))

    assert (code, status) == (error.code, error.status)
    assert ["POST /events"] == asked(net)


def test_the_engines_words_for_a_lacking_right(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The error names request and reason."""
    net.post(f"{API}/hosts/{HOST_ID}/refresh", json=DENIED, status=403)
    text = failure(lambda: engine.refresh_host(HOST_ID)).text

    assert f"POST /api/hosts/{HOST_ID}/refresh: the engine's user lacks the right" in text
    assert "User is not authorized" in text


def test_a_token_that_ended_meanwhile(net: responses.RequestsMock, engine: EngineApi) -> None:
    """A 401 did nothing, so what is asked is asked again with a new token."""
    net.post(f"{API}/events", json={}, status=401)
    net.post(f"{API}/events", json={"id": "1"}, status=201)
    engine.add_event("no host fits")

    assert 2 == len(sent(net))


def test_a_host_that_is_none(net: responses.RequestsMock, engine: EngineApi) -> None:
    """What cannot be an id goes into no path."""
    assert "not-found" == failure(lambda: engine.refresh_host("../vms")).code
    assert [] == asked(net)
