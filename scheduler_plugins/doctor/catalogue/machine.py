"""This machine and the service on it, endpoints and proxy included."""

from collections.abc import Mapping

from scheduler_plugins.doctor.catalogue.kind import FAILURE, WARNING, Kind

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
        "correct the file (secrets: mdev-scheduler, 0600; certificates: enroll.sh makes them); "
        "run doctor as root",
    ),
    "own-certificate-expired": Kind(
        "own certificate",
        FAILURE,
        "no host's VDSM accepts our certificate any more",
        "enrol a new one with /opt/mdev-scheduler/enroll.sh, then systemctl restart mdev-scheduler",
    ),
    "own-certificate-expires": Kind(
        "own certificate",
        WARNING,
        "our certificate for VDSM is about to expire",
        "enrol a new one in time with /opt/mdev-scheduler/enroll.sh, then systemctl restart mdev-scheduler",
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
    "state-open": Kind(
        "state directory",
        FAILURE,
        "others may write there, and so decide what the service remembers and whom the plugin refuses",
        "take that right away: chmod g-w,o-w {path}",
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
    "proxy-socket-closed": Kind(
        "proxy socket",
        FAILURE,
        "nobody answers on the socket that ovirt-scheduler-proxy's plugin opens",
        "systemctl restart mdev-scheduler; [service] socket names the place",
    ),
    "proxy-socket-locked": Kind(
        "proxy socket",
        WARNING,
        "the group that ovirt-scheduler-proxy runs in may not use the socket",
        "set [service] socket_group to the proxy's group and restart the service",
    ),
    "engine-endpoint-foreign": Kind(
        "engine endpoint",
        FAILURE,
        "the engine asks a program that is neither the service nor ovirt-scheduler-proxy",
        "stop that program and restart the service, then the engine; or move both: [service] xmlrpc_port and "
        "engine-config -s ExternalSchedulerServiceURL",
    ),
    "engine-endpoint-closed": Kind(
        "engine endpoint",
        FAILURE,
        "nobody listens where the engine asks its external scheduler: it starts VMs without asking",
        "systemctl restart mdev-scheduler; its log says why the endpoint stays closed",
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
}
