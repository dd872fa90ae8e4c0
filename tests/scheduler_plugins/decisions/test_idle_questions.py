"""Questions that ask about no host of the engine's: any local process can put them, and they change nothing."""

import pytest

from scheduler_plugins.decisions.decision import Decision
from scheduler_plugins.decisions.history import KEPT, VERDICTS_KEPT
from scheduler_plugins.decisions.scheduler import Scheduler
from tests.scheduler_plugins.world import FREE, STRANGER, WANTS, World, fitting

INVENTED = [f"{number:08x}-dead-4000-8000-000000000000" for number in range(3)]


@pytest.mark.parametrize(
    "hosts", [(), (STRANGER,), tuple(INVENTED)], ids=["no hosts", "a host that is none", "several of them"]
)
def test_what_was_promised_stays(world: World, hosts: tuple[str, ...]) -> None:
    """A claim is neither ended nor replaced, and the VM's weights stay those of its decision."""
    told = list[Decision]()
    scheduler = Scheduler(world, world, world.clock, refused=told.append)
    assert (FREE,) == fitting(scheduler, FREE)
    scheduler.weigh("MdevSpread", WANTS, [FREE], {})
    claims, decisions = scheduler.claims, scheduler.decisions

    assert () == fitting(scheduler, *hosts)
    scheduler.weigh("MdevSpread", WANTS, hosts, {})

    assert claims is scheduler.claims
    assert list(decisions) == [
        each for each in scheduler.decisions if each.verdicts and each.verdicts[0].host_id == FREE
    ]
    assert [] == told or hosts


def test_one_host_of_the_engines_is_a_question(world: World, scheduler: Scheduler) -> None:
    """The VM is asked about anew: what it was promised before is over."""
    fitting(scheduler, FREE)
    fitting(scheduler, STRANGER, world.host_list[1].id)

    assert {} == dict(scheduler.claims.by_vm)


def test_many_large_questions_fill_no_memory(world: World, scheduler: Scheduler) -> None:
    """Decisions are kept by their verdicts; the last one always is."""
    asked = [f"{number:08x}-dead-4000-8000-000000000000" for number in range(4000)]
    for _ in range(VERDICTS_KEPT // 4000 + 3):
        fitting(scheduler, *asked)
    kept = scheduler.decisions

    assert 4000 * len(kept) <= VERDICTS_KEPT
    assert 1 <= len(kept) < KEPT
