"""The engine's user, her roles and what they allow, over REST."""

import pytest

from simulation.engine.rest.rights import ROLES
from tests.simulation.engine.rest.client import Client

EVENT = {"origin": "test", "severity": "normal", "custom_id": "1", "description": "hello"}


def held(client: Client) -> dict[str, set[str]]:
    """The roles of whoever asks, with their permits, found as a client has to find them."""
    user = client.get("")["authenticated_user"]["id"]
    names = {role["id"]: role["name"] for role in client.get("roles")["role"]}
    given = client.get(f"users/{user}/permissions").get("permission", [])
    return {
        names[one["role"]["id"]]: {p["name"] for p in client.get(f"roles/{one['role']['id']}/permits")["permit"]}
        for one in given
    }


@pytest.mark.parametrize("roles", [["SuperUser"], ["ReadOnlyAdmin", "ExternalEventsCreator"], []])
def test_roles_are_shown_with_their_permits(client: Client, roles: list[str]) -> None:
    """As they were given; nothing for who has none."""
    client.rest.rights.roles = roles

    assert {role: set(ROLES[role]) for role in roles} == held(client)


@pytest.mark.parametrize(("role", "status"), [("ExternalEventsCreator", 201), ("ReadOnlyAdmin", 403)])
def test_events_need_their_permit(client: Client, role: str, status: int) -> None:
    """Reading them needs none."""
    client.rest.rights.roles = [role]

    assert status == client.ask("POST", "events", EVENT).status_code
    assert 200 == client.ask("GET", "events").status_code


def test_refreshing_needs_its_permit(client: Client) -> None:
    """Without it the host stays as it is."""
    client.rest.rights.roles = ["ReadOnlyAdmin"]
    host = client.get("hosts")["host"][0]["id"]

    assert 403 == client.ask("POST", f"hosts/{host}/refresh", {}).status_code


def test_nobody_else_is_known(client: Client) -> None:
    """Neither users nor roles."""
    assert 404 == client.ask("GET", "users/nobody/permissions").status_code
    assert 404 == client.ask("GET", "roles/none/permits").status_code
