"""Demand: who comes when, wants what, and stays how long; the same for every rule under the same seed.

A mix is given by size: shares of VMs that want 1/16, 1/8, 1/4, 1/2 or a whole card; tables with other sizes
get shares by interpolation over the logarithm of the size. Of several models each is asked for in proportion
to its cards.

Lifetimes, in units of their mean:
- **exp**: memoryless; **const**: 0.8 to 1.2; **logn**: log-normal, sigma 1.5;
- **hyper**: 85 % with mean 0.2, the others with mean 5.5;
- **prof**: memoryless, mean 3, 2, 1, 0.5, 0.25 for 1/16, 1/8, 1/4, 1/2 and whole cards;
- **vdi**: in days: people log on around 8:45 and off around 17:00, 9 % of VMs come at any time and stay 5
  days in the mean.

The load is what is asked for, in cards, over the cards there are, on average, and for vdi at noon.
"""

import zlib
from dataclasses import dataclass

import numpy as np

from benchmarks.placement.replaying.state import Demand, Fleet, Real, Whole

MIXES = {
    "uniform": (0.2, 0.2, 0.2, 0.2, 0.2),
    "vdi-small": (0.35, 0.3, 0.2, 0.1, 0.05),
    "large": (0.05, 0.1, 0.2, 0.3, 0.35),
    "bimodal": (0.4, 0.08, 0.04, 0.08, 0.4),
    "openb-share": (0.0023, 0.0078, 0.09, 0.4198, 0.4801),
    "skew-small": (0.5, 0.25, 0.13, 0.08, 0.04),
    "skew-big": (0.04, 0.08, 0.13, 0.25, 0.5),
}
"""Shares by size, smallest first. openb-share: the shared GPUs asked for in Alibaba's openb trace, rounded
up."""
LIFETIMES = ("exp", "const", "logn", "hyper", "prof", "vdi")
PROF = (3.0, 2.0, 1.0, 0.5, 0.25)
PERSISTENT, PERSISTENT_DAYS = 0.09, 5.0
LOG_ON, LOG_ON_SPREAD = 8.75 / 24, 20 / 60 / 24
LOG_OFF, LOG_OFF_SPREAD = 17.0 / 24, 40 / 60 / 24
CPUS = (2, 4, 8)


@dataclass(frozen=True, slots=True)
class Case:
    """What is replayed, but for the seed."""

    fleet: str
    mix: str
    load: float
    pairs: float
    """Share of VMs that ask for two instances."""
    lifetimes: str

    @property
    def name(self) -> str:
        """Short, unique."""
        return f"{self.fleet}/{self.mix}/{self.load:g}/k2={self.pairs:g}/{self.lifetimes}"


def by_size(values: tuple[float, ...], most: Whole) -> Real:
    """Values given for 1/16, 1/8, 1/4, 1/2 and 1, at other sizes 1/`most`."""
    return np.interp(-np.log2(most), (-4.0, -3.0, -2.0, -1.0, 0.0), values)


def mix_of(fleet: Fleet, mix: str) -> Real:
    """The share of each class among VMs."""
    shares = np.zeros(fleet.places.shape[1])
    for model, table in enumerate(fleet.places):
        own = np.flatnonzero(table)
        weights = by_size(MIXES[mix], table[own])
        shares[own] = weights / weights.sum() * np.mean(fleet.model == model)
    return shares


def demand_of(case: Case, fleet: Fleet, arrivals: int, seed: int) -> Demand:
    """The VMs of the case under the seed."""
    rng = np.random.default_rng([seed, zlib.crc32(case.name.encode())])
    shares, most = mix_of(fleet, case.mix), fleet.places.max(axis=0)
    kind = rng.choice(shares.size, arrivals, p=shares).astype(np.int64)
    count = 1 + (rng.random(arrivals) < case.pairs).astype(np.int64)
    cpus = rng.choice(CPUS, arrivals).astype(np.int64)
    asked = float((shares / most).sum()) * (1.0 + case.pairs)
    cards = case.load * fleet.model.size
    if case.lifetimes == "vdi":
        when, ends = _days(rng, arrivals, cards / asked)
    else:
        scale = by_size(PROF, most) if case.lifetimes == "prof" else np.ones(most.size)
        busy = float((shares / most * scale).sum()) * (1.0 + case.pairs)
        when = np.cumsum(rng.exponential(busy / cards, arrivals))
        ends = when + _lifetimes(case.lifetimes, rng, arrivals) * scale[kind]
    order = np.argsort(when, kind="stable")
    when, ends = when[order], ends[order]
    leaving = np.argsort(ends, kind="stable").astype(np.int64)
    return Demand(when, ends, leaving, kind, count, cpus)


def _lifetimes(name: str, rng: np.random.Generator, arrivals: int) -> Real:
    if name == "const":
        return rng.uniform(0.8, 1.2, arrivals)
    if name == "logn":
        return rng.lognormal(-(1.5**2) / 2, 1.5, arrivals)
    if name == "hyper":
        return rng.exponential(1.0, arrivals) * np.where(rng.random(arrivals) < 0.85, 0.2, 5.5)
    return rng.exponential(1.0, arrivals)


def _days(rng: np.random.Generator, arrivals: int, running: float) -> tuple[Real, Real]:
    """Arrivals and ends so that `running` VMs would run at noon."""
    daily = running / (1.0 - PERSISTENT + PERSISTENT * PERSISTENT_DAYS)
    day = np.floor(np.arange(arrivals) / daily)
    persistent = rng.random(arrivals) < PERSISTENT
    on = np.where(persistent, rng.random(arrivals), rng.normal(LOG_ON, LOG_ON_SPREAD, arrivals))
    off = np.maximum(on + 0.5 / 24, rng.normal(LOG_OFF, LOG_OFF_SPREAD, arrivals))
    stay = rng.exponential(PERSISTENT_DAYS, arrivals)
    return day + on, np.where(persistent, day + on + stay, day + off)
