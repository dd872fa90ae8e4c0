"""Upper bounds: what no way of placing the same demand can exceed.

**Linear bound** (`linear`): which share of every VM to take, so that at each arrival the VMs that are there
need no more cards than there are, model by model; a card may hold parts of any class, and any VM may move at
any time. No policy exceeds it, also none that knows the future, refuses or migrates. It is loose: it refuses
VMs that would stay long, and knows no whole cards.

**Integer bound** (`integral`): VMs are taken whole and each class takes whole cards; VMs may still move. It
shows how loose the linear one is, on cases of up to some hundred VMs: more are not solved in sensible time.

Both count the share of a card that a VM asks for, of the VMs after the warm-up; before it any may be refused
for free, which keeps the bounds bounds. What can be reached at least is what the clairvoyant greedy reaches:
it joins the card whose true end it extends least (`replay.py`; with the card chosen too, `card_choice.py`).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from ortools.sat.python import cp_model
from scipy import sparse
from scipy.optimize import linprog

from benchmarks.placement.replaying.state import Demand, Fleet, Real, Whole

SECONDS = 60.0
"""The integer solver's time."""
_SCALE = 720_720
"""Card shares as integers: a multiple of every number of places up to 16."""


class UnsolvedError(Exception):
    """The solver gave up: the case is too large for the time it had."""


def weights(fleet: Fleet, demand: Demand) -> Real:
    """The share of a card that each VM asks for."""
    share: Real = demand.count / fleet.places.max(axis=0)[demand.kind]
    return share


def accepted(fleet: Fleet, demand: Demand, taken: Real, warmup: int) -> float:
    """GPU-weighted acceptance in % of the VMs after the warm-up; `taken` is how much of each VM."""
    weight = weights(fleet, demand)[warmup:]
    return 100 * float((weight * taken[warmup:]).sum() / weight.sum())


def present(demand: Demand) -> Iterator[Whole]:
    """The VMs that are there at each arrival after which one leaves before the next."""
    arrivals = demand.when.size
    for vm in range(arrivals):
        now, ends = demand.when[vm], demand.ends[: vm + 1]
        until = demand.when[vm + 1] if vm + 1 < arrivals else np.inf
        if ((ends > now) & (ends <= until)).any():
            yield np.flatnonzero(ends > now)


def linear(fleet: Fleet, demand: Demand, warmup: int) -> float:
    """The linear bound on GPU-weighted acceptance, in %."""
    weight = weights(fleet, demand)
    rows, columns, limits = list[int](), list[int](), list[int]()
    for model, table in enumerate(fleet.places):
        own = table[demand.kind] > 0
        for there in present(demand):
            mine = there[own[there]].tolist()
            rows.extend([len(limits)] * len(mine))
            columns.extend(mine)
            limits.append(int((fleet.model == model).sum()))
    # The type stubs know no sparse matrices.
    matrix: Any = sparse.csr_array((weight[columns], (rows, columns)), shape=(len(limits), weight.size))
    gain = np.where(np.arange(weight.size) >= warmup, weight, 0.0)
    found = linprog(-gain, A_ub=matrix, b_ub=limits, bounds=(0, 1), method="highs")
    if found.x is None:
        raise UnsolvedError(f"{weight.size} VMs: {found.message}")
    return accepted(fleet, demand, found.x, warmup)


def integral(fleet: Fleet, demand: Demand, warmup: int, seconds: float = SECONDS) -> float:
    """The integer bound on GPU-weighted acceptance, in %; for small cases of cards with up to 16 places."""
    weight = np.round(weights(fleet, demand) * _SCALE).astype(np.int64)
    model = cp_model.CpModel()
    taken = [model.new_bool_var(f"vm{vm}") for vm in range(weight.size)]
    for there in present(demand):
        for number, table in enumerate(fleet.places):
            cards = int((fleet.model == number).sum())
            needed = [
                _cards(
                    model, [taken[vm] * int(demand.count[vm]) for vm in there if demand.kind[vm] == kind], most, cards
                )
                for kind, most in enumerate(table.tolist())
                if most > 0
            ]
            model.add(sum(needed) <= cards)
    model.maximize(sum(int(weight[vm]) * taken[vm] for vm in range(warmup, weight.size)))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    if solver.solve(model) != cp_model.OPTIMAL:
        raise UnsolvedError(f"{weight.size} VMs not solved within {seconds:g} s; take fewer VMs")
    values = np.array([float(solver.value(variable)) for variable in taken])
    return accepted(fleet, demand, values, warmup)


def _cards(model: cp_model.CpModel, instances: list[cp_model.LinearExpr], most: int, cards: int) -> cp_model.IntVar:
    """How many cards of `most` places so many instances of one class take."""
    needed = model.new_int_var(0, cards, "")
    model.add(sum(instances) <= most * needed)
    return needed
