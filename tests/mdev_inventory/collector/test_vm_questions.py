"""What VDSM is asked about a host's VMs, and when."""

import asyncio
from collections.abc import Collection
from typing import Any

import pytest

from mdev_inventory.collector.vm_questions import SECONDS, VmsThere, instances, vms_there
from mdev_inventory.model import HostInventory, MdevType, ParentDevice
from mdev_inventory.vdsm.connection import Phase
from mdev_inventory.vdsm.errors import ErrorCode, VdsmError

ONE, TWO, THREE = (f"c2177883-f1bb-47f0-914d-32a22e3a880{n}" for n in (1, 2, 3))
STATS = [{"vmId": f"v{n}", "status": "Up"} for n in range(1, 6)]


def domain(*uuids: str) -> str:
    """A domain XML with these devices."""
    devices = "".join(f"<hostdev type='mdev'><source><address uuid='{u}'/></source></hostdev>" for u in uuids)
    return f"<domain><devices>{devices}</devices></domain>"


DOMAINS = {"v1": domain(), "v2": domain(ONE, TWO), "v3": domain(), "v4": domain(THREE), "v5": domain()}


def inventory(*uuids: str) -> HostInventory:
    """A card on which these live."""
    return HostInventory((ParentDevice("0000:3b:00.0", types=(MdevType("nvidia-22", instances=uuids),)),))


class Vdsm:
    """Answers as VDSM does: the whole call fails where one of the VMs is not there."""

    def __init__(self, stats: object = STATS, domains: dict[str, str] = DOMAINS) -> None:
        """`stats` may be an error, or `...` for no answer."""
        self._stats, self._domains = stats, domains
        self.asked: list[tuple[str, ...]] = []

    async def __call__(self, method: str, params: dict[str, Any]) -> Any:
        """The answer."""
        self.asked.append((method.removeprefix("Host."), *params.get("vmList", ())))
        if method == "Host.dumpxmls":
            if params["vmList"] and set(params["vmList"]) <= self._domains.keys():
                return {vm_id: self._domains[vm_id] for vm_id in params["vmList"]}
            raise VdsmError(ErrorCode.VDSM, "error -32603", Phase.ANSWER, -32603)
        if self._stats is ...:
            await asyncio.Event().wait()
        if isinstance(self._stats, Exception):
            raise self._stats
        return self._stats


def ask(vdsm: Vdsm, seen: HostInventory, explained: Collection[str] = (), seconds: float = SECONDS) -> VmsThere:
    """What is learned there."""
    return asyncio.run(vms_there(vdsm, seen, lambda uuids: set(uuids) - set(explained), "gpu01", seconds))


def test_owners_of_the_instances() -> None:
    """One question names the VMs of all instances; VMs without one of them are no owners."""
    vdsm = Vdsm()

    assert {ONE: "v2", TWO: "v2"} == ask(vdsm, inventory(ONE, TWO)).owners
    assert [("getAllVmStats",), ("dumpxmls", *DOMAINS)] == vdsm.asked


@pytest.mark.parametrize(
    ("seen", "explained", "asked"),
    [
        pytest.param(HostInventory(), (), [], id="no card"),
        pytest.param(HostInventory((ParentDevice("mtty", types=None),)), (), [], id="types unknown"),
        pytest.param(inventory(), (), [("getAllVmStats",)], id="no instance"),
        pytest.param(inventory(ONE), (ONE,), [("getAllVmStats",)], id="explained by the engine"),
    ],
)
def test_nothing_is_asked_that_is_known(
    seen: HostInventory, explained: tuple[str, ...], asked: list[tuple[str, ...]]
) -> None:
    """Domain XMLs cost VDSM most: they are asked for where nothing else tells an instance's VM."""
    vdsm = Vdsm()

    assert ask(vdsm, seen, explained).owners is None
    assert asked == vdsm.asked


def test_a_vm_that_has_gone_meanwhile() -> None:
    """VDSM refuses the whole list then: halves are asked for, until only that VM is left out."""
    vdsm = Vdsm(domains={vm_id: xml for vm_id, xml in DOMAINS.items() if vm_id != "v3"})

    assert {ONE: "v2", TWO: "v2", THREE: "v4"} == ask(vdsm, inventory(ONE, TWO, THREE)).owners
    assert ("dumpxmls", "v3") in vdsm.asked
    assert len(vdsm.asked) <= 8


def test_a_host_without_vms() -> None:
    """Instances live on where no VM is left: they have no owner, which is known."""
    assert {} == ask(Vdsm([]), inventory(ONE)).owners


def test_who_arrives() -> None:
    """VMs on their way here are named whether or not anything lives here yet."""
    stats = [*STATS, {"vmId": "v6", "status": "Migration Destination"}, {"status": "Up"}, None]

    assert VmsThere(None, frozenset({"v6"})) == ask(Vdsm(stats), inventory())


@pytest.mark.parametrize(
    ("stats", "vms"),
    [
        pytest.param([], set(), id="none is known to be none"),
        pytest.param([{"vmId": "V1", "status": "Up"}, {"vmId": "v2"}], {"v1", "v2"}, id="in any status, told or not"),
        pytest.param([{"vmId": "v1", "status": "Down"}, {"vmId": "v2", "status": "WaitForLaunch"}], {"v2"}, id="down"),
        pytest.param([{"vmId": "v1"}, {"status": "Up"}], None, id="one that cannot be read: not all are known"),
        pytest.param(VdsmError(ErrorCode.TIMEOUT, "late", Phase.ANSWER), None, id="no answer"),
    ],
)
def test_which_vms_are_there(stats: object, vms: set[str] | None) -> None:
    """All VMs that may hold instances are named, or it is not known which there are."""
    assert vms == ask(Vdsm(stats), inventory()).vms


@pytest.mark.parametrize(
    "stats",
    [
        pytest.param(VdsmError(ErrorCode.TIMEOUT, "late", Phase.ANSWER), id="an error"),
        pytest.param({"v1": "Up"}, id="no list"),
        pytest.param(None, id="nothing"),
    ],
)
def test_whatever_fails_stays_unknown(stats: object) -> None:
    """The inventory is there: what VDSM does not tell of its VMs must not cost it."""
    assert VmsThere() == ask(Vdsm(stats), inventory(ONE))


def test_a_broken_domain_leaves_the_arrivals() -> None:
    """Owners are all told or none: one left out would look like an orphan."""
    stats = [*STATS, {"vmId": "v6", "status": "Migration Destination"}]
    found = ask(Vdsm(stats, {**DOMAINS, "v6": "<domain"}), inventory(ONE))

    assert VmsThere(None, frozenset({"v6"}), frozenset({"v1", "v2", "v3", "v4", "v5", "v6"})) == found


def test_a_silent_vdsm_is_not_waited_for() -> None:
    """The inventory is not held up for long by these questions."""
    assert VmsThere() == ask(Vdsm(...), inventory(ONE), seconds=0.05)


def test_living_instances() -> None:
    """All parents and types together; where they are not known there are none."""
    card = ParentDevice("a", types=(MdevType("x", instances=(ONE,)), MdevType("y", instances=None)))

    assert {ONE, TWO} == instances(HostInventory((card, ParentDevice("b", types=None), *inventory(TWO).parents)))
