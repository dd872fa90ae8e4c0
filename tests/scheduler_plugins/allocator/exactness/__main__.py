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

HEADER = ("Boards of the host", "equal", "created", "refused falsely", "2 and more", "free counted", "wrong yes")
ALL = "hosts of any boards"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=5000, help="hosts for each row")
    hosts: int = parser.parse_args().hosts
    _line(HEADER)
    _line(["---"] + ["---:"] * (len(HEADER) - 1))
    for name, family in FAMILIES.items():
        _row(name, family.exact, _counted([name], hosts, breaks=False))
    _row(ALL, False, _counted(tuple(FAMILIES), 4 * hosts, breaks=True))


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
    fits = isinstance(place(inventory, Source.HOOK, Request(host.request), host.separate), Placement)
    counted = min(ENDLESS, free_instances(inventory, Source.HOOK, wanted, host.separate))
    free = creates(host.bus, wanted, host.separate)
    made = create(host.bus, host.request, host.separate) is not None
    several = made and len(host.request) > 1
    return Counter(
        {
            "made": made,
            "made several": several,
            "refused": made and not fits,
            "refused several": several and not fits,
            "wrong yes": fits and not made,
            "creates": free,
            "counted": counted,
        }
    )


if __name__ == "__main__":
    main()
