"""Is the judge right? Published figures, found again by the protocol that they were published with.

    python -m benchmarks.placement.sanity --trace DIR

"Beware of Fragmentation" (USENIX ATC'23) fills the 1213 GPU nodes of the openb trace with its requests, no
departures: all of them shuffled, then more drawn with replacement until they ask for 130 % of the GPUs. The
target workload of FGD is the most frequent requests that together make up 95 % of the trace, CPU-only ones
too. What counts is how much GPU is allocated at the moment when the demand that has arrived equals the
capacity. Best-fit must come to 92.9 % and FGD to 95.2 %, both within half a point: the mean of the authors'
ten runs.

Exit status: 0 both are met, 1 one is not, 2 usage, 3 the trace cannot be read.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.placement.replaying import sharing
from benchmarks.placement.replaying.sharing import Nodes, Requests, Whole
from benchmarks.placement.workload import openb
from benchmarks.placement.workload.openb import Node, Pod, TraceError

INFLATION = 1.3
"""The demand that arrives, as a multiple of the GPUs."""
COVERED = 0.95
"""Share of the trace's requests that the target workload covers."""
TOLERANCE = 0.5
"""Points of GPU allocation."""

Shape = tuple[int, int, int, tuple[str, ...]]
"""A request without its memory: CPU, GPUs, thousandths of each, models."""


@dataclass(frozen=True, slots=True)
class Published:
    """A policy, and the GPU allocation in % that its authors' ten runs on the default pod list come to."""

    name: str
    policy: int
    full: float
    """At 100 % arrived demand."""
    inflated: float
    """At 130 %."""
    judged: bool
    """Whether a miss fails the check."""


PUBLISHED = (
    Published("GPU packing", sharing.PACKING, 91.78, 92.00, False),
    Published("Best-fit", sharing.BEST_FIT, 92.86, 93.08, True),
    Published("FGD", sharing.FGD, 95.23, 95.39, True),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What one policy comes to here, beside what is published."""

    name: str
    published: float
    found: float
    published_inflated: float
    found_inflated: float
    spread: float
    """Standard deviation over the seeds, of `found`."""
    seeds: int
    passed: bool


def shape(pod: Pod) -> Shape:
    """What tells requests apart for FGD."""
    return pod.cpu, pod.gpus, pod.milli, pod.models


def target(pods: Sequence[Pod]) -> dict[Shape, float]:
    """The popularity of the most frequent requests that together cover 95 %; of equals the larger first."""
    counts = Counter(map(shape, pods))
    ordered = sorted(counts, key=lambda s: (counts[s], s), reverse=True)
    taken, covered = list[Shape](), 0
    for candidate in ordered:
        if covered >= COVERED * len(pods):
            break
        taken.append(candidate)
        covered += counts[candidate]
    return {s: counts[s] / covered for s in taken}


def requests_of(pods: Sequence[Pod], models: Sequence[str]) -> tuple[list[Shape], Requests]:
    """The distinct requests, and their figures."""
    popularity = target(pods)
    shapes = sorted(set(map(shape, pods)))
    bits = [sum(1 << i for i, model in enumerate(models) if not s[3] or model in s[3]) for s in shapes]
    columns = [np.array([s[i] for s in shapes], np.int64) for i in range(3)]
    weights = np.array([popularity.get(s, 0.0) for s in shapes])
    return shapes, Requests(columns[0], columns[1], columns[2], np.array(bits, np.int64), weights)


def nodes_of(nodes: Sequence[Node], models: Sequence[str]) -> Nodes:
    """The empty cluster."""
    left = np.array([[sharing.GPU * (i < n.gpus) for i in range(sharing.CARDS)] for n in nodes], np.int64)
    return Nodes(
        np.array([n.cpu for n in nodes], np.int64),
        np.array([n.memory for n in nodes], np.int64),
        left,
        np.array([n.gpus for n in nodes], np.int64),
        np.array([1 << models.index(n.model) for n in nodes], np.int64),
    )


def arrivals(pods: Sequence[Pod], capacity: int, random: np.random.Generator) -> list[int]:
    """Which pods arrive, in order: every one, shuffled, then draws until 130 % of the GPUs are asked for."""
    demand = [pod.gpus * pod.milli for pod in pods]
    order = [int(i) for i in random.permutation(len(pods))]
    total = sum(demand)
    while total < INFLATION * capacity:
        order.append(int(random.integers(len(pods))))
        total += demand[order[-1]]
    return order


def run(policy: int, nodes: Sequence[Node], pods: Sequence[Pod], seed: int) -> tuple[float, float]:
    """GPU allocated in %, at 100 and at 130 % arrived demand."""
    random = np.random.default_rng(seed)
    models = sorted({n.model for n in nodes})
    shapes, requests = requests_of(pods, models)
    shuffled = [nodes[i] for i in random.permutation(len(nodes))]
    capacity = sharing.GPU * sum(n.gpus for n in nodes)
    order = arrivals(pods, capacity, random)
    index = {s: i for i, s in enumerate(shapes)}
    which = np.array([index[shape(pods[i])] for i in order], np.int64)
    memory = np.array([pods[i].memory for i in order], np.int64)
    arrived, allocated = sharing.replay(policy, nodes_of(shuffled, models), requests, which, memory)
    return share_at(capacity, arrived, allocated, capacity), 100 * float(allocated[-1]) / capacity


def share_at(demand: int, arrived: Whole, allocated: Whole, capacity: int) -> float:
    """GPU allocated in % when the last request was in that leaves the arrived demand at most `demand`."""
    return 100 * float(allocated[np.searchsorted(arrived, demand, side="right") - 1]) / capacity


def find(published: Published, nodes: Sequence[Node], pods: Sequence[Pod], seeds: int) -> Found:
    """The mean of `seeds` runs of one policy, judged."""
    runs = np.array([run(published.policy, nodes, pods, seed) for seed in range(seeds)])
    full, inflated = (float(mean) for mean in runs.mean(axis=0))
    return Found(
        published.name,
        published.full,
        full,
        published.inflated,
        inflated,
        float(runs[:, 0].std()),
        seeds,
        not published.judged or abs(full - published.full) <= TOLERANCE,
    )


def table(found: Sequence[Found]) -> str:
    """For people: found beside published."""
    lines = [
        f"{'GPU allocated, %':16}  {'100 % arrived':>22} {'130 % arrived':>22}",
        f"{'':16}  {'here':>10} {'published':>11} {'here':>10} {'published':>11}",
    ]
    for one in found:
        full = f"{one.found:10.2f} {one.published:11.2f}"
        inflated = f"{one.found_inflated:10.2f} {one.published_inflated:11.2f}"
        verdict = "ok" if one.passed else f"more than {TOLERANCE} away"
        lines.append(f"{one.name:16}  {full} {inflated}  {verdict}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the check; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="sanity", description="Published figures, found again.")
    parser.add_argument("--trace", type=Path, required=True, help="folder of the openb CSV files")
    parser.add_argument("--seeds", type=int, default=10, help="runs of each policy (default: 10, as published)")
    parser.add_argument("--json", type=Path, help="write the figures there")
    options = parser.parse_args(arguments)
    if options.seeds < 1:
        parser.error(f"--seeds {options.seeds}: at least one run is needed")
    try:
        nodes = openb.read_nodes(openb.node_list(options.trace))
        pods = openb.read_pods(openb.pod_list(options.trace))
    except TraceError as error:
        print(error, file=sys.stderr)
        return 3
    found = [find(published, nodes, pods, options.seeds) for published in PUBLISHED]
    print(f"{len(nodes)} nodes, {len(pods)} requests, {options.seeds} seeds")
    print(table(found))
    if options.json:
        options.json.write_text(json.dumps({"sanity": [asdict(f) for f in found]}, indent=1) + "\n")
    return 0 if all(f.passed for f in found) else 1


if __name__ == "__main__":
    sys.exit(main())
