"""What the demonstration shows: a table and the reasons for people, the same as JSON for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scheduler_plugins.allocator.refusals import RefusalCode
from simulation.datacenter import DataCenter
from simulation.datacenter.plans import HostPlan, VmPlan
from simulation.datacenter.service_process import ServiceProcess
from simulation.engine.state import Ending
from simulation.kernel.profiles import profile


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one VM's start, and what the service had said before it."""

    plan: VmPlan
    ending: str
    """`up`, or how the start ended otherwise (`refused` by the engine's own filter, `no-host`, ...)."""
    host: str | None
    parents: tuple[str, ...]
    """Where its instances really are, in the order of its request."""
    attempts: int
    """How many hosts the engine tried."""
    summary: str
    verdicts: tuple[dict[str, Any], ...]
    """The service's, as its API gives them."""
    truth: Mapping[str, list[str] | None]
    """By host name the parents that its allocator would have taken; None where the VM would not start."""

    @property
    def wrong(self) -> list[str]:
        """Hosts about which the service was wrong, in yes or no or in the placement."""
        said = {verdict["host_name"]: _said(verdict) for verdict in self.verdicts}
        return [name for name, parents in self.truth.items() if said.get(name) != parents]

    @property
    def as_it_should(self) -> bool:
        """Every verdict right, and the VM up exactly where a host could take it, at the first try."""
        could = [name for name, parents in self.truth.items() if parents is not None]
        went = [self.host] if self.ending == Ending.UP else []
        return not self.wrong and bool(could) == bool(went) and set(went) <= set(could) and self.attempts <= 1


TELLING = frozenset(RefusalCode) - {RefusalCode.NO_SUCH_TYPE, RefusalCode.NO_INVENTORY}


def _said(verdict: Mapping[str, Any]) -> list[str] | None:
    return [slot["parent"] for slot in verdict["placement"]] if verdict["fits"] else None


def print_json(plans: Sequence[HostPlan], outcomes: Sequence[Outcome]) -> None:
    """One JSON document on standard output."""
    document = {
        "hosts": [{"name": p.name, "boards": [b.profile for b in p.boards], "dead": p.dead} for p in plans],
        "vms": [_vm(outcome) for outcome in outcomes],
        "verdicts": sum(len(outcome.truth) for outcome in outcomes),
        "wrong": sum(len(outcome.wrong) for outcome in outcomes),
    }
    print(json.dumps(document, indent=2))


def _vm(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.plan.name,
        "request": list(outcome.plan.types),
        "ending": outcome.ending,
        "host": outcome.host,
        "parents": list(outcome.parents),
        "attempts": outcome.attempts,
        "summary": outcome.summary,
        "verdicts": list(outcome.verdicts),
        "wrong": outcome.wrong,
    }


def print_people(plans: Sequence[HostPlan], outcomes: Sequence[Outcome]) -> None:
    """Hosts, who went where, and why the others did not."""
    console = Console()
    console.print("\n[bold]The hosts[/]")
    console.print(_hosts(plans))
    console.print("\n[bold]Who went where[/]")
    console.print(_starts(outcomes))
    console.print("\n[bold]Why not elsewhere[/] (hosts that are not named have no such type)")
    console.print(_reasons(outcomes))
    _print_verdict(console, outcomes)


def _hosts(plans: Sequence[HostPlan]) -> Table:
    table = Table("host", "cards", "vGPU placement", "", box=None, pad_edge=False, header_style="dim")
    for plan in plans:
        cards = ", ".join(profile(board.profile).product for board in plan.boards) or "none"
        placement = "separated" if plan.separate else "consolidated"
        table.add_row(plan.name, escape(cards), placement, "VDSM answers nobody" if plan.dead else "")
    return table


def _starts(outcomes: Sequence[Outcome]) -> Table:
    table = Table("VM", "asks for", "went to", "parent device", box=None, pad_edge=False, header_style="dim")
    for outcome in outcomes:
        up = outcome.ending == Ending.UP
        went = f"[green]{outcome.host}[/]" if up else f"[red]nowhere[/] ({outcome.ending})"
        table.add_row(outcome.plan.name, escape(outcome.plan.wants), went, ", ".join(outcome.parents))
    return table


def _reasons(outcomes: Sequence[Outcome]) -> Table:
    table = Table("VM", "host", "reason", box=None, pad_edge=False, header_style="dim")
    silent: dict[str, str] = {}
    for outcome in outcomes:
        name = outcome.plan.name
        for verdict in outcome.verdicts:
            if verdict["code"] == RefusalCode.NO_INVENTORY:
                silent[verdict["host_name"]] = verdict["text"]
            elif not verdict["fits"] and verdict["code"] != RefusalCode.NO_SUCH_TYPE:
                table.add_row(name, verdict["host_name"], escape(verdict["text"]))
                name = ""
        if not any(verdict["fits"] or verdict["code"] in TELLING for verdict in outcome.verdicts):
            table.add_row(name, "all", escape(outcome.summary.partition(" (")[0]))
    for host, text in silent.items():
        table.add_row("all", host, escape(text))
    return table


def _print_verdict(console: Console, outcomes: Sequence[Outcome]) -> None:
    verdicts = sum(len(outcome.truth) for outcome in outcomes)
    wrong = [(outcome.plan.name, outcome.wrong) for outcome in outcomes if outcome.wrong]
    console.print(
        f"\n{verdicts} verdicts were held against the hosts' own allocators: "
        + ("[green]all are right[/]" if not wrong else f"[red]wrong ones: {wrong}[/]")
    )
    for outcome in outcomes:
        if not outcome.wrong and not outcome.as_it_should:
            console.print(f"[red]{outcome.plan.name} ended {outcome.ending} after {outcome.attempts} attempts[/]")


def print_addresses(center: DataCenter, service: ServiceProcess) -> None:
    """Where to look further, on standard error so that `--json` stays one document."""
    console = Console(stderr=True)
    console.print("\n[bold]Still running[/], until Ctrl-C:")
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row("page", f"{service.api}/")
    table.add_row("API", f"{service.api}/api/v1/hosts")
    table.add_row("engine endpoint", service.xmlrpc)
    table.add_row("proxy's socket", service.socket)
    table.add_row("engine", f"{center.engine_url} ({center.user}, password {center.password})")
    table.add_row("files", str(center.folder))
    console.print(table)
    console.print("\n[bold]Ask it[/] from another terminal:")
    for words in (
        f"hosts --url {service.api}",
        f"doctor --url {service.api} --config {service.config}",
        f"policy status --config {service.config}",
    ):
        # One line each, however narrow the terminal: they are to be copied.
        console.print(f"{Path(sys.prefix)}/bin/mdev-scheduler {words}", soft_wrap=True, highlight=False)
