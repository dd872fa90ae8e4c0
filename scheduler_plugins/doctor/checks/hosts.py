"""Each host: its VDSM, certificate, hook, inventory and clock. One row where all are well."""

from collections.abc import Callable, Collection, Iterator

from mdev_inventory.bare_cards import ReasonCode, not_ready, reasons
from mdev_inventory.model import HostInventory
from mdev_inventory.tls import remedies
from scheduler_plugins.doctor import unreached
from scheduler_plugins.doctor.catalogue import found
from scheduler_plugins.doctor.facts import Facts, HostFacts
from scheduler_plugins.doctor.findings import Finding, count, ok, untold
from scheduler_plugins.units.verdict import some

SOON = 30.0
CLOCK = 60.0
HOOKS_SINCE = (4, 4)
"""Hosts before that run Python 2: they are served without the hook."""
UNREACHED = frozenset({"lookup", "connect", "timeout"})
"""What may be nobody's fault where the engine shows the host as not up."""
MEANT = frozenset({ReasonCode.RESERVED, ReasonCode.GVT_OFF, ReasonCode.UNKNOWN})
"""Why a card carries no mediated devices that nobody needs to be warned of."""
AWAY = frozenset({"maintenance", "preparing_for_maintenance"})
"""Statuses in which an administrator may have switched a host off."""


def vdsm(facts: Facts) -> Iterator[Finding]:
    """It answers us. Hosts that are not up are asked, too: their certificates may be why."""
    failed = [seen for seen in facts.hosts if seen.code]
    off = [seen for seen in failed if seen.code in UNREACHED and seen.host.status != "up"]
    wrong = [found(unreached.of_host(seen.code), seen.error, seen.host.name) for seen in failed if seen not in off]
    yield from wrong
    yield from (
        untold(f"it is {seen.host.status}, and does not answer: {seen.error}", seen.host.name)
        for seen in off
        if seen.host.status not in AWAY
    )
    yield from last_heard(facts)
    if len(failed) < len(facts.hosts):
        yield ok(f"{len(facts.hosts) - len(failed)} of {count(len(facts.hosts), 'host')} answer{_aside(facts, off)}")
    elif not failed:
        yield untold(f"no host could be asked{_aside(facts, off)}")


def last_heard(facts: Facts) -> Iterator[Finding]:
    """What the service heard the last time of hosts that were not asked now, whatever the engine thinks of them."""
    asked = {seen.host.id for seen in facts.hosts}
    for host_id, known in facts.service.hosts.items():
        if host_id not in asked and known.code in remedies.HOST and known.code not in UNREACHED:
            text = known.failure.replace(f"; {remedies.HOST[known.code]}", "")
            yield found(unreached.of_host(known.code), f"as the service heard last: {text}", known.name or host_id)


def _aside(facts: Facts, off: Collection[HostFacts]) -> str:
    """The hosts that are out of service, by name and status."""
    asked = {seen.host.id for seen in facts.hosts}
    hosts = [host for host in facts.engine.hosts or () if host.id not in asked] + [seen.host for seen in off]
    return f"; left out: {some(f'{host.name} ({host.status})' for host in hosts)}" if hosts else ""


def host_certificates(facts: Facts) -> Iterator[Finding]:
    """In date, for a while; one that is out of date shows as a VDSM that cannot be asked."""

    def judge(seen: HostFacts, name: str) -> Iterator[Finding]:
        if seen.days is None:
            yield untold(f"host {name} shows no date that can be read", name)
        elif seen.days < SOON:
            yield found("certificate-expires", f"host {name}: {seen.days:.0f} days left", name)

    days = min((seen.days for seen in facts.hosts if seen.days is not None), default=0)
    return _each(facts, judge, f"{days:.0f} days left at least")


def hook(facts: Facts) -> Iterator[Finding]:
    """Installed where there are mediated devices, of our version, and understood."""

    def judge(seen: HostFacts, name: str) -> Iterator[Finding]:
        inventory = seen.inventory
        if seen.hook_error:
            yield found("hook-unreadable", seen.hook_error, name, remedy=seen.hook_remedy)
        elif seen.hooked and inventory and inventory.hook_version != facts.version:
            text = f"host {name}: version {inventory.hook_version or 'unknown'}, ours is {facts.version}"
            yield found("hook-other-version", text, name)
        elif not seen.hooked and seen.hook_listed:
            yield found("hook-silent", f"host {name}: VDSM lists the hook, and its key is missing", name)
        elif not seen.hooked and seen.has_devices and (seen.release or HOOKS_SINCE) >= HOOKS_SINCE:
            yield found("hook-missing", f"host {name}: no hook, and mediated devices", name)

    hooked = sum(seen.hooked for seen in facts.hosts)
    return _each(facts, judge, f"{count(hooked, 'host')} with the hook, version {facts.version}")


def cards(facts: Facts) -> Iterator[Finding]:
    """Each that could carry mediated devices does, but where somebody wants it so. The hook alone tells."""

    def judge(seen: HostFacts, name: str) -> Iterator[Finding]:
        for why, addresses in reasons(seen.inventory or HostInventory()):
            if why.code not in MEANT:
                text = f"host {name}: {some(addresses)}: {why.text}"
                yield found("card-without-mdev", text, name, remedy=why.remedy)
        if seen.hooked and (empty := not_ready(seen.inventory or HostInventory())):
            text = f"host {name}: {some(empty)}: 0 of every type, and nothing lives there"
            yield found("card-not-ready", text, name)

    hooked = [seen for seen in facts.hosts if seen.hooked]
    bare = sum(len(seen.inventory.bare_cards) for seen in hooked if seen.inventory)
    others = some(seen.host.name for seen in facts.hosts if not seen.code and not seen.hooked)
    left_out = f"; not looked at, for want of the hook: {others}" if others else ""
    wanted = f"; {count(bare, 'card')} reserved, or graphics without GVT-g" if bare else ""
    return _each(facts, judge, f"{count(len(hooked), 'host')} looked at{wanted}{left_out}")


def inventories(facts: Facts) -> Iterator[Finding]:
    """The service has one of each host that answers us, not too old, and nothing in it was unreadable."""

    def judge(seen: HostFacts, name: str) -> Iterator[Finding]:
        known = facts.service.hosts.get(seen.host.id)
        because = f": {known.failure}" if known and known.failure else ""
        if known is None or known.age_s is None:
            yield found("inventory-missing", f"host {name}: the service has none{because}", name)
        elif known.age_s > facts.patience_s:
            yield found("inventory-old", f"host {name}: {known.age_s:.0f} s old{because}", name)
        if seen.inventory and seen.inventory.errors:
            errors = some(f"{error.path}: {error.error}" for error in seen.inventory.errors)
            yield found("inventory-errors", f"host {name}: {errors}", name)

    ages = [known.age_s for known in facts.service.hosts.values() if known.age_s is not None]
    return _each(facts, judge, f"{max(ages, default=0):.0f} s old at most")


def clocks(facts: Facts) -> Iterator[Finding]:
    """The hosts' clocks and ours agree, as far as the hook tells the host's time."""

    def judge(seen: HostFacts, name: str) -> Iterator[Finding]:
        if seen.clock_off is not None and abs(seen.clock_off) > CLOCK:
            way = "ahead of" if seen.clock_off > 0 else "behind"
            yield found("clock-off", f"host {name}: {abs(seen.clock_off):.0f} s {way} this machine", name)

    told = sum(seen.clock_off is not None for seen in facts.hosts)
    return _each(facts, judge, f"{count(told, 'host')} within {CLOCK:.0f} s of ours")


def _each(facts: Facts, judge: Callable[[HostFacts, str], Iterator[Finding]], well: str) -> Iterator[Finding]:
    """What is wrong with each host that answers; one row where nothing is."""
    asked = [seen for seen in facts.hosts if not seen.code]
    if not asked:
        yield untold("no host answered" if facts.hosts else "no host could be asked")
        return
    wrong = [finding for seen in asked for finding in judge(seen, seen.host.name)]
    yield from wrong or [ok(well)]
