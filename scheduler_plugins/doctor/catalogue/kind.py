"""One thing that may be wrong with the chain."""

from typing import NamedTuple

from scheduler_plugins.doctor.findings import Status

WARNING, FAILURE = Status.WARNING, Status.FAILURE


class Kind(NamedTuple):
    """What may be found; what to do is one line, and may name what was found in {braces}."""

    link: str
    status: Status
    means: str
    remedy: str
