"""The ways over the bus: each type to exhaustion, mixed types to exhaustion, and at random."""

import random

from tests.kernel.guest import checks
from tests.kernel.guest.session import Session

_MOST_EXHAUSTED = 8
"""A walk on the way counts out types of which so many are left: each costs twice as many steps."""


def exhaust_each(session: Session) -> None:
    """From the empty bus, each type alone until the kernel refuses, and back."""
    for type_id in checks.types_of(session.now):
        session.exhaust(type_id)


def wander(session: Session, chance: random.Random, steps: int) -> None:
    """VMs start and stop at random: first more starts, so that the bus fills up, then more stops."""
    end = len(session.log) + steps
    while len(session.log) < end:
        filling = end - len(session.log) > steps / 3
        if session.vms and chance.random() > (0.8 if filling else 0.4):
            session.stop(chance.randrange(len(session.vms)))
        elif chance.random() < 0.1:
            _exhaust_one(session, chance)
        else:
            session.start(_request(session, chance), separate=chance.random() < 0.5)


def fill(session: Session, chance: random.Random) -> None:
    """VMs start until no type is left anywhere; then each type is refused by both."""
    while left := [t for t in checks.types_of(session.now) if checks.figure(session.now, t)]:
        session.start(tuple(chance.choices(left, k=chance.randint(1, 4))))
    for type_id in checks.types_of(session.now):
        session.start((type_id,))


def scrape(session: Session, chance: random.Random) -> None:
    """Where rounding bites most: an odd number of mtty's ports left, and one VM that takes them all."""
    session.start(("mtty-1",) * chance.choice((1, 3, 5, 7)))
    left = checks.figure(session.now, "mtty-1")
    pairs = chance.randint(1, left // 2)
    ports = ["mtty-2"] * pairs + ["mtty-1"] * (left - 2 * pairs)
    session.start(tuple(chance.sample(ports, len(ports))))


def empty(session: Session, chance: random.Random) -> None:
    """All VMs stop, in any order."""
    while session.vms:
        session.stop(chance.randrange(len(session.vms)))


def _request(session: Session, chance: random.Random) -> tuple[str, ...]:
    """Mostly small, of one to three types, which are as likely of one parent as of several."""
    types = checks.types_of(session.now)
    if chance.random() < 0.5:
        prefix = chance.choice(session.now.parents).address
        types = [t for t in types if t.startswith(prefix)]
    kinds = chance.sample(types, min(len(types), chance.randint(1, 3)))
    return tuple(chance.choices(kinds, k=chance.choice((1, 1, 2, 2, 3, 4, 6, 10))))


def _exhaust_one(session: Session, chance: random.Random) -> None:
    type_id = chance.choice(checks.types_of(session.now))
    if checks.figure(session.now, type_id) <= _MOST_EXHAUSTED:
        session.exhaust(type_id)
