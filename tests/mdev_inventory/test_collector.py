"""What keeps the inventories fresh; all on virtual time."""

import asyncio
import itertools
import logging
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from mdev_inventory.host_watch import GRACE, SILENT_STATUSES
from mdev_inventory.inventories import Inventories
from mdev_inventory.observation import Source
from mdev_inventory.schedule import LONGEST_BACK_OFF
from tests.mdev_inventory import virtual_time
from tests.mdev_inventory.fake_world import FakeError, Settings, World
from tests.mdev_inventory.known import failed, host, known_vm, seen, vm


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two hosts that answer, an engine that lists them."""
    made = World(tmp_path)
    made.engine.listed = [host("h1"), host("h2")]
    yield made
    made.store.close()


def run(scenario: Coroutine[Any, Any, None]) -> None:
    """Run a scenario on virtual time."""
    virtual_time.run(scenario)


async def collect(world: World, seconds: float) -> None:
    """Let the collector run so long."""
    async with world.collecting():
        await asyncio.sleep(seconds)


def test_new_hosts_are_asked_at_once(world: World) -> None:
    """A host never observed does not wait for its turn."""
    run(collect(world, 1))

    assert {"h1", "h2"} == world.inventories.snapshot.observations.keys()


def test_every_host_is_asked_every_interval(world: World) -> None:
    """After the first time, each host has its own moment, once per interval."""
    run(collect(world, 601))

    for times in world.hosts.asked.values():
        gaps = [round(after - before, 3) for before, after in itertools.pairwise(times[1:])]
        assert len(times) in (11, 12)
        assert {60.0} == set(gaps)
    assert world.hosts.asked["h1"][1] != world.hosts.asked["h2"][1]


def test_known_hosts_are_asked_before_the_engine_answers(world: World) -> None:
    """After a restart without an engine, the hosts that the store remembers are collected."""
    world.engine.error = FakeError("unreachable")
    world.inventories.set_hosts([host("h1"), host("h3")])

    run(collect(world, 5))

    assert {"h1", "h3"} == world.inventories.snapshot.observations.keys()


def test_a_young_inventory_waits_its_turn_after_a_restart(world: World) -> None:
    """A restart asks at once only for what has grown older than the interval."""
    world.offset = 1000.0
    world.inventories.set_hosts(world.engine.listed)
    world.inventories.put(seen("h1", at=990.0))
    world.inventories.put(seen("h2", at=900.0))

    run(collect(world, 61))

    assert world.hosts.asked["h1"][0] > 1.0
    assert world.hosts.asked["h2"][0] == 0.0


def test_a_hanging_host_is_cut_off(world: World) -> None:
    """At the deadline it is recorded as a timeout that says what to do; what it had stays."""
    world.inventories.set_hosts(world.engine.listed)
    world.inventories.put(seen("h1", at=-100.0))
    world.hosts.hanging.add("h1")

    run(collect(world, 10 + GRACE + 0.1))

    failure = world.inventories.failure("h1")
    assert failure is not None
    assert ("timeout", 10 + GRACE) == (failure.code, failure.at)
    assert "name-of-h1 (h1.example.com:54321) gave no answer within 10 s: is it up" in failure.text
    assert world.inventories.observation("h1") == seen("h1", at=-100.0)


def test_a_failing_host_is_asked_less_and_less(world: World) -> None:
    """Back-off grows to its bound and starts anew after an answer."""
    world.hosts.errors["h1"] = FakeError("tls")

    async def scenario() -> None:
        async with world.collecting():
            await asyncio.sleep(4000)
            del world.hosts.errors["h1"]
            await asyncio.sleep(LONGEST_BACK_OFF + 121)

    run(scenario())

    times = world.hosts.asked["h1"]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert gaps[0] < 61
    assert gaps[1] > gaps[0]
    assert max(gaps) <= LONGEST_BACK_OFF + 1
    assert 450 < gaps[6] < LONGEST_BACK_OFF + 1
    assert pytest.approx(60.0) == gaps[-1]
    assert world.inventories.failure("h1") is None


@pytest.mark.parametrize(
    ("error", "code", "traceback"),
    [
        pytest.param(FakeError("tls"), "tls", False, id="an error of the source keeps its code"),
        pytest.param(KeyError("surprise"), "unexpected", True, id="a bug is logged with its traceback"),
        pytest.param(TimeoutError(), "timeout", False, id="the system's own timeout"),
        pytest.param(ConnectionResetError("reset"), "os", False, id="an error of the system"),
    ],
)
def test_every_failure_is_that_hosts_alone(
    world: World, error: Exception, code: str, traceback: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong with one host is recorded for it, and the other is asked as ever."""
    world.hosts.errors["h1"] = error

    run(collect(world, 200))

    assert {"h1": code} == world.failing()
    assert len(world.hosts.asked["h2"]) >= 4
    assert traceback == ("Traceback" in caplog.text)


def test_a_failure_is_logged_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A host that stays dead does not fill the log; that it is back is worth a line."""
    world.hosts.errors["h1"] = FakeError("tls")

    async def scenario() -> None:
        async with world.collecting():
            await asyncio.sleep(1000)
            world.hosts.errors.clear()
            await asyncio.sleep(1000)

    with caplog.at_level(logging.INFO, "collector"):
        run(scenario())

    lines = [record.getMessage() for record in caplog.records]
    assert 1 == len([line for line in lines if line.startswith("FAILED host=name-of-h1 code=tls")])
    assert 1 == len([line for line in lines if line.startswith("BACK host=name-of-h1")])


def test_the_engines_word_for_a_silent_host(world: World) -> None:
    """A host that only the engine told about has not answered: it is backed off, and its failure shows."""
    failure = failed("h1", "tls", at=0.0)
    world.hosts.answers["h1"] = seen("h1", 0.0, source=Source.ENGINE, failure=failure)

    run(collect(world, 700))

    assert failure == world.inventories.failure("h1")
    assert len(world.hosts.asked["h1"]) < len(world.hosts.asked["h2"]) - 4


@pytest.mark.parametrize(
    ("status", "asked"),
    [pytest.param(status, False, id=status) for status in sorted(SILENT_STATUSES)]
    + [
        pytest.param(status, True, id=status)
        for status in ("maintenance", "non_responsive", "non_operational")
    ],
)
def test_which_hosts_are_asked(world: World, status: str, asked: bool) -> None:
    """All but those where, by the engine's word, nobody is there to answer."""
    world.engine.listed = [host("h1", status=status)]

    run(collect(world, 5))

    assert asked == ("h1" in world.hosts.asked)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"status": "non_responsive"}, {"status": "up"}, id="came up"),
        pytest.param({"address": "old.example.com"}, {"address": "new.example.com"}, id="moved"),
    ],
)
def test_a_host_that_comes_back_is_asked_at_once(
    world: World, before: dict[str, str], after: dict[str, str]
) -> None:
    """A change that makes an answer likely ends the back-off, as soon as the engine shows it."""
    world.engine.listed = [host("h1", **before)]
    world.hosts.errors["h1"] = FakeError()

    async def scenario() -> None:
        async with world.collecting():
            await asyncio.sleep(2000)
            world.hosts.errors.clear()
            world.engine.listed = [host("h1", **after)]
            await asyncio.sleep(61)

    run(scenario())

    assert {} == world.failing()
    assert 2040.0 in world.engine.asked
    assert 2040.0 in world.hosts.asked["h1"]


def test_a_removed_host_is_asked_no_more(world: World) -> None:
    """It leaves the inventories, even when its answer was under way."""

    async def scenario() -> None:
        async with world.collecting():
            await asyncio.sleep(100)
            world.hosts.delay = 1000
            world.engine.listed = [host("h2")]
            await asyncio.sleep(61)
            assert "h1" not in world.hosts.open
            world.hosts.asked.clear()
            await asyncio.sleep(200)

    run(scenario())

    assert ["h2"] == list(world.inventories.hosts)
    assert world.inventories.observation("h1") is None
    assert "h1" not in world.hosts.asked


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
    """It is in the store soon, and all of it when the collector ends."""
    world.engine.vm_list = [vm("v1", "a")]
    run(collect(world, 100))

    assert world.inventories.snapshot == Inventories(world.store).snapshot
    assert {"h1", "h2"} == world.store.observations().keys()


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


def test_refresh_asks_now(world: World) -> None:
    """A refresh returns who answered a request that left after the call."""

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(30)
            began = virtual_time.now()

            assert {"h1", "h2"} == await collector.refresh(["h1", "h2"], 1.5)
            assert pytest.approx(0.2) == virtual_time.now() - began
            assert max(world.ages(["h1", "h2"]).values()) < 0.21

    run(scenario())


def test_refresh_keeps_its_deadline(world: World) -> None:
    """Who is late is left out; the late answer still updates the inventory."""

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(30)
            world.hosts.delay = 4
            began = virtual_time.now()

            assert frozenset() == await collector.refresh(["h1"], 1.5)
            assert pytest.approx(1.5) == virtual_time.now() - began
            await asyncio.sleep(3)
            assert began == world.inventories.observation("h1").requested_at  # type: ignore[union-attr]

    run(scenario())


def test_refresh_does_not_take_an_old_requests_answer(world: World) -> None:
    """An answer to a request that left before the call may lack what the caller waits for."""
    world.hosts.delay = 2

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(1)
            assert "h1" in world.hosts.open

            assert {"h1"} == await collector.refresh(["h1"], 5)
            assert [0, 2] == world.hosts.asked["h1"]

    run(scenario())


def test_refreshes_share_a_request(world: World) -> None:
    """Several who want to know at the same moment cost the host one request."""

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(30)
            before = len(world.hosts.asked["h1"])
            answers = await asyncio.gather(*(collector.refresh(["h1"], 1.5) for _ in range(20)))

            assert [frozenset({"h1"})] * 20 == answers
            assert 1 == len(world.hosts.asked["h1"]) - before

    run(scenario())


@pytest.mark.parametrize("trouble", ["hangs", "fails"])
def test_refresh_of_a_host_that_does_not_answer(world: World, trouble: str) -> None:
    """It is simply not among those that answered."""
    if trouble == "hangs":
        world.hosts.hanging.add("h1")
    else:
        world.hosts.errors["h1"] = FakeError()

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(30)

            assert {"h2"} == await collector.refresh(["h1", "h2"], 1.5)

    run(scenario())


def test_refresh_of_an_unknown_host_reads_the_list(world: World) -> None:
    """A host that the engine has and we do not know yet is found soon, however many ask for it."""

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(5)
            world.engine.listed.append(host("h3"))
            for _ in range(10):
                assert frozenset() == await collector.refresh(["h3"], 1.5)
            await asyncio.sleep(3)
            assert world.inventories.observation("h3") is not None
            assert len(world.engine.asked) <= 3

    run(scenario())


def test_refresh_overtakes_hosts_that_hang(world: World) -> None:
    """With every routine connection taken by a hanging host, who must know now still gets an answer."""
    hosts = [host(f"h{n}") for n in range(100)]
    world.engine.listed = hosts
    world.hosts.hanging = {each.id for each in hosts[:99]}

    async def scenario() -> None:
        async with world.collecting() as collector:
            await asyncio.sleep(1)
            assert "h99" not in world.hosts.asked

            assert {"h99"} == await collector.refresh(["h99"], 1.5)

    run(scenario())


def test_stopping_ends_a_refresh(world: World) -> None:
    """Nobody waits for ever when the collector is stopped meanwhile."""

    async def scenario() -> None:
        world.hosts.hanging.add("h1")
        async with world.collecting() as collector:
            await asyncio.sleep(1)
            waiting = asyncio.create_task(collector.refresh(["h1"], 3600))
            await asyncio.sleep(1)

        assert frozenset() == await waiting
        assert not world.hosts.open

    run(scenario())


def test_a_thousand_hosts_of_which_fifty_hang(tmp_path: Path) -> None:
    """The others stay as fresh as if all were well, and connections stay within their bound."""
    world = World(tmp_path, Settings(max_connections=64))
    ids = [f"host-{n}" for n in range(1000)]
    world.engine.listed = [host(each) for each in ids]
    world.hosts.hanging = set(ids[::20])
    healthy = [each for each in ids if each not in world.hosts.hanging]

    async def scenario() -> None:
        async with world.collecting():
            await asyncio.sleep(90)
            for _ in range(20):
                await asyncio.sleep(7)
                assert max(world.ages(healthy).values()) < 62

    run(scenario())

    assert world.hosts.hanging == world.failing().keys()
    assert world.hosts.most_open <= 64
    assert {*ids} == world.hosts.asked.keys()
    world.store.close()


def test_a_rack_that_dies(tmp_path: Path) -> None:
    """Three hundred hosts hang from one moment on: after they are known, the others are fresh again."""
    world = World(tmp_path, Settings(max_connections=64))
    ids = [f"host-{n}" for n in range(1000)]
    world.engine.listed = [host(each) for each in ids]
    healthy = ids[300:]

    async def scenario() -> None:
        async with world.collecting():
            await asyncio.sleep(90)
            world.hosts.hanging = set(ids[:300])
            for _ in range(20):
                await asyncio.sleep(7)
                assert max(world.ages(healthy).values()) < 120
            for _ in range(10):
                await asyncio.sleep(7)
                assert max(world.ages(healthy).values()) < 62

    run(scenario())

    world.store.close()
