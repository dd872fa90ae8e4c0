"""What MdevReserve is worth: the small simulator, by hand."""

import json
from pathlib import Path

import pytest

from benchmarks.placement import reserving
from benchmarks.placement.reserving import CARDS, CPUS, MEMORY, Cluster, Host, Vm, even, reserved

PLAIN = Vm(1.0, -1, CPUS, MEMORY)
SMALL = Vm(1.0, 0, 2, 16)
WHOLE = Vm(1.0, 4, 2, 16)


def with_cards(*cards: tuple[int, int]) -> Host:
    """A host with these on its cards."""
    return Host(list(cards))


def test_the_first_card_that_fits_is_taken() -> None:
    """One class at a time: by VDSM's walk."""
    host = with_cards((4, 1), (0, 15), (-1, 0))

    assert 1 == host.card_for(0)
    host.take(SMALL, 1)
    assert 2 == host.card_for(0)
    host.take(SMALL, 1, -1)
    assert [(4, 1), (0, 15), (-1, 0)] == host.cards


def test_free_cards_count_in_parts() -> None:
    """An empty card whole, one in use by the places that its class has left."""
    assert 1.25 == with_cards((-1, 0), (0, 12), (4, 1)).free


def test_with_the_weight_hosts_without_cards_fill_first() -> None:
    """Evenly among themselves; then those whose cards are full."""
    bare, full, empty = Host([]), with_cards((4, 1)), with_cards((-1, 0))
    bare.take(Vm(1.0, -1, 90, 90), None)

    assert [bare, full, empty] == sorted([empty, full, bare], key=reserved)
    assert bare not in sorted([empty, full, bare], key=even)[:2]


def test_refusals_are_told_apart() -> None:
    """A device that nobody has any more, and a device without CPUs to go with it."""
    cluster = Cluster(even, [with_cards((-1, 0))])

    assert "" == cluster.start(0, 0.0, WHOLE)
    assert "no_device" == cluster.start(1, 0.1, WHOLE)
    assert "plain" == cluster.start(2, 0.2, PLAIN)
    assert "" == cluster.start(3, 2.0, PLAIN), "the first has left"
    assert "starved" == cluster.start(4, 2.1, WHOLE)


@pytest.mark.parametrize("fill", reserving.FILLS)
def test_fewer_are_starved(fill: float) -> None:
    """And nobody pays for it in devices: whoever is let in for it takes some."""
    without, given = reserving.work((fill, 5000, 3000))

    assert given[0] < without[0]
    assert all(0 <= figure <= 100 for figure in (*without, *given))


def test_demand_is_what_was_asked_for() -> None:
    """As many CPUs as the fill says, and vGPUs for 0.9 of the cards."""
    vms = reserving.demand(0.95, 1, 20000)
    span = vms[-1][0]
    cpus = sum(vm.cpus * vm.lasts for _, vm in vms) / span
    cards = sum(vm.lasts / reserving.PLACES[vm.kind] for _, vm in vms if vm.kind >= 0) / span

    assert pytest.approx(0.95, rel=0.05) == cpus / (CPUS * (reserving.WITH + reserving.WITHOUT))
    assert pytest.approx(0.9, rel=0.08) == cards / (reserving.WITH * CARDS)


def test_the_command_has_a_line_for_each_fill(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And writes the same for programs."""
    file = tmp_path / "reserving.json"

    assert 0 == reserving.main(["--seeds", "2", "--arrivals", "300", "--workers", "1", "--json", str(file)])

    rows = json.loads(file.read_text())["reserving"]
    assert list(reserving.FILLS) == [row["fill"] for row in rows]
    assert len(rows) == len(capsys.readouterr().out.splitlines())
