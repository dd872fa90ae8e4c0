"""Why a TLS handshake failed: each cause by its own name, from the verification's code and the certificate shown.

What to do about each is in `mdev_inventory.tls.remedies`, for hosts and for the engine.
"""

import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from mdev_inventory.tls.shown import Shown


class Cause(StrEnum):
    """Stable for machines."""

    ENDED = "certificate-ended"
    AUTHORITY_ENDED = "certificate-authority-ended"
    NOT_YET_VALID = "certificate-not-yet-valid"
    OTHER_NAME = "certificate-other-name"
    WITHOUT_NAMES = "certificate-without-names"
    UNKNOWN_AUTHORITY = "certificate-unknown-authority"
    UNFIT = "certificate-unfit"
    NO_TLS = "no-tls"
    TLS = "tls"
    """The other side refuses us, or ended the handshake without a word."""


_CAUSES: Mapping[int, Cause] = {
    9: Cause.NOT_YET_VALID,
    10: Cause.ENDED,
    62: Cause.OTHER_NAME,
    64: Cause.OTHER_NAME,
    **dict.fromkeys((2, 7, 18, 19, 20, 21, 27, 30), Cause.UNKNOWN_AUTHORITY),
}
"""By OpenSSL's X509_V_ERR codes, which no version of it renumbers. 7, a signature that is not the authority's, is
that of an authority made anew under the same name; 30 likewise, by the key's identifier."""
_NOT_TLS = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
)
"""How OpenSSL's versions call bytes that are no TLS."""
ENDS = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""What OpenSSL calls an error but is the end of the stream."""


class Asked(NamedTuple):
    """Who was asked, and who vouches for it."""

    name: str
    """The name or address that the certificate should be for."""
    ca_file: Path | None
    """None: the authorities that this machine trusts."""


def told(error: ssl.SSLError, asked: Asked, shown: Shown | None = None) -> tuple[Cause, str]:
    """The cause, and what was seen of it, in words; without `shown` they say less."""
    if isinstance(error, ssl.SSLCertVerificationError):
        cause = _refined(_CAUSES.get(error.verify_code, Cause.UNFIT), shown)
        return cause, _WORDS[cause](error, asked, shown)
    reason = error.reason or str(error)
    if "ALERT" in reason:
        return Cause.TLS, f"it refused us ({reason})"
    if reason.replace(" ", "_").upper() in _NOT_TLS:
        return Cause.NO_TLS, f"what answers there speaks no TLS ({reason})"
    return Cause.TLS, f"the handshake failed ({reason})"


def _refined(cause: Cause, shown: Shown | None) -> Cause:
    """What the verification's code cannot tell apart and the certificate does."""
    if cause is Cause.ENDED and shown and shown.ends > datetime.now(UTC):
        return Cause.AUTHORITY_ENDED
    if cause is Cause.OTHER_NAME and shown and not shown.names:
        return Cause.WITHOUT_NAMES
    return cause


Words = Callable[[ssl.SSLCertVerificationError, Asked, Shown | None], str]
DAY = "%Y-%m-%d %H:%M UTC"


def _ended(_: ssl.SSLCertVerificationError, __: Asked, shown: Shown | None) -> str:
    return "its certificate has ended" + (f", on {shown.ends:{DAY}}" if shown else "")


def _authority_ended(_: ssl.SSLCertVerificationError, __: Asked, shown: Shown | None) -> str:
    return "the certificate of the authority that signed its own has ended" + _of(shown)


def _not_yet_valid(_: ssl.SSLCertVerificationError, __: Asked, shown: Shown | None) -> str:
    now = f"this machine's clock says {datetime.now(UTC):{DAY}}"
    begins = f", only from {shown.begins:{DAY}}" if shown and shown.begins > datetime.now(UTC) else ""
    return f"its certificate is not yet valid{begins}; {now}"


def _other_name(_: ssl.SSLCertVerificationError, asked: Asked, shown: Shown | None) -> str:
    names = f" but for {', '.join(map(repr, shown.names[:5]))}" if shown and shown.names else ""
    return f"its certificate is not for {asked.name!r}{names}"


def _without_names(_: ssl.SSLCertVerificationError, asked: Asked, shown: Shown | None) -> str:
    name = f", only the common name {shown.common_name!r}" if shown and shown.common_name else ""
    return f"its certificate has no subjectAltName{name}: it is for no address, nor for {asked.name!r}"


def _unknown_authority(error: ssl.SSLCertVerificationError, asked: Asked, shown: Shown | None) -> str:
    where = f"the CA file {str(asked.ca_file)!r}" if asked.ca_file else "those that this machine trusts"
    return f"its certificate is of an authority that is not in {where}{_of(shown)} ({error.verify_message})"


def _unfit(error: ssl.SSLCertVerificationError, _: Asked, __: Shown | None) -> str:
    return f"its certificate is not fit for a server ({error.verify_message})"


def _of(shown: Shown | None) -> str:
    return f": {shown.issuer!r}" if shown else ""


_WORDS: Mapping[Cause, Words] = {
    Cause.ENDED: _ended,
    Cause.AUTHORITY_ENDED: _authority_ended,
    Cause.NOT_YET_VALID: _not_yet_valid,
    Cause.OTHER_NAME: _other_name,
    Cause.WITHOUT_NAMES: _without_names,
    Cause.UNKNOWN_AUTHORITY: _unknown_authority,
    Cause.UNFIT: _unfit,
}
