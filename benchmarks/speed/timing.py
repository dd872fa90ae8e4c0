"""Samples taken in turns: what is compared is measured side by side, so that a busy moment meets all."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

PERCENTILE = 95


@dataclass(frozen=True, slots=True)
class Stats:
    """Several samples of one thing; times are in milliseconds."""

    median: float
    p95: float
    count: int

    @classmethod
    def of(cls, samples: Sequence[float]) -> "Stats":
        """At least one sample."""
        return cls(statistics.median(samples), percentile(samples, PERCENTILE), len(samples))


def percentile(samples: Sequence[float], percent: float) -> float:
    """The least sample that is not exceeded by so many per cent of them (nearest rank)."""
    ordered = sorted(samples)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(1, int(rank)) - 1]


def timed(work: Callable[[], object]) -> float:
    """Milliseconds that the work takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def in_turns(works: Mapping[str, Callable[[], float]], rounds: int, warm_up: int = 1) -> dict[str, list[float]]:
    """The samples that each work gives, one a round and in turns; those of the warm-up are thrown away.

    Every other round goes backwards, so that nobody always follows the same neighbour.
    """
    samples: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(-warm_up, rounds):
        names = list(works) if turn % 2 else list(works)[::-1]
        for name in names:
            sample = works[name]()
            if turn >= 0:
                samples[name].append(sample)
    return samples
