"""What the judge's age-aware rule knows of a card's VMs."""

import numpy as np
import pytest

from benchmarks.placement.replaying import ages
from benchmarks.placement.replaying.ages import new_ages
from benchmarks.placement.replaying.state import MOST, new_state
from tests.benchmarks.placement.compiling import PATIENCE
from tests.benchmarks.placement.slow import Vm, demand, fleet

pytestmark = pytest.mark.timeout(PATIENCE)
EDGES = np.array([0.0, 0.5, 1.0, 2.0])
VMS = demand([Vm(0.0, 9.0, 1), Vm(1.5, 9.0, 1)])
CLASSES = 5


def prolonged(orphan: bool, running: int | None) -> float:
    """By how much a VM that comes at 1.5 prolongs the life of a card with an orphan, or with the first VM."""
    one = fleet(1, 1)
    if orphan:
        one.orphans[0] = 1
    state = new_state(one, len(VMS.when))
    if running is not None:
        state.size[0], state.used[0], state.member[0, 0] = 1, 1, running
    known = new_ages(EDGES, CLASSES, len(VMS.when))
    known.lasts[:], known.gone[:] = (
        1.0,
        np.repeat(np.tile([0.1, 0.2, 0.4, 0.8], CLASSES), len(known.lasts) // CLASSES),
    )
    scratch = np.zeros(MOST, np.int64)
    return ages.extension(known, VMS, state, 0, 1, 1.5, scratch, scratch.copy())


@pytest.mark.usefixtures("judge")
def test_an_orphan_counts_as_just_started() -> None:
    """As in the product, which cannot tell it from a VM that it has not heard of yet."""
    empty, orphan = prolonged(False, None), prolonged(True, None)
    old, young = prolonged(False, 0), prolonged(False, 1)

    assert young == orphan < old < empty
