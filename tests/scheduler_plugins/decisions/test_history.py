"""The last decisions, and the weights that belong to them."""

from scheduler_plugins.decisions.decision import Weights
from scheduler_plugins.decisions.history import KEPT
from scheduler_plugins.decisions.scheduler import Scheduler
from tests.scheduler_plugins.world import FREE, FULL, NOW, PLAIN, WANTS, World, fitting


def test_the_last_decisions_are_kept_newest_first(world: World, scheduler: Scheduler) -> None:
    """The last 200 decisions are kept, the newest first."""
    for second in range(KEPT + 1):
        world.now = NOW + second
        fitting(scheduler, FREE)

    assert [NOW + second for second in range(KEPT, 0, -1)] == [each.at for each in scheduler.decisions]


def test_weights_join_their_decision(world: World, scheduler: Scheduler) -> None:
    """Weights join the VM's last decision; a unit's second answer replaces its first."""
    fitting(scheduler, FREE, FULL)
    fitting(scheduler, FREE, FULL)
    fitting(scheduler, FREE, vm=PLAIN)
    scheduler.weigh("MdevSpread", WANTS, [FULL], {})
    scheduler.weigh("MdevConsolidate", WANTS, [FREE], {})
    scheduler.weigh("MdevSpread", WANTS, [FREE], {})

    expected = (Weights("MdevConsolidate", ((FREE, 0),)), Weights("MdevSpread", ((FREE, 10),)))
    assert [(), expected, ()] == [decision.weights for decision in scheduler.decisions]
    assert {"MdevConsolidate": 0, "MdevSpread": 10} == scheduler.decisions[1].weights_of(FREE)
    assert {} == scheduler.decisions[1].weights_of(FULL)
