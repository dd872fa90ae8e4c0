"""The search language of collections."""

import pytest

from simulation.engine.rest.messages import BadRequestError
from simulation.engine.rest.search import Fields, select, words
from tests.simulation.engine.centre import Centre
from tests.simulation.engine.rest.client import Client

ROWS: list[tuple[Fields, str]] = [
    ({"name": words("cad-01"), "status": words("up"), "id": words("1")}, "cad-01"),
    ({"name": words("cad-02"), "status": words("down"), "id": words("2")}, "cad-02"),
    ({"name": words("Office [x]"), "status": words("up"), "id": words("3")}, "Office [x]"),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", ["cad-01", "cad-02", "Office [x]"], id="all"),
        pytest.param("name=cad-01", ["cad-01"], id="equal"),
        pytest.param("name = CAD-01", ["cad-01"], id="case and blanks do not matter"),
        pytest.param("name=cad-*", ["cad-01", "cad-02"], id="a wildcard"),
        pytest.param("name!=cad-01", ["cad-02", "Office [x]"], id="unequal"),
        pytest.param("name=cad-* and status=up", ["cad-01"], id="and"),
        pytest.param("id=1 or id=3", ["cad-01", "Office [x]"], id="or"),
        pytest.param("id=2 or name=cad-* and status=up", ["cad-01", "cad-02"], id="and binds closer"),
        pytest.param('name="Office [x]"', ["Office [x]"], id="quotes; brackets are letters"),
        pytest.param("name=cad-0?", [], id="a question mark is a letter"),
        pytest.param("status=up sortby name asc page 1", ["cad-01", "Office [x]"], id="sorting and paging"),
        pytest.param("page 2", [], id="a page beyond the end"),
    ],
)
def test_select(text: str, found: list[str]) -> None:
    """Conditions select rows, in their order."""
    assert found == select(text, ROWS)


@pytest.mark.parametrize("text", ["name", "colour=red", "name=a b=c", "name=a and"])
def test_bad_search(text: str) -> None:
    """What cannot be understood is a bad request that names the fields."""
    with pytest.raises(BadRequestError, match="known fields are id, name, status"):
        select(text, ROWS)


def test_vms(client: Client, centre: Centre) -> None:
    """By id, name, status in the engine's words, host; `max` cuts."""
    running, idle = centre.started("run"), centre.vm("idle")
    asked = centre.vm("asked")
    centre.engine.start_vm(asked.id)
    centre.timeline.run_until(centre.timeline.now + 0.5)

    def names(**parameters: str) -> list[str]:
        return [vm["name"] for vm in client.get("vms", **parameters).get("vm", [])]

    assert names(search=f"id={running.id} or id={idle.id}") == ["run", "idle"]
    assert names(search="status=waitforlaunch") == ["asked"]
    assert names(search="status!=down and on_host=host0") == ["run", "asked"]
    assert names(max="1") == ["run"]
    assert client.ask("GET", "vms", search="nonsense").status_code == 400
    assert client.ask("GET", "vms", max="many").status_code == 400
