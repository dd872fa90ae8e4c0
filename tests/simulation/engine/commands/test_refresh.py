"""When the engine's view of devices becomes fresh, and that nothing else makes it so."""

import pytest

from simulation.engine.settings import Jitter
from simulation.engine.state import Ending, Host
from simulation.engine.world import ActionError
from tests.simulation.engine.centre import FULL_SIZE, Centre, with_delays

FOREIGN = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def centre() -> Centre:
    """One host whose only full-size instance is free, as the engine knows."""
    return Centre(1)


def left(host: Host) -> bool:
    """Whether the engine's rows show a full-size instance left."""
    return host.available[FULL_SIZE]


def occupy(centre: Centre) -> None:
    """Somebody else takes the instance."""
    centre.simulated(centre.hosts[0]).bus.create("0000:3b:00.0", FULL_SIZE, FOREIGN)


def test_at_the_engines_start(centre: Centre) -> None:
    """Rows are read when the engine starts, without an audit event."""
    assert left(centre.hosts[0])
    assert centre.codes() == []


def test_rows_stay_as_they_were(centre: Centre) -> None:
    """What happens on the host does not reach the rows."""
    occupy(centre)
    centre.timeline.run_until(1e6)

    assert left(centre.hosts[0])


def test_refresh_by_hand(centre: Centre) -> None:
    """RefreshHost reads the rows and writes event 606."""
    occupy(centre)
    centre.engine.refresh_host(centre.hosts[0].id)

    assert not left(centre.hosts[0])
    assert centre.codes() == [606]


def test_when_the_host_goes_up(centre: Centre) -> None:
    """A host that comes up is read anew."""
    host = centre.hosts[0]
    centre.engine.set_host_status(host.id, "maintenance")
    occupy(centre)
    before = left(host)
    centre.engine.set_host_status(host.id, "up")
    centre.timeline.run_all()

    assert (before, left(host)) == (True, False)


def test_a_host_added_later(centre: Centre) -> None:
    """A host that joins a running engine is read."""
    host = centre.add_host("late")
    centre.timeline.run_all()

    assert left(host)


@pytest.mark.parametrize(
    ("read_after", "fresh"),
    [
        pytest.param(1.0, True, id="the row is there at the first Up"),
        pytest.param(10.0, False, id="the row comes later"),
    ],
)
def test_after_up(read_after: float, fresh: bool) -> None:
    """After a VM's Up the host is refreshed only where the domain XML was read before it."""
    centre = Centre(1, settings=with_delays(domain_xml=Jitter(read_after)))
    centre.started()

    assert left(centre.hosts[0]) != fresh
    assert (606 in centre.codes()) == fresh


def test_after_down() -> None:
    """After a VM's Down likewise, asynchronously."""
    centre = Centre(1, settings=with_delays(domain_xml=Jitter(10.0), refresh=Jitter(3.0)))
    vm = centre.started()
    occupy_again_seen = left(centre.hosts[0])
    centre.engine.refresh_host(centre.hosts[0].id)
    centre.engine.stop_vm(vm.id)
    centre.timeline.run_until(centre.timeline.now + 1.0)
    stale = left(centre.hosts[0])
    centre.timeline.run_all()

    assert (occupy_again_seen, vm.status, stale, left(centre.hosts[0])) == (True, "down", False, True)


def test_never_for_a_vm_without_devices(centre: Centre) -> None:
    """A VM without a request has no such row: no refresh follows it."""
    vm = centre.started(mdev_type=None)
    centre.engine.stop_vm(vm.id)
    centre.timeline.run_all()

    assert 606 not in centre.codes()


def test_stale_rows_hide_a_free_host(centre: Centre) -> None:
    """The filter refuses, in validation, a host that has long been free: nobody else is asked."""
    occupy(centre)
    centre.engine.refresh_host(centre.hosts[0].id)
    centre.simulated(centre.hosts[0]).bus.remove(FOREIGN)
    refused = centre.started("refused")
    centre.engine.refresh_host(centre.hosts[0].id)
    accepted = centre.started("accepted")

    assert refused.run is not None
    assert (refused.run.ending, accepted.status) == (Ending.REFUSED, "up")


def test_what_cannot_be_refreshed(centre: Centre) -> None:
    """A host that does not answer, or whose lock is taken, refuses."""
    host = centre.hosts[0]
    host.refreshing = True
    with pytest.raises(ActionError, match="in progress"):
        centre.engine.refresh_host(host.id)
    host.refreshing = False
    centre.engine.set_host_status(host.id, "non_responsive")
    with pytest.raises(ActionError, match="non_responsive"):
        centre.engine.refresh_host(host.id)
