"""The end of a certificate, read from a file and from a handshake."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from mdev_inventory.vdsm.certificate import not_after, peer_not_after
from mdev_inventory.vdsm.rpc import client_context
from simulation.vdsm.pki import Authority, server_context

PADDING = "subject=/CN=whoever\n"


def pem(end: datetime, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, name: str = "host") -> str:
    """A certificate that ends then."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=1))
        .not_valid_after(end)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize(
    "end",
    [
        datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC),
        datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2050, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
    ids=["last century", "now", "last of two digits", "first of four", "never"],
)
@pytest.mark.parametrize("name", ["host", "h" * 64], ids=["short", "long"])
def test_the_end_is_read(end: datetime, name: str) -> None:
    """To the second, in both of the forms that a date may have, with text around the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())

    assert end == not_after(PADDING + pem(end, key, name) + PADDING)


def test_a_large_key_changes_nothing() -> None:
    """Lengths of more than one byte."""
    end = datetime(2030, 1, 1, tzinfo=UTC)

    assert end == not_after(pem(end, rsa.generate_private_key(65537, 2048)))


@pytest.mark.parametrize(
    "text",
    ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
    ids=["empty", "prose", "junk"],
)
def test_what_is_no_certificate_is_an_error(text: str) -> None:
    """ValueError, whatever it is."""
    with pytest.raises(ValueError, match="no certificate that can be read"):
        not_after(text)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # to be an error of theirs, a ValueError, one day
@given(st.integers(0, 400), st.integers(0, 255))
def test_no_damage_raises_anything_else(place: int, value: int) -> None:
    """A certificate with a wrong byte in it is read, or is a ValueError."""
    der = bytearray(ssl.PEM_cert_to_DER_cert(SOUND))
    der[place % len(der)] = value
    try:
        not_after(ssl.DER_cert_to_PEM_cert(bytes(der)))
    except ValueError:
        return


SOUND = pem(datetime(2030, 1, 1, tzinfo=UTC), ec.generate_private_key(ec.SECP256R1()))


@contextmanager
def listening(context: ssl.SSLContext) -> Iterator[int]:
    """A server that shakes hands once; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("days", [5, -1], ids=["in date", "expired"])
def test_a_peer_shows_its_own(tmp_path: Path, days: int) -> None:
    """The verified peer's; one that cannot be verified is refused."""
    authority = Authority(tmp_path)
    ours = authority.client()
    tls = client_context(authority.ca_file, ours.cert_file, ours.key_file)
    server = server_context(authority.ca_file, authority.host("127.0.0.1", days=days))
    with listening(server) as port:
        if days < 0:
            with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
                peer_not_after("127.0.0.1", port, tls, 5)
        else:
            end = peer_not_after("127.0.0.1", port, tls, 5)
            assert timedelta(days=4) < end - datetime.now(UTC) <= timedelta(days=5)
