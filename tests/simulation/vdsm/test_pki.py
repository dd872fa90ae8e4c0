"""The simulated engine's certificates are what its peers would check."""

import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from simulation.vdsm.pki import Authority, KeyPair, server_context


def read(file: Path) -> x509.Certificate:
    """The certificate in a PEM file."""
    return x509.load_pem_x509_certificate(file.read_bytes())


def alternative_names(pair: KeyPair) -> list[str]:
    """All alternative names of a certificate, as text."""
    extension = read(pair.cert_file).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return [str(name.value) for name in extension.value]


def test_private_keys_are_nobody_elses_business(tmp_path: Path) -> None:
    """Keys are files of mode 0600."""
    authority = Authority(tmp_path)
    keys = [authority.host("h").key_file, authority.client().key_file]

    assert [0o600, 0o600] == [stat.S_IMODE(key.stat().st_mode) for key in keys]


def test_what_is_issued_is_signed_by_the_authority(tmp_path: Path) -> None:
    """Every certificate chains to the CA file."""
    authority = Authority(tmp_path)
    ca = read(authority.ca_file)

    for pair in (authority.host("h"), authority.client()):
        read(pair.cert_file).verify_directly_issued_by(ca)


@pytest.mark.parametrize(
    ("common_name", "names", "expected"),
    [
        pytest.param("host.example", None, ["host.example"], id="the common name, as an engine does"),
        pytest.param("192.0.2.1", None, ["192.0.2.1"], id="an address"),
        pytest.param("h", ["a.example", "::1"], ["a.example", "::1"], id="names of one's own"),
    ],
)
def test_hosts_have_alternative_names(
    tmp_path: Path, common_name: str, names: list[str] | None, expected: list[str]
) -> None:
    """Names and addresses, each as its own kind."""
    assert expected == alternative_names(Authority(tmp_path).host(common_name, names))


def test_a_certificate_of_old_has_a_common_name_only(tmp_path: Path) -> None:
    """No alternative names at all: what hosts enrolled long ago still have."""
    pair = Authority(tmp_path).host("host.example", [])

    with pytest.raises(x509.ExtensionNotFound):
        alternative_names(pair)


def test_an_expired_certificate_was_valid_once(tmp_path: Path) -> None:
    """Negative days: begin and end lie in the past, in that order."""
    certificate = read(Authority(tmp_path).host("h", days=-3).cert_file)

    assert certificate.not_valid_before_utc < certificate.not_valid_after_utc
    assert certificate.not_valid_after_utc < read(Authority(tmp_path).ca_file).not_valid_before_utc


def test_a_directory_can_be_used_again(tmp_path: Path) -> None:
    """A demo run twice in one directory replaces what the first left."""
    old = Authority(tmp_path)
    old.host("h")
    pair = Authority(tmp_path).host("h")

    read(pair.cert_file).verify_directly_issued_by(read(old.ca_file))
    assert old.ca_file.parent == pair.cert_file.parent


def test_vdsm_demands_a_client_certificate(tmp_path: Path) -> None:
    """TLS 1.2 at least, and nobody without a certificate."""
    authority = Authority(tmp_path)
    context = server_context(authority.ca_file, authority.host("h"))

    assert (ssl.CERT_REQUIRED, ssl.TLSVersion.TLSv1_2) == (context.verify_mode, context.minimum_version)
