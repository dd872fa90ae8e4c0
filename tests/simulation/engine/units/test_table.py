"""External units as scheduling meets them: found, asked, and what becomes of bad answers."""

from simulation.engine.state import Ending, Policy
from simulation.engine.units.external import ExternalSchedulerError
from tests.simulation.engine.centre import T4_1Q, Centre, Units


def broken(_: list[str]) -> object:
    """Nobody answers."""
    raise ExternalSchedulerError("connection refused")


def test_garbage_from_a_filter_fails_the_start() -> None:
    """An id that is no UUID ends the scheduling."""
    centre = Centre(2, units=Units(lambda _: {"result_code": 0, "result": ["host1"]}))
    vm = centre.started()

    assert vm.run is not None
    assert vm.run.ending is Ending.ABORTED
    assert centre.codes() == [54]


def test_filters_fail_open() -> None:
    """Where nobody answers, every host stays and the log says so; the same for weights."""
    centre = Centre(2, units=Units(broken, broken))
    vm = centre.started()

    assert vm.status == "up"
    assert centre.codes()[:2] == [9920, 9920]


def test_errors_beside_a_result() -> None:
    """Errors are written to the log, the result counts all the same."""
    centre = Centre(2)
    centre.units.answer = lambda hosts: {
        "result_code": 1,
        "result": hosts[1:],
        "plugin_errors": {"Fits": ["password expired"]},
        "errors": ["careful"],
    }
    vm = centre.started()

    assert vm.host is centre.hosts[1]
    assert centre.codes()[:2] == [10500, 10501]


def test_neither_array_nor_map_fails_closed() -> None:
    """An answer that cannot be made out leaves no host."""
    centre = Centre(2, units=Units(lambda _: 5))
    vm = centre.started()

    assert vm.run is not None
    assert vm.run.ending is Ending.NO_HOST


def test_foreign_hosts_of_a_filter_are_harmless() -> None:
    """Filter results are intersected with the hosts asked about."""
    stranger = "00000000-0000-4000-8000-000000000001"
    centre = Centre(2, units=Units(lambda hosts: {"result_code": 0, "result": [stranger, hosts[1], hosts[1]]}))

    assert centre.started().host is centre.hosts[1]


def test_disabled_units_are_skipped() -> None:
    """A unit that discovery did not find, or skipped, is left out of the question without a word."""
    units = Units()
    units.found = {"filters": {"Fits": ["", "bad regex"]}, "scores": {"Pack": ["", ""]}}
    centre = Centre(2, units=units, policy=Policy(("Fits", "Gone"), (("Pack", 1), ("Gone", 2))))
    centre.started()

    assert centre.units.names == [[("Pack", 1)]]
    assert centre.engine.units.skipped == ["Fits"]


def test_discovery_fails() -> None:
    """Where nobody answers at the engine's start, all units stay disabled until the next one."""
    units = Units()
    units.found = "nonsense"
    centre = Centre(1, units=units)
    centre.started("first")
    asked_before = len(units.asked)
    units.found = Units().found
    centre.engine.start(units)
    centre.timeline.run_all()
    centre.started("second", T4_1Q)

    assert (asked_before, centre.codes()[0]) == (0, 9920)
    assert centre.engine.units.calls["discover"] == 2


def test_units_keep_their_ids() -> None:
    """A unit found again at the next start keeps its row; one that is gone is disabled, not dropped."""
    centre = Centre(1)
    before = {key: unit.id for key, unit in centre.engine.units.table.items()}
    centre.units.found = {"filters": {"Fits": ["new words", ""]}}
    centre.engine.start(centre.units)
    centre.timeline.run_all()
    table = centre.engine.units.table

    assert before == {key: unit.id for key, unit in table.items()}
    assert [unit.name for unit in table.values() if unit.enabled] == ["Fits"]


def test_external_scheduler_switched_off() -> None:
    """ExternalSchedulerEnabled=false: nobody is asked."""
    centre = Centre(2)
    centre.engine.start(None)
    centre.timeline.run_all()
    vm = centre.started()

    assert (vm.status, centre.units.asked) == ("up", [])


def test_validation_never_asks_external_units() -> None:
    """canSchedule uses internal filters alone."""
    centre = Centre(2, units=Units(broken))
    vm = centre.vm()

    assert centre.engine.can_schedule(vm.id) == [host.id for host in centre.hosts]
    assert centre.codes() == []
