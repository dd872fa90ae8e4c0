"""What the tables' cells and the lines beside them may hold."""

import io
from contextlib import redirect_stdout

from hypothesis import given

from mdev_inventory.model import HostInventory
from scheduler_plugins.cli import output
from tests.mdev_inventory.inventories import inventories


@given(inventories)
def test_no_text_of_a_machine_reaches_the_terminal_as_a_control_character(inventory: HostInventory) -> None:
    """Neither what its drivers write nor what could not be read there."""
    with redirect_stdout(io.StringIO()) as printed:
        output.scan(inventory)

    assert [] == [line for line in printed.getvalue().split("\n") if not line.isprintable()]


def test_hosts_show_why_cards_carry_nothing() -> None:
    """By the codes of the reasons, after that of a failure, and how many cards each holds of."""
    cards = [{"code": "vendor-vfio"}, {"code": "vendor-vfio"}, {"code": "no-driver"}]
    host = {"name": "gpu1", "status": "up", "age_s": 1.0, "source": "hook", "parents": 0, "orphans": [], "types": []}
    with redirect_stdout(io.StringIO()) as printed:
        output.hosts([{**host, "failure": {"code": "timeout"}, "bare_cards": cards}])

    assert "timeout, vendor-vfio (2), no-driver" in printed.getvalue()
