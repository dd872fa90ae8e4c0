"""The rules that the product's weights are judged against, written from what was published of them.

Each gives a key for one instance of a class on the card that the host's allocator would take: lower is
better. A VM of two instances gets the mean, each judged on what the one before has left. `size`, `used` and
`held` are one host's cards (`state.py`), `table` is how many of each class such a card holds, `kind` the
class asked for.

- **even**: the engine's even distribution, without a weight for vGPUs: least virtual CPUs of VMs.
- **fewest**: fewest instances on the host.
- **depth, breadth**: xapi's (XenServer): hosts by the card with the least, or the most, room for the class.
  **depth-host**: the same by the room of the whole host.
- **best-fit**: least idle GPU left on the host (Kubernetes simulator of the FGD paper, without its CPU half).
- **packing**: a card in use, the fullest first; then an empty card of a host in use, fewest empty ones first;
  then an empty host, fewest cards first (same source).
- **hami-binpack**: HAMi's node score, highest first: instances out of those that fit, plus memory in use,
  plus cores in use; cores go with memory here.
- **fgd**: steepest descent of fragmentation (ATC'23): idle GPU that the mix cannot use, the whole host's
  where a request finds no room on it; int(100 * sigmoid), as published. **fgd-depth**: ties go by depth-host.
- **mig-metric**: least growth of blocked windows over all classes that a card's idle share would hold
  (arXiv 2511.18906), which knows no mix; a card that holds another class blocks all its windows.
"""

import math

from benchmarks.placement.replaying.compiled import compiled
from benchmarks.placement.replaying.state import EMPTY, Real, Whole

RANDOM, EVEN, FEWEST, DEPTH, BREADTH, DEPTH_HOST, BEST_FIT, PACKING, HAMI, FGD, FGD_DEPTH, MIG = range(12)


@compiled
def free(size: Whole, used: Whole, table: Whole, card: int, kind: int) -> int:
    """How many more of the class the card takes."""
    if size[card] == EMPTY:
        return int(table[kind])
    return int(table[kind] - used[card]) if size[card] == kind else 0


@compiled
def idle(size: Whole, used: Whole, held: Whole, card: int) -> float:
    """The share of the card that nothing uses."""
    return 1.0 if size[card] == EMPTY else 1.0 - used[card] / held[card]


@compiled
def idle_in_all(size: Whole, used: Whole, held: Whole) -> float:
    """The same for all cards of the host, in cards."""
    total = 0.0
    for card in range(size.size):
        total += idle(size, used, held, card)
    return total


@compiled
def room(size: Whole, used: Whole, table: Whole, kind: int, how: int) -> float:
    """Room for the class: of all cards, or of the one that has most or least but some."""
    total, most, least = 0, 0, 1 << 20
    for card in range(size.size):
        here = free(size, used, table, card, kind)
        total += here
        most = max(most, here)
        if here > 0:
            least = min(least, here)
    if how == DEPTH:
        return float(least)
    return float(-most) if how == BREADTH else float(total)


@compiled
def packing(size: Whole, used: Whole, held: Whole, card: int) -> float:
    """GPU packing's key."""
    if size[card] != EMPTY:
        return idle(size, used, held, card)
    empty = 0
    for other in range(size.size):
        empty += size[other] == EMPTY
    return float(10 + empty) if empty < size.size else float(100 + empty)


@compiled
def hami(size: Whole, used: Whole, held: Whole, table: Whole) -> float:
    """HAMi's key: less the three shares in use."""
    instances = 0
    for card in range(size.size):
        instances += used[card]
    memory = 1.0 - idle_in_all(size, used, held) / size.size
    return -float(instances / (size.size * table.max()) + 2.0 * memory)


@compiled
def fragment(size: Whole, used: Whole, held: Whole, table: Whole, shares: Real) -> float:
    """FGD's expected fragment of the host, in cards; `shares` is the mix by class, then of pairs by class."""
    whole, lost = idle_in_all(size, used, held), 0.0
    classes = table.size
    for task in range(shares.size):
        if shares[task] == 0.0:
            continue
        found, unusable = 0, 0.0
        for card in range(size.size):
            here = free(size, used, table, card, task % classes)
            found += here
            if here == 0:
                unusable += idle(size, used, held, card)
        wanted = 1 + task // classes
        lost += shares[task] * (unusable if found >= wanted else whole)
    return lost


@compiled
def blocked(size: int, used: int, held: int, table: Whole) -> float:
    """The MIG metric of one card: blocked windows of the classes that its idle share would hold, by size."""
    if size == EMPTY:
        return 0.0
    total, left = 0.0, 1.0 - used / held
    for kind in range(table.size):
        if table[kind] > 0 and left * table[kind] >= 1.0 - 1e-9:
            total += used / held if kind == size else 1.0
    return total


@compiled
def change(rule: int, size: Whole, used: Whole, held: Whole, table: Whole, kind: int, card: int, shares: Real) -> float:
    """The keys that look at the host before and after; leaves the host as it was."""
    was_size, was_used, was_held = size[card], used[card], held[card]
    before = blocked(was_size, was_used, was_held, table)
    if rule != MIG:
        before = fragment(size, used, held, table, shares)
    depth = room(size, used, table, kind, DEPTH_HOST)
    size[card], used[card], held[card] = kind, was_used + 1, table[kind]
    if rule == MIG:
        key = blocked(kind, used[card], held[card], table) - before
    else:
        after = fragment(size, used, held, table, shares)
        key = -float(int(100.0 / (1.0 + math.exp(after - before))))
    size[card], used[card], held[card] = was_size, was_used, was_held
    return key + depth / 10_000.0 if rule == FGD_DEPTH else key


@compiled
def key_of(rule: int, size: Whole, used: Whole, held: Whole, table: Whole, kind: int, card: int, shares: Real) -> float:
    """The key of one more instance of the class on the card, by the rule."""
    if rule == PACKING:
        return packing(size, used, held, card)
    if rule == FEWEST:
        return float(used.sum())
    if rule in (DEPTH, BREADTH, DEPTH_HOST):
        return room(size, used, table, kind, rule)
    if rule == BEST_FIT:
        return idle_in_all(size, used, held)
    if rule == HAMI:
        return hami(size, used, held, table)
    if rule in (FGD, FGD_DEPTH, MIG):
        return change(rule, size, used, held, table, kind, card, shares)
    return 0.0
