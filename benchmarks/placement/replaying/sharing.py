"""The simulator of the sanity check: fractional GPUs without a profile rule, arrivals only.

The setting of "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent"
(USENIX ATC'23), by the rules of its published simulator: nodes with CPU, memory and GPUs in thousandths; a
share fits one GPU, whole requests take free GPUs in order. A policy scores every node that fits; the highest
score wins, ties go by the order of the nodes, which is shuffled once per seed. Scores are whole numbers, as
Kubernetes wants them: the many ties are part of the published figures.

- Best-fit: 100 * (1 - CPU left after / 128 cores / 2 - GPU left after / 8 / 2); the fullest GPU that fits.
- FGD: the fragment of a node for a request is all its idle GPU where it cannot run the request (or the
  request wants no GPU), else the idle GPU on cards that hold less than one share of it. The expected fragment
  weighs the target workload's requests by their popularity; the score is 100 * sigmoid of its fall, in GPUs,
  and a share goes to the GPU with the best score.
- GPU packing: a GPU in use, then a free GPU of a node in use, then a free node; the fullest GPU that fits.

Compiled. A score is worked out again only where the node changed since; memory is no part of it.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.placement.replaying.compiled import compiled

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]

CARDS = 8
"""Most GPUs of a node; Best-fit's measure of GPU too."""
CPU = 128_000
"""Best-fit's measure of CPU: 128 cores, in thousandths."""
GPU = 1000
STALE, REFUSED = -2, -1
PACKING, BEST_FIT, FGD = range(3)


class Nodes(NamedTuple):
    """What is left on every node; a row of `left` has a place for 8 GPUs, 0 where there is none."""

    cpu: Whole
    memory: Whole
    left: Whole
    gpus: Whole
    model: Whole
    """One bit for each GPU model."""


class Requests(NamedTuple):
    """The distinct requests, memory aside, and how popular each is in the target workload (0: not in it)."""

    cpu: Whole
    gpus: Whole
    milli: Whole
    models: Whole
    """The bits of the models that it may run on."""
    popularity: Real


@compiled
def fragment(cpu: int, left: Whole, model: int, requests: Requests) -> float:
    """The idle GPU of a node, in thousandths, that the target workload is expected not to be able to use."""
    total = left.sum()
    lost = 0.0
    for request in range(requests.cpu.size):
        if requests.popularity[request] == 0.0:
            continue
        able, rest = 0, 0
        for card in range(CARDS):
            if left[card] >= requests.milli[request]:
                able += 1
            else:
                rest += left[card]
        runs = (
            able >= requests.gpus[request] > 0
            and cpu >= requests.cpu[request]
            and (requests.models[request] & model) != 0
        )
        lost += requests.popularity[request] * (rest if runs else total)
    return lost


@compiled
def fits(nodes: Nodes, node: int, requests: Requests, request: int) -> bool:
    """Whether the node has the CPU and the GPUs, of the right model."""
    if nodes.cpu[node] < requests.cpu[request]:
        return False
    if requests.gpus[request] == 0:
        return True
    able = 0
    for card in range(CARDS):
        able += nodes.left[node, card] >= requests.milli[request]
    right_model = requests.models[request] & nodes.model[node] != 0
    return able >= int(requests.gpus[request]) and bool(right_model)


@compiled
def tightest(left: Whole, milli: int) -> int:
    """The fullest GPU that still holds the share, the first of equals."""
    best = -1
    for card in range(CARDS):
        if left[card] >= milli and (best < 0 or left[card] < left[best]):
            best = card
    return best


@compiled
def after_whole(left: Whole, gpus: int) -> Whole:
    """What is left once `gpus` free GPUs were taken in order."""
    rest = left.copy()
    for card in range(CARDS):
        if gpus > 0 and rest[card] == GPU:
            rest[card] = 0
            gpus -= 1
    return rest


@compiled
def descent(before: float, after: float) -> int:
    """FGD's score of a fall of the expected fragment, 0 to 100."""
    return int(100 / (1 + math.exp((after - before) / GPU)))


@compiled
def fgd(nodes: Nodes, node: int, requests: Requests, request: int) -> tuple[int, int]:
    """The node's score, and the GPU that a share should take; that is -1 for other requests."""
    cpu, left, model = nodes.cpu[node] - requests.cpu[request], nodes.left[node], nodes.model[node]
    before = fragment(nodes.cpu[node], left, model, requests)
    milli = requests.milli[request]
    if requests.gpus[request] != 1 or milli == GPU:
        return descent(before, fragment(cpu, after_whole(left, requests.gpus[request]), model, requests)), -1
    score, best = -1, -1
    for card in range(CARDS):
        if left[card] >= milli:
            rest = left.copy()
            rest[card] -= milli
            found = descent(before, fragment(cpu, rest, model, requests))
            if found > score:
                score, best = found, card
    return score, best


@compiled
def best_fit(nodes: Nodes, node: int, requests: Requests, request: int) -> int:
    """The less CPU and GPU the node has left after, the better."""
    cpu = (nodes.cpu[node] - requests.cpu[request]) / CPU
    gpu = (nodes.left[node].sum() - requests.gpus[request] * requests.milli[request]) / (CARDS * GPU)
    return int((1.0 - (0.5 * cpu + 0.5 * gpu)) * 100)


@compiled
def packing(nodes: Nodes, node: int, requests: Requests, request: int) -> int:
    """A GPU in use, then a free one of a node in use, then one of a free node."""
    left, gpus = nodes.left[node], int(requests.gpus[request])
    if gpus == 0:
        return 0
    free = int((left == GPU).sum())
    if free == nodes.gpus[node]:
        return max(33 - free, free)
    card = tightest(left, requests.milli[request])
    if left[card] == GPU:
        return max(50 - gpus, 33)
    return max(100 - int(left[card]) * 100 // GPU // 10, 50)


@compiled
def score(policy: int, nodes: Nodes, node: int, requests: Requests, request: int) -> int:
    """How well the node suits; REFUSED where the request does not fit."""
    if not fits(nodes, node, requests, request):
        return REFUSED
    if policy == FGD:
        return fgd(nodes, node, requests, request)[0]
    return best_fit(nodes, node, requests, request) if policy == BEST_FIT else packing(nodes, node, requests, request)


@compiled
def take(policy: int, nodes: Nodes, node: int, requests: Requests, request: int, memory: int) -> None:
    """Places the request on the node."""
    milli = requests.milli[request]
    if requests.gpus[request] == 1 and milli < GPU:
        card = fgd(nodes, node, requests, request)[1] if policy == FGD else tightest(nodes.left[node], milli)
        nodes.left[node, card] -= milli
    else:
        nodes.left[node] = after_whole(nodes.left[node], requests.gpus[request])
    nodes.cpu[node] -= requests.cpu[request]
    nodes.memory[node] -= memory


@compiled
def choose(policy: int, nodes: Nodes, requests: Requests, request: int, memory: int, scores: Whole) -> int:
    """The node with the highest score, the first of equals; -1 where none fits."""
    best, most = -1, -1
    for node in range(nodes.cpu.size):
        if nodes.memory[node] < memory:
            continue
        if scores[request, node] == STALE:
            scores[request, node] = score(policy, nodes, node, requests, request)
        if scores[request, node] > most:
            best, most = node, scores[request, node]
    return best


@compiled
def replay(policy: int, nodes: Nodes, requests: Requests, arrivals: Whole, memory: Whole) -> tuple[Whole, Whole]:
    """Places what arrives, in order; after each: GPU demand arrived and GPU allocated, in thousandths."""
    scores = np.full((requests.cpu.size, nodes.cpu.size), STALE)
    arrived, allocated = np.zeros(arrivals.size, np.int64), np.zeros(arrivals.size, np.int64)
    demand, used = 0, 0
    for arrival in range(arrivals.size):
        request = arrivals[arrival]
        wanted = requests.gpus[request] * requests.milli[request]
        node = choose(policy, nodes, requests, request, memory[arrival], scores)
        if node >= 0:
            take(policy, nodes, node, requests, request, memory[arrival])
            scores[:, node] = STALE
            used += wanted
        demand += wanted
        arrived[arrival], allocated[arrival] = demand, used
    return arrived, allocated
