"""What the commands print: tables for people, JSON for programs."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from mdev_inventory.bare_cards import reason
from mdev_inventory.model import Cut, HostInventory, ParentDevice
from mdev_inventory.visible import visible, visible_json
from scheduler_plugins.allocator.as_typed import listed
from scheduler_plugins.doctor.findings import Finding

UNKNOWN = "?"
PIPED_WIDTH = 160
"""Into a pipe there is no width to keep to, but a table without any would pad to the longest reason."""

Row = Mapping[str, Any]


def json(answer: object) -> None:
    """One JSON document."""
    print(visible_json(answer, indent=2))


def scan(inventory: HostInventory, functions: bool = False) -> None:
    """A host's own inventory: each parent device with its types, a card's virtual functions as one line.

    With `functions` these stand one by one. Then the cards without mediated devices, and what was not read.
    """
    table = _table("Parent", "Driver", "Type", "Name", ">Free", ">Used")
    parents = sorted(inventory.parents, key=lambda parent: (parent.physfn or parent.address, parent.address))
    for physfn, group in groupby(parents, lambda parent: None if functions else parent.physfn):
        if physfn:
            _add_card(table, physfn, list(group))
            continue
        for parent in group:
            _add_parent(table, parent)
    _print(table if parents else "no parent device on the mdev bus")
    for card in inventory.bare_cards:
        why = reason(card, inventory)
        _print(f"{card.address} carries no mediated devices: {why.text}; {why.remedy}")
    for error in inventory.errors:
        _print(f"unreadable: {error.path}: {error.error}")
    for what in _unread(inventory.cut or Cut()):
        _print(f"not read in time: {what}")


def hosts(items: Iterable[Row]) -> None:
    """The hosts as the service knows them."""
    table = _table("Host", "Status", "Seen", "By", ">Parents", ">Used", ">Orphans", "Types with room", "Trouble")
    for host in items:
        used = [entry["used"] for entry in host["types"]]
        _add(
            table,
            host["name"],
            host["status"],
            _age(host["age_s"]),
            host["source"] or "-",
            host["parents"],
            sum(used) if host["source"] and None not in used else None,
            None if host["orphans"] is None else len(host["orphans"]),
            f"{sum(entry['free'] > 0 for entry in host['types'])} of {len(host['types'])}",
            ", ".join(_troubles(host)),
        )
    _print(table)


def _troubles(host: Row) -> Iterator[str]:
    """Why it could not be asked, and why cards of it carry no mediated devices, by their codes."""
    if host["failure"]:
        yield host["failure"]["code"]
    for code, cards in Counter(card["code"] for card in host["bare_cards"]).items():
        yield f"{code} ({cards})" if cards > 1 else code


def types(items: Iterable[Row]) -> None:
    """The types over all hosts."""
    table = _table("Type", "Name", ">Free", ">Used", "Hosts with room")
    for entry in items:
        able = [host for host in entry["hosts"] if host["status"] == "up" and host["free"]]
        room = ", ".join(f"{host['name']} ({host['free']})" for host in able)
        _add(table, entry["id"], entry["name"], entry["free"], entry["used"], room or "none")
    _print(table)


def explain(decision: Row) -> None:
    """One VM's verdict per host."""
    request = listed(decision["request"]) or "no mediated device"
    _print(f"{decision['vm_name'] or decision['vm_id']} asks for {request}")
    _print(decision["summary"])
    if decision["note"]:
        _print(decision["note"])
    units = sorted({unit for verdict in decision["verdicts"] for unit in verdict["weights"]})
    table = _table("Host", "Verdict", "Reason", *(f">{unit}" for unit in units), ">Age")
    for verdict in decision["verdicts"]:
        weights = [verdict["weights"].get(unit, "") for unit in units]
        fits = "fits" if verdict["fits"] else verdict["code"]
        name = verdict["host_name"] or verdict["host_id"]
        _add(table, name, fits, verdict["text"], *weights, _age(verdict["age_s"]))
    _print(table)


def findings(items: Iterable[Finding], summary: str) -> None:
    """The doctor's findings; a remedy stands in the line below what it is for."""
    table = _table("Link", "Status", "Seen")
    for each in items:
        _add(table, each.link, each.status.value, each.seen)
        if each.remedy:
            _add(table, "", "", f"-> {each.remedy}")
    _print(table)
    _print(summary)


def policies(found: Row) -> None:
    """The clusters' scheduling policies, and what the engine knows of our units."""
    table = _table("Cluster", "Policy", "Copy of", "Our filters", "Our weights", "Our properties")
    for cluster in found["clusters"]:
        units = cluster["units"]
        filters = ", ".join(unit["name"] for unit in units if unit["kind"] == "filter")
        weights = ", ".join(f"{unit['name']}={unit['factor']}" for unit in units if "factor" in unit)
        properties = " ".join(f"{key}={value}" for key, value in cluster["properties"].items())
        told = (cell or "-" for cell in (cluster["copy_of"], filters, weights, properties))
        _add(table, cluster["name"], cluster["policy"], *told)
    _print(table)
    table = _table("Unit", "Kind", "To the engine")
    for unit in found["units"]:
        _add(table, unit["name"], unit["kind"], unit["engine"])
    _print("")
    _print(table)
    for policy in found["left_over"]:
        way = f"policy disable --cluster {policy['cluster']}" if policy["cluster"] else "the portal"
        _print(f"left over, no cluster has it: policy {policy['name']}; remove it with {way}")


def plan(told: Row) -> None:
    """What was done to a cluster's policy, or would be."""
    for step in told["steps"]:
        _print(f"{'would' if told['dry_run'] else 'done'}: {step}")
    for note in told["notes"]:
        _print(f"note: {note}")
    if not told["steps"]:
        _print(f"cluster {told['cluster']} has policy {told['policy']}: nothing to do")


def _add_parent(table: Table, parent: ParentDevice) -> None:
    head = (parent.address, parent.driver or "-")
    if not parent.types:
        _add(table, *head, "its types cannot be listed" if parent.types is None else "no types")
    for each in parent.types or ():
        used = None if each.instances is None else len(each.instances)
        _add(table, *head, each.id, each.name, each.available, used)
        head = ("", "")
    table.add_section()


def _add_card(table: Table, physfn: str, functions: list[ParentDevice]) -> None:
    """One line for all virtual functions of a card: their types, what lives there, how many have room."""
    offered = [function.types or () for function in functions]
    types = [each for types in offered for each in types]
    living = Counter[str]()
    for each in types:
        living[each.id] += len(each.instances or ())
    held = ", ".join(f"{count} x {type_id}" for type_id, count in sorted((+living).items()))
    unlisted = any(function.types is None for function in functions) or any(each.instances is None for each in types)
    name = f"{len(functions)} functions" + (f": {held}" if held else "")
    free = sum(any((each.available or 0) > 0 for each in types) for types in offered)
    drivers = ", ".join(sorted({function.driver or "-" for function in functions}))
    offers = f"{len({each.id for each in types})} types"
    _add(table, physfn, drivers, offers, name, free, None if unlisted else living.total())
    table.add_section()


def _unread(cut: Cut) -> Iterator[str]:
    """What time did not suffice for; of many things the first, and how many more."""
    if cut.bus:
        yield "the list of the parents"
    if cut.cards:
        yield "the cards that carry no mediated devices"
    for told in (cut.stuck, cut.parents, cut.texts):
        if told:
            yield told[0] + (f" and {len(told) - 1} more" if len(told) > 1 else "")


def _table(*columns: str) -> Table:
    """A table with these columns; those that begin with `>` hold numbers.

    The first names what a row is about: it is never cut, however narrow the terminal.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for number, column in enumerate(columns):
        justify, name = ("right", column[1:]) if column.startswith(">") else ("left", column)
        table.add_column(name, justify=justify, overflow="fold", no_wrap=number == 0)  # type: ignore[arg-type]
    return table


def _add(table: Table, *cells: object) -> None:
    """A row; None is a value that nobody knows. None of what hosts and users wrote gets to the terminal unseen."""
    table.add_row(*(UNKNOWN if cell is None else visible(str(cell)) for cell in cells))


def _print(what: str | Table) -> None:
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    console = Console(width=width, markup=False, emoji=False, highlight=False)
    with console.capture() as captured:
        console.print(visible(what) if isinstance(what, str) else what)
    # Tables are padded to a rectangle, which pipes and files have no use for.
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _age(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.0f} s"
