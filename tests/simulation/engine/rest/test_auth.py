"""Tokens: how they are got, what they are worth, and how they end."""

import pytest

from tests.simulation.engine.rest.client import TIMEOUT_S, Client


def test_token(client: Client) -> None:
    """The answer has the token and says until when."""
    assert client.token().json().keys() == {"access_token", "scope", "exp", "token_type"}


@pytest.mark.parametrize("accept", ["*/*", "application/json, text/html", "application/xml"])
def test_accept_is_exact(client: Client, accept: str) -> None:
    """Any header Accept but application/json alone is an invalid request."""
    answer = client.token(accept)

    assert answer.json()["error_code"] == "invalid_request"


@pytest.mark.parametrize("wrong", [{"password": "old"}, {"username": "admin"}])
def test_wrong_password(client: Client, wrong: dict[str, str]) -> None:
    """Wrong words give an error document and no token."""
    answer = client.token(**wrong).json()

    assert answer["error_code"] == "access_denied"
    assert "access_token" not in answer


def test_no_scope(client: Client) -> None:
    """The scope is mandatory."""
    assert client.token(scope="").json()["error_code"] == "invalid_request"


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Basic bm9uc2Vuc2U=", "Basic §§", "Bearer"])
def test_without_a_token(client: Client, header: str) -> None:
    """Nothing is told without one, and the answer is no JSON."""
    client.session.headers["Authorization"] = header.encode("latin-1")
    answer = client.ask("GET", "hosts")

    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "text/html;charset=UTF-8")


def test_basic(client: Client) -> None:
    """User and password in the header work as well."""
    del client.session.headers["Authorization"]
    client.session.auth = ("admin@internal", "secret")

    assert client.get("hosts")["host"]


def test_expiry(client: Client) -> None:
    """When the session ends, 401; a new token works; after a change of password there is none."""
    client.rest.tokens.expire()
    expired = client.ask("GET", "vms").status_code
    client.login()
    again = client.ask("GET", "vms").status_code
    client.rest.tokens.password = "changed"

    assert (expired, again) == (401, 200)
    assert "error" in client.token().json()


def test_logout(client: Client) -> None:
    """A token that was handed back is worth nothing."""
    token = str(client.session.headers["Authorization"]).removeprefix("Bearer ")
    answer = client.session.post(
        f"{client.root}/ovirt-engine/services/sso-logout",
        data={"scope": "ovirt-app-api", "token": token},
        timeout=TIMEOUT_S,
    )

    assert answer.status_code == 200
    assert client.ask("GET", "vms").status_code == 401
