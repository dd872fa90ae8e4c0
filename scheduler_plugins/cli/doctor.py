"""`mdev-scheduler doctor`: every link of the chain, as a table for people or as JSON for programs."""

from collections import Counter
from collections.abc import Sequence

from mdev_inventory import __version__
from scheduler_plugins.cli import output
from scheduler_plugins.cli.common import DONE, NO
from scheduler_plugins.doctor import chain, gather
from scheduler_plugins.doctor.findings import Finding, Status, count, worst

ORDER = (Status.FAILURE, Status.WARNING, Status.NOT_CHECKED, Status.OK)


def run(where: gather.Where, json: bool) -> int:
    """Ask, judge, print; the exit status: 1 where something fails."""
    findings = chain.diagnose(gather.facts(where))
    if json:
        output.json(document(findings))
    else:
        output.findings(findings, summary(findings))
    return NO if worst(findings) is Status.FAILURE else DONE


def document(findings: Sequence[Finding], version: str = __version__) -> dict[str, object]:
    """What `--json` prints; members without a value are null."""
    counts = Counter(each.status for each in findings)
    return {
        "status": worst(findings).value,
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


def summary(findings: Sequence[Finding]) -> str:
    """One line: what all of it comes to."""
    counts = Counter(each.status for each in findings)
    many = {status: count(counts[status], status.value) for status in (Status.FAILURE, Status.WARNING)}
    return ", ".join(many.get(status, f"{counts[status]} {status.value}") for status in ORDER if counts[status])
