"""What may be broken in the engine: its REST API, our rights, units, policies, VMs, its copy of devices."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from dataclasses import replace

from simulation.engine.policies.built_in import Content
from simulation.engine.rest.faults import Kind
from simulation.engine.units.discovery import UnitType
from simulation.vdsm.pki import Authority
from tests.scheduler_plugins.doctor.faults import Broken, changed
from tests.scheduler_plugins.doctor.site import Site

CONSOLIDATE = ("MdevConsolidate", UnitType.WEIGHT)


@contextmanager
def engine_stopped(site: Site) -> Iterator[None]:
    """The engine's REST API is gone."""
    site.center.rest.stop()
    try:
        yield
    finally:
        site.center.rest.start()


def wrong_password(site: Site) -> str:
    """Another password in a file of its own."""
    file = site.config / "wrong-password"
    file.touch(0o600)
    file.write_text("another\n")
    return f"[engine]\npassword_file = {file}"


def another_authority(site: Site) -> str:
    """An authority that has signed nothing here."""
    return f"[engine]\nca_file = {Authority(site.config / 'pki').ca_file}"


def api(kind: Kind, part: str) -> Broken:
    """The engine answers so to questions for a path with that part."""

    @contextmanager
    def broken(site: Site) -> Iterator[None]:
        site.center.rest.faults.add(kind, part, method="GET")
        try:
            yield
        finally:
            site.center.rest.faults.clear()

    return broken


def roles(*names: str) -> Broken:
    """Our user has these roles only."""
    return lambda site: changed(site.center.rest.rights, roles=list(names))


def unit_disabled(site: Site) -> AbstractContextManager[None]:
    """The engine has disabled one weight."""
    return changed(site.engine.units.table[CONSOLIDATE], enabled=False)


@contextmanager
def unit_missing(site: Site) -> Iterator[None]:
    """The engine never heard of one weight: it started before that was there."""
    left = {key: unit for key, unit in site.engine.units.table.items() if key != CONSOLIDATE}
    with policy(lambda content: content.weights.clear())(site), changed(site.engine.units, table=left):
        yield


def all_disabled(site: Site) -> AbstractContextManager[None]:
    """ExternalSchedulerEnabled was false when the engine started."""
    units = site.engine.units
    return changed(units, table={key: replace(unit, enabled=False) for key, unit in units.table.items()})


def policy(change: Callable[[Content], object]) -> Broken:
    """The cluster's policy is another."""

    @contextmanager
    def broken(site: Site) -> Iterator[None]:
        live = site.policy.live
        with changed(live, filters=list(live.filters), weights=list(live.weights)):
            change(live)
            yield

    return broken


@contextmanager
def nobody_asks(site: Site) -> Iterator[None]:
    """No filter in the policy, and no VM that would need it; hosts with cards all the same."""
    (vm,) = site.engine.vms.values()
    with changed(vm, devices=()), policy(lambda content: content.filters.clear())(site):
        yield


def vm(name: str, parameters: dict[str, str]) -> Broken:
    """One more VM, with such a device."""

    @contextmanager
    def broken(site: Site) -> Iterator[None]:
        (cluster,) = site.center.clusters.values()
        added = site.engine.add_vm(name, cluster, devices=[parameters])
        try:
            yield
        finally:
            site.engine.remove_vm(added.id)

    return broken


def engine_blind(site: Site) -> AbstractContextManager[None]:
    """The engine's rows are of a time when the card was full."""
    host = site.host("gpu")
    rows = deepcopy(host.devices)
    for kind in (kind for row in rows.values() for kind in row.get("mdev", {}).values()):
        kind["available_instances"] = "0"
    return changed(host, devices=rows)
