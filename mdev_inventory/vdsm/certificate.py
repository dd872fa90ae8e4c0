"""When certificates end: our own file's, and that of a host as it shows it in the handshake."""

import socket
import ssl
from datetime import UTC, datetime

from cryptography import x509


def not_after(pem: str) -> datetime:
    """The end of the first certificate in the text; ValueError where there is none that can be read."""
    try:
        return x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc
    except (ValueError, x509.InvalidVersion) as error:
        raise ValueError(f"no certificate that can be read: {error}") from error


def peer_not_after(address: str, port: int, tls: ssl.SSLContext, timeout_s: float) -> datetime:
    """The end of the certificate that listens there, once it was verified; raises OSError."""
    with (
        socket.create_connection((address, port), timeout_s) as sock,
        tls.wrap_socket(sock, server_hostname=address.partition("%")[0]) as wrapped,
    ):
        found = wrapped.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC)
