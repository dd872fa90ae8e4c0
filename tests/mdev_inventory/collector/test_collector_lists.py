"""The engine's lists and what is written: what stays when either fails. On virtual time."""

import asyncio
import threading
import time

import pytest

from mdev_inventory.collector.collector import Collector
from mdev_inventory.engine.model import Host, Vm
from mdev_inventory.observation import Observation
from mdev_inventory.store.inventories import Inventories
from mdev_inventory.store.request_files import RequestFiles
from tests.mdev_inventory.collector import virtual_time
from tests.mdev_inventory.collector.fake_world import FakeEngine, FakeError, Settings, World, collect, run, types_of
from tests.mdev_inventory.known import host, known_vm, seen, state, vm


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(FakeError("unreachable"), "unreachable", id="unreachable"),
        pytest.param(ZeroDivisionError("a bug"), "unexpected", id="a bug of ours"),
        pytest.param(None, "empty-list", id="it shows nothing at all"),
    ],
)
def test_without_the_engine_the_last_lists_stay(world: World, error: Exception | None, code: str) -> None:
    """Hosts and VMs stay as last seen, hosts are asked on, and the trouble has a name until it ends."""
    world.engine.vm_list = [vm("v1", "nvidia-22")]

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(10)
            lists = world.engine.listed, world.engine.vm_list
            world.engine.error, world.engine.listed, world.engine.vm_list = error, [], []
            await asyncio.sleep(200)
            assert {"engine hosts": code, "engine vms": code} == {
                name: trouble.code for name, trouble in collector.troubles.items()
            }
            assert {"h1", "h2"} == world.inventories.hosts.keys()
            assert {"v1"} == world.inventories.vms.keys()
            assert max(world.ages(["h1", "h2"]).values()) < 61
            world.engine.error, (world.engine.listed, world.engine.vm_list) = None, lists
            await asyncio.sleep(61)
            assert {} == collector.troubles

    run(scenario())


def test_a_list_of_vms_is_passed_on(world: World) -> None:
    """As the engine gave it, with the moments of question and answer; one that failed is not."""
    world.engine.vm_list = [vm("v1", "nvidia-22")]
    heard: list[tuple[list[str], bool]] = []

    async def scenario() -> None:
        async with world.collecting() as collector:
            collector.list_listeners.append(
                lambda vms, asked_at, answered_at: heard.append(([one.id for one in vms], asked_at <= answered_at))
            )
            await asyncio.sleep(10)
            world.engine.error = FakeError("unreachable")
            await asyncio.sleep(100)

    run(scenario())
    assert [(["v1"], True)] == heard


def test_a_failing_engine_is_asked_again_soon(world: World) -> None:
    """Its return is noticed within seconds, not an interval."""
    world.engine.error = FakeError("unreachable")

    run(collect(world, 35))

    assert [0, 10, 20, 30] == [round(at) for at in world.engine.asked]


def test_a_slow_engine_is_left_to_rest(world: World) -> None:
    """An engine that takes long over its lists is asked for them less often."""
    world.engine.takes = 20.0

    run(collect(world, 500))

    assert len(world.engine.asked) <= 3


def test_the_last_vm_deleted(world: World) -> None:
    """An empty list of VMs is believed while the engine shows hosts."""
    world.inventories.see_vm(known_vm("v1", "a", at=-100.0))

    run(collect(world, 5))

    assert {} == world.inventories.vms
    assert (world.folder / "vms-with-request").read_text() == ""


def test_requests_of_vms(world: World) -> None:
    """The engine's list gives each VM's request; one that does not tell leaves the request known before."""
    world.inventories.see_vm(known_vm("v3", "old", at=-100.0))
    world.inventories.see_vm(known_vm("v4", "older", at=-100.0))
    world.engine.vm_list = [vm("v1", "b,a,b"), vm("v2"), vm("v3", "?"), vm("v4", "!"), vm("v5", "?")]

    run(collect(world, 5))

    expected = {"v1": ("b", "a", "b"), "v2": (), "v3": ("old",), "v4": ("older",)}
    assert expected == {vm_id: known.types for vm_id, known in world.inventories.vms.items()}
    assert world.inventories.vms["v3"].seen_at == -100.0
    assert (world.folder / "vms-with-request").read_text() == "v1\nv3\nv4\n"


def test_a_vm_seen_by_a_decision_is_written_soon(world: World) -> None:
    """The plugin's file follows what decisions learn, not only the list."""

    async def scenario() -> None:
        async with world.collecting():
            await asyncio.sleep(5)
            world.inventories.see_vm(known_vm("v9", "a", at=virtual_time.now()))
            await asyncio.sleep(3)
            assert (world.folder / "vms-with-request").read_text() == "v9\n"

    run(scenario())


def test_the_last_runs_file_stays_without_an_engine(world: World) -> None:
    """Until the engine has shown its VMs, the list that the last run left is the best there is."""
    (world.folder / "vms-with-request").write_text("v7\n")
    world.engine.error = FakeError("unreachable")

    run(collect(world, 100))

    assert (world.folder / "vms-with-request").read_text() == "v7\n"
    assert (world.folder / "on-failure").read_text() == "drop\n"


def test_what_was_learned_survives(world: World) -> None:
    """It is in the store soon, and all of it when the collector ends, but for where the VMs are."""
    world.engine.vm_list = [vm("v1", "a")]
    run(collect(world, 100))
    world.inventories.see_vm(world.inventories.vms["v1"]._replace(host_id=None))

    assert state(world.inventories) == state(Inventories(world.store))
    assert {"h1", "h2"} == world.store.observations().keys()


def test_others_write_after_the_inventories(world: World) -> None:
    """Every time, and once more at the end; whoever fails has a trouble of his own."""
    written: list[bool] = []

    async def scenario() -> None:
        async with world.collecting() as collector:
            collector.also_written += [("mine", lambda: written.append(True)), ("broken", lambda: 1 // 0)]
            await asyncio.sleep(5)
            assert {"broken": "unexpected"} == {name: t.code for name, t in collector.troubles.items()}
            assert len(written) >= 2
        written.append(False)

    run(scenario())
    assert written[-2:] == [True, False]


def test_a_store_that_fails_stops_nothing(world: World) -> None:
    """The trouble is named; hosts are asked on and decisions see what they tell."""

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(10)
            world.store.close()
            await asyncio.sleep(100)
            assert collector.troubles["store"].code == "store"
            assert max(world.ages(["h1", "h2"]).values()) < 61

    run(scenario())


def test_an_unwritable_folder_is_named(world: World) -> None:
    """The plugin's files cannot be written: that is known, and nothing else stops."""
    (world.folder / "on-failure").mkdir()

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(10)
            assert ["request files"] == list(collector.troubles)
            assert "on-failure" in collector.troubles["request files"].text

    run(scenario())


def test_an_unreadable_request_is_logged_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The list is read every minute; what is wrong with a VM's request is said once."""
    world.engine.vm_list = [vm("v1", "!"), vm("v2", "a")]

    run(collect(world, 300))

    assert 1 == caplog.text.count("UNREADABLE request vm=name-of-v1")


def test_hosts_and_disk_do_not_wait_for_a_hanging_engine(world: World) -> None:
    """In real time, with real threads: while the engine hangs, hosts are asked and answers are written."""
    world.inventories.set_hosts([host("h1")])
    hung, go_on = threading.Event(), threading.Event()

    class HangingEngine(FakeEngine):
        """It answers when it is let go."""

        def hosts(self) -> list[Host]:
            """Hangs."""
            hung.set()
            go_on.wait(30)
            return [host("h1")]

        def vms(self) -> list[Vm]:
            """Hangs as well."""
            go_on.wait(30)
            return []

    async def observe(each: Host, timeout_s: float) -> Observation:
        return seen(each.id)

    async def scenario() -> None:
        files = RequestFiles(world.folder, "pass")
        collector = Collector(
            HangingEngine(), observe, world.inventories, Settings(), time.time, request_types=types_of, files=files
        )
        task = asyncio.create_task(collector.run())
        await asyncio.to_thread(hung.wait, 30)
        async with asyncio.timeout(30):
            while "h1" not in world.store.observations():
                await asyncio.sleep(0.01)
        assert not go_on.is_set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    try:
        asyncio.run(scenario())
    finally:
        go_on.set()
