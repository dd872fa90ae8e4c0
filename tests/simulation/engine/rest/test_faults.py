"""An API that misbehaves on demand, and one that is not there."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from mdev_inventory.engine.api import EngineApi
from simulation.engine.rest.faults import Kind
from simulation.vdsm import pki
from tests.simulation.engine.centre import FULL_SIZE, Centre
from tests.simulation.engine.rest.client import Client

DEADLINE_S = 10.0


def test_html(client: Client) -> None:
    """A page with status 200."""
    client.rest.faults.add(Kind.HTML)

    assert client.ask("GET", "vms").text.startswith("<!DOCTYPE html>")


def test_error(client: Client) -> None:
    """A fault of status 500."""
    client.rest.faults.add(Kind.ERROR)

    assert client.ask("GET", "vms").status_code == 500


def test_half_a_body(client: Client) -> None:
    """Fewer bytes than were announced."""
    client.rest.faults.add(Kind.HALF)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.ask("GET", "hosts")


def test_nothing(client: Client) -> None:
    """A connection that is closed without a word."""
    client.rest.faults.add(Kind.NOTHING)
    with pytest.raises(requests.ConnectionError):
        client.ask("GET", "hosts")


def test_hang(client: Client) -> None:
    """An answer that never comes; stopping the server is not held up by it."""
    client.rest.faults.add(Kind.HANG)
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.session.get(f"{client.url}/hosts", timeout=0.05)


def test_some_requests_only(client: Client) -> None:
    """A fault holds for a part of the paths, and so many times."""
    client.rest.faults.add(Kind.ERROR, part="/hosts", times=1)

    assert client.ask("GET", "vms").status_code == 200
    assert client.ask("GET", "hosts").status_code == 500
    assert client.ask("GET", "hosts").status_code == 200
    assert client.rest.faults.made == {Kind.ERROR: 1}


def test_forbidden(client: Client) -> None:
    """A user who may look at events, but not add any."""
    client.rest.faults.add(Kind.FORBIDDEN, part="/events", method="POST")
    refused = client.ask("POST", "events", {})

    assert (refused.status_code, refused.json()["reason"]) == (403, "Operation Failed")
    assert client.ask("GET", "events").status_code == 200


def test_clear(client: Client) -> None:
    """All is well again."""
    client.rest.faults.add(Kind.ERROR)
    client.rest.faults.delay_s = 5.0
    client.rest.faults.clear()

    assert client.get("vms") == {}


def test_delay(client: Client) -> None:
    """Every answer takes its time."""
    client.rest.faults.delay_s = 0.05
    begin = time.monotonic()
    client.get("vms")

    assert time.monotonic() - begin >= 0.05


def test_unreachable(client: Client) -> None:
    """A stopped server refuses; started again it is on the same port, and tokens are still good."""
    client.rest.stop()
    with pytest.raises(requests.ConnectionError):
        client.ask("GET", "vms")
    client.rest.start()

    assert client.get("vms") == {}


def test_counts(client: Client, centre: Centre) -> None:
    """Requests are counted by route."""
    vm = centre.vm()
    client.get(f"vms/{vm.id}")
    client.get(f"vms/{vm.id}")
    client.ask("GET", "nowhere")

    assert client.rest.counts == {"POST sso/oauth/token": 1, "GET vms/{vm_id}": 2, "other": 1}


def test_keep_alive(client: Client) -> None:
    """Requests of one client share a connection, and none of them waits for an acknowledgement."""
    begin = time.monotonic()
    for _ in range(50):
        client.get("vms")

    assert time.monotonic() - begin < 1.5


def test_a_defect_surfaces(client: Client, centre: Centre) -> None:
    """A route that fails answers 500, and `stop` raises what it was."""
    centre.hosts[0].devices = {"broken": None}  # type: ignore[dict-item]

    assert client.ask("GET", f"hosts/{centre.hosts[0].id}/devices").status_code == 500
    with pytest.raises(AttributeError):
        client.rest.stop()


@pytest.fixture
def authority(tmp_path: Path) -> pki.Authority:
    """Of the engine."""
    return pki.Authority(tmp_path)


@pytest.fixture
def secure(centre: Centre, authority: pki.Authority) -> Iterator[Client]:
    """The same over TLS."""
    issued = authority.host("localhost", ["127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.cert_file, issued.key_file)
    with Client(centre.engine, context, authority.ca_file) as client:
        yield client


def test_tls(secure: Client) -> None:
    """HTTPS with a certificate of the engine's authority."""
    assert secure.url.startswith("https://127.0.0.1:")
    assert secure.get("vms") == {}


def test_a_silent_client_holds_up_nobody(secure: Client) -> None:
    """A client that never says hello delays no other."""
    address = secure.root.removeprefix("https://").split(":")
    with socket.create_connection((address[0], int(address[1]))):
        assert secure.get("vms") == {}


def test_our_own_client(
    secure: Client, centre: Centre, authority: pki.Authority, caplog: pytest.LogCaptureFixture
) -> None:
    """The service's client reads everything that the simulated engine shows."""
    vm = centre.started(mdev_type=FULL_SIZE)
    with EngineApi(secure.url, "admin@internal", "secret", authority.ca_file) as api:
        shown = api.vm(vm.id)

        assert [host.name for host in api.hosts()] == ["host0", "host1"]
        assert shown.mediated_devices is not None
        assert (shown.host_id, len(shown.mediated_devices)) == (centre.hosts[0].id, 1)
        assert [one.id for one in api.vms()] == [vm.id]
        assert [event.code for event in api.events(None)][:2] == [153, 32]
        assert {t.id for device in api.host_devices(centre.hosts[0].id) for t in device.types} >= {FULL_SIZE}
        assert "SKIP" not in caplog.text
        assert api.find_vm("vm").id == vm.id


def test_many_clients_at_once(client: Client, centre: Centre) -> None:
    """Requests from many threads are all answered."""
    centre.vm()
    statuses: list[int] = []

    def ask() -> None:
        header = {"Accept": "application/json", "Authorization": str(client.session.headers["Authorization"])}
        statuses.append(requests.get(f"{client.url}/vms", headers=header, timeout=10).status_code)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 20


def ended(connection: socket.socket) -> bool:
    """Whether the other side has closed or reset the connection."""
    connection.settimeout(DEADLINE_S)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_stopping_cuts_whoever_is_connected(secure: Client) -> None:
    """Neither a kept connection nor one without a handshake holds up the end."""
    address = secure.root.removeprefix("https://").split(":")
    secure.get("vms")
    with socket.create_connection((address[0], int(address[1]))) as silent:
        begin = time.monotonic()
        secure.rest.stop()

        assert time.monotonic() - begin < 2.0
        assert ended(silent)
