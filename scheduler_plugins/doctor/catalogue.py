"""Everything that doctor may find wrong: what it means, and what to do about it.

The one place where a finding is worded; `docs/messages.md` is made from it. A remedy is one line, and may
name what was found in {braces}.
"""

from collections.abc import Mapping
from typing import NamedTuple

from scheduler_plugins.doctor.findings import Finding, Status

WARNING, FAILURE = Status.WARNING, Status.FAILURE


class Kind(NamedTuple):
    """One thing that may be wrong."""

    link: str
    status: Status
    means: str
    remedy: str


KINDS: Mapping[str, Kind] = {
    "configuration-wrong": Kind(
        "configuration",
        FAILURE,
        "a file cannot be read, a key or value is wrong, or no engine is named; the service does not start",
        "correct what it names; `mdev-scheduler serve --show-config` prints what is in force",
    ),
    "file-unusable": Kind(
        "credential files",
        FAILURE,
        "the password, a key or a certificate cannot be used; the service does not start",
        "correct the file; secrets belong to the user mdev-scheduler with mode 0600 (run doctor as root)",
    ),
    "own-certificate-expired": Kind(
        "own certificate",
        FAILURE,
        "no host's VDSM accepts our certificate any more",
        "enroll a new one with pki-enroll-pkcs12.sh for [vdsm] cert_file and key_file, restart the service",
    ),
    "own-certificate-expires": Kind(
        "own certificate",
        WARNING,
        "our certificate for VDSM is about to expire",
        "enroll a new one in time with pki-enroll-pkcs12.sh, then restart the service",
    ),
    "state-missing": Kind(
        "state directory",
        FAILURE,
        "the folder of the state file does not exist",
        "make it: install -d -o mdev-scheduler -g ovirt -m 0750 {path}",
    ),
    "state-unwritable": Kind(
        "state directory",
        FAILURE,
        "the service cannot write there: a restart forgets the starts in flight",
        "give it to the service's user: chown mdev-scheduler:ovirt {path} && chmod 0750 {path}",
    ),
    "state-closed": Kind(
        "state directory",
        WARNING,
        "the proxy's plugin cannot look into it, so that a service that is down refuses nobody",
        "let the proxy's group in: chgrp ovirt {path} && chmod g+rx {path}",
    ),
    "disk-full": Kind(
        "disk",
        FAILURE,
        "nothing more can be written to the state directory: a restart forgets the starts in flight",
        "make room on the file system of {path}",
    ),
    "disk-low": Kind(
        "disk",
        WARNING,
        "the file system of the state directory is nearly full",
        "make room on the file system of {path}",
    ),
    "service-down": Kind(
        "service",
        FAILURE,
        "nothing answers where the API should be",
        "systemctl start mdev-scheduler; journalctl -u mdev-scheduler tells why it ended",
    ),
    "service-foreign": Kind(
        "service",
        FAILURE,
        "another program answers where the API should be",
        "stop that program, or set [service] http_port to a free port and restart the service",
    ),
    "service-other-version": Kind(
        "service",
        WARNING,
        "the running service is not of the version that is installed",
        "systemctl restart mdev-scheduler",
    ),
    "door1-closed": Kind(
        "door 1",
        FAILURE,
        "nobody answers on the socket that ovirt-scheduler-proxy's plugin opens",
        "systemctl restart mdev-scheduler; [service] socket names the place",
    ),
    "door1-locked": Kind(
        "door 1",
        WARNING,
        "the group that ovirt-scheduler-proxy runs in may not use the socket",
        "set [service] socket_group to the proxy's group and restart the service",
    ),
    "door2-foreign": Kind(
        "door 2",
        FAILURE,
        "the engine asks a program that is neither the service nor ovirt-scheduler-proxy",
        "stop that program and restart the service, then the engine; or move both: [service] xmlrpc_port and "
        "engine-config -s ExternalSchedulerServiceURL",
    ),
    "door2-closed": Kind(
        "door 2",
        FAILURE,
        "nobody listens where the engine asks its external scheduler: it starts VMs without asking",
        "systemctl restart mdev-scheduler; its log says why the door stays closed",
    ),
    "plugin-missing": Kind(
        "proxy",
        FAILURE,
        "ovirt-scheduler-proxy answers the engine and does not have our plugin",
        "copy mdev_units.py into {path}, restart ovirt-scheduler-proxy, then ovirt-engine",
    ),
    "plugin-differs": Kind(
        "proxy",
        WARNING,
        "the proxy's copy of mdev_units.py is not this version's",
        "copy this version's mdev_units.py into {path}, restart ovirt-scheduler-proxy, then ovirt-engine",
    ),
    "plugin-not-loaded": Kind(
        "proxy",
        FAILURE,
        "the proxy has our plugin's file but does not know its units",
        "systemctl restart ovirt-scheduler-proxy, then ovirt-engine; the proxy's log says what it dislikes",
    ),
    "engine-unreachable": Kind(
        "engine",
        FAILURE,
        "the engine's REST API does not answer",
        "systemctl status ovirt-engine httpd; [engine] url and timeout say where and how long it is asked",
    ),
    "engine-untrusted": Kind(
        "engine",
        FAILURE,
        "the engine's certificate is not signed by the authority that is configured",
        "set [engine] ca_file to the authority of the engine's web server",
    ),
    "engine-old": Kind(
        "engine",
        WARNING,
        "engines before 4.4 are not supported",
        "upgrade the engine; what works on which version is in docs/versions.md",
    ),
    "credentials-refused": Kind(
        "credentials",
        FAILURE,
        "the engine does not let our user in",
        "check [engine] user (USER@PROFILE; USER@ovirt@internalsso with Keycloak), its password file, and "
        "whether the account is locked or expired (ovirt-aaa-jdbc-tool user show)",
    ),
    "right-read": Kind(
        "right to read",
        FAILURE,
        "the engine shows our user no hosts: nothing can be decided",
        "give the user the role ReadOnlyAdmin on the system",
    ),
    "lists-unreadable": Kind(
        "right to read",
        FAILURE,
        "the engine's list of hosts or of VMs cannot be read: the last one stays",
        "look at engine.log; raise [engine] timeout where the lists are long",
    ),
    "right-events": Kind(
        "right to add events",
        WARNING,
        "no event in the portal can say why a VM finds no host",
        "give the user the role ExternalEventsCreator and restart the service, or set engine_events = no",
    ),
    "right-refresh": Kind(
        "right to refresh hosts",
        WARNING,
        "the engine's own filter may go on refusing hosts that are free",
        "give the user a role with MANIPULATE_HOST and restart the service, or set engine_refresh = no",
    ),
    "external-scheduling-off": Kind(
        "external scheduling",
        FAILURE,
        "the engine knows no external unit that is enabled: it asks nobody",
        "engine-config -s ExternalSchedulerEnabled=true, then, with the service (and the proxy) running, "
        "systemctl restart ovirt-engine",
    ),
    "unit-missing": Kind(
        "units",
        FAILURE,
        "the engine has not discovered one of our units",
        "with the service (and the proxy) running: systemctl restart ovirt-engine, which looks only then",
    ),
    "unit-disabled": Kind(
        "units",
        FAILURE,
        "the engine has disabled one of our units, and passes over it in silence",
        "with the service (and the proxy) running: systemctl restart ovirt-engine, which looks only then",
    ),
    "policy-without-filter": Kind(
        "policies",
        FAILURE,
        "VMs of the cluster ask for mediated devices, and its scheduling policy does not have MdevFilter",
        "mdev-scheduler policy enable --cluster {cluster}",
    ),
    "policy-unused": Kind(
        "policies",
        WARNING,
        "the cluster has hosts with mediated devices, and its scheduling policy does not have MdevFilter",
        "mdev-scheduler policy enable --cluster {cluster}",
    ),
    "policy-outvoted": Kind(
        "policies",
        WARNING,
        "the policy's internal weights together count more than ours: they rarely decide",
        "raise the factor of our weight or lower those of the internal ones; {how}",
    ),
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
        "a start still counts although inventories of its host should have shown its devices by now",
        "look at the VM's start in the portal; it ends by itself after [decisions] claim_timeout",
    ),
    "service-degraded": Kind(
        "service's own word",
        WARNING,
        "the service says that something does not work, and no other link explains it",
        "journalctl -u mdev-scheduler has the details",
    ),
}
"""By code."""


def found(code: str, seen: str, about: str = "", **words: object) -> Finding:
    """A finding of that code; `words` are what its remedy names."""
    kind = KINDS[code]
    return Finding(kind.link, kind.status, seen, kind.remedy.format(**words), code, about)
