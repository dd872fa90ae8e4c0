"""The page: hosts, types and the last decisions, rendered here; it needs no script and no other file."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import humanize
import jinja2

from mdev_inventory import __version__, bare_cards
from mdev_inventory.model import MdevType, ParentDevice
from mdev_inventory.visible import visible
from scheduler_plugins.decisions.decision import Decision
from scheduler_plugins.service.web.capacity import Capacities, HostState

HEADERS = {
    # Names of hosts, types and VMs come from outside: even unescaped they could load and run nothing.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"
}
SHOWN_DECISIONS = 25


def render(capacities: Capacities, decisions: Sequence[Decision], reasons: Sequence[str]) -> str:
    """The page as HTML; `reasons` are what does not work."""
    types = capacities.types()
    return _TEMPLATE.render(
        now=capacities.clock(),
        wall=capacities.to_wall,
        hosts=capacities.hosts(),
        # None used is unknown, which is not nothing.
        types=[state for state in types if state.free or state.used != 0],
        idle=[state for state in types if not state.free and state.used == 0],
        decisions=decisions[:SHOWN_DECISIONS],
        reasons=reasons,
        version=__version__,
    )


def when(seconds: float) -> str:
    """A moment, in UTC as in the log of the engine's database."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def cards(state: HostState) -> list[tuple[str, list[ParentDevice]]]:
    """The host's parent devices by card: the functions of one physical function belong together."""
    parents = state.observation.inventory.parents if state.observation else ()
    by_card: dict[str, list[ParentDevice]] = defaultdict(list)
    for parent in sorted(parents, key=lambda parent: parent.address):
        by_card[parent.physfn or parent.address].append(parent)
    return sorted(by_card.items())


def living(parents: Sequence[ParentDevice]) -> list[tuple[MdevType, int]]:
    """The types that have instances on these parents, with their number."""
    types = {found.id: found for parent in parents for found in parent.types or ()}
    counts = Counter(found.id for parent in parents for found in parent.types or () for _ in found.instances or ())
    return [(types[type_id], count) for type_id, count in counts.items()]


def instances_known(parents: Sequence[ParentDevice]) -> bool:
    """Whether the source could tell the instances on these parents."""
    types = (mdev_type for parent in parents for mdev_type in parent.types or ())
    return all(mdev_type.instances is not None for mdev_type in types)


def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if isinstance(value, str) else value,
    )
    environment.filters.update(
        age=humanize.naturaldelta,
        when=when,
        cards=cards,
        bare=bare_cards.reasons,
        not_ready=bare_cards.not_ready,
        living=living,
        instances_known=instances_known,
    )
    return environment.get_template("page.html")


_TEMPLATE = _template()
