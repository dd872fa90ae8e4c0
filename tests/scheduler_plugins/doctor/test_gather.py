"""What the doctor makes of files, of strange answers and of hosts of old."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mdev_inventory.engine.model import Host
from scheduler_plugins.config import Config, Service
from scheduler_plugins.doctor.facts import Proxy
from scheduler_plugins.doctor.gather import hosts, machine, service
from tests.scheduler_plugins.doctor.site import free_port

HOST = Host("h-1", "gpu", "127.0.0.1", 54321, "up", "c-1", separate=False)
NOON = 1_790_000_000.0


def read(tmp_path: Path) -> object:
    """The proxy under a root."""
    config = tmp_path / "conf.d"
    config.mkdir(exist_ok=True)
    (config / "1.conf").write_text("[engine]\nurl = https://engine.example.com\n")
    return machine.read(config, tmp_path, 1).proxy


@pytest.mark.parametrize(
    ("settings", "folder"),
    [
        ("", "usr/share/ovirt-scheduler-proxy/plugins"),
        ("OSCHEDPROXY_PLUGINS=/srv/plugins\n", "srv/plugins"),
        ("# a comment\nOSCHEDPROXY_PLUGINS='/srv/other'\n", "srv/other"),
        ("OSCHEDPROXY_PLUGINS=\n", "usr/share/ovirt-scheduler-proxy/plugins"),
    ],
    ids=["nothing set", "set", "quoted", "empty"],
)
@pytest.mark.parametrize("plugin", ["same", "other", ""])
def test_the_plugin_is_looked_for_where_the_proxy_looks(
    tmp_path: Path, settings: str, folder: str, plugin: str
) -> None:
    """In the folder that its settings name, under the root that was given."""
    (tmp_path / "usr/share/ovirt-scheduler-proxy").mkdir(parents=True)
    (tmp_path / "etc/sysconfig").mkdir(parents=True)
    (tmp_path / "etc/sysconfig/ovirt-scheduler-proxy").write_text(settings)
    (tmp_path / folder).mkdir(parents=True)
    if plugin:
        text = machine.PLUGIN.read_text() if plugin == "same" else "another"
        (tmp_path / folder / "mdev_units.py").write_text(text)

    assert Proxy(installed=True, folder=tmp_path / folder, plugin=plugin) == read(tmp_path)


def test_no_proxy(tmp_path: Path) -> None:
    """Its settings alone do not make one."""
    (tmp_path / "etc/sysconfig").mkdir(parents=True)
    (tmp_path / "etc/sysconfig/ovirt-scheduler-proxy").write_text("OSCHEDPROXY_PLUGINS=/srv\n")

    assert Proxy() == read(tmp_path)


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """Somebody who says that to whoever connects; the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    "body",
    [b"[]", b"{}", b'{"version": 1}', b'{"version": "1", "reasons": 7}', b"<html>"],
    ids=["a list", "nothing in it", "no reasons", "odd reasons", "a page"],
)
def test_another_program_in_the_services_place(body: bytes) -> None:
    """It is told from a service that is down."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with answering(head.encode() + body) as port:
        seen = service.ask(Config(service=Service(http_port=port)))

    assert seen.foreign
    assert seen.error


def test_a_service_that_is_down() -> None:
    """The innermost reason, without what wraps it."""
    port = free_port()
    seen = service.ask(Config(service=Service(http_port=port)))

    assert f"http://127.0.0.1:{port} does not answer: Connection refused" == seen.error
    assert not seen.foreign


def test_a_service_on_any_port() -> None:
    """Only whoever started it knows where it is."""
    assert "--url" in service.ask(Config(service=Service(http_port=0))).error


@pytest.mark.parametrize(
    ("version", "release"),
    [("4.50.3.4", (4, 5)), ("4.40.100.2", (4, 4)), ("4.20.48", (4, 2)), ("", None), ("x.y", None)],
)
def test_vdsms_version_on_the_scale_of_ovirt(version: str, release: tuple[int, int] | None) -> None:
    """4.40 is of 4.4; None for what is no version."""
    assert release == hosts.told(HOST, {"software_version": version}, NOON, NOON).release


@pytest.mark.parametrize(
    ("collected", "off"),
    [(0.0, 0.0), (-1.0, 0.0), (-61.0, -60.0), (2.0, 0.0), (62.0, 60.0)],
    ids=["the same", "a second's resolution", "behind", "within the call", "ahead"],
)
def test_the_hosts_clock(collected: float, off: float) -> None:
    """Whatever lies between question and answer is no difference."""
    assert off == hosts.clock_off(NOON + collected, NOON, NOON + 2.0)


def test_capabilities_that_are_none() -> None:
    """What a broken VDSM may say ends in an error of the hook's link, never in an exception."""
    seen = hosts.told(HOST, ["nothing"], NOON, NOON)

    assert (None, False, None) == (seen.inventory, seen.hooked, seen.release)
    assert "host gpu" in seen.hook_error
