"""Fleets: what hosts have, from the tables of real devices or from the plain ladder 16, 8, 4, 2, 1."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.placement.replaying.state import EMPTY, Fleet
from simulation.kernel.profiles import profile

LADDER = "ladder"
"""A card of 16, 8, 4, 2 or 1 places: the T4's, M10's and A16's own."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """Like hosts: so many, each with so many cards of one model."""

    number: int
    cards: int
    model: str = LADDER
    """A device of `simulation/profiles.json`; of no account where there are no cards."""


FLEETS: dict[str, Sequence[Hosts]] = {
    "16x4": (Hosts(16, 4),),
    "40x2": (Hosts(40, 2),),
    "6x8": (Hosts(6, 8),),
    "t4-and-bare": (Hosts(12, 4, "tesla-t4"), Hosts(8, 0)),
    "a40": (Hosts(20, 2, "a40"),),
    "a16": (Hosts(8, 8, "a16"),),
    "t4-a40-a16": (Hosts(8, 4, "tesla-t4"), Hosts(10, 2, "a40"), Hosts(5, 8, "a16"), Hosts(4, 0)),
}
"""The ladder's fleets are the frozen grid; an A16 board is four GPUs, so `cards` counts GPUs."""


def places(model: str) -> tuple[int, ...]:
    """How many instances of each size one card of the model holds: one type of each size, smallest first."""
    if model == LADDER:
        return 16, 8, 4, 2, 1
    found = {t.max_instance for t in profile(model).types if t.framebuffer_mb and not t.mig_backed}
    return tuple(sorted((most for most in found if most), reverse=True))


def models(name: str) -> list[str]:
    """The fleet's models of cards, in the order of their first hosts."""
    return list(dict.fromkeys(group.model for group in FLEETS[name] if group.cards))


def fleet(name: str) -> Fleet:
    """The fleet as arrays; classes are numbered model by model, smallest instances first."""
    known = models(name)
    tables = [places(model) for model in known]
    matrix = np.zeros((len(known), sum(map(len, tables))), np.int64)
    column = 0
    for row, table in enumerate(tables):
        matrix[row, column : column + len(table)] = table
        column += len(table)
    hosts = [group for group in FLEETS[name] for _ in range(group.number)]
    first = np.cumsum([0, *(group.cards for group in hosts)])
    model = [known.index(group.model) for group in hosts for _ in range(group.cards)]
    cards = np.array(model, np.int64)
    return Fleet(first.astype(np.int64), cards, matrix, np.full(cards.size, EMPTY))
