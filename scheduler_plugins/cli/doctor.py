"""`mdev-scheduler doctor`: every link of the chain, as a table for people or as JSON for programs."""

from collections import Counter
from collections.abc import Sequence

from mdev_inventory import __version__
from scheduler_plugins.cli import output
from scheduler_plugins.cli.common import COULD_NOT_ASK, DONE, NO
from scheduler_plugins.doctor import chain, gather
from scheduler_plugins.doctor.findings import Finding, Status, count, worst

ORDER = (Status.FAILURE, Status.WARNING, Status.UNTOLD, Status.OK)


def run(where: gather.Where, json: bool) -> int:
    """Ask, judge, print; the exit status."""
    findings = chain.diagnose(gather.facts(where))
    if json:
        output.json(document(findings))
    else:
        output.findings(findings, summary(findings))
    return status(findings)


def status(findings: Sequence[Finding]) -> int:
    """The exit status: 1 where something fails, else 3 where something could not be looked at."""
    if worst(findings) is Status.FAILURE:
        return NO
    return DONE if complete(findings) else COULD_NOT_ASK


def document(findings: Sequence[Finding], version: str = __version__) -> dict[str, object]:
    """What `--json` prints; members without a value are null."""
    counts = Counter(each.status for each in findings)
    return {
        "status": worst(findings).value,
        "complete": complete(findings),
        "version": version,
        "counts": {status.value: counts[status] for status in ORDER},
        "findings": [
            {
                "link": each.link,
                "status": each.status.value,
                "code": each.code or None,
                "about": each.about or None,
                "seen": each.seen,
                "remedy": each.remedy or None,
            }
            for each in findings
        ],
    }


def complete(findings: Sequence[Finding]) -> bool:
    """Whether every link was looked at."""
    return all(each.status is not Status.UNTOLD for each in findings)


def summary(findings: Sequence[Finding]) -> str:
    """One line: what all of it comes to."""
    counts = Counter(each.status for each in findings)
    many = {status: count(counts[status], status.value) for status in (Status.FAILURE, Status.WARNING)}
    return ", ".join(many.get(status, f"{counts[status]} {status.value}") for status in ORDER if counts[status])
