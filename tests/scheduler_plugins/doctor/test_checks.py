"""The checks: from facts to findings, without anybody asked."""

from dataclasses import replace

import pytest

from mdev_inventory.engine.administration import Cluster, Policy
from mdev_inventory.model import INTEL, NVIDIA, BareCard, HostInventory, MdevType, ParentDevice
from scheduler_plugins.config import Config, Engine
from scheduler_plugins.doctor import unreached
from scheduler_plugins.doctor.catalogue import KINDS
from scheduler_plugins.doctor.chain import diagnose
from scheduler_plugins.doctor.facts import Claim, Facts, Proxy, ServiceHost
from scheduler_plugins.doctor.findings import Status, worst
from tests.scheduler_plugins.doctor import test_faults
from tests.scheduler_plugins.doctor.well import (
    CARD,
    CLUSTER,
    GPU,
    INVENTORY,
    POLICY,
    TYPE,
    WELL,
    engine,
    gpu,
    machine,
    permissions,
    proxied,
    service,
    shown,
    vm,
)

UNSEEN = replace(GPU, id="h-3", name="unseen", status="maintenance")


def wrong(facts: Facts) -> list[str]:
    """The codes of what is found."""
    return [each.code for each in diagnose(facts) if each.code]


def policy(*weights: tuple[str, int], filters: tuple[str, ...] = ("u-MdevFilter",)) -> Facts:
    """The cluster has another policy."""
    return engine(policies={POLICY.id: replace(POLICY, filters=filters, weights=weights)})


def asks(*types: str) -> Facts:
    """One more VM."""
    return engine(vms=(vm("desk", TYPE), vm("more", *types)))


def clusters(number: int, base: Facts | None = None) -> Facts:
    """So many clusters with the policy; the engine asks the proxy."""
    made = tuple(replace(CLUSTER, id=f"c-{n}", name=f"C{n}") for n in range(number))
    return engine(base or with_weight_alone(proxied()), clusters=made, hosts=(GPU,), vms=())


def with_weight_alone(facts: Facts) -> Facts:
    """No internal weight in the policy that would outvote ours."""
    return engine(facts, policies={POLICY.id: replace(POLICY, weights=(("u-MdevConsolidate", 1),))})


def properties(predefined: str, user_defined: str) -> Facts:
    """An engine before 4.5 with these VM properties at the cluster's level."""
    return engine(
        version=(4, 4, 10),
        clusters=(replace(CLUSTER, level="4.4"),),
        predefined={"4.4": predefined},
        user_defined={"4.4": user_defined},
    )


def bare(**files: object) -> HostInventory:
    """What the host has, and one card more that carries no mediated devices."""
    return INVENTORY._replace(bare_cards=(BareCard("0000:af:00.0", NVIDIA, **files),))  # type: ignore[arg-type]


def asleep() -> HostInventory:
    """What the host has, and every figure 0."""
    types = tuple(one._replace(available=0, instances=()) for one in CARD.types or ())
    return INVENTORY._replace(parents=(CARD._replace(types=types),))


BY_HOST = (*unreached.VDSM, *unreached.CERTIFICATES)
FOUND: tuple[tuple[str, Facts, str], ...] = (
    ("service-other-version", service(version="0.9"), "version 0.9 runs, version 1.0.0 is installed"),
    ("engine-old", engine(version=(4, 3, 11)), "version 4.3.11"),
    ("hook-silent", gpu(hooked=False, hook_listed=True, clock_off=None), "its key is missing"),
    ("card-not-ready", gpu(inventory=asleep()), "host gpu: 0000:3b:00.0: 0 of every type, and nothing lives there"),
    (
        "card-without-mdev",
        gpu(inventory=bare(driver="nouveau")),
        "host gpu: 0000:af:00.0: driver without vGPU: nouveau",
    ),
    ("inventory-missing", service(hosts={}), "host gpu: the service has none"),
    ("inventory-old", service(hosts={GPU.id: ServiceHost(300.0, "slow", ())}), "300 s old: slow"),
    ("claim-overdue", service(claims=(Claim("desk", "gpu", 200.0),)), "VM desk on host gpu: 200 s"),
    ("service-degraded", service(reasons=("store: disk I/O error",)), "store: disk I/O error"),
    ("plugin-missing", machine(proxied(), proxy=Proxy(installed=True)), "no mdev_units.py"),
    ("property-undefined", properties("sap_agent=.*", "own=.*"), "no property mdev_type at level 4.4"),
    (
        "policy-outvoted",
        policy(("u-MdevConsolidate", 1), ("i-1", 3)),
        "ours count 1, internal 3: OptimalForEvenDistribution 3",
    ),
    ("proxy-crowded", clusters(9), "9 clusters may ask ovirt-scheduler-proxy at once: C0, C1, C2, C3, C4 and 4 more"),
    ("request-impossible", asks(*[TYPE] * 9), "holds 9 of nvidia-231, however empty (8 at most)"),
    ("request-impossible", asks(TYPE, "nvidia-9"), "no host of its cluster has the type 'nvidia-9'"),
    ("engine-blind", engine(devices={GPU.id: (shown(0),)}), "none left for the engine: nvidia-222, nvidia-231"),
    ("clock-off", gpu(clock_off=3600.0), "3600 s ahead of this machine"),
    ("state-unwritable", machine(state=replace(WELL.machine.state, owner=0)), "owner 0"),
    ("engine-slow", engine(code="timeout", error="no answer"), "no answer"),
    *((unreached.of_engine(code), engine(code=code, error="so it is"), "so it is") for code in unreached.ENGINE),
    *((unreached.of_host(code), gpu(code=code, error="host gpu: so it is"), "so it is") for code in BY_HOST),
    ("right-read", engine(hosts=()), "lists no host at all"),
    (
        "right-events",
        permissions("manipulate_host"),
        "is in none of the roles of mdev-scheduler@internal and its groups: Role",
    ),
)


@pytest.mark.parametrize(("code", "facts", "seen"), FOUND, ids=[code for code, _, _ in FOUND])
def test_found(code: str, facts: Facts, seen: str) -> None:
    """That very finding, in words that name what was seen."""
    found = next(each for each in diagnose(facts) if each.code)

    assert code == found.code
    assert seen in found.seen


def test_the_remedy_keeps_the_properties_that_are_there() -> None:
    """engine-config -s replaces all that an administrator defined: what he has stays in front."""
    (found,) = (each for each in diagnose(properties("sap_agent=.*", "own=.*")) if each.code)

    assert "UserDefinedVMProperties='own=.*;mdev_type=" in found.remedy
    assert "--cver=4.4" in found.remedy


def test_every_kind_of_finding_is_tested() -> None:
    """In a whole installation, or here."""
    tested = {code for code, _, _ in (*FOUND, *test_faults.FAULTS)}

    assert set(KINDS) == tested


NOTHING: dict[str, Facts] = {
    "all is well": WELL,
    "through the proxy": proxied(),
    "the proxy is there and not in use": machine(proxy=Proxy(installed=True)),
    "an engine before 4.5 with a VM that bears the property": engine(
        properties("sap_agent=.*;mdev_type=.*", ""), vms=(replace(vm("desk"), mdev_type=TYPE),)
    ),
    "a property that an administrator defined": properties("sap_agent=.*", "mdev_type=.*"),
    "a user's wish weighs more than ours": policy(("u-MdevConsolidate", 1), ("i-2", 99)),
    "no weight of ours at all": policy(("i-1", 3)),
    "a right on one cluster only": permissions("manipulate_host", "inject_external_events", on="cluster"),
    "rights that are not wanted": replace(
        permissions(),
        machine=replace(
            WELL.machine, config=Config(engine=Engine(url="https://e", engine_events=False, engine_refresh=False))
        ),
    ),
    "a host of old without the hook": gpu(hooked=False, release=(4, 3), clock_off=None),
    "a host without cards and without the hook": replace(
        gpu(hooked=False, inventory=HostInventory(), clock_off=None), engine=engine(vms=()).engine
    ),
    "a host that is not up": engine(hosts=(*(WELL.engine.hosts or ()), UNSEEN)),
    "as many clusters as the proxy has room for": clusters(8),
    "many clusters, and the engine asks the service itself": clusters(9, with_weight_alone(WELL)),
    "as many as an empty card holds": asks(*[TYPE] * 8),
    "a cluster that needs nothing": engine(
        clusters=(CLUSTER, Cluster("c-2", "Office", "p-2")),
        policies={POLICY.id: POLICY, "p-2": Policy("p-2", "none", (), ())},
    ),
}


@pytest.mark.parametrize("facts", NOTHING.values(), ids=NOTHING.keys())
def test_nothing_is_found(facts: Facts) -> None:
    """Nobody is told of what is as it should be."""
    assert [] == wrong(facts)
    assert Status.OK is worst(diagnose(facts))


def test_a_card_that_does_not_tell_how_many_it_holds() -> None:
    """Without a description nothing is called impossible."""
    unknown = ParentDevice("x", types=(MdevType("i915-x", available=1),))
    facts = replace(gpu(inventory=HostInventory((unknown,))), engine=asks(*["i915-x"] * 40).engine)

    assert "request-impossible" not in [each.code for each in diagnose(facts) if each.about == "more"]


def test_functions_of_one_card_hold_what_the_card_holds() -> None:
    """Sixteen functions, each offering the type, of which the card holds eight."""
    functions = tuple(
        CARD._replace(address=f"0000:3b:00.{n}", physfn="0000:3b:00.0", types=(CARD.types or ())[:1]) for n in range(16)
    )
    facts = replace(gpu(inventory=INVENTORY._replace(parents=functions)), engine=asks(*[TYPE] * 9).engine)

    assert "request-impossible" in wrong(facts)


def test_through_the_proxy_our_factor_is_one() -> None:
    """However high it stands in the policy, and only the internal weights can be changed."""
    facts = engine(proxied(), policies={POLICY.id: replace(POLICY, weights=(("u-MdevConsolidate", 50), ("i-1", 2)))})
    (found,) = [each for each in diagnose(facts) if each.code]

    assert "ours count 1 (all external weights together, through the proxy), internal 2" in found.seen
    assert "only the latter helps" in found.remedy


def test_an_engine_that_asks_nobody_may_ask_at_another_port() -> None:
    """Its URL is not in REST: the remedy names what it has to be, as configured here."""
    config = replace(WELL.config, service=replace(WELL.config.service, xmlrpc_port=18791))
    facts = engine(machine(config=config), units=())
    (found,) = [each for each in diagnose(facts) if each.code == "external-scheduling-off"]

    assert "ExternalSchedulerServiceURL has to name port 18791" in found.remedy


def test_hosts_are_named_by_what_people_call_them() -> None:
    """Ids stay in the JSON of others."""
    facts = service(hosts={**WELL.service.hosts, GPU.id: ServiceHost(1.0, "", ("u-1",))})
    (found,) = [each for each in diagnose(facts) if each.code]

    assert ("orphans", "gpu") == (found.code, found.about)


@pytest.mark.parametrize("driver", ["vfio-pci", "i915"])
def test_nobody_is_warned_of_what_is_meant(driver: str) -> None:
    """A card that is passed through, or an Intel GPU without GVT-g: counted, no more."""
    vendor = INTEL if driver == "i915" else NVIDIA
    inventory = INVENTORY._replace(bare_cards=(BareCard("0000:00:02.0", vendor, driver=driver),))
    (said,) = [each for each in diagnose(gpu(inventory=inventory)) if each.link == "cards"]

    assert (Status.OK, "2 hosts looked at; 1 card reserved, or graphics without GVT-g") == (said.status, said.seen)


def test_hosts_without_the_hook_are_named() -> None:
    """Nobody else tells of cards without mediated devices: what was not looked at is not said to be well."""
    (said,) = [each for each in diagnose(gpu(hooked=False)) if each.link == "cards"]

    assert "1 host looked at; not looked at, for want of the hook: gpu" == said.seen
