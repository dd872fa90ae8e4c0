"""The engine's copy of hosts' devices, compared and corrected; the shell on virtual time."""

import asyncio
from dataclasses import replace

import pytest

from mdev_inventory.collector.engine_view import OWN_REFRESH, available_types, hidden_types
from mdev_inventory.engine.model import Event
from mdev_inventory.observation import Source
from tests.mdev_inventory.collector.engine_views import DOWN, OTHER, TYPE, devices, has, inventory, refreshed
from tests.mdev_inventory.collector.fake_world import FakeError, World, collect, run
from tests.mdev_inventory.known import host, known_vm


@pytest.mark.parametrize(
    ("ours", "engines", "hidden"),
    [
        pytest.param({"nvidia_222": 1}, {"nvidia_222": 0}, {TYPE}, id="free here, nothing left there"),
        pytest.param({"nvidia_222": 1}, {"nvidia_222": 1}, set(), id="free in both"),
        pytest.param({"nvidia_222": 9}, {"nvidia_222": 1}, set(), id="how many does not matter"),
        pytest.param({"nvidia_222": 0}, {"nvidia_222": 0}, set(), id="nothing left in either"),
        pytest.param({"nvidia_222": 0}, {"nvidia_222": 5}, set(), id="the engine too hopeful"),
        pytest.param({"nvidia_222": None}, {"nvidia_222": 0}, set(), id="unknown here"),
        pytest.param({"nvidia_222": 1}, {"nvidia_222": None}, {TYPE}, id="unknown there"),
        pytest.param({"nvidia_222": 1}, {}, {TYPE}, id="a type that the engine does not know"),
        pytest.param({"nvidia_222": 1, "nvidia_231": 1}, {"nvidia_231": 0, "nvidia_222": 2}, {OTHER}, id="one of two"),
    ],
)
def test_what_is_hidden(ours: dict[str, int | None], engines: dict[str, int | None], hidden: set[str]) -> None:
    """A type is hidden where the host has some left and the engine shows none on any device."""
    assert hidden == hidden_types(inventory(**ours), devices(**engines))


def test_types_are_counted_over_all_devices() -> None:
    """The engine's filter is content with any device of the host."""
    assert frozenset() == hidden_types(inventory(nvidia_222=1), [*devices(nvidia_222=0), *devices(nvidia_222=1)])


@pytest.mark.parametrize("address", ["mtty", "matrix", "0.0.fffe"])
def test_the_engine_never_shows_what_is_not_pci(address: str) -> None:
    """So that nobody refreshes hosts for it."""
    assert frozenset() == available_types(inventory(address, mtty_1=24))


def test_a_hidden_host_is_refreshed(view: World) -> None:
    """Once, within the interval, and then the engine's copy is right."""
    run(collect(view, 1000))

    assert ["h1"] == refreshed(view)
    assert view.engine.refreshed[0][0] < 102


@pytest.mark.parametrize("engines", [1, 5])
def test_a_right_copy_is_left_alone(view: World, engines: int) -> None:
    """Where the engine shows something left, its filter lets the host pass."""
    view.engine.device_lists["h1"] = devices(nvidia_222=engines)
    run(collect(view, 1000))

    assert [] == refreshed(view)


def test_switched_off(view: World) -> None:
    """Then the engine is not even asked for its copy."""
    view.corrects = False
    run(collect(view, 1000))

    assert [] == refreshed(view)


@pytest.mark.parametrize("status", ["maintenance", "non_responsive", "non_operational", "installing"])
def test_hosts_that_are_up_only(view: World, status: str) -> None:
    """Others take no VM, and a refresh would hold their locks."""
    view.engine.listed = [host("h1", status=status)]
    run(collect(view, 1000))

    assert [] == refreshed(view)


def test_the_engines_word_proves_nothing(view: World) -> None:
    """An inventory that the engine itself told cannot show that its copy is old."""
    has(view, "h1", 1, Source.ENGINE)
    run(collect(view, 1000))

    assert [] == refreshed(view)


def test_ours_may_be_the_old_one(view: World) -> None:
    """The host is asked before it is refreshed: a VM may have taken what was free."""

    async def scenario() -> None:
        async with view.collecting():
            await asyncio.sleep(0.5)
            has(view, "h1", 0)
            await asyncio.sleep(300)

    run(scenario())

    assert [] == refreshed(view)
    assert len(view.hosts.asked["h1"]) >= 2


def test_a_host_that_does_not_answer_is_not_refreshed(view: World) -> None:
    """Nobody confirms that it is free."""

    async def scenario() -> None:
        async with view.collecting():
            await asyncio.sleep(0.5)
            view.hosts.errors["h1"] = FakeError("timeout")
            await asyncio.sleep(300)

    run(scenario())

    assert [] == refreshed(view)


def test_soon_after_a_vm_went_down(view: World) -> None:
    """The interval is not waited for; the engine gets a moment to do it by itself."""
    view.settings = replace(view.settings, engine_view_interval=86400.0)
    view.engine.device_lists["h1"] = devices(nvidia_222=0)
    has(view, "h1", 0)
    view.inventories.see_vm(known_vm("v1", TYPE))
    view.inventories.see_vm(known_vm("v2"))
    view.engine.vm_list = []

    async def scenario(vm_id: str) -> float:
        async with view.collecting():
            await asyncio.sleep(10)
            view.inventories.see_vm(known_vm("v1", TYPE, at=11))
            has(view, "h1", 1)
            view.engine.log.append(Event(1, DOWN, vm_id, "h1"))
            await asyncio.sleep(30)
            return 10.0

    async def both() -> None:
        await scenario("v2")
        assert [] == refreshed(view)
        began = asyncio.get_running_loop().time()
        view.engine.log.clear()
        has(view, "h1", 0)
        await scenario("v1")
        (at,) = [at for at, _ in view.engine.refreshed]
        assert OWN_REFRESH <= at - began - 10 < OWN_REFRESH + 4

    run(both())
