"""What is told to the administrator once the engine can be told anything."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mdev_inventory.engine.api import Severity
from mdev_inventory.engine.errors import Code, EngineError
from mdev_inventory.engine.known_vm import KnownVm
from scheduler_plugins.service.events.drops import Drop, DropFile
from scheduler_plugins.service.events.reports import Events, Reports, refused

ONE, TWO = (f"{n}0000000-0000-4000-8000-00000000000a" for n in (1, 2))
VMS = {ONE: KnownVm(ONE, "desk-1", ("nvidia-22",), 1.0)}
AT = 1_700_000_000


@dataclass
class FakeEngine:
    """Keeps the events that it accepts."""

    error: Callable[[str | None], EngineError | None] = lambda _: None
    """The answer to an event about that VM, where it is not accepted."""
    events: list[tuple[str, str, str | None]] = field(default_factory=list)

    def add_event(
        self, text: str, severity: Severity = "warning", *, vm_id: str | None, timeout_s: float | None = None
    ) -> None:
        """Accept it, or not."""
        assert timeout_s
        assert timeout_s > 0
        if error := self.error(vm_id):
            raise error
        self.events.append((text, severity, vm_id))


class Scene:
    """Reports over a folder."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "dropped"
        self.engine = FakeEngine()
        self.reports = self.over(self.engine)

    def over(self, engine: Events | None) -> Reports:
        """Of a service that starts."""
        drops = DropFile(self.file.parent, None)
        drops.prepare()
        return Reports(engine, drops, lambda: VMS, lambda: 0.0)

    def drop(self, *vm_ids: str) -> None:
        """What the plugin writes."""
        with self.file.open("a") as file:
            file.writelines(f"{vm_id} {AT}\n" for vm_id in vm_ids)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Nothing to tell yet."""
    return Scene(tmp_path)


def test_nothing_to_tell(scene: Scene) -> None:
    """No event, no trouble."""
    assert scene.reports.tell()
    assert ([], {}) == (scene.engine.events, scene.reports.troubles.now)


def test_one_event_for_all_refusals(scene: Scene) -> None:
    """Each VM once, by its name, with the time of its last try; once told, it is not told again."""
    scene.drop(ONE, TWO, ONE)

    assert scene.reports.tell()
    assert scene.reports.tell()
    ((text, severity, vm_id),) = scene.engine.events
    assert ("error", None) == (severity, vm_id)
    assert "2 VMs that ask" in text
    assert text.count("desk-1 (2023-11-14 22:13:20 UTC)") == 1
    assert TWO in text


def test_a_single_vm_is_what_the_event_is_about(scene: Scene) -> None:
    """The portal shows it among that VM's events."""
    scene.drop(ONE)
    scene.reports.tell()

    assert [ONE] == [vm_id for _, _, vm_id in scene.engine.events]


def test_a_vm_that_the_engine_has_no_more(scene: Scene) -> None:
    """The engine refuses events about unknown VMs: then it is told about none."""
    scene.drop(ONE)
    scene.engine.error = lambda vm_id: EngineError("http", "no such object", 409) if vm_id else None

    assert scene.reports.tell()
    assert [None] == [vm_id for _, _, vm_id in scene.engine.events]


@pytest.mark.parametrize("code", ["unreachable", "auth", "forbidden", "timeout"])
def test_an_engine_that_does_not_accept_it(scene: Scene, code: Code) -> None:
    """It waits, also for the next service; what is in the way is a trouble with its name, until it works."""
    scene.drop(ONE)
    scene.engine.error = lambda _: EngineError(code, "the engine says no")

    assert not scene.reports.tell()
    assert not scene.reports.tell()
    assert {"event about refused VMs": code} == {k: t.code for k, t in scene.reports.troubles.now.items()}
    scene.engine.error = lambda _: None
    scene.drop(TWO)
    later = scene.over(scene.engine)
    assert later.tell()
    assert later.tell()
    assert [ONE in text or "desk-1" in text for text, _, _ in scene.engine.events] == [True, False]
    assert {} == later.troubles.now


def test_without_events_the_log_has_to_do(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """An administrator who wants none still finds it there."""
    reports = scene.over(None)
    scene.drop(ONE)

    assert reports.tell()
    assert "" == scene.file.read_text()
    assert "desk-1" in caplog.text


def test_a_state_file_that_could_not_be_used(scene: Scene) -> None:
    """One event, once the engine accepts it, whatever becomes of the rest."""
    scene.reports.add("state file X is damaged")
    scene.engine.error = lambda _: EngineError("unreachable", "gone")

    assert not scene.reports.tell()
    scene.engine.error = lambda _: None
    assert scene.reports.tell()
    assert scene.reports.tell()
    assert [("mdev-scheduler: state file X is damaged", "error", None)] == scene.engine.events


def test_a_file_that_cannot_be_read(scene: Scene) -> None:
    """A trouble with a name, nothing else."""
    scene.file.unlink()
    scene.file.mkdir()
    (scene.file / "x").touch()

    assert not scene.reports.tell()
    assert ["event about refused VMs"] == list(scene.reports.troubles.now)


def test_a_hundred_vms_fit_into_one_sentence() -> None:
    """Some are named, the rest counted."""
    text = refused([Drop(f"vm-{n}", 0.0) for n in range(100)], {})

    assert "100 VMs" in text
    assert "vm-19 and 80 more" in text
