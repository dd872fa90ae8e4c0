"""Events in the Administration Portal about VMs that found no host: few, in the background, or none."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from mdev_inventory.engine.api import Severity
from mdev_inventory.engine.errors import EngineError
from scheduler_plugins.allocator.refusals import RefusalCode
from scheduler_plugins.allocator.request import Request
from scheduler_plugins.decisions.decision import Decision
from scheduler_plugins.service.events.portal import MOST, PER_VM_S, PERIOD_S, REASONS, WAITING, Limits, Portal, text_of
from scheduler_plugins.units.verdict import Verdict

DEADLINE_S = 10.0


@dataclass
class FakeEngine:
    """Takes events, or fails as told; `told` is notified of each."""

    error: EngineError | Exception | None = None
    events: list[tuple[str | None, str]] = field(default_factory=list)
    """VM and text of each event, whether it was taken or not."""
    unknown: frozenset[str] = frozenset()
    """VMs about which it takes no event."""
    wait: Callable[[], object] = bool
    told: threading.Condition = field(default_factory=threading.Condition)

    def add_event(
        self, text: str, severity: Severity = "warning", *, vm_id: str | None, timeout_s: float | None = None
    ) -> None:
        """One more."""
        self.wait()
        with self.told:
            self.events.append((vm_id, text))
            self.told.notify_all()
        if vm_id in self.unknown:
            raise EngineError("not-found", "no such VM", 404)
        if self.error:
            raise self.error

    def has(self, count: int) -> bool:
        """Whether so many have come, within the deadline."""
        with self.told:
            return self.told.wait_for(lambda: len(self.events) >= count, DEADLINE_S)


@contextmanager
def portal(engine: FakeEngine, timer: Callable[[], float] = lambda: 0.0) -> Iterator[Portal]:
    """A portal that runs until the block ends."""
    running = Portal(engine, timer=timer)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def refusal(name: str, text: str, code: RefusalCode = RefusalCode.NO_FREE_INSTANCE) -> Verdict:
    """A host's no."""
    return Verdict(f"id-of-{name}", False, None, code, text, 1.0, None, name)


def decision(vm_id: str = "v1", *verdicts: Verdict) -> Decision:
    """A refused VM."""
    refused = verdicts or (refusal("host1", "has 0 of nvidia-22, needs 1"),)
    return Decision("MdevFilter", vm_id, f"name-of-{vm_id}", Request(("nvidia-22",)), refused, 0.0, 0.1)


def test_one_event_about_the_vm() -> None:
    """With what it asks for and why each host refuses."""
    engine = FakeEngine()
    with portal(engine) as running:
        running.refused(decision())
        assert engine.has(1)

    assert [
        ("v1", "No host can start VM name-of-v1, which asks for nvidia-22. host1: has 0 of nvidia-22, needs 1.")
    ] == engine.events
    assert {} == running.troubles.now


def test_no_answer_waits_for_the_engine() -> None:
    """While it hangs, decisions leave their note at once; more than may wait are dropped."""
    go_on = threading.Event()
    engine = FakeEngine(wait=lambda: go_on.wait(DEADLINE_S))
    now = iter(range(0, 10**9, int(PERIOD_S)))
    with portal(engine, lambda: float(next(now))) as running:
        for number in range(3 * WAITING):
            running.refused(decision(f"v{number}"))
        go_on.set()
        assert engine.has(WAITING)
        assert len(engine.events) <= WAITING + 1


def test_without_the_right() -> None:
    """It is off from then on, and health says what to do."""
    engine = FakeEngine(EngineError("forbidden", "POST /api/events: no right", 403))
    with portal(engine) as running:
        running.refused(decision("v1"))
        assert engine.has(1)
        _until(lambda: "portal events" in running.troubles.now)
        running.refused(decision("v2"))
    trouble = running.troubles.now["portal events"]

    assert 1 == len(engine.events)
    assert "forbidden" == trouble.code
    assert "ExternalEventsCreator" in trouble.text
    assert "engine_events = no" in trouble.text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(EngineError("unreachable", "no"), "unreachable", id="unreachable"),
        pytest.param(EngineError("http", "status 500", 500), "http", id="the engine in trouble"),
        pytest.param(ZeroDivisionError("a bug"), "unexpected", id="a bug of ours"),
    ],
)
def test_an_engine_that_fails(error: Exception, code: str) -> None:
    """That is a trouble with a name, until an event gets through again."""
    engine = FakeEngine(error)
    with portal(engine) as running:
        running.refused(decision("v1"))
        _until(lambda: "portal events" in running.troubles.now)
        assert code == running.troubles.now["portal events"].code
        engine.error = None
        running.refused(decision("v2"))
        _until(lambda: not running.troubles.now)


@pytest.mark.parametrize("error", [EngineError("http", "status 409", 409), EngineError("not-found", "gone", 404)])
def test_an_event_that_the_engine_refuses(error: EngineError) -> None:
    """A VM that was deleted meanwhile is no trouble, and the next event goes out."""
    engine = FakeEngine(error)
    with portal(engine) as running:
        running.refused(decision("v1"))
        running.refused(decision("v2"))
        assert engine.has(4)

    assert {} == running.troubles.now


def test_what_the_proxy_keeps_to_itself_is_told() -> None:
    """Which unit was asked about which VM, and why it did not decide; few, as all events."""
    engine = FakeEngine()
    with portal(engine) as running:
        for _ in range(3):
            running.undecided("v1", "MdevFilter", "fault: see the log")
        running.undecided("", "", "bad-line: 1 fields")
        assert engine.has(2)

    assert [
        ("v1", "MdevFilter was asked about VM v1 through ovirt-scheduler-proxy: fault: see the log"),
        (None, "ovirt-scheduler-proxy asked for mediated devices what cannot be read: bad-line: 1 fields"),
    ] == engine.events


def test_an_event_about_a_vm_that_the_engine_does_not_know() -> None:
    """Its text names the VM: it is told about no VM then."""
    engine = FakeEngine(unknown=frozenset({"v1"}))
    with portal(engine) as running:
        running.undecided("v1", "MdevFilter", "unknown-vm: no such VM")
        assert engine.has(2)

    assert ["v1", None] == [vm_id for vm_id, _ in engine.events]
    assert {} == running.troubles.now


def test_a_vm_has_one_event_for_a_while() -> None:
    """However often it is tried; both sides of the limit."""
    limits = Limits()

    assert [True, False, False, True] == [limits.allow("v1", at) for at in (0.0, 1.0, PER_VM_S - 0.1, PER_VM_S)]


def test_all_together_have_few() -> None:
    """A full data centre gets a handful a minute; who was not told does not wait for it either."""
    limits = Limits()

    assert MOST == sum(limits.allow(f"v{number}", 0.0) for number in range(1000))
    assert not limits.allow("late", PERIOD_S - 0.1)
    assert limits.allow("late", PERIOD_S)


def test_nobody_was_asked_about() -> None:
    """A question without hosts refuses nothing."""
    engine = FakeEngine()
    with portal(engine) as running:
        running.refused(replace(decision(), verdicts=()))
        running.refused(decision("v2"))
        assert engine.has(1)

    assert ["v2"] == [vm_id for vm_id, _ in engine.events]


def test_stopping_does_not_wait_for_what_waits() -> None:
    """A stop drops it, with the queue full, too."""
    go_on = threading.Event()
    engine = FakeEngine(wait=lambda: go_on.wait(DEADLINE_S))
    with portal(engine, lambda: 0.0) as running:
        for number in range(MOST):
            running.refused(decision(f"v{number}"))
        threading.Timer(0.1, go_on.set).start()
    running.refused(decision("after"))

    assert len(engine.events) <= 1


def test_hosts_with_the_same_reason_stand_together() -> None:
    """The most telling reason first, five names and how many more."""
    many = [refusal(f"host{n}", "has 0, needs 1") for n in range(1, 8)]
    odd = refusal("old", "has no nvidia-22", RefusalCode.NO_SUCH_TYPE)
    text = text_of(replace(decision("v1", odd, *many), note="the engine does not answer"))

    assert (
        "asks for nvidia-22. host1, host2, host3, host4, host5 and 2 more: has 0, needs 1. "
        "old: has no nvidia-22. (the engine does not answer)"
    ) in text


def test_a_text_of_some_length() -> None:
    """Reasons without end end somewhere, and say where to find the others."""
    text = text_of(decision("v1", *(refusal(f"host{n}", f"reason {n}") for n in range(100))))

    assert f"reason {REASONS - 1}." in text
    assert f"reason {REASONS}." not in text
    assert text.endswith("80 more reasons: see `mdev-scheduler explain`.")


def _until(condition: Callable[[], bool]) -> None:
    """Waits for another thread."""
    waiting = threading.Event()
    for _ in range(int(DEADLINE_S / 0.005)):
        if condition():
            return
        waiting.wait(0.005)
    raise AssertionError("it does not happen")
