"""Random hosts: boards, what lives on them, what is broken, and what a VM asks of them."""

import contextlib
import errno
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from simulation.kernel import Bus
from simulation.kernel.card import Card
from tests.scheduler_plugins.allocator.exactness.families import FAMILIES
from tests.scheduler_plugins.allocator.exactness.truth import fresh

SLOTS = [f"0000:{bus:02x}:00.0" for bus in range(0x10, 0xF0, 0x10)]
BROKEN_FIGURES: list[str | OSError] = [
    "",
    "none",
    "-1",
    "0",
    OSError(errno.EIO, "EIO"),
    OSError(errno.ENODEV, "ENODEV"),
]


@dataclass(frozen=True)
class RandomHost:
    """One host and one question about it."""

    number: int
    bus: Bus = field(repr=False)
    families: tuple[str, ...]
    separate: bool
    request: tuple[str, ...]
    order: int
    """Of the types in the directories."""
    broken: tuple[tuple[str, str, str], ...]
    """Parent, type and how its figure reads."""

    @property
    def exact(self) -> bool:
        """Whether the verdict must equal what the host does, and not only be never better."""
        return all(FAMILIES[name].exact for name in self.families) and not self.order_decides

    @property
    def order_decides(self) -> bool:
        """Whether the order of a directory may decide that the allocator dies: a bad figure on NVIDIA."""
        return any(_is_nvidia(self.bus, parent) for parent, _, _ in self.broken)

    @property
    def unseen_mode(self) -> bool:
        """Whether a card is in mixed-size mode and nothing shows it, as nothing lives there yet."""
        return any("mixed sizes" in name for name in self.families) and len(set(self.request)) > 1


def random_host(number: int, names: Sequence[str] = tuple(FAMILIES), *, breaks: bool = True) -> RandomHost:
    """The host of that number: one to six boards of those families, partly used, and a request."""
    rng = Random(number)
    families, order = _chosen(rng, names), rng.randint(0, 99)
    bus = Bus(_cards(rng, families), seed=order, present=True)
    _use(rng, bus)
    broken = _break(rng, bus) if breaks and rng.random() < 0.1 else ()
    return RandomHost(number, bus, families, rng.random() < 0.5, _request(rng, bus), order, broken)


def _chosen(rng: Random, names: Sequence[str]) -> tuple[str, ...]:
    weighted = [name for name in names for _ in range(FAMILIES[name].weight)]
    return tuple(rng.choice(weighted) for _ in range(rng.choice([1, 1, 2, 3])))


def _cards(rng: Random, families: Sequence[str]) -> list[Card]:
    """The boards' cards, often two of one product; a name is taken once."""
    slots, cards = rng.sample(SLOTS, 2 * len(families)), list[Card]()
    for name in families:
        product = rng.randint(0, 10**6)
        for slot in (slots.pop(), slots.pop())[: rng.choice([1, 2])]:
            _plug(cards, FAMILIES[name].make(Random(product) if rng.random() < 0.7 else rng, slot))
    return cards


def _plug(cards: list[Card], more: list[Card]) -> None:
    taken = {p for card in cards for p in card.parents}
    cards.extend(card for card in more if not taken.intersection(card.parents))


def _use(rng: Random, bus: Bus) -> None:
    """Instances by the kernel's own rule, on any parent; some are removed again, or removed while in use."""
    for _ in range(rng.choice([0, 0, 1, 2, 3])):
        _fill(rng, bus, rng.choice([1, 1, 2, 3, 7, 12, 24]))
    for uuid in list(bus.instances()):
        if rng.random() < 0.1:
            bus.remove(uuid, held=rng.random() < 0.2)


def _fill(rng: Random, bus: Bus, count: int) -> None:
    """Up to that many of one type, on all parents that offer it."""
    free = [(p, t) for p in bus.parents() for t in bus.types(p) if int(bus.available(p, t)) > 0]
    if not free:
        return
    _, wanted = rng.choice(free)
    for parent, type_id in free:
        while type_id == wanted and count > 0 and int(bus.available(parent, type_id)) > 0:
            bus.create(parent, type_id, fresh())
            count -= 1


def _break(rng: Random, bus: Bus) -> tuple[tuple[str, str, str], ...]:
    broken = []
    for _ in range(rng.randint(1, 3)):
        where = [(p, t) for p in bus.parents() for t in bus.types(p)]
        if where:
            (parent, type_id), figure = rng.choice(where), rng.choice(BROKEN_FIGURES)
            bus.spoil(parent, type_id, figure)
            broken.append((parent, type_id, str(figure)))
    return tuple(broken)


def _is_nvidia(bus: Bus, parent: str) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return bus.vendor(parent) == "0x10de"
    return False


def _request(rng: Random, bus: Bus) -> tuple[str, ...]:
    """One to four instances of types that the host offers, mostly of those that it shows free."""
    offered = sorted({t for p in bus.parents() for t in bus.types(p)})
    shown = sorted({t for p in bus.parents() for t in bus.types(p) if _free(bus, p, t)})
    pool = [*rng.sample(shown, min(2, len(shown))), *rng.sample(offered, min(1, len(offered))), "nvidia-0"]
    weighted = pool[:2] * 6 + pool
    return tuple(rng.choice(weighted) for _ in range(rng.choice([1, 1, 2, 2, 3, 4])))


def _free(bus: Bus, parent: str, type_id: str) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return int(bus.available(parent, type_id)) > 0
    return False
