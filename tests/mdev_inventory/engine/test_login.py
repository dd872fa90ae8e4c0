"""The engine's token: fetched, reused, replaced, refused and revoked; the password is never shown."""

import logging

import pytest
import responses

from mdev_inventory.engine.api import EngineApi
from tests.mdev_inventory.engine.conftest import Clock
from tests.mdev_inventory.engine.net import API, BASE, LOGOUT, PASSWORD, TOKEN, asked, failure
from tests.mdev_inventory.engine.samples import sample


def test_the_token_is_asked_for_as_the_engine_wants_it(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The form is that of the password grant, Accept is exactly application/json."""
    net.get(f"{API}/hosts", json={})
    engine.hosts()
    login, question = (call.request for call in net.calls)

    assert "application/json" == login.headers["Accept"]
    assert "application/x-www-form-urlencoded" == login.headers["Content-Type"]
    assert "username=admin%40internal&password=p%C3%A4ss%26w%C3%B6rd" in str(login.body)
    assert str(login.body).startswith("grant_type=password&scope=ovirt-app-api&")
    assert ("Bearer Zmlyc3Q", "4", "application/json") == tuple(
        question.headers[name] for name in ("Authorization", "Version", "Accept")
    )


def test_one_token_serves_all_calls(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The token is reused until the engine refuses it."""
    net.get(f"{API}/hosts", json={})
    for _ in range(3):
        engine.hosts()

    assert 1 == len([c for c in net.calls if c.request.url == TOKEN])


def test_a_401_costs_one_new_token(net: responses.RequestsMock, engine: EngineApi) -> None:
    """An expired token is replaced once, and the question asked again with the new one."""
    net.get(f"{API}/hosts", json={"error": "expired"}, status=401)
    net.get(f"{API}/hosts", json={"host": [sample("host")]})
    net.replace(responses.POST, TOKEN, json=sample("token"))
    net.post(TOKEN, json=sample("token", access_token="second"))

    assert ["gpu01"] == [host.name for host in engine.hosts()]
    assert ["Bearer Zmlyc3Q", "Bearer second"] == [
        c.request.headers["Authorization"] for c in net.calls if API in str(c.request.url)
    ]


def test_a_second_401_is_an_error(net: responses.RequestsMock, engine: EngineApi) -> None:
    """A token that is refused as soon as it was given is a named error, not a loop."""
    net.get(f"{API}/hosts", body="<html>Unauthorized</html>", status=401)
    error = failure(engine.hosts)

    assert ("auth", 401, 2) == (error.code, error.status, len(asked(net)))
    assert "GET /api/hosts" in error.text


@pytest.mark.parametrize("status", [200, 400, 401, 403])
def test_a_refused_login(net: responses.RequestsMock, engine: EngineApi, status: int) -> None:
    """The engine's own words are shown with the user's name, and what to check."""
    net.replace(responses.POST, TOKEN, json=sample("token_refused"), status=status)
    error = failure(engine.hosts)

    assert ("auth", status, []) == (error.code, error.status, asked(net))
    assert "'admin@internal'" in error.text
    assert "user name or password is incorrect" in error.text


def test_a_refusal_that_repeats_the_password(net: responses.RequestsMock, engine: EngineApi) -> None:
    """The password is never shown, in whatever form the engine sends it back."""
    said = f"no {PASSWORD}, nor p%C3%A4ss%26w%C3%B6rd, {'x' * 280}{PASSWORD}"
    net.replace(responses.POST, TOKEN, json={"error": said}, status=400)
    error = failure(engine.hosts)

    assert [] == [secret for secret in ("päss", "p%C3") if secret in error.text + repr(error)]
    assert "no ***, nor ***" in error.text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param("<html>Login</html>", 200, "bad-answer", id="HTML"),
        pytest.param("", 200, "bad-answer", id="empty"),
        pytest.param("[]", 200, "bad-answer", id="a list"),
        pytest.param("{}", 200, "bad-answer", id="no token"),
        pytest.param('{"access_token": ""}', 200, "bad-answer", id="empty token"),
        pytest.param('{"access_token": 7}', 200, "bad-answer", id="token is a number"),
        pytest.param('{"access_token": "a\\nHost: x"}', 200, "bad-answer", id="token with a line break"),
        pytest.param("<html>oops</html>", 500, "http", id="500"),
        pytest.param("<html>gone</html>", 404, "http", id="404"),
        pytest.param("<html>no</html>", 401, "http", id="401 of another server"),
        pytest.param("<html>later</html>", 503, "http", id="503 is not tried again"),
    ],
)
def test_a_login_that_is_no_login(
    net: responses.RequestsMock, engine: EngineApi, body: str, status: int, code: str
) -> None:
    """What answers without a token is named with path and status."""
    net.replace(responses.POST, TOKEN, body=body, status=status)
    error = failure(engine.hosts)

    assert (code, status) == (error.code, error.status)
    assert "POST /sso/oauth/token" in error.text
    assert 1 == len(net.calls)


def test_a_refused_login_is_not_tried_at_once_again(
    net: responses.RequestsMock, engine: EngineApi, clock: Clock
) -> None:
    """Each refusal doubles the pause, because the engine locks accounts; then it works again."""
    net.replace(responses.POST, TOKEN, json=sample("token_refused"), status=400)
    tries = []
    for clock.now in (0.0, 3.0, 5.0, 14.9, 15.0):
        error = failure(engine.hosts)
        tries.append((error.code, len(net.calls), "not tried again" in error.text))
    net.replace(responses.POST, TOKEN, json=sample("token"))
    net.get(f"{API}/hosts", json={})
    clock.now = 35.0

    tried = [(1, False), (1, True), (2, False), (2, True), (3, False)]
    assert [("auth", calls, pausing) for calls, pausing in tried] == tries
    assert [] == engine.hosts()


def test_close_revokes_the_token(net: responses.RequestsMock) -> None:
    """At the end the token is given back, once."""
    net.get(f"{API}/hosts", json={})
    engine = EngineApi(BASE, "admin@internal", PASSWORD)
    engine.hosts()
    engine.close()
    engine.close()
    logouts = [c.request.body for c in net.calls if c.request.url == LOGOUT]

    assert ["scope=ovirt-app-api&token=Zmlyc3Q"] == logouts
    assert "closed" == failure(engine.hosts).code


def test_close_of_an_engine_that_is_gone(net: responses.RequestsMock) -> None:
    """Whether the engine can be told or not, closing ends without an error."""
    net.get(f"{API}/hosts", json={})
    net.replace(responses.POST, LOGOUT, body=ConnectionRefusedError("refused"))
    engine = EngineApi(BASE, "admin@internal", PASSWORD)
    engine.hosts()
    engine.close()

    assert "closed" == failure(engine.hosts).code


def test_close_without_a_question(net: responses.RequestsMock) -> None:
    """Whoever asked nothing has no token to give back."""
    EngineApi(BASE, "admin@internal", PASSWORD).close()

    assert 0 == len(net.calls)


def test_no_secret_in_logs_errors_and_names(
    net: responses.RequestsMock, engine: EngineApi, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither password nor token shows anywhere, debugging included."""
    caplog.set_level(logging.DEBUG)
    net.get(f"{API}/hosts", status=500)
    error = failure(engine.hosts)
    shown = f"{engine!r} {error!r} {error} {vars(error)} {caplog.text}"

    assert [] == [secret for secret in ("päss", "p%C3", "Zmlyc3Q") if secret in shown]
