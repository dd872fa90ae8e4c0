"""Certificates like those that an engine issues: one CA, hosts and clients signed by it.

Elliptic-curve keys, because a simulated data centre issues hundreds of certificates when it starts.
"""

import ipaddress
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAYS = 1827
"""Validity of what an engine issues: five years."""

# Strict verification, the default of Python 3.13's `create_default_context`, insists on it.
_SIGNS_CERTIFICATES = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its private key, as PEM files; the key's mode is 0600."""

    cert_file: Path
    key_file: Path


class Authority:
    """A certificate authority that writes what it issues into its directory."""

    def __init__(self, directory: Path, name: str = "engine CA") -> None:
        """Makes the CA's key and certificate; files of an earlier authority in `directory` are replaced."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._name = _common_name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._issued = 0
        builder = self._builder(self._name, self._key.public_key(), DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(_SIGNS_CERTIFICATES, critical=True)
        self.ca_file = _write(directory / "ca.pem", _pem(builder.sign(self._key, hashes.SHA256())))

    def host(self, common_name: str, alternative_names: Sequence[str] | None = None, days: int = DAYS) -> KeyPair:
        """A host's certificate.

        `alternative_names` are host names and IP addresses; None means the common name, as an engine does
        it, and an empty sequence a certificate of old, with the common name alone. It is expired where `days`
        is negative.
        """
        names = [common_name] if alternative_names is None else alternative_names
        return self._issue(common_name, names, days)

    def client(self, common_name: str = "mdev-scheduler", days: int = DAYS) -> KeyPair:
        """A client's certificate: VDSM takes any that this authority signed."""
        return self._issue(common_name, [], days)

    def _issue(self, common_name: str, names: Sequence[str], days: int) -> KeyPair:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(_common_name(common_name), key.public_key(), days)
        if names:
            alternative = x509.SubjectAlternativeName([_general_name(name) for name in names])
            builder = builder.add_extension(alternative, critical=False)
        self._issued += 1
        stem = self._directory / f"{self._issued:04d}"
        certificate = builder.sign(self._key, hashes.SHA256())
        return KeyPair(_write(stem.with_suffix(".cer"), _pem(certificate)), _write_key(stem, key))

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
        end = datetime.now(UTC) + timedelta(days=days)
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - timedelta(days=abs(days) + 1))
            .not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(issuer_key, critical=False)
        )


def server_context(ca_file: Path, pair: KeyPair) -> ssl.SSLContext:
    """What VDSM listens with: TLS 1.2 at least, and a client certificate of that CA required."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca_file)
    context.load_cert_chain(pair.cert_file, pair.key_file)
    return context


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write_key(stem: Path, key: ec.EllipticCurvePrivateKey) -> Path:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return _write(stem.with_suffix(".key"), pem, mode=0o600)


def _write(path: Path, content: bytes, mode: int = 0o644) -> Path:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    return path
