"""Where the parents of real boards sit."""

import pytest

from simulation.kernel.boards import Board, build_bus, bus_of


@pytest.mark.parametrize(
    ("board", "parents"),
    [
        pytest.param(Board("tesla-m60", "0000:3d:00.0"), ["0000:3d:00.0", "0000:3e:00.0"], id="M60: two GPUs"),
        pytest.param(
            Board("tesla-m10", "0000:84:00.0"), [f"0000:8{n}:00.0" for n in (4, 5, 6, 7)], id="M10: four GPUs"
        ),
        pytest.param(
            Board("a40", "0000:51:00.0", vfs=12),
            [f"0000:51:00.{n}" for n in range(4, 8)] + [f"0000:51:01.{n}" for n in range(8)],
            id="A40: functions from .4 on",
        ),
        pytest.param(
            Board("a16", "0001:c8:00.0", vfs=1), [f"0001:{b}:00.4" for b in ("c8", "c9", "ca", "cb")], id="A16"
        ),
        pytest.param(Board("a40", "0000:51:00.0", vfs=0), [], id="functions not enabled"),
        pytest.param(Board("rtx-a6000", "0000:51:00.0", sriov=False), ["0000:51:00.0"], id="without SR-IOV"),
        pytest.param(Board("rtx-pro-6000-blackwell", "0001:04:00.0"), [], id="vendor-specific VFIO"),
        pytest.param(Board("mtty", "mtty"), ["mtty"], id="virtual"),
        pytest.param(Board("vfio-ccw", "0.0.fffe"), ["0.0.fffe"], id="subchannel"),
        pytest.param(Board("vfio-ap", "matrix"), ["matrix"], id="matrix"),
    ],
)
def test_parents(board: Board, parents: list[str]) -> None:
    """A board's parents are named as the kernel names them."""
    assert parents == build_bus([board]).parents()


def test_virtual_functions_name_their_card() -> None:
    """A virtual function has a physical one beside it, which is no parent itself."""
    bus = build_bus([Board("a40", "0000:51:00.0", vfs=2, numa_node=1)])
    facts = bus.attributes("0000:51:00.4")

    assert bus.addresses() == ["0000:51:00.0", "0000:51:00.4", "0000:51:00.5"]
    assert (facts["physfn"], facts["driver"], facts["device"], facts["numa_node"]) == (
        "0000:51:00.0",
        "nvidia",
        "0x2235",
        1,
    )
    assert bus.attributes("0000:51:00.0")["physfn"] is None


@pytest.mark.parametrize(
    ("board", "path"),
    [
        (Board("tesla-t4", "0000:3b:00.0"), "devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0"),
        (Board("tesla-m60", "0000:3d:00.0"), "devices/pci0000:3b/0000:3b:00.0/0000:3c:08.0/0000:3d:00.0"),
        (Board("gvtg-256", "0000:00:02.0"), "devices/pci0000:00/0000:00:02.0"),
        (Board("mtty", "mtty"), "devices/virtual/mtty/mtty"),
        (Board("vfio-ap", "matrix"), "devices/vfio_ap/matrix"),
        (Board("vfio-ccw", "0.0.26ab"), "devices/css0/0.0.26ab"),
    ],
    ids=lambda value: value.profile if isinstance(value, Board) else "",
)
def test_paths(board: Board, path: str) -> None:
    """A device lies below what it hangs on: a root port, a board's switch, or nothing."""
    assert path == build_bus([board]).attributes(board.address)["path"]


def test_boards_do_not_collide() -> None:
    """Boards plugged in by name alone get addresses of their own."""
    bus = bus_of("tesla-m10", "tesla-m10", "a16", "gvtg-512", "mtty", "tesla-t4")

    assert len(bus.parents()) == 4 + 4 + 4 * 16 + 1 + 1 + 1
    assert len(set(bus.parents())) == len(bus.parents())


def test_older_drivers_offer_more() -> None:
    """An older driver lists its C-series types besides."""
    old = build_bus([Board("tesla-p4", "0000:3b:00.0", older_driver=True)])

    assert set(old.types("0000:3b:00.0")) - set(bus_of("tesla-p4").types("0000:3b:00.0")) == {
        "nvidia-288",
        "nvidia-289",
    }
