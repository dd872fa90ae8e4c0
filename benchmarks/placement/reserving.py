"""What MdevReserve is worth: VMs that need no card fill a cluster, and take the CPUs that its GPUs need.

    python -m benchmarks.placement --reserve

Eight hosts with four cards of the ladder and eight without, each with 96 CPUs and 768 GiB. VMs with one vGPU
come as in the uniform mix, for 0.9 of the cards, and take their host by MdevConsolidate; VMs without one come
so often that all VMs together ask for a given part of the CPUs there are. They take the host with the fewest
CPUs in use, as oVirt's even distribution does, or first of all by MdevReserve. A VM starts only where its
CPUs and memory are free; one that fits nowhere is refused and does not come back. Lifetimes are memoryless.

Counted, in % of the VMs of their kind: VMs with a vGPU that were refused although a host had the device, for
want of CPU or memory there; those refused for want of an instance; VMs without one that were refused.
"""

import argparse
import heapq
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

import numpy as np

from benchmarks.placement.judging.options import add_replay_options
from benchmarks.placement.judging.progress import followed
from benchmarks.placement.judging.report import Row
from benchmarks.placement.judging.run import WARMUP
from benchmarks.placement.judging.statistics import estimate
from benchmarks.placement.workload.fleets import LADDER, places
from benchmarks.placement.workload.grids import REPORTED_SEEDS
from scheduler_plugins.units.scores import consolidate, reserve

PLACES = places(LADDER)
WITH, WITHOUT, CARDS = 8, 8, 4
CPUS, MEMORY = 96, 768
"""Of a host; memory in GiB."""
GPU_LOAD = 0.9
SIZES = ((2, 16), (4, 32), (8, 64))
"""CPUs and memory of VMs, each as often as the others."""
FILLS = (0.8, 0.95, 1.1)
"""What all VMs ask for, of the CPUs there are."""
SEEDS, ARRIVALS = 24, 6000
FIGURES = ("starved", "no_device", "plain")
"""What is counted, in this order."""


class Vm(NamedTuple):
    """One VM that comes."""

    lasts: float
    kind: int
    """Class of its vGPU, -1 for none."""
    cpus: int
    memory: int


@dataclass(slots=True)
class Host:
    """What is free on a host, and what is on its cards."""

    cards: list[tuple[int, int]]
    """Class and instances; class -1 where there is nothing."""
    cpus: int = CPUS
    memory: int = MEMORY

    def has(self, vm: Vm) -> bool:
        """Whether CPUs and memory suffice."""
        return self.cpus >= vm.cpus and self.memory >= vm.memory

    def card_for(self, kind: int) -> int | None:
        """The first card that takes one more of the class, as VDSM would."""
        for number, (held, used) in enumerate(self.cards):
            if held < 0 or (held == kind and used < PLACES[kind]):
                return number
        return None

    @property
    def free(self) -> float:
        """Free cards, parts added up."""
        return sum(1.0 if held < 0 else 1.0 - used / PLACES[held] for held, used in self.cards)

    def take(self, vm: Vm, card: int | None, sign: int = 1) -> None:
        """The VM starts there, or ends with sign -1."""
        self.cpus -= sign * vm.cpus
        self.memory -= sign * vm.memory
        if card is not None:
            held, used = self.cards[card]
            used += sign
            self.cards[card] = (vm.kind if held < 0 else held, used) if used else (-1, 0)


def even(host: Host) -> tuple[float, ...]:
    """Today: the host with the fewest CPUs in use."""
    return (-host.cpus,)


def reserved(host: Host) -> tuple[float, ...]:
    """With MdevReserve, and evenly among those that weigh alike."""
    return (reserve(host.free) if host.cards else 0, -host.cpus)


@dataclass
class Cluster:
    """The hosts, and who leaves when."""

    plain_key: Callable[[Host], tuple[float, ...]]
    hosts: list[Host] = field(
        default_factory=lambda: [*(Host([(-1, 0)] * CARDS) for _ in range(WITH)), *(Host([]) for _ in range(WITHOUT))]
    )
    leaving: list[tuple[float, int, Vm, Host, int | None]] = field(default_factory=list)

    def start(self, number: int, now: float, vm: Vm) -> str:
        """Starts it, or tells which of FIGURES it counts for; empty where it started."""
        while self.leaving and self.leaving[0][0] <= now:
            _, _, gone, host, card = heapq.heappop(self.leaving)
            host.take(gone, card, -1)
        if vm.kind < 0:
            fitting = [(self.plain_key(host), n, host, None) for n, host in enumerate(self.hosts) if host.has(vm)]
            return self._chosen(number, now, vm, fitting) or ("" if fitting else "plain")
        able = [(host.card_for(vm.kind), n, host) for n, host in enumerate(self.hosts)]
        offered = [(host, n, card) for card, n, host in able if card is not None]
        best = [((_weight(h, c, vm.kind), -h.cpus), n, h, c) for h, n, c in offered if h.has(vm)]
        if best:
            return self._chosen(number, now, vm, best)
        return "starved" if offered else "no_device"

    def _chosen(
        self, number: int, now: float, vm: Vm, fitting: Sequence[tuple[tuple[float, ...], int, Host, int | None]]
    ) -> str:
        if fitting:
            _, _, host, card = min(fitting, key=lambda one: one[:2])
            host.take(vm, card)
            heapq.heappush(self.leaving, (now + vm.lasts, number, vm, host, card))
        return ""


def _weight(host: Host, card: int, kind: int) -> int:
    used = host.cards[card][1]
    return consolidate(used, PLACES[kind] - used)


def demand(fill: float, seed: int, arrivals: int) -> list[tuple[float, Vm]]:
    """The VMs in the order in which they come, with their times; the mean lifetime is the unit."""
    rng = np.random.default_rng([seed, int(100 * fill)])
    gpu_rate = GPU_LOAD * WITH * CARDS / float(np.mean([1 / most for most in PLACES]))
    all_rate = fill * CPUS * (WITH + WITHOUT) / float(np.mean([cpus for cpus, _ in SIZES]))
    times = np.cumsum(rng.exponential(1.0 / all_rate, arrivals))
    vms = []
    for now, lasts, part in zip(times, rng.exponential(1.0, arrivals), rng.random(arrivals), strict=True):
        wants = part < gpu_rate / all_rate
        cpus, memory = SIZES[rng.integers(len(SIZES))]
        kind = int(rng.integers(len(PLACES))) if wants else -1
        vms.append((float(now), Vm(float(lasts), kind, cpus, memory)))
    return vms


def work(job: tuple[float, int, int]) -> list[list[float]]:
    """FIGURES in %, without and with MdevReserve, of one fill under one seed."""
    fill, seed, arrivals = job
    vms, rows = demand(fill, seed, arrivals), []
    for key in (even, reserved):
        cluster, counted = Cluster(key), dict.fromkeys((*FIGURES, ""), 0)
        warmup, gpu = int(WARMUP * arrivals), 0
        for number, (now, vm) in enumerate(vms):
            outcome = cluster.start(number, now, vm)
            if number >= warmup:
                counted[outcome] += 1
                gpu += vm.kind >= 0
        kinds = {"starved": gpu, "no_device": gpu, "plain": arrivals - warmup - gpu}
        rows.append([100.0 * counted[name] / max(1, kinds[name]) for name in FIGURES])
    return rows


def summed(fill: float, rows: Sequence[list[list[float]]]) -> Row:
    """Means over the seeds, and the difference that MdevReserve makes to the starved."""
    cube = np.array(rows)
    saved = estimate(cube[:, 0, 0] - cube[:, 1, 0])
    means = {
        f"{name}_{how}": float(cube[:, n, number].mean())
        for (n, how), (number, name) in product(enumerate(("without", "with")), enumerate(FIGURES))
    }
    return {"fill": fill, **means, "saved": saved.mean, "low": saved.low, "high": saved.high}


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 0."""
    parser = argparse.ArgumentParser(prog="reserving", description="What MdevReserve is worth.")
    add_replay_options(parser, SEEDS, ARRIVALS)
    options = parser.parse_args(arguments)
    seeds = REPORTED_SEEDS[: max(1, options.seeds)]
    jobs = list(product(FILLS, seeds, [options.arrivals]))
    with ProcessPoolExecutor(options.workers) as pool:
        found = list(followed("reserve", pool.map(work, jobs), len(jobs)))
    size = len(seeds)
    rows = [summed(fill, found[n * size : (n + 1) * size]) for n, fill in enumerate(FILLS)]
    for row in rows:
        print("  ".join(f"{key} {value:.2f}" for key, value in row.items()))
    if options.json:
        options.json.write_text(json.dumps({"reserving": rows}) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
