"""Everything that doctor may find wrong: what it means, and what to do about it.

The one place where a finding is worded; `docs/messages.md` is made from it.
"""

from collections.abc import Mapping

from scheduler_plugins.doctor.catalogue import engine, hosts, machine
from scheduler_plugins.doctor.catalogue.kind import Kind
from scheduler_plugins.doctor.findings import Finding

KINDS: Mapping[str, Kind] = {**machine.KINDS, **engine.KINDS, **hosts.KINDS}
"""By code."""


def found(code: str, seen: str, about: str = "", **words: object) -> Finding:
    """A finding of that code; `words` are what its remedy names."""
    kind = KINDS[code]
    return Finding(kind.link, kind.status, seen, kind.remedy.format(**words), code, about)
