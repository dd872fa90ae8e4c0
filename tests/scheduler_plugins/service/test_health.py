"""What does not work, in sentences."""

from mdev_inventory.collector.troubles import Trouble
from mdev_inventory.observation import HostFailure
from scheduler_plugins.service.health import Health
from tests.scheduler_plugins.world import FREE, NOW, World, host


def test_all_is_well() -> None:
    """Hosts in maintenance may be silent."""
    world = World(host_list=(host(FREE, "free"), host("x", "x", status="maintenance")))

    assert [] == Health(world, dict).reasons()


def test_everything_that_is_wrong_is_told() -> None:
    """Endpoints, what the collector cannot do, hosts that fail and hosts not asked yet."""
    world = World(host_list=(host(FREE, "free"), host("dead", "dead"), host("new", "new")))
    world.failures = {"dead": HostFailure("dead", "connect", "refused", NOW)}
    health = Health(world, lambda: {"engine hosts": Trouble("auth", "the password is wrong", NOW)})
    health.closed_endpoints.append("the engine endpoint is closed")
    health.checks += [str, lambda: "the proxy socket is no longer ours"]

    assert [
        "the engine endpoint is closed",
        "the proxy socket is no longer ours",
        "engine hosts: the password is wrong",
        "1 of 3 hosts that are up could not be asked as they should: dead",
        "1 of 3 hosts that are up were not asked yet: new",
    ] == health.reasons()


def test_many_hosts_are_counted_and_a_few_named() -> None:
    """A data centre may lose hundreds at once."""
    world = World(host_list=tuple(host(f"id-{n}", f"host-{n}") for n in range(7)), observations={})

    assert ["7 of 7 hosts that are up were not asked yet: host-0, host-1, host-2, host-3, host-4 and 2 more"] == Health(
        world, dict
    ).reasons()


def test_hosts_that_are_not_up_are_looked_at_for_their_certificates() -> None:
    """One that is silent is as the engine says; one whose certificate has ended is why the engine lost it."""
    down = (host(name, name, status="non_responsive") for name in ("ended", "off", "unasked"))
    world = World(host_list=(host(FREE, "free"), *down))
    world.failures = {
        "ended": HostFailure("ended", "certificate-ended", "its certificate has ended", NOW),
        "off": HostFailure("off", "connect", "refused", NOW),
    }

    assert ["1 of 3 hosts that are not up fail at TLS: ended (certificate-ended)"] == Health(world, dict).reasons()
