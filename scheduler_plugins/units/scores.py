"""The numbers behind the weights: what a placement costs, from bare figures.

Plain functions of numbers and of lists or one-dimensional arrays: the units call them as they are, and a
simulation may compile them as they are. All together are `CORE`, each after those that it calls.

**Costs** are floats, lower is better. `weight_of` maps them to the engine's whole numbers: 0 the best, 999
the worst of a host that fits; 1000 is left to refused and unknown hosts.

**A host** is three sequences with one entry per card that offers what is asked for, in the order in which the
host's allocator visits them (a card of virtual functions is one entry; cards that hold nothing and offer
nothing are left out):

- `size`: number of the class (mdev type) that the card holds now, -1 for an empty card;
- `used`: instances on it;
- `places`: how many instances of that class it holds at most; of no account where it is empty.

**A placement** is one entry per instance asked for: `cards`, the entry that it lands on; `kinds`, the number
of its class; `room`, how many of that class the card holds at most; `life`, by how much longer the card lives
for it, in mean lifetimes (`lifetimes.extension`; 0 for a second instance of the VM on the same card), or -1
where ages do not count. No function changes what it is handed.

**Source of the rules**: searches over simulated demand, all on the one premise that a card holds one class at
a time until its last instance ends. The constants were fitted there.
"""

from collections.abc import Callable, Sequence

# ---- the constants; a search may set them, nothing else depends on their values -------------------------
JOIN_FREE = 1.20
"""Joining a card: times the share of it that was free."""
JOIN_LIFE = 3.0
"""The same where ages count: times the expected extension of the card's life,"""
JOIN_FREE_AGED = 0.2
"""and times the share that was free."""
OPEN = 10.0
"""Opening an empty card."""
OPEN_HOST = 0.27
"""In addition where the host was wholly empty."""
TRAPPED = 0.92
"""A card whose free places the allocator does not get to, because it meets an emptier card before."""
TURNOVER = 0.20
"""Share of a card that counts as free in addition, for the places that become so."""
SOON_EMPTY, SOON_EMPTY_FACTOR = 0.32, 0.28
"""How much a card with one instance counts as empty, and by what that falls with each further instance."""
SMALL_PLACES, SMALL_FACTOR = 2, 1.15
"""Cards of so few places become empty sooner, by this factor."""
SINGLE_EMPTY = 0.31
"""The host has exactly one empty card: a VM of several instances may need a second (`mix.several_value`)."""
BEHIND_SAME = 0.024
"""Times the free share of each card behind another one of the same class."""
JOIN_MIDDLE, JOIN_WIDTH = 0.3, 1.0
"""Costs without what opening costs, of joins: at the middle of their range of weights, and how far from it a
cost is at three quarters of the range."""
OPEN_MIDDLE, OPEN_WIDTH = -0.5, 1.5
"""The same for placements that open cards."""
# ---------------------------------------------------------------------------------------------------------

TOP = 1000.0
"""Weights of hosts that fit are below."""
OPENS = 999
JOINS_AT_MOST = 499
PER_NEIGHBOUR = 10
NEIGHBOURS_AT_MOST = 990
RESERVED_AT_LEAST = 100


def consolidate(alive: int, free: int) -> int:
    """Weight of a card with `alive` instances on which `free` more of the type fit, the one asked for too."""
    if alive == 0:
        return OPENS
    return JOINS_AT_MOST * (free - 1) // (alive + free)


def spread(alive: int) -> int:
    """Weight of a card with `alive` instances: each is a neighbour."""
    return min(NEIGHBOURS_AT_MOST, PER_NEIGHBOUR * alive)


def reserve(idle: float) -> int:
    """Weight of a host with mdev cards for a VM that needs none; `idle`, in cards, is what is free there."""
    return RESERVED_AT_LEAST + int((OPENS - RESERVED_AT_LEAST) * idle / (idle + 1.0))


def soon_empty(size: int, used: int, places: int) -> float:
    """How much the card counts as empty, which is how much it draws what would fit behind it."""
    if size < 0:
        return 1.0
    soon = SOON_EMPTY * SOON_EMPTY_FACTOR ** max(0, used - 1)
    if places <= SMALL_PLACES:
        soon *= SMALL_FACTOR
    return min(1.0, soon)


def follows_same(size: Sequence[int], card: int) -> bool:
    """Whether a card before this one holds the same class."""
    for earlier in range(card):  # noqa: SIM110 (a generator does not compile)
        if size[earlier] == size[card]:
            return True
    return False


def disorder(
    size: Sequence[int], used: Sequence[int], places: Sequence[int], value: Sequence[float], several: float
) -> float:
    """What the host's state costs those who come later.

    `value` is `mix.class_value` by class, `several` is `mix.several_value`.
    """
    cost, clear, empty = 0.0, 1.0, 0
    for card in range(len(size)):
        if size[card] < 0:
            empty += 1
        elif places[card] > 1:
            free = max(0.0, 1.0 - used[card] / places[card])
            cost += TRAPPED * (1.0 - clear) * (free + TURNOVER) * value[size[card]]
            if free > 0.0 and follows_same(size, card):
                cost += BEHIND_SAME * free
        clear *= 1.0 - soon_empty(size[card], used[card], places[card])
    if empty == 1:
        cost += SINGLE_EMPTY * several
    return cost


def is_empty(size: Sequence[int]) -> bool:
    """Whether all cards are."""
    for holds in size:  # noqa: SIM110 (a generator does not compile)
        if holds >= 0:
            return False
    return True


def join_cost(used: int, places: int, life: float) -> float:
    """What it costs to join a card with `used` instances."""
    free = max(0.0, 1.0 - used / places)
    if life < 0.0:
        return JOIN_FREE * free
    return JOIN_LIFE * life + JOIN_FREE_AGED * free


def opened_by(size: Sequence[int], cards: Sequence[int]) -> int:
    """How many empty cards the placement opens."""
    opened = 0
    for index in range(len(cards)):
        fresh = size[cards[index]] < 0
        for before in range(index):
            if cards[before] == cards[index]:
                fresh = False
        if fresh:
            opened += 1
    return opened


def fragmentation_cost(
    size: Sequence[int],
    used: Sequence[int],
    places: Sequence[int],
    value: Sequence[float],
    several: float,
    cards: Sequence[int],
    kinds: Sequence[int],
    room: Sequence[int],
    life: Sequence[float],
) -> float:
    """What the placement costs: that of joining or opening for each instance, and the growth of disorder."""
    now_size = [size[card] for card in range(len(size))]
    now_used = [used[card] for card in range(len(used))]
    now_places = [places[card] for card in range(len(places))]
    cost = -disorder(size, used, places, value, several)
    if is_empty(size):
        cost += OPEN_HOST
    for index in range(len(cards)):
        card = cards[index]
        if now_size[card] < 0:
            cost += OPEN
            now_size[card], now_places[card] = kinds[index], room[index]
        else:
            cost += join_cost(now_used[card], max(now_places[card], now_used[card] + 1), life[index])
        now_used[card] += 1
    return cost + disorder(now_size, now_used, now_places, value, several)


def weight_of(cost: float, opened: int, count: int) -> int:
    """The weight, 0 to 999, of a placement of `count` instances that opens `opened` cards at that cost.

    The numbers of opened cards, 0 to `count`, share 0 to 999 evenly, fewer first: for one instance joins get
    0 to 499 and opens 500 to 999. Within each the cost per instance, without what opening costs, runs through
    the whole range, steepest (1/250 at a width of 1) around the middle; nothing is cut off at the ends.
    """
    middle, width = (OPEN_MIDDLE, OPEN_WIDTH) if opened > 0 else (JOIN_MIDDLE, JOIN_WIDTH)
    away = (cost - OPEN * opened) / count - middle
    within = 0.5 + 0.5 * away / (width + abs(away))
    return int(TOP / (count + 1) * (opened + within))


CORE: tuple[Callable[..., object], ...] = (
    *(consolidate, spread, reserve, soon_empty, follows_same, disorder, is_empty),
    *(join_cost, opened_by, fragmentation_cost, weight_of),
)
"""All of them, each after those that it calls."""
