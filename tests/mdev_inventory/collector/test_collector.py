"""What keeps the inventories fresh; all on virtual time."""

import asyncio
import itertools
import logging

import pytest

from mdev_inventory.collector.host_watch import GRACE, SILENT_STATUSES
from mdev_inventory.collector.schedule import LONGEST_BACK_OFF
from mdev_inventory.observation import Source
from tests.mdev_inventory.collector.fake_world import FakeError, World, collect, run
from tests.mdev_inventory.known import failed, host, seen


def test_new_hosts_are_asked_at_once(world: World) -> None:
    """A host never observed does not wait for its turn."""
    run(collect(world, 1))

    assert {"h1", "h2"} == world.inventories.observations.keys()


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

    assert {"h1", "h3"} == world.inventories.observations.keys()


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

    failure = world.inventories.failures.get("h1")
    assert failure is not None
    assert ("timeout", 10 + GRACE) == (failure.code, failure.at)
    assert "name-of-h1 (h1.example.com:54321) gave no answer within 10 s: is it up" in failure.text
    assert world.inventories.observations.get("h1") == seen("h1", at=-100.0)


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
    assert world.inventories.failures.get("h1") is None


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

    assert failure == world.inventories.failures.get("h1")
    assert len(world.hosts.asked["h1"]) < len(world.hosts.asked["h2"]) - 4


@pytest.mark.parametrize(
    ("status", "asked"),
    [pytest.param(status, False, id=status) for status in sorted(SILENT_STATUSES)]
    + [pytest.param(status, True, id=status) for status in ("maintenance", "non_responsive", "non_operational")],
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
def test_a_host_that_comes_back_is_asked_at_once(world: World, before: dict[str, str], after: dict[str, str]) -> None:
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
    assert world.inventories.observations.get("h1") is None
    assert "h1" not in world.hosts.asked
