"""The doctor's section of `docs/messages.md`, made from the chain and the catalogue.

python -m tools.messages
"""

import sys
from collections.abc import Iterator

from scheduler_plugins.doctor.catalogue import KINDS
from scheduler_plugins.doctor.chain import CHAIN, LAST

TITLE = "## mdev-scheduler doctor"
HEAD = f"""\
{TITLE}

Every link in the order in which it must hold, each with one of three answers: it holds (`ok`), it does not
(`failure`, `warning`), or that `cannot be told`, and why: its precondition fails, the engine does not let us see it,
or a host on which it hangs was not there. {{words}} stand for what was found.

Exit status: 1 where anything is a failure; else 3 where anything cannot be told; else 0: everything was looked at and
holds, but for warnings. In JSON, `status` is the worst answer of all, and `complete` whether everything was looked at.

| link | finding | status | means | do |
|---|---|---|---|---|
"""


def section() -> str:
    """The section with one row for each finding, in the order of the chain."""
    return HEAD + "".join(_rows())


def _rows() -> Iterator[str]:
    for link in [*(link.name for link in CHAIN), LAST]:
        for code, kind in KINDS.items():
            if kind.link == link:
                cells = (link, f"`{code}`", kind.status.value, kind.means, kind.remedy)
                yield f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    sys.stdout.write(section())
