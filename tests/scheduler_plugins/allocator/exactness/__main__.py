"""How often the verdict refuses what the host would have created, by family, as a table for people.

    python -m tests.scheduler_plugins.allocator.exactness [--hosts 5000]

Hosts are numbered: the same command prints the same table.
"""

import argparse
from collections import Counter
from collections.abc import Sequence

from mdev_inventory.observation import Source
from scheduler_plugins.allocator.placement import Placement, free_instances, place
from scheduler_plugins.allocator.request import Request
from simulation.kernel.inventory import inventory_of
from tests.scheduler_plugins.allocator.exactness.families import FAMILIES
from tests.scheduler_plugins.allocator.exactness.hosts import RandomHost, random_host
from tests.scheduler_plugins.allocator.exactness.truth import ENDLESS, create, creates
from tests.scheduler_plugins.allocator.exactness.without_hook import LISTED, POOR, RICH, fits

HEADER = ("Boards of the host", "equal", "created", "refused falsely", "2 and more", "free counted", "wrong yes")
ALL = "hosts of any boards"
BLIND = ("Hosts without the hook", "created", "refused falsely", "2 and more", "wrong yes")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=5000, help="hosts for each row")
    hosts: int = parser.parse_args().hosts
    _line(HEADER)
    _line(["---"] + ["---:"] * (len(HEADER) - 1))
    for name, family in FAMILIES.items():
        _row(name, family.exact, _counted([name], hosts, breaks=False))
    _row(ALL, False, _counted(tuple(FAMILIES), 4 * hosts, breaks=True))
    print()
    _line(BLIND)
    _line(["---"] + ["---:"] * (len(BLIND) - 1))
    for title, version in (("descriptions told (4.4 and later)", RICH), ("none told (4.2, 4.3)", POOR)):
        for known in (True, False):
            _blind_row(f"VMs {'' if known else 'not '}known, {title}", _blind(hosts * 4, version, known=known))


def _row(name: str, exact: bool, seen: Counter[str]) -> None:
    _line(
        [
            name,
            "yes" if exact else "",
            f"{seen['made']:,}",
            _share(seen["refused"], seen["made"]),
            _share(seen["refused several"], seen["made several"]),
            _share(seen["counted"], seen["creates"]),
            f"{seen['wrong yes']:,}",
        ]
    )


def _blind_row(title: str, seen: Counter[str]) -> None:
    false, several = _share(seen["refused"], seen["made"]), _share(seen["refused several"], seen["made several"])
    _line([title, f"{seen['made']:,}", false, several, f"{seen['wrong yes']:,}"])


def _blind(hosts: int, version: str, *, known: bool) -> Counter[str]:
    """The counts over hosts that show no instances."""
    seen = Counter[str]()
    for number in range(hosts):
        host = random_host(number, LISTED, breaks=False)
        yes = fits(host, version, known=known)
        seen.update(_compared(yes, host, create(host.bus, host.request, host.separate) is not None))
    return seen


def _compared(yes: bool, host: RandomHost, made: bool) -> dict[str, int]:
    """A verdict beside what the host did."""
    several = made and len(host.request) > 1
    return {
        "made": made,
        "made several": several,
        "refused": made and not yes,
        "refused several": several and not yes,
        "wrong yes": yes and not made,
    }


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "-"


def _line(cells: Sequence[str]) -> None:
    print(f"| {' | '.join(cells)} |")


def _counted(names: Sequence[str], hosts: int, *, breaks: bool) -> Counter[str]:
    seen = Counter[str]()
    for number in range(hosts):
        seen.update(_judged(random_host(number, names, breaks=breaks)))
    return seen


def _judged(host: RandomHost) -> Counter[str]:
    """What one host adds to the counts."""
    inventory, wanted = inventory_of(host.bus), host.request[0]
    yes = isinstance(place(inventory, Source.HOOK, Request(host.request), host.separate), Placement)
    counted = min(ENDLESS, free_instances(inventory, Source.HOOK, wanted, host.separate))
    free = creates(host.bus, wanted, host.separate)
    made = create(host.bus, host.request, host.separate) is not None
    return Counter({**_compared(yes, host, made), "creates": free, "counted": counted})


if __name__ == "__main__":
    main()
