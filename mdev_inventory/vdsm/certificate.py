"""When certificates end: our own file's, and that of a host as it shows it in the handshake.

The standard library reads the date of a verified peer only, so the one field that is wanted of our own file
is picked out of its DER by hand: Certificate > tbsCertificate > validity > notAfter (RFC 5280, section 4.1).
"""

import socket
import ssl
from datetime import UTC, datetime

BEGIN = "-----BEGIN CERTIFICATE-----"
SEQUENCE, CONTEXT_0, UTC_TIME, GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
BEFORE_VALIDITY = 3
"""Serial number, signature algorithm and issuer come before it, after an optional version."""


def not_after(pem: str) -> datetime:
    """The end of the first certificate in the text; ValueError where there is none that can be read."""
    start = pem.find(BEGIN)
    if start < 0:
        raise ValueError("no certificate in PEM form")
    end = pem.find("-----END CERTIFICATE-----", start)
    der = ssl.PEM_cert_to_DER_cert(pem[start:end] + "-----END CERTIFICATE-----\n")
    try:
        return _end_of(der)
    except IndexError as error:
        raise ValueError("the certificate ends too early") from error


def peer_not_after(address: str, port: int, tls: ssl.SSLContext, timeout_s: float) -> datetime:
    """The end of the certificate that listens there, once it was verified; raises OSError."""
    with (
        socket.create_connection((address, port), timeout_s) as sock,
        tls.wrap_socket(sock, server_hostname=address.partition("%")[0]) as wrapped,
    ):
        found = wrapped.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC)


def _end_of(der: bytes) -> datetime:
    tbs, _ = _inside(der, 0, SEQUENCE)
    at, _ = _inside(der, tbs, SEQUENCE)
    if der[at] == CONTEXT_0:
        at = _after(der, at)
    for _ in range(BEFORE_VALIDITY):
        at = _after(der, at)
    first, _ = _inside(der, at, SEQUENCE)
    last = _after(der, first)
    begin, end = _inside(der, last, der[last])
    return _time(der[last], der[begin:end].decode("ascii"))


def _time(tag: int, text: str) -> datetime:
    """Two digits of a year are of 1950 to 2049."""
    if tag not in (UTC_TIME, GENERALIZED_TIME):
        raise ValueError(f"tag {tag:#x} where the certificate's end should be")
    century = "" if tag == GENERALIZED_TIME else "19" if text[:2] >= "50" else "20"
    return datetime.strptime(century + text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _inside(der: bytes, at: int, tag: int) -> tuple[int, int]:
    """Where the content of the element at `at` begins and ends."""
    if der[at] != tag:
        raise ValueError(f"tag {der[at]:#x} at {at} where {tag:#x} should be")
    length, begin = der[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, begin = int.from_bytes(der[begin : begin + size], "big"), begin + size
    return begin, begin + length


def _after(der: bytes, at: int) -> int:
    """Where the element behind the one at `at` begins."""
    return _inside(der, at, der[at])[1]
