"""EngineApi called from several threads at once, against a real server."""

import gc
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mdev_inventory.engine.api import EngineApi, EngineError
from tests.mdev_inventory.engine.peer import LOGOUT, TOKEN, EnginePeer, Handler, within
from tests.mdev_inventory.engine.samples import VM_ID, sample

THREADS = 8


@pytest.fixture
def peer(peer: EnginePeer) -> EnginePeer:
    """An engine of 4.5 with a host and a VM."""
    peer.routes["/hosts"] = lambda answer: answer.json({"host": [sample("host")]})
    peer.routes[f"/vms/{VM_ID}"] = lambda answer: answer.json(sample("vm_4.5"))
    peer.routes[f"/vms/{VM_ID}/mediateddevices"] = lambda answer: answer.json(sample("mediated_devices"))
    return peer


@pytest.fixture
def engine(peer: EnginePeer) -> Iterator[EngineApi]:
    """The API of that engine."""
    with EngineApi(peer.url, "admin@internal", "geheim", timeout=10) as api:
        yield api


def everybody_asks(engine: EngineApi) -> set[str]:
    """What all threads were told, each having asked ten times."""

    def ask(_: int) -> set[str]:
        return {host.name for _ in range(5) for host in engine.hosts()} | {
            device.spec_params["mdevType"] for _ in range(5) for device in engine.vm(VM_ID).mediated_devices or ()
        }

    with ThreadPoolExecutor(THREADS) as pool:
        return set().union(*pool.map(ask, range(THREADS)))


def test_threads_share_one_token(peer: EnginePeer, engine: EngineApi) -> None:
    """Many threads cost one login, and as many connections as threads at most, of which all are reused."""
    assert {"gpu01", "nvidia-22"} == everybody_asks(engine)
    assert 1 == peer.tokens
    assert peer.connections <= THREADS


def test_a_token_that_expires_for_all_threads_at_once(peer: EnginePeer, engine: EngineApi) -> None:
    """All threads are refused, one of them logs in, and all go on."""
    everybody_asks(engine)
    peer.expire()

    assert {"gpu01", "nvidia-22"} == everybody_asks(engine)
    assert 2 == peer.seen[f"POST {TOKEN.removeprefix('/ovirt-engine')}"]


def test_a_login_that_hangs_costs_each_thread_its_deadline(peer: EnginePeer, engine: EngineApi) -> None:
    """Whoever waits for another thread's login waits no longer than its own deadline."""

    def hang(answer: Handler) -> None:
        answer.server.over.wait()
        answer.hang_up()

    peer.routes[TOKEN] = hang
    with ThreadPoolExecutor(4) as pool, within(2.0):
        errors = [c.exception() for c in [pool.submit(engine.vms_by_id, [VM_ID], 0.3) for _ in range(4)]]

    assert ["timeout"] * 4 == [error.code for error in errors if isinstance(error, EngineError)]


def test_closing_while_a_call_is_under_way(peer: EnginePeer, engine: EngineApi) -> None:
    """A call under way ends as it may, its connection is closed, and the token is given back."""
    arrived, go_on = threading.Event(), threading.Event()

    def slow(answer: Handler) -> None:
        arrived.set()
        go_on.wait(10)
        answer.json({"host": []})

    peer.routes["/hosts"] = slow
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(engine.hosts)
        assert arrived.wait(10)
        engine.close()
        go_on.set()
        hosts = call.result(10)
    gc.collect()

    assert ([], ["token-1"], 1) == (hosts, peer.revoked, peer.seen[f"POST {LOGOUT.removeprefix('/ovirt-engine')}"])


def test_a_quick_call_is_not_held_up_by_a_slow_one(peer: EnginePeer, engine: EngineApi) -> None:
    """A decision's question does not wait behind the background's."""
    arrived, go_on = threading.Event(), threading.Event()

    def slow(answer: Handler) -> None:
        arrived.set()
        go_on.wait(10)
        answer.json({"host": []})

    peer.routes["/hosts"] = slow
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(engine.hosts)
        assert arrived.wait(10)
        name = engine.vm(VM_ID).name
        unfinished = not call.done()
        go_on.set()

    assert ("cad-01", True) == (name, unfinished)
