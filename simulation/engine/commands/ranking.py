"""How weights choose a host: RankSelectorPolicyUnit, the default selector.

Only the order within each unit counts: a host gets as many points as there are hosts with the same or a
worse (higher) weight, times the unit's factor; the most points win.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from simulation.engine.units.answers import Score

UNNAMED = ""
"""Weights without a known unit's name: all together one unit of factor 1."""


def best(hosts: Sequence[str], weights: Mapping[str, Mapping[str, int]], factors: Mapping[str, int]) -> str:
    """The winner's id; the first of `hosts` among equals, and where nobody weighed anything.

    `weights` is unit -> host -> weight, `factors` unit -> factor (1 where absent). A host that a unit did
    not name has weight 0 there. A winner may be a host that nobody asked about: the caller's trouble.
    """
    ids = list(dict.fromkeys([*hosts, *(host for named in weights.values() for host in named)]))
    points: dict[str, int] = dict.fromkeys(ids, 0)
    for unit, named in weights.items():
        for host, rank in _ranks(ids, named).items():
            points[host] += factors.get(unit, 1) * rank
    return max(ids, key=points.__getitem__)


def by_unit(entries: Iterable[Score], known: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Scores as unit -> host -> sum of its weights; those of units not in `known` under UNNAMED."""
    table: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for entry in entries:
        unit = entry.unit if entry.unit in known else UNNAMED
        table[unit or UNNAMED][entry.host_id] += entry.weight
    return {unit: dict(weights) for unit, weights in table.items()}


def _ranks(ids: Sequence[str], named: Mapping[str, int]) -> dict[str, int]:
    ordered = sorted(named.get(host, 0) for host in ids)
    first: dict[int, int] = {}
    for place, weight in enumerate(ordered):
        first.setdefault(weight, place)
    return {host: len(ids) - first[named.get(host, 0)] for host in ids}
