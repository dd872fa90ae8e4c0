"""The judge's tables for people."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from benchmarks.placement.judging.report import Row


def show(report: Row, console: Console) -> None:
    """All rules over all cases, then the product's by group, then the product's against each other rule."""
    rows = report["groups"]
    console.print(_overall(report, [row for row in rows if row["by"] == "all"]))
    product = list(dict.fromkeys(row["policy"] for row in report["duels"]))
    for policy in product:
        console.print(_by_group(report, [r for r in rows if r["policy"] == policy and r["by"] != "all"]))
        console.print(_duels(policy, [row for row in report["duels"] if row["policy"] == policy]))


def _overall(report: Row, rows: Iterable[Row]) -> Table:
    cases, seeds = len(report["cases"]), len(report["seeds"])
    heads = ("rule", "GPU %", f"- {report['baseline']}", "95 %", "sig. +/-", "Holm +/-")
    rest = ("worst", "VMs %", "whole card %", "idle hosts", "failed", "us")
    table = _table(f"{report['grid']}: {cases} cases, {seeds} seeds", (*heads, *rest))
    for row in rows:
        runs = [run for run in report["runs"] if run["policy"] == row["policy"]]
        table.add_row(
            *_difference(row["policy"], row),
            f"{row['worst']:+.2f}",
            f"{row['count']:.2f}",
            f"{row['largest']:.1f}",
            f"{row['spare']:.2f}",
            f"{sum(sum(run['failed']) for run in runs):.0f}",
            f"{sum(sum(run['decision_us']) for run in runs) / (cases * seeds):.1f}",
        )
    return table


def _by_group(report: Row, rows: list[Row]) -> Table:
    heads = ("by", "GPU %", f"- {report['baseline']}", "95 %", "sig. +/-", "Holm +/-", "worst", "worst case")
    table = _table(str(rows[0]["policy"]), heads)
    for row in rows:
        name = f"{row['by']} {row['value']}"
        table.add_row(*_difference(name, row), f"{row['worst']:+.2f}", row["worst_case"])
    return table


def _duels(policy: str, rows: list[Row]) -> Table:
    table = _table(f"{policy} against", ("rule", "difference", "95 %", "Holm +/-", "worst", "worst case"))
    for row in rows:
        table.add_row(
            *(row["against"], f"{row['difference']:+.3f}", f"{row['low']:+.3f}..{row['high']:+.3f}"),
            *(f"{row['holm_wins']}/{row['holm_losses']}", f"{row['worst']:+.2f}", row["worst_case"]),
        )
    return table


def _difference(name: str, row: Row) -> tuple[str, ...]:
    return (
        name,
        f"{row['gpu']:.2f}",
        f"{row['difference']:+.3f}",
        f"{row['low']:+.3f}..{row['high']:+.3f}",
        f"{row['wins']}/{row['losses']}",
        f"{row['holm_wins']}/{row['holm_losses']}",
    )


def _table(title: str, heads: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    for number, head in enumerate(heads):
        table.add_column(head, justify="left" if number == 0 or "case" in head else "right")
    return table
