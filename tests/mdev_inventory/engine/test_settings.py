"""Which engine URLs and CA files are taken, and whom TLS trusts."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mdev_inventory.engine.address import base_url
from mdev_inventory.engine.deadline import Deadline
from mdev_inventory.engine.errors import EngineError, EngineSettingError
from mdev_inventory.engine.http import EngineHttp
from tests.mdev_inventory.engine.peer import EnginePeer


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://e.example.com/ovirt-engine", "https://e.example.com/ovirt-engine"),
        ("https://e.example.com/ovirt-engine/", "https://e.example.com/ovirt-engine"),
        ("https://e.example.com/ovirt-engine/api", "https://e.example.com/ovirt-engine"),
        ("https://e.example.com/ovirt-engine/api/", "https://e.example.com/ovirt-engine"),
        ("https://e.example.com", "https://e.example.com/ovirt-engine"),
        (" https://e.example.com/\n", "https://e.example.com/ovirt-engine"),
        ("https://e.example.com:8443", "https://e.example.com:8443/ovirt-engine"),
        ("https://[2001:db8::1]/", "https://[2001:db8::1]/ovirt-engine"),
        ("https://e.example.com/proxied/engine", "https://e.example.com/proxied/engine"),
        ("http://localhost:18080", "http://localhost:18080/ovirt-engine"),
        ("http://127.8.7.6", "http://127.8.7.6/ovirt-engine"),
        ("http://[::1]:1", "http://[::1]:1/ovirt-engine"),
    ],
)
def test_an_engine_url(url: str, expected: str) -> None:
    """The usual ways of writing an engine's URL are one."""
    assert expected == base_url(url)


@pytest.mark.parametrize(
    ("url", "word"),
    [
        pytest.param("http://e.example.com", "unencrypted", id="no TLS"),
        pytest.param("http://localhost.example.com", "unencrypted", id="not localhost"),
        pytest.param("http://126.255.255.255", "unencrypted", id="not loopback"),
        pytest.param("http://0.0.0.0", "unencrypted", id="any address"),
        pytest.param("ftp://e.example.com", "not usable", id="another scheme"),
        pytest.param("e.example.com", "not usable", id="no scheme"),
        pytest.param("https://", "not usable", id="no host"),
        pytest.param("https:///ovirt-engine", "not usable", id="only a path"),
        pytest.param("", "not usable", id="empty"),
        pytest.param("https://e:0", "not usable", id="port 0"),
        pytest.param("https://e:65536", "no URL", id="port too big"),
        pytest.param("https://e:https", "no URL", id="port is a word"),
        pytest.param("https://[::1", "no URL", id="half an address"),
        pytest.param("https://e/ovirt-engine?x=1", "not usable", id="query"),
        pytest.param("https://e/ovirt-engine#top", "not usable", id="fragment"),
    ],
)
def test_an_url_that_is_refused(url: str, word: str) -> None:
    """The error says what is wrong, and what is allowed."""
    with pytest.raises(EngineSettingError, match=word):
        base_url(url)


def test_a_password_in_the_url_is_not_repeated() -> None:
    """An URL with a password is refused without showing it."""
    with pytest.raises(EngineSettingError) as caught:
        base_url("https://admin:geheim@e.example.com")

    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("content", [None, "", "no certificate\n"], ids=["missing", "empty", "no PEM"])
def test_a_ca_file_that_cannot_be_used(tmp_path: Path, content: str | None) -> None:
    """The error names the file, before anything is sent."""
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_text(content)

    with pytest.raises(EngineSettingError, match=str(ca_file)):
        EngineHttp("https://localhost", ca_file)


def certificate(folder: Path, name: str) -> Path:
    """A file with a key and a certificate for `name` signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}-{built.serial_number}.pem"
    pem, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(pem, plain, serialization.NoEncryption()) + built.public_bytes(pem))
    return file


@pytest.fixture
def own_certificate(tmp_path: Path) -> Path:
    """The engine's certificate, which is its own authority."""
    return certificate(tmp_path, "localhost")


@pytest.fixture
def tls_peer(own_certificate: Path) -> Iterator[EnginePeer]:
    """An engine that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate)
    with EnginePeer(context) as running:
        running.routes["/ovirt-engine/x"] = lambda answer: answer.json({"x": 1})
        yield running


def ask(url: str, ca_file: Path | None) -> bytes:
    """The answer of that engine to one who trusts `ca_file`."""
    http = EngineHttp(url, ca_file)
    try:
        return http.ask("GET", "/x", Deadline(10)).body
    finally:
        http.close()


def test_the_right_authority(tls_peer: EnginePeer, own_certificate: Path) -> None:
    """An engine whose certificate the CA file vouches for is asked."""
    assert b'{"x": 1}' == ask(tls_peer.url, own_certificate)


@pytest.mark.parametrize("trusts_another", [True, False], ids=["another CA file", "the system's"])
def test_an_engine_of_another_authority(tls_peer: EnginePeer, tmp_path: Path, trusts_another: bool) -> None:
    """A certificate that nobody vouches for is a named error, and no request is sent."""
    ca_file = certificate(tmp_path, "localhost") if trusts_another else None

    with pytest.raises(EngineError, match=r"CERTIFICATE_VERIFY_FAILED.*check that the CA file") as caught:
        ask(tls_peer.url, ca_file)
    assert ("tls", 0) == (caught.value.code, sum(tls_peer.seen.values()))


def test_a_certificate_for_another_name(tls_peer: EnginePeer, own_certificate: Path) -> None:
    """The certificate has to be for the name in the URL."""
    with pytest.raises(EngineError, match=r"127\.0\.0\.1") as caught:
        ask(tls_peer.url.replace("localhost", "127.0.0.1"), own_certificate)

    assert "tls" == caught.value.code


def test_an_engine_without_tls(own_certificate: Path) -> None:
    """https:// to a port without TLS is a named error."""
    with EnginePeer() as plain, pytest.raises(EngineError) as caught:
        ask(plain.url.replace("http:", "https:"), own_certificate)

    assert "tls" == caught.value.code
