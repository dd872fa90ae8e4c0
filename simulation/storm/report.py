"""The storms' figures as a table for people and as JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields

from rich.console import Console
from rich.table import Table

from simulation.storm.figures import Figures, Spread, total

Storms = Mapping[str, Sequence[Figures]]
"""By name of a variant the figures of each of its storms."""

WANTED_ZERO = ("cannot_hold", "refused_wrongly", "claims_left", "faults")
LABELS = {
    "cannot_hold": "starts sent to a host that cannot hold them",
    "refused_wrongly": "VMs refused while a host could hold them",
    "claims_left": "claims left afterwards",
    "faults": "units that failed",
    "starts": "starts, with new tries",
    "decisions": "decisions",
    "unanswered": "decided without the service",
    "up": "VMs up at the end",
    "instances": "instances alive at the end",
    "capacity": "of",
    "failed_for_want": "attempts that failed for want of an instance",
    "lost_races": "of them: two starts chose one slot",
    "failed_otherwise": "attempts that failed for another reason",
    "gave_up": "starts that ended for want of an instance",
    "at_risk": "decisions at risk",
    "at_risk_wrong": "of them sent to a host that cannot hold",
    "hidden_by_engine": "starts that the engine refused before asking",
    "hidden_wrongly": "of them while a host could hold the VM",
    "freed_to_start": "freed to next start there, s",
    "shown_to_device": "host shown to device, s",
    "decision_s": "decision, s",
    "engine_requests": "engine requests per decision",
    "waited": "decisions that waited for an unresolved one",
    "hosts_asked": "hosts asked again, where any",
}


def print_table(storms: Storms) -> None:
    """One column per variant, sums over its storms; spreads as middle / worst."""
    table = Table("", *storms, box=None, pad_edge=False, header_style="dim")
    sums = [total(several) for several in storms.values()]
    for field in fields(Figures):
        values = [getattr(one, field.name) for one in sums]
        table.add_row(LABELS[field.name], *map(_cell, values), style=_style(field.name, values[0]))
    Console(width=160).print(table)


def to_json(storms: Storms) -> str:
    """Every storm's figures."""
    return json.dumps({name: [asdict(one) for one in several] for name, several in storms.items()}, indent=2)


def _cell(value: int | Spread) -> str:
    if not isinstance(value, Spread):
        return f"{value}"
    return f"{value.median:g} / {value.most:g}" if value.count else "-"


def _style(name: str, value: int | Spread) -> str:
    if name not in WANTED_ZERO:
        return ""
    return "red" if value else "green"
