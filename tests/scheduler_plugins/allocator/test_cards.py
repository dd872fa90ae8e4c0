"""What one creation does to the rest of its card."""

from collections.abc import Mapping

import pytest

from mdev_inventory.model import HostInventory, ParentDevice
from scheduler_plugins.allocator.cards import after_creation, closed, is_exact
from scheduler_plugins.allocator.figures import shown
from tests.scheduler_plugins import inventories as inv

VF = "0000:3b:00.4"
"""The first function of the card that `functions` makes."""
NEXT_VF = "0000:3b:00.5"
ALL_A40 = dict.fromkeys(inv.A40, 1)
SIZE_4 = {"nvidia-560": 1, "nvidia-570": 1}


@pytest.mark.parametrize(
    ("alive", "created", "expected"),
    [
        pytest.param({}, "nvidia-231", {"nvidia-231": 7, "nvidia-223": 7}, id="one size on an empty card"),
        pytest.param({"nvidia-231": 6}, "nvidia-231", {"nvidia-231": 1, "nvidia-223": 1}, id="beside its like"),
        pytest.param({"nvidia-223": 2}, "nvidia-231", {"nvidia-231": 5, "nvidia-223": 5}, id="beside another series"),
        pytest.param({"nvidia-231": 7}, "nvidia-231", {}, id="the last place"),
        pytest.param({}, "nvidia-234", {}, id="the whole card"),
    ],
)
def test_time_sliced(alive: inv.Alive, created: str, expected: Mapping[str, int]) -> None:
    """The type and those of its size fall by one, other sizes to 0."""
    after = after_creation(inv.host(inv.gpu("0000:3b:00.0", inv.T4, alive)), "0000:3b:00.0", created)

    assert {t: expected.get(t, 0) for t in inv.T4} == inv.figures_of(after, "0000:3b:00.0")


def test_time_sliced_without_descriptions() -> None:
    """Without sizes only the type itself is known to be of its size."""
    before = inv.host(inv.device("0000:3b:00.0", {"nvidia-11": 16, "nvidia-12": 16}, vendor="0x10de"))

    after = after_creation(before, "0000:3b:00.0", "nvidia-11")

    assert {"nvidia-11": 15, "nvidia-12": 0} == inv.figures_of(after, "0000:3b:00.0")


@pytest.mark.parametrize(
    ("count", "taken", "figures", "created", "expected"),
    [
        pytest.param(4, [], ALL_A40, "nvidia-560", SIZE_4, id="first one: the others show its size only"),
        pytest.param(16, ["nvidia-560"] * 10, SIZE_4, "nvidia-560", SIZE_4, id="eleventh of twelve"),
        pytest.param(16, ["nvidia-560"] * 11, SIZE_4, "nvidia-560", {}, id="twelfth of twelve"),
        pytest.param(16, ["nvidia-570"] * 11, SIZE_4, "nvidia-560", {}, id="twelfth of its size"),
        pytest.param(4, [], ALL_A40, "nvidia-566", {}, id="the whole card"),
        pytest.param(
            4, ["nvidia-560"], {**SIZE_4, "nvidia-557": 1}, "nvidia-560", {}, id="mixed sizes: nothing is sure"
        ),
        pytest.param(4, ["nvidia-557"], {"nvidia-560": 1}, "nvidia-560", {}, id="mixed sizes: the other one lives"),
    ],
)
def test_functions(
    count: int, taken: list[str], figures: Mapping[str, int], created: str, expected: Mapping[str, int]
) -> None:
    """A function that holds one shows 0; its siblings what the card can still take."""
    before = inv.host(inv.functions("0000:3b", count, inv.A40, figures, taken))
    free = before.parents[len(taken)].address

    after = after_creation(before, free, created)

    assert dict.fromkeys(inv.A40, 0) == inv.figures_of(after, free)
    assert {t: expected.get(t, 0) for t in inv.A40} == inv.figures_of(after, after.parents[-1].address)


def test_function_without_description() -> None:
    """A card without descriptions counts as one instance."""
    before = inv.host(
        [inv.device(a, {"x-1": 1, "x-2": 1}, physfn="0000:3b:00.0") for a in (VF, NEXT_VF)],
        inv.device("0000:5b:00.4", {"x-1": 1}, physfn="0000:5b:00.0"),
    )

    after = after_creation(before, VF, "x-1")

    assert {"x-1": 0, "x-2": 0} == inv.figures_of(after, NEXT_VF)
    assert {"x-1": 1} == inv.figures_of(after, "0000:5b:00.4")


def test_mig_backed_type() -> None:
    """Nobody tells how many GPU instances of a profile are left: none; other profiles have their own."""
    before = inv.host(inv.functions("0000:3b", 2, inv.A100_MIG, dict.fromkeys(inv.A100_MIG, 1)))

    after = after_creation(before, VF, "nvidia-474")

    expected = {**dict.fromkeys(inv.A100_MIG, 1), "nvidia-474": 0, "nvidia-706": 0}
    assert expected == inv.figures_of(after, NEXT_VF)


def test_mig_backed_type_leaves_no_other() -> None:
    """Beside a GPU instance in use no time-sliced type can be counted on, whatever it shows."""
    table = {**inv.A100_MIG, "nvidia-469": inv.Size("GRID A100-5C", 5120, 8)}
    before = inv.host(inv.functions("0000:3b", 2, table, dict.fromkeys(table, 1)))

    assert 0 == inv.figures_of(after_creation(before, VF, "nvidia-474"), NEXT_VF)["nvidia-469"]


def test_other_devices_allow_one_type_at_a_time() -> None:
    """On a device of an unknown driver, nothing says that another type can live beside the first."""
    before = inv.host(inv.device("0000:04:00.0", {"toy-1": 8, "toy-2": 4}))

    assert {"toy-1": 7, "toy-2": 0} == inv.figures_of(after_creation(before, "0000:04:00.0", "toy-1"), "0000:04:00.0")


def test_other_devices_that_show_side_by_side() -> None:
    """Where an instance lives beside a type that is still offered, the types draw on one stock."""
    before = inv.host(inv.device("0000:04:00.0", {"toy-1": 8, "toy-2": 4}, {"toy-2": 1}))

    assert {"toy-1": 7, "toy-2": 3} == inv.figures_of(after_creation(before, "0000:04:00.0", "toy-1"), "0000:04:00.0")


def test_own_instances_show_nothing_about_others() -> None:
    """A type beside its own instances does not say whether other types could live there."""
    before = inv.host(inv.device("0000:04:00.0", {"toy-1": 8, "toy-2": 0}, {"toy-1": 1}))

    assert {"toy-1": 7, "toy-2": 0} == inv.figures_of(after_creation(before, "0000:04:00.0", "toy-1"), "0000:04:00.0")


@pytest.mark.parametrize("family", ["time-sliced", "function", "pool", "other"])
def test_only_the_card_changes(family: str) -> None:
    """Other cards stay the very same objects, and the instance is counted on its parent."""
    other = inv.gpu("0000:d8:00.0", inv.T4)
    card: list[ParentDevice] = {
        "time-sliced": [inv.gpu(VF, inv.T4)],
        "function": inv.functions("0000:3b", 2, inv.A40, ALL_A40),
        "pool": [inv.mbochs({"mbochs-small": 64})._replace(address=VF)],
        "other": [inv.device(VF, {"toy-1": 1})],
    }[family]
    wanted = (card[0].types or ())[0]

    after = after_creation(inv.host(card, other), VF, wanted.id)

    assert other is after.parents[-1]
    assert [VF] == [p.address for p in after.parents if any(t.instances for t in p.types or ())]
    assert ("planned",) == next(t.instances for t in after.parents[0].types or () if t.id == wanted.id)


def test_unknown_figures_stay_unknown() -> None:
    """A creation does not make a figure known that was not."""
    before = inv.host(inv.device("0000:3b:00.0", {"nvidia-1": 4, "nvidia-2": None}, vendor="0x10de"))

    assert {"nvidia-1": 3, "nvidia-2": None} == inv.figures_of(
        after_creation(before, "0000:3b:00.0", "nvidia-1"), "0000:3b:00.0"
    )


@pytest.mark.parametrize(("address", "type_id"), [("0000:3b:00.0", "nvidia-9"), ("0000:99:00.0", "nvidia-231")])
def test_nothing_to_create_on(address: str, type_id: str) -> None:
    """A creation where there is no such parent or type is an error that names both."""
    with pytest.raises(LookupError, match=f"^the inventory has no type {type_id} on {address}$"):
        after_creation(inv.host(inv.gpu("0000:3b:00.0", inv.T4)), address, type_id)


def unseen_card(taken: int, showing: int, figures: Mapping[str, int], physfn: str | None) -> HostInventory:
    """An A40 as a source shows it that knows no instances: `taken` functions show nothing free."""
    card = inv.functions("0000:3b", taken + showing, inv.A40, figures, ["nvidia-560"] * taken)
    return inv.host([inv.unseen(p, physfn) for p in card])


@pytest.mark.parametrize("physfn", ["0000:3b:00.0", None], ids=["card known", "card lost"])
@pytest.mark.parametrize(
    ("taken", "expected"), [(10, SIZE_4), (11, {})], ids=["eleventh of twelve", "twelfth of twelve"]
)
def test_unseen_instances_of_functions(taken: int, expected: Mapping[str, int], physfn: str | None) -> None:
    """Where instances are unknown, functions that show nothing free are taken, with or without their card."""
    before = unseen_card(taken, 2, SIZE_4, physfn)

    after = after_creation(before, before.parents[taken].address, "nvidia-560")

    assert {t: expected.get(t, 0) for t in inv.A40} == inv.figures_of(after, after.parents[-1].address)


@pytest.mark.parametrize(("known", "left"), [(True, 0), (False, 1)], ids=["known", "lost"])
def test_card_over_two_buses(known: bool, left: int) -> None:
    """A card's functions are found by their link wherever they are; without it, by their bus."""
    here, there = (inv.functions(bus, 1, inv.A40, ALL_A40) for bus in ("0000:3b", "0000:3c"))
    card = "0000:3b:00.0" if known else None
    before = inv.host([inv.unseen(p, card) for p in (*here, *there)])

    after = after_creation(before, VF, "nvidia-566")

    assert left == inv.figures_of(after, "0000:3c:00.4")["nvidia-566"]


def test_nearly_full_gpu_of_an_unseeing_source() -> None:
    """A GPU that shows more than one is no function, and keeps the rest."""
    before = inv.host(inv.unseen(inv.gpu(VF, inv.T4, {"nvidia-231": 6})))

    assert 1 == inv.figures_of(after_creation(before, VF, "nvidia-231"), VF)["nvidia-231"]


def test_untouched_functions_stay_the_same_objects() -> None:
    """A sibling that loses nothing is not copied."""
    before = inv.host(inv.functions("0000:3b", 3, inv.A40, SIZE_4, ["nvidia-560"]))

    after = after_creation(before, NEXT_VF, "nvidia-560")

    assert before.parents[2] is after.parents[2]


@pytest.mark.parametrize(
    ("figure", "expected"), [(3, 3), (0, 0), (-1, 0), (None, 0)], ids=["known", "zero", "negative", "unknown"]
)
def test_shown(figure: int | None, expected: int) -> None:
    """What is not known or not offered counts as none."""
    parent = inv.device(VF, {"x-1": figure})

    assert (expected, 0) == (shown(parent, "x-1"), shown(parent, "x-2"))


def test_function_that_shows_nothing_is_taken() -> None:
    """An instance that was removed while in use is listed nowhere, and still counts on its card."""
    held = inv.functions("0000:3b", 11, inv.A40, {})
    free = [p._replace(address=p.address.replace("3b:0", "3b:1")) for p in inv.functions("0000:3b", 2, inv.A40, SIZE_4)]

    after = after_creation(inv.host(held, free), free[0].address, "nvidia-560")

    assert 0 == inv.figures_of(after, free[1].address)["nvidia-560"]


def test_nothing_but_figures_and_instances_change() -> None:
    """Names, descriptions and interfaces stay, as later creations go by them."""
    before = inv.host(inv.gpu(VF, inv.T4))
    types = [t._replace(device_api="vfio-pci") for t in before.parents[0].types or ()]
    before = inv.host(before.parents[0]._replace(types=tuple(types)))

    after = after_creation(before, VF, "nvidia-231").parents[0].types or ()

    assert types == [t._replace(available=b.available, instances=()) for t, b in zip(after, types, strict=True)]


@pytest.mark.parametrize(
    ("parents", "left"),
    [
        pytest.param(inv.functions("0000:3b", 2, inv.A40, ALL_A40), 0, id="all functions of the card"),
        pytest.param([inv.mtty(24, 12)._replace(address=VF)], 0, id="a parent alone"),
    ],
)
def test_closed(parents: list[ParentDevice], left: int) -> None:
    """A closed card has nothing left on any of its parents, and other cards keep theirs."""
    other = inv.gpu("0000:d8:00.0", inv.T4)

    after = closed(inv.host(parents, other), VF)

    assert {left} == {t.available for p in after.parents[:-1] for t in p.types or ()}
    assert other is after.parents[-1]


@pytest.mark.parametrize(
    ("parent", "type_id", "exact"),
    [
        pytest.param(inv.gpu(VF, inv.T4), "nvidia-231", True, id="time-sliced"),
        pytest.param(inv.mtty(24, 12), "mtty-1", True, id="mtty"),
        pytest.param(inv.mbochs({"mbochs-small": 64, "mbochs-large": 4}), "mbochs-large", True, id="mbochs"),
        pytest.param(inv.mbochs({"mbochs-medium": 16, "mbochs-large": 4}), "mbochs-large", True, id="multiples of 16"),
        pytest.param(inv.sized({"mbochs-a": (4, 64), "mbochs-b": (6, 42)}), "mbochs-a", False, id="4 and 6"),
        pytest.param(inv.sized({"mbochs-a": (4, None), "mbochs-b": (8, 32)}), "mbochs-b", False, id="unit unreadable"),
        pytest.param(inv.gvtg({"i915-GVTg_V5_8": 7}), "i915-GVTg_V5_8", False, id="three pools"),
        pytest.param(inv.device(VF, {"idxd-dsa-1dwq-v1": 4}), "idxd-dsa-1dwq-v1", False, id="two pools"),
        pytest.param(inv.device(VF, {"i915-a": 4, "i915-b": 2}), "i915-a", False, id="sizes unknown"),
        pytest.param(inv.device(VF, {"toy-1": 4}), "toy-1", False, id="driver unknown"),
        pytest.param(inv.functions("0000:3b", 1, inv.A40, ALL_A40)[0], "nvidia-560", True, id="function"),
        pytest.param(inv.functions("0000:3b", 1, inv.A100_MIG, {})[0], "nvidia-474", False, id="MIG"),
        pytest.param(
            inv.device(VF, {"nvidia-469": 1}, vendor="0x10de", physfn="0000:3b:00.0"),
            "nvidia-469",
            False,
            id="function without description",
        ),
    ],
)
def test_is_exact(parent: ParentDevice, type_id: str, exact: bool) -> None:
    """Whether the figures tell just what a creation leaves."""
    assert exact == is_exact(inv.host(parent), parent.address, type_id)
