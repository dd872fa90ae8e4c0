"""From figures to what is reported: comparisons by case and by group (schema: `__init__.py`)."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from benchmarks.placement.judging.policies import POLICIES, PRODUCT
from benchmarks.placement.judging.run import METRICS, Figures
from benchmarks.placement.judging.statistics import estimate, holm
from benchmarks.placement.replaying.state import Real
from benchmarks.placement.workload.demand import Case
from benchmarks.placement.workload.fleets import FLEETS

Row = dict[str, Any]
GROUPS = ("fleet", "lifetimes", "pairs", "mix", "load")
_SIGNIFICANT = 0.05
_MEANS = ("gpu", "count", "largest", "spare")


class Results:
    """The figures of one grid, and the comparisons drawn from them."""

    def __init__(self, cases: Sequence[Case], policies: Sequence[str], figures: Figures) -> None:
        """As `run` returns them."""
        self.cases = cases
        self.policies = policies
        self._figures = {key: np.array(rows) for key, rows in figures.items()}

    def metric(self, case: Case, policy: str, name: str) -> Real:
        """One figure for each seed."""
        return self._figures[case.name, policy][:, METRICS.index(name)]

    def gain(self, case: Case, policy: str, against: str) -> Real:
        """GPU-weighted acceptance less the other's, in points, for each seed."""
        return self.metric(case, policy, "gpu") - self.metric(case, against, "gpu")

    def compared(self, policy: str, against: str) -> list[Row]:
        """The policy in each case, and how it differs from the other."""
        found = [estimate(self.gain(case, policy, against)) for case in self.cases]
        corrected = holm([one.p for one in found])
        return [
            {
                "case": case.name,
                "policy": policy,
                "gpu": float(self.metric(case, policy, "gpu").mean()),
                "difference": one.mean,
                "low": one.low,
                "high": one.high,
                "p": one.p,
                "holm": p,
            }
            for case, one, p in zip(self.cases, found, corrected, strict=True)
        ]

    def group(self, policy: str, against: str, cases: Sequence[Case], rows: list[Row]) -> Row:
        """The policy over some cases; `rows` are `compared`'s of those."""
        whole = estimate(np.mean([self.gain(case, policy, against) for case in cases], axis=0))
        worst = min(rows, key=lambda row: float(row["difference"]))
        return {
            "cases": len(cases),
            "difference": whole.mean,
            "low": whole.low,
            "high": whole.high,
            "wins": _count(rows, "p", 1),
            "losses": _count(rows, "p", -1),
            "holm_wins": _count(rows, "holm", 1),
            "holm_losses": _count(rows, "holm", -1),
            "worst": worst["difference"],
            "worst_case": worst["case"],
        }

    def means(self, policy: str, cases: Sequence[Case]) -> Row:
        """The policy's figures, over some cases."""
        return {name: float(np.mean([self.metric(case, policy, name).mean() for case in cases])) for name in _MEANS}


def document(results: Results, baseline: str) -> Row:
    """All comparisons and figures, ready to be written as JSON."""
    compared = {policy: results.compared(policy, baseline) for policy in results.policies}
    return {
        "policies": [{"name": name, "title": POLICIES[name].title} for name in results.policies],
        "cases": [_case(case) for case in results.cases],
        "runs": [_run(results, case, policy) for case in results.cases for policy in results.policies],
        "compared": [row for rows in compared.values() for row in rows],
        "groups": [row for policy, rows in compared.items() for row in _groups(results, policy, baseline, rows)],
        "duels": [_duel(results, own, other) for own, other in _pairs(results.policies)],
    }


def _groups(results: Results, policy: str, baseline: str, rows: list[Row]) -> Iterable[Row]:
    for by in ("all", *GROUPS):
        values = [""] if by == "all" else list(dict.fromkeys(str(getattr(case, by)) for case in results.cases))
        for value in values:
            chosen = [by == "all" or str(getattr(case, by)) == value for case in results.cases]
            cases = [case for case, takes in zip(results.cases, chosen, strict=True) if takes]
            own = [row for row, takes in zip(rows, chosen, strict=True) if takes]
            head = {"policy": policy, "by": by, "value": value}
            yield head | results.means(policy, cases) | results.group(policy, baseline, cases, own)


def _duel(results: Results, own: str, other: str) -> Row:
    rows = results.compared(own, other)
    row = results.group(own, other, results.cases, rows)
    return {"policy": own, "against": other} | {k: v for k, v in row.items() if k not in ("wins", "losses")}


def _pairs(policies: Sequence[str]) -> list[tuple[str, str]]:
    return [(own, other) for own in policies if own in PRODUCT for other in policies if other != own]


def _count(rows: list[Row], p: str, sign: int) -> int:
    return sum(row[p] < _SIGNIFICANT and row["difference"] * sign > 0 for row in rows)


def _case(case: Case) -> Row:
    hosts = FLEETS[case.fleet]
    return {
        "name": case.name,
        **{name: getattr(case, name) for name in GROUPS},
        "hosts": sum(group.number for group in hosts),
        "cards": sum(group.number * group.cards for group in hosts),
    }


def _run(results: Results, case: Case, policy: str) -> Row:
    row: Row = {"case": case.name, "policy": policy}
    return row | {name: results.metric(case, policy, name).round(4).tolist() for name in METRICS}
