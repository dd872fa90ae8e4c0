"""What MdevConsolidate and MdevSpread have in common: the cards that the host takes, and their mean."""

import pytest

from mdev_inventory.model import HostInventory
from mdev_inventory.observation import Source
from scheduler_plugins.units.consolidate import MdevConsolidate
from scheduler_plugins.units.spread import MdevSpread
from tests.scheduler_plugins import inventories as inv
from tests.scheduler_plugins.inventories import Q2, Q4, A, B, t4


@pytest.mark.parametrize(
    ("inventory", "types", "consolidate", "spread"),
    [
        pytest.param(inv.host(t4(), t4(B, {Q2: 7})), [Q2], 999, 0, id="the card that the host takes, not the best"),
        pytest.param(inv.host(t4(A, {Q4: 1}), t4(B, {Q2: 7})), [Q2], 0, 70, id="the first cannot be taken"),
        pytest.param(inv.host(t4()), [Q2, Q2], (999 + 374) // 2, 5, id="one opens, one joins"),
        pytest.param(inv.host(t4(A, {Q2: 6})), [Q2, Q2], 62 // 2, 65, id="two that join"),
        pytest.param(inv.host(t4(A, {Q2: 7}), t4(B)), [Q2, Q2], 999 // 2, 35, id="one fills, one opens"),
        pytest.param(inv.host(t4(A, {Q2: 8})), [Q2], 1000, 1000, id="refused"),
        pytest.param(inv.host(t4(A, {Q2: 7})), [Q2, Q2], 1000, 1000, id="refused in part"),
    ],
)
def test_mean(inventory: HostInventory, types: list[str], consolidate: int, spread: int) -> None:
    """The mean over the instances asked for, each on the card that the host would take for it."""
    view, asked = inv.view(inventory), inv.request(*types)

    assert (consolidate, spread) == (MdevConsolidate().weigh(asked, view), MdevSpread().weigh(asked, view))


def test_separate_placement() -> None:
    """The card is the one that the host's own placement takes."""
    inventory = inv.host(t4(A, {Q2: 7}), t4(B))

    assert 0 == MdevConsolidate().weigh(inv.request(Q2), inv.view(inventory))
    assert 999 == MdevConsolidate().weigh(inv.request(Q2), inv.view(inventory, separate=True))


@pytest.mark.parametrize(("source", "weight"), [(Source.VDSM, 0), (Source.HOOK, 1000)])
def test_source_counts(source: Source, weight: int) -> None:
    """A vendor that the source does not tell is none missing."""
    view = inv.view(inv.host(t4()._replace(vendor=None)), source=source)

    assert weight == MdevSpread().weigh(inv.request(Q2), view)
