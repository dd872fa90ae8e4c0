"""The simulated bus against the figures and errno values that a real kernel showed (kernel_figures.json)."""

import errno
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulation.kernel import Bus, Change
from simulation.kernel.boards import Board, build_bus, bus_of

MEASURED: dict[str, Any] = json.loads(Path(__file__).with_name("kernel_figures.json").read_text("utf-8"))
SAMPLES: dict[str, list[str]] = MEASURED["types"]
PARENT = {type_id: parent for parent, types in SAMPLES.items() for type_id in types}
GOOD = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"


@pytest.fixture
def samples() -> Bus:
    """The kernel's three sample drivers, as the measured machine had them."""
    return bus_of("mtty", "mdpy", "mbochs")


def uuids() -> Iterator[str]:
    """Fresh UUIDs, the same ones every time."""
    return (f"{number:08x}-0000-4000-8000-000000000001" for number in range(1 << 20))


def figures(bus: Bus, parent: str) -> list[int]:
    """What the types of a parent have left, in table order."""
    return [int(bus.available(parent, type_id)) for type_id in SAMPLES[parent]]


def refusal(bus: Bus, parent: str, type_id: str, uuid: str) -> str:
    """The errno's name that a creation fails with; `ok` where it does not."""
    try:
        bus.create(parent, type_id, uuid)
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "ok"


@pytest.mark.parametrize("type_id", PARENT)
def test_measured_evolution(samples: Bus, type_id: str) -> None:
    """One type is created until it is refused: every figure on the way, and the errno, are the kernel's."""
    parent, measured, names = PARENT[type_id], MEASURED["evolution"][type_id], uuids()
    seen = []
    for _ in measured["figures"]:
        samples.create(parent, type_id, next(names))
        seen.append(figures(samples, parent))

    assert measured["figures"] == seen
    for sibling in SAMPLES[parent]:
        assert measured["exhausted"] == refusal(samples, parent, sibling, next(names))
    assert refusal(samples, parent, type_id, next(uuids())) == "EEXIST"
    assert refusal(samples, parent, type_id, "zz") == "EINVAL"


@pytest.mark.parametrize("type_id", PARENT)
def test_measured_removal(samples: Bus, type_id: str) -> None:
    """One instance removed from a full parent gives back what the kernel gave back, and its UUID."""
    parent, measured, names = PARENT[type_id], MEASURED["evolution"][type_id], uuids()
    for _ in measured["figures"]:
        samples.create(parent, type_id, next(names))

    samples.remove(next(uuids()))

    assert measured["after_remove_one"] == figures(samples, parent)
    assert refusal(samples, parent, type_id, next(uuids())) == "ok"


@pytest.mark.parametrize("case", [*MEASURED["remainders"], MEASURED["mixed"]], ids=["mtty", "mbochs", "mixed"])
def test_measured_mixtures(samples: Bus, case: dict[str, Any]) -> None:
    """Types of one parent mixed: rounding and remainders are the kernel's."""
    for type_id, uuid in zip(case["creations"], uuids(), strict=False):
        samples.create(PARENT[type_id], type_id, uuid)

    assert case["figures"] == {t: int(samples.available(PARENT[t], t)) for t in case["figures"]}
    for type_id, code in case.get("refused", {}).items():
        assert code == refusal(samples, PARENT[type_id], type_id, GOOD)


@pytest.mark.parametrize(("type_id", "race"), MEASURED["races"].items())
def test_measured_races(samples: Bus, type_id: str, race: tuple[int, dict[str, int]]) -> None:
    """More writers than room: as many succeed, and the rest fail with the errno, as in the kernel."""
    writers, results = race
    seen = [refusal(samples, PARENT[type_id], type_id, uuid) for uuid, _ in zip(uuids(), range(writers), strict=False)]

    assert results == {result: seen.count(result) for result in set(seen)}


@pytest.mark.parametrize("form", MEASURED["uuid_forms"].values(), ids=MEASURED["uuid_forms"])
def test_measured_uuid_forms(samples: Bus, form: dict[str, Any]) -> None:
    """What may be written to `create`, and under which name the instance then appears."""
    assert form["result"] == refusal(samples, "mtty", "mtty-1", form["written"])
    assert form["appears_as"] == samples.devices("mtty", "mtty-1")


@pytest.mark.parametrize(
    ("parent", "type_id", "uuid"),
    [
        pytest.param("mtty", "mtty-1", GOOD, id="same type"),
        pytest.param("mtty", "mtty-2", GOOD, id="other type"),
        pytest.param("mbochs", "mbochs-small", GOOD, id="other parent"),
        pytest.param("mtty", "mtty-1", GOOD.upper(), id="upper case"),
    ],
)
def test_uuid_is_unique_on_the_whole_bus(samples: Bus, parent: str, type_id: str, uuid: str) -> None:
    """A UUID that lives anywhere is refused everywhere."""
    samples.create("mtty", "mtty-1", GOOD)

    assert refusal(samples, parent, type_id, uuid) == "EEXIST"


def test_removal_of_an_open_device(samples: Bus) -> None:
    """A removed device that is still open is in no listing, but keeps its share and its UUID."""
    samples.create("mtty", "mtty-2", GOOD)
    samples.remove(GOOD, held=True)

    assert {} == samples.instances()
    assert [22, 11] == figures(samples, "mtty")
    assert refusal(samples, "mtty", "mtty-1", GOOD) == "EEXIST"
    with pytest.raises(FileNotFoundError):
        samples.remove(GOOD)

    samples.close(GOOD)
    assert [24, 12] == figures(samples, "mtty")


def test_removal_of_a_missing_device(samples: Bus) -> None:
    """What does not exist cannot be removed."""
    with pytest.raises(FileNotFoundError):
        samples.remove(GOOD)


@pytest.mark.parametrize("capacity", [0, 1, 9])
def test_module_parameters(capacity: int) -> None:
    """A sample driver loaded with another count offers that much."""
    bus = build_bus([Board("mbochs", "mbochs", capacity=capacity)])

    assert [capacity // 4, capacity // 16, capacity // 64] == figures(bus, "mbochs")


def test_what_is_not_pci_has_no_vendor(samples: Bus) -> None:
    """The `vendor` file is a PCI device's."""
    with pytest.raises(FileNotFoundError):
        samples.vendor("mtty")

    assert bus_of("tesla-t4").vendor("0000:3b:00.0") == "0x10de"


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda bus: bus.types("mttx"), id="types of an unknown parent"),
        pytest.param(lambda bus: bus.available("mtty", "mtty-3"), id="figure of an unknown type"),
        pytest.param(lambda bus: bus.devices("mttx", "mtty-1"), id="devices of an unknown parent"),
        pytest.param(lambda bus: bus.attributes("mttx"), id="facts of an unknown device"),
    ],
)
def test_unknown_names(samples: Bus, ask: Callable[[Bus], object]) -> None:
    """A path that is not there is ENOENT, as in sysfs."""
    with pytest.raises(FileNotFoundError):
        ask(samples)


def test_spoiled_figures(samples: Bus) -> None:
    """A figure can be made to read as any text or to fail, and be healed."""
    samples.spoil("mtty", "mtty-1", "")
    assert samples.available("mtty", "mtty-1") == ""

    samples.spoil("mtty", "mtty-1", OSError(errno.EIO, "Input/output error"))
    with pytest.raises(OSError, match="Input/output error"):
        samples.available("mtty", "mtty-1")

    samples.spoil("mtty", "mtty-1", None)
    assert samples.available("mtty", "mtty-1") == "24"


def test_directory_order() -> None:
    """Types stand in table order, or in one that the seed and their names decide, alike on like parents."""
    plain, seeded, again = bus_of("tesla-m60"), bus_of("tesla-m60", seed=7), bus_of("tesla-m60", seed=7)
    first, second = seeded.parents()

    assert plain.types(first) != seeded.types(first)
    assert plain.types(first) == sorted(plain.types(first), key=lambda t: int(t.split("-")[1]))
    assert sorted(plain.types(first)) == sorted(seeded.types(first))
    assert seeded.types(first) == seeded.types(second) == again.types(first)
    assert seeded.types(first) != bus_of("tesla-m60", seed=8).types(first)


def test_listeners_are_told(samples: Bus) -> None:
    """Whoever follows the bus learns what was created and removed, and whose figures changed."""
    told: list[Change] = []
    samples.listeners.append(told.append)

    samples.create("mtty", "mtty-1", GOOD.upper())
    samples.remove(GOOD)

    assert told == [
        Change(("mtty",), "created", GOOD, "mtty", "mtty-1"),
        Change(("mtty",), "removed", GOOD, "mtty", "mtty-1"),
    ]


@pytest.mark.parametrize(
    ("bus", "present"),
    [
        pytest.param(bus_of("mtty"), True, id="a parent"),
        pytest.param(bus_of(), False, id="no card"),
        pytest.param(bus_of("h200"), False, id="a card without mdev"),
        pytest.param(build_bus([], present=True), True, id="module loaded, no card"),
    ],
)
def test_presence(bus: Bus, present: bool) -> None:
    """The bus exists where a parent does, or where it is said to."""
    assert present == bus.present
