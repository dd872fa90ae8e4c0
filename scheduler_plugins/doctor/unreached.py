"""What doctor may find wrong between us and the hosts' VDSM or the engine's web server, by the error's code.

Each has the remedy that the error itself has: both read `mdev_inventory.tls.remedies`.
"""

from collections.abc import Mapping

from mdev_inventory.tls import remedies
from mdev_inventory.tls.causes import Cause
from scheduler_plugins.doctor.findings import Kind, Status

FAILURE = Status.FAILURE
CERTIFICATES: Mapping[Cause, str] = {
    Cause.ENDED: "certificate has ended",
    Cause.AUTHORITY_ENDED: "certificate is signed by an authority whose own has ended",
    Cause.NOT_YET_VALID: "certificate is not yet valid, mostly because a clock is wrong",
    Cause.OTHER_NAME: "certificate is for other names or addresses than the one that is asked",
    Cause.WITHOUT_NAMES: "certificate has no subjectAltName; a common name alone counts for nothing",
    Cause.UNKNOWN_AUTHORITY: "certificate is of an authority that is not in the CA file, or was made anew since",
    Cause.UNFIT: "certificate is refused for another reason, which is told",
}
VDSM: Mapping[str, tuple[str, str]] = {
    "lookup": ("vdsm-unknown-name", "a host's address cannot be resolved"),
    "connect": ("vdsm-unreachable", "a host cannot be connected to"),
    "timeout": ("vdsm-silent", "a host takes the connection and does not answer"),
    "protocol": ("vdsm-garbled", "what a host answers is no answer of VDSM's"),
    "vdsm": ("vdsm-error", "a host's VDSM answers with an error"),
    Cause.NO_TLS: ("vdsm-without-tls", "what answers at a host speaks no TLS"),
    Cause.TLS: ("vdsm-untrusted", "a host refuses us, or ended the handshake without a word"),
}
"""By the key of the remedy: the finding and what it means."""
ENGINE: Mapping[str, tuple[str, str]] = {
    "unreachable": ("engine-unreachable", "the engine's REST API cannot be connected to"),
    "timeout": ("engine-slow", "the engine's REST API does not answer in time"),
    Cause.NO_TLS: ("engine-without-tls", "what answers there speaks no TLS"),
    "tls-only": ("engine-tls-only", "it speaks TLS, and is asked without"),
    Cause.TLS: ("engine-untrusted", "the engine's web server refuses us, or ended the handshake without a word"),
    **{cause: (f"engine-{cause}", f"its web server's {means}") for cause, means in CERTIFICATES.items()},
}
"""Likewise for the engine."""

KINDS: Mapping[str, Kind] = {
    **{code: Kind("engine", FAILURE, means, remedies.ENGINE[key]) for key, (code, means) in ENGINE.items()},
    **{code: Kind("VDSM", FAILURE, means, remedies.HOST[key]) for key, (code, means) in VDSM.items()},
    **{
        str(cause): Kind("host certificates", FAILURE, f"the host's {means}", remedies.HOST[cause])
        for cause, means in CERTIFICATES.items()
    },
}


def of_host(key: str) -> str:
    """The finding for an error of a host's VDSM, by its remedy's key or its code."""
    return key if key in CERTIFICATES else VDSM.get(key, VDSM["vdsm"])[0]


def of_engine(code: str) -> str:
    """The finding for an error of the engine's, by its code; one of its answer is one of its machine."""
    return ENGINE.get(code, ENGINE["unreachable"])[0]
