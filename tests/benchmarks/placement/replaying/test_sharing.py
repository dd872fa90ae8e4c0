"""The simulator of the sanity check, against steps worked out by hand from the published formulas."""

import numpy as np
import pytest

from benchmarks.placement.replaying import sharing
from benchmarks.placement.replaying.sharing import Nodes, Requests, Whole
from tests.benchmarks.placement.compiling import PATIENCE, alone

pytestmark = pytest.mark.timeout(PATIENCE)
HALF, ONE = 0, 1


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    with alone("sharing"):
        sharing.replay(sharing.FGD, three_nodes(), half_and_one(), whole(HALF), whole(1))


def whole(*values: object) -> Whole:
    """An array of integers."""
    return np.array(values, np.int64)


def a_row(*left: int) -> list[int]:
    """What is left on a node's GPUs, in the 8 places that there are."""
    return [*left, *[0] * (sharing.CARDS - len(left))]


def three_nodes() -> Nodes:
    """X: one GPU, half of it taken. Y: one free GPU. Z: one of each. All T4, 10 cores, 10 GiB."""
    left = whole(a_row(500), a_row(1000), a_row(500, 1000))
    return Nodes(whole(10_000, 10_000, 10_000), whole(10, 10, 10), left, whole(1, 1, 2), whole(1, 1, 1))


def half_and_one() -> Requests:
    """Half a GPU and a whole one, equally popular, a core each."""
    return Requests(whole(1000, 1000), whole(1, 1), whole(500, 1000), whole(1, 1), np.array([0.5, 0.5]))


@pytest.mark.parametrize(
    ("cpu", "left", "lost"),
    [
        pytest.param(10_000, (500,), 250, id="a half: lost to the whole"),
        pytest.param(10_000, (1000,), 0, id="a free one: lost to nobody"),
        pytest.param(10_000, (500, 1000), 250, id="the half beside a free one is lost to the whole"),
        pytest.param(10_000, (499, 1000), 499, id="too small a rest is lost to both"),
        pytest.param(999, (500, 1000), 1500, id="without CPU all is lost"),
        pytest.param(10_000, (), 0, id="nothing left, nothing lost"),
    ],
)
def test_the_expected_fragment(cpu: int, left: tuple[int, ...], lost: float) -> None:
    """Each request weighs by its popularity what it could not use."""
    assert lost == sharing.fragment(cpu, whole(*a_row(*left)), 1, half_and_one())


def test_what_a_request_without_gpu_leaves_is_fragment_to_it() -> None:
    """A CPU-only request counts all idle GPU, and a wrong model too."""
    requests = Requests(whole(1, 1), whole(0, 1), whole(0, 1000), whole(1, 2), np.array([0.25, 0.75]))

    assert 1000 == sharing.fragment(10, whole(*a_row(1000)), 1, requests)
    assert 250 == sharing.fragment(10, whole(*a_row(1000)), 2, requests)


def test_a_step_of_fgd() -> None:
    """Half a GPU: X and Z (its used card) fall by 250: 100 / (1 + e^-.25) = 56; Y rises by as much: 43."""
    nodes, requests = three_nodes(), half_and_one()

    assert [(56, 0), (43, 0), (56, 0)] == [sharing.fgd(nodes, n, requests, HALF) for n in range(3)]
    assert [(50, -1), (50, -1)] == [sharing.fgd(nodes, n, requests, ONE) for n in (1, 2)]
    assert [True, False] == [sharing.fits(nodes, 0, requests, r) for r in (HALF, ONE)]


def test_a_step_of_best_fit() -> None:
    """64 of 128 cores and 4 of 8 GPUs left after: 100 * (1 - .25 - .25)."""
    nodes = Nodes(whole(128_000), whole(1), whole([1000] * 8), whole(8), whole(1))
    requests = Requests(whole(64_000), whole(4), whole(1000), whole(1), np.array([1.0]))

    assert 50 == sharing.best_fit(nodes, 0, requests, 0)


def test_a_step_of_packing() -> None:
    """The used GPU of X: 100 - 50 % / 10. A free node with n GPUs: 33 - n. A free GPU of Z: 50 - 1."""
    nodes, requests = three_nodes(), half_and_one()

    assert [95, 32, 95] == [sharing.packing(nodes, n, requests, HALF) for n in range(3)]
    assert [32, 49] == [sharing.packing(nodes, n, requests, ONE) for n in (1, 2)]


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        pytest.param(sharing.FGD, [[0], [0], [500, 1000]], id="FGD: X, then the first of the equals"),
        pytest.param(sharing.BEST_FIT, [[0], [0], [500, 1000]], id="best-fit: the nodes with least"),
        pytest.param(sharing.PACKING, [[0], [1000], [500, 0]], id="packing: Z for the whole, it is in use"),
    ],
)
def test_ties_go_to_the_first_node(policy: int, left: list[list[int]]) -> None:
    """Half a GPU and then a whole one, on the three nodes."""
    nodes = three_nodes()

    arrived, allocated = sharing.replay(policy, nodes, half_and_one(), whole(HALF, ONE), whole(1, 1))

    assert [a_row(*row) for row in left] == nodes.left.tolist()
    assert ([500, 1500], [500, 1500]) == (arrived.tolist(), allocated.tolist())


def test_a_node_without_memory_is_passed_over() -> None:
    """X scores best and lacks the memory; where no node has it the request is lost and its demand counts."""
    nodes = three_nodes()
    nodes.memory[0] = 0

    arrived, allocated = sharing.replay(sharing.FGD, nodes, half_and_one(), whole(HALF, HALF), whole(1, 99))

    assert [a_row(500), a_row(1000), a_row(0, 1000)] == nodes.left.tolist()
    assert ([500, 1000], [500, 500]) == (arrived.tolist(), allocated.tolist())


@pytest.mark.parametrize("policy", [sharing.PACKING, sharing.BEST_FIT, sharing.FGD])
def test_nothing_is_given_twice(policy: int) -> None:
    """Under far too much demand no node goes below zero, and what is allocated is what is missing."""
    random = np.random.default_rng(policy)
    gpus = random.integers(0, 9, 20)
    left = whole(*[a_row(*[1000] * int(g)) for g in gpus])
    nodes = Nodes(random.integers(1000, 9000, 20), random.integers(9, 99, 20), left.copy(), gpus, whole(*[1] * 20))
    requests = Requests(
        random.integers(1, 900, 6),
        whole(0, 1, 1, 1, 2, 8),
        whole(0, 310, 700, 1000, 1000, 1000),
        whole(*[1] * 6),
        np.full(6, 1 / 6),
    )

    _, allocated = sharing.replay(policy, nodes, requests, random.integers(0, 6, 400), random.integers(0, 9, 400))

    assert all((left >= 0).all() for left in (nodes.left, nodes.cpu, nodes.memory))
    assert left.sum() - nodes.left.sum() == allocated[-1]
