"""The engine: reachable, lets us in, gives us the rights, asks us."""

from collections.abc import Mapping

from scheduler_plugins.doctor.catalogue.kind import FAILURE, WARNING, Kind

KINDS: Mapping[str, Kind] = {
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
        "engine-config -s ExternalSchedulerEnabled=true, and -g ExternalSchedulerServiceURL has to name "
        "port {port}; then, with the service (and the proxy) running, systemctl restart ovirt-engine",
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
        "mdev-scheduler policy enable --cluster {cluster} --user admin@internal",
    ),
    "policy-unused": Kind(
        "policies",
        WARNING,
        "the cluster has hosts with mediated devices, and its scheduling policy does not have MdevFilter",
        "mdev-scheduler policy enable --cluster {cluster} --user admin@internal",
    ),
    "policy-outvoted": Kind(
        "policies",
        WARNING,
        "the policy's internal weights together count more than ours: they rarely decide",
        "raise the factor of our weight or lower those of the internal ones; {how}",
    ),
    "property-undefined": Kind(
        "VM property",
        FAILURE,
        "the cluster has hosts with mediated devices, and no VM there can ask for one (engines before 4.5)",
        "engine-config -s UserDefinedVMProperties='{value}' --cver={level}, "
        "then systemctl restart ovirt-engine",
    ),
}
