"""Which hosts are asked again before a VM is refused."""

from dataclasses import replace

from mdev_inventory.observation import HostFailure
from scheduler_plugins.allocator.model import HostView
from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.decisions.candidates import Candidate
from scheduler_plugins.decisions.rechecks import unanswered, worth_asking
from scheduler_plugins.units.verdict import Verdict
from tests.scheduler_plugins.world import NOW, observation

Code = RefusalCode


def refused(
    name: str, code: Code | None, age: float | None = 10, instances: int = 1, failed: bool = False
) -> Candidate:
    """A host that refuses so, seen so long ago; `age` None: never. Without a code it fits."""
    seen = age is not None and observation(name, 0, tuple(f"{name}{n}" for n in range(instances)))
    observed = replace(seen, requested_at=NOW - (age or 0)) if seen else None
    failure = HostFailure(name, "timeout", "no answer", NOW) if failed else None
    verdict = Verdict(name, code is None, None, code, "it refuses", None, None)
    return Candidate(HostView(name, name, False, observed, failure), verdict)


def test_the_most_promising_first() -> None:
    """Hosts with the type come first, the oldest and fullest before others; those without it come last."""
    hosts = [
        refused("typeless", Code.NO_SUCH_TYPE),
        refused("silent", Code.NO_INVENTORY, age=None, failed=True),
        refused("new", Code.NO_INVENTORY, age=None),
        refused("dead", Code.NO_FREE_INSTANCE, age=900, failed=True),
        refused("young", Code.NO_FREE_INSTANCE, age=1),
        refused("old", Code.HELD_BY_OTHER_TYPE, age=50),
        refused("busy", Code.NO_FREE_INSTANCE, age=40, instances=16),
        refused("claimed", Code.CLAIMED, age=5),
        refused("fatal", Code.ALLOCATOR_FAILS),
        refused("bare", Code.NO_ALLOCATOR),
        refused("fits", None),
    ]

    expected = ("busy", "old", "claimed", "young", "dead", "new", "silent", "typeless")
    assert expected == worth_asking(hosts, NOW, 16)
    assert expected[:3] == worth_asking(hosts, NOW, 3)
    assert () == worth_asking(hosts, NOW, 0)


def test_a_host_that_was_asked_just_now_has_nothing_new_to_tell() -> None:
    """A host whose inventory is younger than the question is not asked again."""
    hosts = [refused("now", Code.NO_FREE_INSTANCE, age=0), refused("before", Code.NO_FREE_INSTANCE, age=0.1)]

    assert ("before",) == worth_asking(hosts, NOW, 16)


def test_who_did_not_answer_says_so() -> None:
    """A host that was asked again in vain says so in its verdict, unless it fits after all."""
    told = unanswered([refused("a", Code.NO_FREE_INSTANCE), refused("b", Code.CLAIMED)], ["b"], 1.5)

    assert ["it refuses", "it refuses; asked again, it gave no answer within 1.5 s"] == [
        candidate.verdict.text for candidate in told
    ]
    fits = refused("c", None)
    assert [fits] == unanswered([fits], ["c"], 1.5)
