"""The hosts, and what VMs want of them."""

from collections.abc import Mapping

from scheduler_plugins.doctor.catalogue.kind import FAILURE, WARNING, Kind

KINDS: Mapping[str, Kind] = {
    "vdsm-unreachable": Kind(
        "VDSM",
        FAILURE,
        "a host that is up cannot be connected to",
        "check that vdsmd runs there, and that no firewall blocks its port from this machine",
    ),
    "vdsm-untrusted": Kind(
        "VDSM",
        FAILURE,
        "the host and we do not accept each other's certificate",
        "check [vdsm] ca_file and cert_file; enroll the host's certificate again where its address is wrong",
    ),
    "vdsm-silent": Kind(
        "VDSM",
        FAILURE,
        "a host takes the connection and does not answer",
        "look at vdsm.log there, and restart vdsmd if it hangs; [collector] host_timeout is what it may take",
    ),
    "vdsm-error": Kind(
        "VDSM",
        FAILURE,
        "a host's VDSM answers with an error",
        "look at vdsm.log there; right after a restart of vdsmd, ask again in a minute",
    ),
    "certificate-expired": Kind(
        "host certificates",
        FAILURE,
        "the host's certificate is out of date",
        "put the host into maintenance and choose Installation, Enroll Certificate in the portal",
    ),
    "certificate-expires": Kind(
        "host certificates",
        WARNING,
        "the host's certificate is about to expire",
        "put the host into maintenance and choose Installation, Enroll Certificate in the portal",
    ),
    "hook-missing": Kind(
        "hook",
        WARNING,
        "a host with mediated devices has no hook: instances and cards are not told, so verdicts are coarser",
        "install the package mdev-inventory-hook on the host; it works from the next question on",
    ),
    "hook-silent": Kind(
        "hook",
        WARNING,
        "the hook is installed and adds nothing to the host's capabilities",
        "run /usr/libexec/vdsm/hooks/after_get_caps/50_mdev_inventory --print there as user vdsm",
    ),
    "hook-other-version": Kind(
        "hook",
        WARNING,
        "the host's hook is not of this version",
        "update the package mdev-inventory-hook on the host",
    ),
    "hook-unreadable": Kind(
        "hook",
        FAILURE,
        "what the host's hook says cannot be understood",
        "install this version's package mdev-inventory-hook on the host",
    ),
    "inventory-missing": Kind(
        "inventories",
        FAILURE,
        "the service has no inventory of a host that answers us",
        "wait one [collector] collect_interval; then journalctl -u mdev-scheduler says what fails",
    ),
    "inventory-old": Kind(
        "inventories",
        WARNING,
        "the service's inventory of a host that answers us is older than three intervals",
        "journalctl -u mdev-scheduler says what fails; raise [collector] host_timeout for slow hosts",
    ),
    "inventory-errors": Kind(
        "inventories",
        WARNING,
        "a host could not read some files of its mdev bus",
        "look at the driver's messages (dmesg) on the host",
    ),
    "clock-off": Kind(
        "clocks",
        WARNING,
        "the host's clock and ours differ by more than a minute",
        "start chronyd on the host, or here",
    ),
    "request-unreadable": Kind(
        "requests",
        WARNING,
        "a VM's request for mediated devices cannot be understood",
        "correct the VM's host devices (engines before 4.5: its custom property mdev_type)",
    ),
    "request-impossible": Kind(
        "requests",
        WARNING,
        "no host of the VM's cluster could ever start it, however empty",
        "correct the VM's request, or add a host with such a card; `mdev-scheduler types` lists the types",
    ),
    "engine-blind": Kind(
        "engine's view",
        WARNING,
        "the engine's own filter refuses a host that is free, as its copy of the host's devices is old",
        "refresh the host's capabilities in the portal; with engine_refresh = yes the service does it",
    ),
    "orphans": Kind(
        "orphans",
        WARNING,
        "instances on a host belong to no VM and take their place for nothing",
        "where nothing else uses it, on the host: echo 1 > /sys/bus/mdev/devices/UUID/remove",
    ),
    "claim-overdue": Kind(
        "claims",
        WARNING,
        "a start still counts although inventories of its host should have shown its instances by now",
        "look at the VM's start in the portal; it ends by itself after [decisions] claim_timeout",
    ),
    "service-degraded": Kind(
        "service's own word",
        WARNING,
        "the service says that something does not work, and no other link explains it",
        "journalctl -u mdev-scheduler has the details",
    ),
}
