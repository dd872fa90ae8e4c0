"""XML at the API's border: the same documents as in JSON, in the SDK's form."""

from collections.abc import Iterator

import pytest

from tests.simulation.engine.centre import Centre
from tests.simulation.engine.rest.client import TIMEOUT_S, Client

POLICIES = "schedulingpolicies"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@pytest.fixture
def client(centre: Centre) -> Iterator[Client]:
    """Speaks XML, as the SDK does."""
    with Client(centre.engine) as client:
        client.session.headers.update({"Accept": "application/xml", "Content-Type": "application/xml"})
        yield client


def send(client: Client, method: str, path: str, body: str = "") -> tuple[int, str]:
    """Status and text of an answer, which is XML."""
    answer = client.session.request(method, f"{client.url}/{path}", data=body, timeout=TIMEOUT_S)
    assert "application/xml;charset=UTF-8" == answer.headers["Content-Type"]
    return answer.status_code, answer.text.removeprefix(HEAD)


def test_a_policy_is_made_and_shown(client: Client, centre: Centre) -> None:
    """Elements for members, attributes for id and links; an empty collection is an empty element."""
    body = "<scheduling_policy>\n  <name>mine</name><description>a &lt; b</description>\n</scheduling_policy>"
    status, text = send(client, "POST", POLICIES, body)
    policy_id = next(one.id for one in centre.engine.policies.table.values() if one.live.name == "mine")
    href = f"/ovirt-engine/api/{POLICIES}/{policy_id}"
    links = "".join(f'<link href="{href}/{kind}" rel="{kind}" />' for kind in ("filters", "weights", "balances"))

    assert 201 == status
    assert text == (
        f'<scheduling_policy href="{href}" id="{policy_id}"><default_policy>false</default_policy>'
        f"<locked>false</locked><description>a &lt; b</description><name>mine</name>{links}"
        "</scheduling_policy>"
    )
    assert (200, text) == send(client, "GET", f"{POLICIES}/{policy_id}")
    assert (200, "<filters />") == send(client, "GET", f"{POLICIES}/{policy_id}/filters")


def test_a_list_is_its_element_repeated(client: Client, centre: Centre) -> None:
    """Within a collection, and within a member."""
    unit = next(one for one in centre.engine.policies.units().values() if one.name == "Fits")
    status, text = send(client, "GET", "schedulingpolicyunits")

    assert 200 == status
    assert text.startswith("<scheduling_policy_units><scheduling_policy_unit ")
    assert text.count("<scheduling_policy_unit ") == len(centre.engine.policies.units())
    assert "<properties><property><name>strict</name><value>true|false</value></property></properties>" in text
    assert f'id="{unit.id}"' in text


def test_a_cluster_is_pointed_at_a_policy(client: Client, centre: Centre) -> None:
    """Attributes and repeated properties are read."""
    chosen = centre.engine.policies.of(centre.cluster)
    body = f"""<cluster><scheduling_policy id="{chosen.id}"/><custom_scheduling_policy_properties>
        <property><name>strict</name><value>false</value></property></custom_scheduling_policy_properties>
        </cluster>"""

    assert 200 == send(client, "PUT", f"clusters/{centre.cluster.id}", body)[0]
    assert {"strict": "false"} == centre.cluster.properties


def test_faults(client: Client) -> None:
    """Of the engine, and about a body that is none."""
    assert (404, True) == _fault(send(client, "GET", f"{POLICIES}/nobody"))
    assert (400, True) == _fault(send(client, "POST", POLICIES, "<scheduling_policy>"))
    assert (409, True) == _fault(send(client, "POST", POLICIES, "<a><name>none</name></a>"))


def _fault(answer: tuple[int, str]) -> tuple[int, bool]:
    return answer[0], answer[1].startswith("<fault><detail>[")


def test_the_entry_point(client: Client) -> None:
    """Where clients test whether they are let in."""
    status, text = send(client, "GET", "")

    assert 200 == status
    assert text.startswith("<api><product_info><name>oVirt Engine</name>")
