"""Certificates with one thing wrong, and the servers that show them."""

import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey
SIGNS = x509.KeyUsage(
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


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True)
class Wanted:
    """What is to be issued; days count from today."""

    subject: str = "127.0.0.1"
    names: tuple[str, ...] = ("127.0.0.1", "localhost")
    begins: int = -10
    ends: int = 300
    authority: bool = False
    key_usage: bool = True
    """Whether an authority's has the extension that says what its key is for."""
    issuer_key: bool = True
    """Whether it has the extension that tells the issuer's key apart (authority key identifier)."""
    client_only: bool = False


def issue(wanted: Wanted, issuer: Issued | None = None) -> Issued:
    """Signed by `issuer`, else by itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(wanted.subject))
        .issuer_name(issuer.certificate.subject if issuer else _name(wanted.subject))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=wanted.begins))
        .not_valid_after(now + timedelta(days=wanted.ends))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    for extension, critical in _extensions(wanted, signer):
        builder = builder.add_extension(extension, critical)
    return Issued(builder.sign(signer, hashes.SHA256()), key)


def _extensions(wanted: Wanted, signer: Key) -> Sequence[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = []
    if wanted.authority:
        found.append((x509.BasicConstraints(ca=True, path_length=None), True))
        if wanted.key_usage:
            found.append((SIGNS, True))
    elif wanted.names:
        found.append((x509.SubjectAlternativeName([_general_name(name) for name in wanted.names]), False))
    if wanted.issuer_key:
        found.append((x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False))
    if wanted.client_only:
        found.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False))
    return found


def server(folder: Path, shown: Issued, between: Issued | None = None) -> ssl.SSLContext:
    """A server's TLS that shows this certificate, and that of the authority `between` it and the root."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "server.pem"
    key = shown.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(key + shown.pem + (between.pem if between else b""))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
