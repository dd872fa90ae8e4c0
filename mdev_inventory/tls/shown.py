"""What a certificate says of itself: the one that a server showed and that was refused."""

import socket
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.x509.oid import NameOID

from mdev_inventory.tls.context import viewer

MOST_S = 1.0
"""A look may take so long: it only makes an error's text better."""
LONGEST_NAME = 100


class Shown(NamedTuple):
    """A certificate that was shown to us; nobody vouches for a word of it."""

    names: tuple[str, ...]
    """Its subjectAltNames: host names and addresses."""
    common_name: str
    issuer: str
    begins: datetime
    ends: datetime


def read(der: bytes | None) -> Shown | None:
    """The certificate in these bytes; None where there is none that can be read."""
    try:
        found = x509.load_der_x509_certificate(der or b"")
        return Shown(
            _names(found),
            _common_name(found.subject),
            _common_name(found.issuer) or found.issuer.rfc4514_string()[:LONGEST_NAME],
            found.not_valid_before_utc,
            found.not_valid_after_utc,
        )
    except (ValueError, x509.InvalidVersion):
        return None


def look(address: str, port: int, seconds: float) -> Shown | None:
    """Asks for the certificate once more, accepting any; None where it is not to be had within so many seconds."""
    with (
        suppress(OSError, ValueError),
        socket.create_connection((address, port), min(seconds, MOST_S)) as sock,
        viewer().wrap_socket(sock, server_hostname=address.partition("%")[0]) as wrapped,
    ):
        return read(wrapped.getpeercert(binary_form=True))
    return None


def _names(found: x509.Certificate) -> tuple[str, ...]:
    with suppress(x509.ExtensionNotFound):
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = [name.value for name in names if isinstance(name, x509.DNSName)]
        return (*hosts, *(str(name.value) for name in names if isinstance(name, x509.IPAddress)))
    return ()


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value)[:LONGEST_NAME] if found else ""
