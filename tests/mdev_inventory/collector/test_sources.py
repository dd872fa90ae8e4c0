"""Where a host's inventory comes from, and what each source can tell."""

import asyncio
import threading
import time
from typing import Any

import pytest

from mdev_inventory import inventory_json
from mdev_inventory.collector.sources import SourceError, from_capabilities, from_engine_devices, observe
from mdev_inventory.engine.api import EngineError
from mdev_inventory.engine.model import Host
from mdev_inventory.engine.parsing import host_devices
from mdev_inventory.model import KEY, HostInventory, InventoryError, MdevType, ReadError
from mdev_inventory.observation import Observation, Source
from mdev_inventory.tls.causes import Cause
from mdev_inventory.vdsm.errors import ErrorCode
from tests.mdev_inventory.collector.fake_sources import FROM_HOOK, HOST, FakeEngine, FakeVdsm, Steps, silent
from tests.mdev_inventory.engine.samples import HOST_ID, T4, sample


def test_capabilities_without_the_hook() -> None:
    """A host without the hook has no key: that is no error."""
    assert from_capabilities({"software_version": "4.50"}) is None


def test_capabilities_with_the_hook() -> None:
    """The hook's key is the inventory, figures, instances and all."""
    assert FROM_HOOK == from_capabilities({"hooks": {}, KEY: inventory_json.to_key(FROM_HOOK)})


@pytest.mark.parametrize("caps", [None, [], "caps", {KEY: None}, {KEY: 7}, {KEY: {"schema": 99}}])
def test_capabilities_that_cannot_be_understood(caps: object) -> None:
    """Wrong shapes, and a schema newer than ours, are errors, not hosts without a hook."""
    with pytest.raises(InventoryError):
        from_capabilities(caps)


COPY = list(host_devices(sample("host_devices")).items)
NO_HOOK: dict[str, Any] = {"software_version": "4.50"}
BAD_KEY = {KEY: {"schema": 99}}


def seen(vdsm: FakeVdsm, engine: FakeEngine, timeout_s: float = 5.0, host: Host = HOST) -> Observation:
    """What `observe` returns."""
    return asyncio.run(observe(host, vdsm, engine, timeout_s, Steps()))


def unseen(vdsm: FakeVdsm, engine: FakeEngine, timeout_s: float = 5.0, host: Host = HOST) -> SourceError:
    """What `observe` raises."""
    with pytest.raises(SourceError) as caught:
        seen(vdsm, engine, timeout_s, host)
    return caught.value


def test_the_hook_comes_first() -> None:
    """One question is enough for a host with the hook; the time is that before it was asked."""
    vdsm, engine = FakeVdsm(getCapabilities={KEY: inventory_json.to_key(FROM_HOOK)}), FakeEngine([])

    assert Observation(HOST_ID, FROM_HOOK, Source.HOOK, 100.0, 101.0) == seen(vdsm, engine)
    assert ([("Host.getCapabilities", {})], 0) == (vdsm.asked, engine.asked)


def test_the_vms_there_are_asked_for_afterwards() -> None:
    """Their answers come after the inventory's: the observation was complete when they had come."""
    inventory = FROM_HOOK._replace(
        parents=(T4._replace(types=(MdevType("nvidia-231", "GRID T4-2Q", instances=("u1", "u2")),)),)
    )
    device = "<hostdev type='mdev'><source><address uuid='u1'/></source></hostdev>"
    vdsm = FakeVdsm(
        getCapabilities={KEY: inventory_json.to_key(inventory)},
        getAllVmStats=[{"vmId": "v1", "status": "Up"}, {"vmId": "v2", "status": "Migration Destination"}],
        dumpxmls={"v1": f"<domain><devices>{device}</devices></domain>", "v2": "<domain/>"},
    )
    found = asyncio.run(observe(HOST, vdsm, FakeEngine([]), 5.0, Steps(), lambda uuids: uuids))

    assert {"u1": "v1"} == found.owners
    assert {"v2"} == found.arriving
    assert (100.0, 102.0) == (found.requested_at, found.received_at)


def test_vms_that_are_not_told_cost_nothing_else() -> None:
    """The inventory counts as it is, and nothing is wrong with the host."""
    vdsm = FakeVdsm(getCapabilities={KEY: inventory_json.to_key(FROM_HOOK)}, getAllVmStats=silent(ErrorCode.TIMEOUT))
    found = asyncio.run(observe(HOST, vdsm, FakeEngine([]), 5.0, Steps(), lambda uuids: uuids))

    assert (FROM_HOOK, None, None) == (found.inventory, found.owners, found.failure)


def test_without_the_hook_vdsm_lists_its_devices() -> None:
    """The time is that before the question whose answer counts, which is the second."""
    vdsm = FakeVdsm(getCapabilities=NO_HOOK, hostdevListByCaps=sample("hostdev_list"))
    expected = Observation(HOST_ID, HostInventory((T4,)), Source.VDSM, 101.0, 102.0)

    assert expected == seen(vdsm, FakeEngine([]))
    assert ("Host.hostdevListByCaps", {"caps": ["pci"]}) == vdsm.asked[1]


def test_a_host_without_cards_is_observed() -> None:
    """VDSM's empty list is an inventory: it is VDSM who says so."""
    vdsm = FakeVdsm(getCapabilities=NO_HOOK, hostdevListByCaps={})

    assert (HostInventory(), Source.VDSM) == ((found := seen(vdsm, FakeEngine(COPY))).inventory, found.source)


def test_a_key_that_cannot_be_understood() -> None:
    """VDSM's list serves instead, and what is wrong with the hook stays visible in two places."""
    vdsm = FakeVdsm(getCapabilities=BAD_KEY, hostdevListByCaps=sample("hostdev_list"))
    found = seen(vdsm, FakeEngine([]))

    assert (Source.VDSM, (T4,)) == (found.source, found.inventory.parents)
    assert found.failure is not None
    assert ("bad-inventory", True) == (found.failure.code, "host gpu01 (gpu01.example.com:54321)" in found.failure.text)
    assert (ReadError("capabilities/mdev_inventory", found.failure.text),) == found.inventory.errors


@pytest.mark.parametrize("code", [Cause.TLS, ErrorCode.PROTOCOL, ErrorCode.VDSM])
def test_the_engines_copy_is_the_last_source(code: ErrorCode) -> None:
    """Where VDSM does not tell us, the engine's copy serves, and why VDSM failed stays visible."""
    found = seen(FakeVdsm(getCapabilities=silent(code)), FakeEngine(COPY))

    assert (Source.ENGINE, from_engine_devices(COPY)) == (found.source, found.inventory)
    assert found.failure is not None
    assert (HOST_ID, str(code)) == (found.failure.host_id, found.failure.code)
    assert "no answer" in found.failure.text


@pytest.mark.parametrize("code", [ErrorCode.CONNECT, ErrorCode.TIMEOUT])
def test_a_silent_host_does_not_look_able(code: ErrorCode) -> None:
    """Where VDSM is silent no VM can start, whatever the engine remembers of the host."""
    error = unseen(FakeVdsm(getCapabilities=silent(code)), FakeEngine(COPY))

    assert (str(code), "no answer" in error.text) == (error.code, True)


@pytest.mark.parametrize(
    ("answers", "code", "words"),
    [
        pytest.param({"getCapabilities": silent(Cause.TLS)}, "tls", ["no answer"], id="VDSM refuses"),
        pytest.param(
            {"getCapabilities": NO_HOOK, "hostdevListByCaps": silent(ErrorCode.VDSM)},
            "vdsm",
            ["no answer"],
            id="list fails",
        ),
        pytest.param(
            {"getCapabilities": BAD_KEY, "hostdevListByCaps": silent(Cause.TLS)},
            "tls",
            ["schema", "no answer"],
            id="both",
        ),
        pytest.param(
            {"getCapabilities": NO_HOOK, "hostdevListByCaps": []}, "bad-inventory", ["hostdevListByCaps"], id="no list"
        ),
        pytest.param(
            {"getCapabilities": None, "hostdevListByCaps": 7},
            "bad-inventory",
            ["capabilities", "hostdev"],
            id="no caps",
        ),
    ],
)
@pytest.mark.parametrize(
    ("engine", "word"),
    [
        pytest.param(EngineError("unreachable", "the engine is gone"), "the engine is gone", id="engine gone"),
        pytest.param([], "nor does the engine show", id="engine has no devices"),
        pytest.param(COPY[:1], "nor does the engine show", id="engine has no types"),
    ],
)
def test_when_no_source_answers(answers: dict[str, Any], code: str, words: list[str], engine: Any, word: str) -> None:
    """The error's code is VDSM's, its text tells what each source said."""
    error = unseen(FakeVdsm(**answers), FakeEngine(engine))

    assert code == error.code
    assert [] == [w for w in ["gpu01", *words, word] if w not in error.text]


def test_a_host_without_an_address_is_not_asked() -> None:
    """An empty address would be this machine: the engine's copy serves instead."""
    vdsm = FakeVdsm()
    nowhere = Host(HOST_ID, "gpu01", "", 54321, "up", "c1", False)
    found = seen(vdsm, FakeEngine(COPY), host=nowhere)

    assert (Source.ENGINE, []) == (found.source, vdsm.asked)
    assert found.failure is not None
    assert "no-address" == found.failure.code


def test_a_slow_vdsm_leaves_time_for_the_engine() -> None:
    """VDSM is not given the whole deadline: the engine has its share."""
    vdsm = FakeVdsm(getCapabilities=silent(Cause.TLS))
    found = seen(vdsm, FakeEngine(COPY), timeout_s=0.4)

    assert Source.ENGINE is found.source
    assert 0 < vdsm.deadlines[0] <= 0.3


def test_two_questions_share_one_deadline() -> None:
    """What the first question took, the second has no more."""
    vdsm = FakeVdsm(getCapabilities=NO_HOOK, hostdevListByCaps={})
    seen(vdsm, FakeEngine([]), timeout_s=4.0)

    assert vdsm.deadlines[1] < vdsm.deadlines[0] <= 3.0


def test_an_engine_that_hangs_is_not_waited_for() -> None:
    """The deadline holds for the engine, too, even where its own is longer."""
    release = threading.Event()

    async def timed() -> float:
        start, vdsm = time.monotonic(), FakeVdsm(getCapabilities=silent(Cause.TLS))
        with pytest.raises(SourceError, match="nor did the engine answer in time"):
            await observe(HOST, vdsm, FakeEngine(release), 0.2, Steps())
        took = time.monotonic() - start
        release.set()
        return took

    assert asyncio.run(timed()) < 1.5


def test_other_errors_are_not_taken_for_answers() -> None:
    """A fault of our own is not hidden behind another source."""
    with pytest.raises(ZeroDivisionError):
        seen(FakeVdsm(getCapabilities=ZeroDivisionError()), FakeEngine(COPY))
