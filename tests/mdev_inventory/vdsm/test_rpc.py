"""The client against real servers: what it refuses, when it gives up, and what its errors say."""

import asyncio
import os
import socket
import ssl
import struct
import threading
from pathlib import Path

import pytest

from mdev_inventory.tls.causes import Cause
from mdev_inventory.vdsm.rpc import CredentialsError, ErrorCode, VdsmError, client_context
from simulation.vdsm import Fault
from tests.mdev_inventory.vdsm.calls import fail
from tests.mdev_inventory.vdsm.world import LOOPBACK, FakeHost, World, peer


def test_an_answer_arrives(world: World) -> None:
    """The result is the JSON value that VDSM answered with, parameters having arrived there."""
    device = {"params": {"capability": "pci"}}
    host = FakeHost(devices={"pci_1": device, "usb_1": {"params": {"capability": "usb"}}})
    with world.vdsm(host) as vdsm:
        assert {"pci_1": device} == world.ask(vdsm.port, "Host.hostdevListByCaps", caps=["pci"])


def test_an_answer_of_a_megabyte_with_any_text_arrives(world: World) -> None:
    """Lengths count bytes, pieces are put together."""
    caps = {"text": "\u20ac\x00\n:" * 250_000, "lastClientIface": "ovirtmgmt"}
    with world.vdsm(FakeHost(caps)) as vdsm:
        assert caps == world.ask(vdsm.port, "Host.getCapabilities")


def test_ipv6_addresses_are_asked(world: World) -> None:
    """The REST API may give an IPv6 address: the certificate must name it, and errors bracket it."""
    with world.vdsm(pair=world.authority.host("::1"), address="::1") as vdsm:
        client = world.client()

        assert asyncio.run(client.call("::1", vdsm.port, "Host.ping2"))
        assert f"[::1]:{vdsm.port}, Host.foo" in str(fail(client, vdsm.port, "::1", method="Host.foo"))


def test_every_address_of_a_name_is_tried(world: World) -> None:
    """`localhost` may be ::1 first: a server on 127.0.0.1 alone is found all the same."""
    with world.vdsm(pair=world.authority.host("localhost")) as vdsm:
        assert asyncio.run(world.client().call("localhost", vdsm.port, "Host.ping2"))


def test_a_server_of_another_ca_is_refused(world: World) -> None:
    """The CA is always checked, also with the host name check off; the error names the CA file."""
    with world.vdsm(pair=world.foreign.host(LOOPBACK)) as vdsm:
        for check_hostname in (True, False):
            error = fail(world.client(check_hostname=check_hostname), vdsm.port)

            assert Cause.UNKNOWN_AUTHORITY == error.code
            assert str(world.authority.ca_file) in str(error)
            assert f"{LOOPBACK}:{vdsm.port}" in str(error)


def test_an_expired_server_is_refused(world: World) -> None:
    """A certificate out of date is worth nothing."""
    with world.vdsm(pair=world.authority.host(LOOPBACK, days=-1)) as vdsm:
        assert Cause.ENDED == fail(world.client(), vdsm.port).code


@pytest.mark.parametrize("names", [["host.example"], ["192.0.2.1"], []], ids=["name", "address", "no SAN"])
def test_a_certificate_for_another_address_is_refused_unless_switched_off(world: World, names: list[str]) -> None:
    """The switch is for certificates of old; the error says what it is called."""
    with world.vdsm(pair=world.authority.host("host.example", names)) as vdsm:
        error = fail(world.client(), vdsm.port)
        unchecked = world.client(check_hostname=False).call(LOOPBACK, vdsm.port, "Host.ping2")

        assert (Cause.OTHER_NAME if names else Cause.WITHOUT_NAMES) == error.code
        assert names or "check_hostname" in str(error)
        assert asyncio.run(unchecked)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_a_server_that_refuses_our_certificate_is_a_tls_error(world: World, version: ssl.TLSVersion) -> None:
    """With TLS 1.3 the refusal comes after the handshake, alert or reset first: still code `tls`."""
    foreign = world.foreign.client()
    with world.vdsm() as vdsm:
        vdsm.tls.maximum_version = version
        errors = [fail(world.client(pair=foreign), vdsm.port) for _ in range(20)]

    assert {Cause.TLS} == {error.code for error in errors}
    assert all("our certificate, [vdsm] cert_file, is of the engine's authority" in str(error) for error in errors)


def test_a_server_without_tls_is_a_tls_error(world: World) -> None:
    """A VDSM with `ssl=false`, or something else on that port."""
    with peer(lambda sock: sock.sendall(b"ERROR\n\nno TLS here\0")) as port:
        assert Cause.NO_TLS == fail(world.client(), port).code


def test_a_server_that_hangs_up_in_the_handshake_is_a_tls_error(world: World) -> None:
    """Whether it closes or resets the connection."""
    with peer(lambda sock: None) as port:
        assert Cause.TLS == fail(world.client(), port).code
    with peer(reset) as port:
        assert Cause.TLS == fail(world.client(), port).code


def reset(sock: socket.socket) -> None:
    """Ends a connection with RST once the client has said something."""
    sock.recv(1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_it_works_again_after_the_server_restarts(world: World) -> None:
    """Nothing is kept between calls that a restart could break."""
    with world.vdsm() as vdsm:
        client = world.client()
        before = asyncio.run(client.call(LOOPBACK, vdsm.port, "Host.ping2"))
        world.farm.stop(vdsm)
        down = fail(client, vdsm.port)
        world.farm.start(vdsm)

        assert before
        assert ErrorCode.CONNECT == down.code
        assert asyncio.run(client.call(LOOPBACK, vdsm.port, "Host.ping2"))


def test_a_talk_is_one_connection(world: World) -> None:
    """Whatever is asked, VDSM's own errors included: a handshake costs both sides more than a question."""

    async def ask(port: int) -> list[object]:
        async with world.client().talk(LOOPBACK, port) as talk:
            before = vdsm.connections
            answers = [await talk.call("Host.ping2"), await talk.call("Host.getAllVmStats")]
            with pytest.raises(VdsmError) as caught:
                await talk.call("Host.noSuchMethod")
            return [before, *answers, caught.value.code, await talk.call("Host.ping2")]

    with world.vdsm() as vdsm:
        told = asyncio.run(ask(vdsm.port))

        assert [0, True, [], ErrorCode.VDSM, True] == told
        assert 1 == vdsm.connections


def test_a_talk_goes_on_after_a_call_that_failed(world: World) -> None:
    """Over another connection, with a deadline of its own: what is late on the first one reaches nobody."""

    async def ask(port: int) -> tuple[ErrorCode | Cause, object]:
        async with world.client().talk(LOOPBACK, port) as talk:
            await talk.call("Host.ping2")
            vdsm.fault = Fault.NEVER_ANSWER
            with pytest.raises(VdsmError) as caught:
                await talk.call("Host.ping2", {}, 0.2)
            vdsm.fault = Fault.NONE
            return caught.value.code, await talk.call("Host.ping2")

    with world.vdsm() as vdsm:
        assert (ErrorCode.TIMEOUT, True) == asyncio.run(ask(vdsm.port))
        assert 2 == vdsm.connections


def test_many_calls_at_once_need_no_threads_and_leave_no_descriptors(world: World) -> None:
    """200 calls, 50 at a time, one of the hosts hanging: threads and descriptors are as before."""

    async def ask_all(ports: list[int]) -> tuple[list[object], int]:
        client, gate, threads = world.client(), asyncio.Semaphore(50), 0

        async def ask(port: int) -> object:
            nonlocal threads
            async with gate:
                try:
                    return await client.call(LOOPBACK, port, "Host.ping2", {}, 0.5 if port == ports[0] else 20)
                except VdsmError as error:
                    return error.code
                finally:
                    threads = max(threads, threading.active_count())

        return await asyncio.gather(*(ask(ports[n % len(ports)]) for n in range(200))), threads

    with world.vdsm(fault=Fault.NEVER_ANSWER) as hanging, world.vdsm() as one, world.vdsm() as two:
        before = threading.active_count()
        descriptors = len(os.listdir("/proc/self/fd"))
        answers, threads = asyncio.run(ask_all([hanging.port, one.port, two.port, one.port]))
        world.ask(one.port)

    assert {True: 150, ErrorCode.TIMEOUT: 50} == {kind: answers.count(kind) for kind in set(answers)}
    assert before >= threads
    assert descriptors >= len(os.listdir("/proc/self/fd"))


def test_a_cancelled_call_closes_its_connection(world: World) -> None:
    """A collector that stops does not wait for hosts that hang."""

    async def cancel(port: int) -> None:
        task = asyncio.create_task(world.client().call(LOOPBACK, port, "Host.ping2", {}, 60.0))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 1)

    with world.vdsm(fault=Fault.HANG_IN_HANDSHAKE) as vdsm:
        asyncio.run(cancel(vdsm.port))


@pytest.mark.parametrize("broken", ["ca", "cert", "key", "missing", "foreign key"])
def test_credentials_that_cannot_be_used_are_named(world: World, tmp_path: Path, broken: str) -> None:
    """Each wrong file is named when the context is made, not at the first call."""
    bad = tmp_path / "bad.pem"
    if broken != "missing":
        bad.write_text("no PEM")
    files = {"ca": world.authority.ca_file, "cert": world.pair.cert_file, "key": world.pair.key_file}
    if broken == "foreign key":
        bad = files["key"] = world.authority.client().key_file
    else:
        files[{"missing": "ca"}.get(broken, broken)] = bad

    with pytest.raises(CredentialsError, match=str(bad)):
        client_context(files["ca"], files["cert"], files["key"])
