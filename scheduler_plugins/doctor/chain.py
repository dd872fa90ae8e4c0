"""The links in the order in which they must hold, and what is said of one whose precondition does not."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from scheduler_plugins.doctor.catalogue import found
from scheduler_plugins.doctor.checks import endpoints, engine, hosts, machine, policies, vms
from scheduler_plugins.doctor.facts import Facts
from scheduler_plugins.doctor.findings import Finding, Status, ok, untold


class Link(NamedTuple):
    """One link: without any of `needs`, nothing can be said about it but by `anyway`."""

    name: str
    check: Callable[[Facts], Iterable[Finding]]
    needs: tuple[str, ...] = ()
    anyway: Callable[[Facts], Iterable[Finding]] = lambda _: ()


CONFIGURED, ASKED, SEEN = ("configuration",), ("credentials",), ("right to read", "own certificate")
CHAIN = (
    Link("configuration", machine.configuration),
    Link("credential files", machine.credential_files, CONFIGURED),
    Link("own certificate", machine.own_certificate, ("credential files",)),
    Link("state directory", machine.state_directory, CONFIGURED),
    Link("disk", machine.disk, ("state directory",)),
    Link("service", endpoints.service, CONFIGURED),
    Link("proxy socket", endpoints.proxy_socket, ("service",)),
    Link("engine endpoint", endpoints.engine_endpoint, ("service",)),
    Link("proxy", endpoints.proxy, ("service", "engine endpoint")),
    Link("engine", engine.engine, ("credential files",)),
    Link("credentials", engine.credentials, ("engine",)),
    Link("right to read", engine.right_to_read, ASKED),
    Link("right to add events", engine.right_to_add_events, ASKED),
    Link("right to refresh hosts", engine.right_to_refresh, ASKED),
    Link("external scheduling", engine.external_scheduling, ASKED),
    Link("units", engine.units, ("external scheduling",)),
    Link("VDSM", hosts.vdsm, SEEN, anyway=hosts.last_heard),
    Link("host certificates", hosts.host_certificates, SEEN),
    Link("hook", hosts.hook, SEEN),
    Link("cards", hosts.cards, SEEN),
    Link("clocks", hosts.clocks, SEEN),
    Link("inventories", hosts.inventories, ("service", *SEEN)),
    Link("policies", policies.policies, ("right to read",)),
    Link("VM property", engine.vm_property, ("right to read",)),
    Link("requests", vms.requests, SEEN),
    Link("engine's view", vms.engine_view, SEEN),
    Link("orphans", vms.orphans, ("service",)),
    Link("claims", vms.claims, ("service",)),
)
LAST = "service's own word"
EXPLAINED = (
    (("the engine endpoint is closed",), ("engine endpoint", "proxy")),
    (("the proxy socket",), ("proxy socket",)),
    (("engine view",), ("engine", "credentials", "right to read", "engine's view")),
    (("engine refresh",), ("right to refresh hosts",)),
    (("engine",), ("engine", "credentials", "right to read")),
    (("portal events", "event about"), ("right to add events", "engine", "credentials")),
    (("claims", "store", "request files", "lifetimes"), ("state directory", "disk")),
)
"""How the service's complaints begin, and the links that then show why."""
ABOUT_HOSTS = ("VDSM", "host certificates", "inventories", "hook")


def diagnose(facts: Facts) -> list[Finding]:
    """What there is to say about every link, in order."""
    findings: list[Finding] = []
    broken: dict[str, str] = {}
    for link in CHAIN:
        because = next((broken[need] for need in link.needs if need in broken), "")
        said = [*link.anyway(facts), untold(f"{because} does not hold")] if because else list(link.check(facts))
        if because or any(each.status is Status.FAILURE for each in said):
            broken[link.name] = because or link.name
        findings += [each._replace(link=each.link or link.name) for each in said]
    silent = broken.get("configuration") or broken.get("service")
    own = untold(f"{silent} does not hold") if silent else _own_word(facts, findings)
    return [*findings, own._replace(link=LAST)]


def _own_word(facts: Facts, findings: Iterable[Finding]) -> Finding:
    """What the service itself complains of, where no other link explains it."""
    wrong = {each.link for each in findings if each.status in (Status.WARNING, Status.FAILURE)}
    left = [reason for reason in facts.service.reasons if not _explained(reason, wrong, facts.proxied)]
    if left:
        return found("service-degraded", "; ".join(left))
    said = "; ".join(facts.service.reasons)
    return ok(f"explained above: {said}" if said else "it has nothing to complain of")


def _explained(reason: str, wrong: set[str], proxied: bool) -> bool:
    for begins, links in EXPLAINED:
        if reason.startswith(begins):
            return not wrong.isdisjoint(links) or (proxied and "engine endpoint" in links)
    return ("hosts that are up" in reason or "hosts that are not up" in reason) and not wrong.isdisjoint(ABOUT_HOSTS)
