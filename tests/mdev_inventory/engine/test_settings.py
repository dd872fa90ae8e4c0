"""Which engine URLs and CA files are taken, and whom TLS trusts."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdev_inventory.engine.address import base_url
from mdev_inventory.engine.errors import EngineError, EngineSettingError
from mdev_inventory.engine.http import EngineHttp
from simulation.vdsm import pki
from tests.mdev_inventory.engine.asking import ask
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
        pytest.param("https://e/ovirt-engine?", "not usable", id="empty query"),
        pytest.param("https://e/ovirt-engine/webadmin/", "write 'https://e/ovirt-engine'", id="a page of the portal"),
        pytest.param("https://e:8443/api", "write 'https://e:8443/ovirt-engine'", id="api at the top"),
        pytest.param("https://e/ovirt-engine/api/vms", "write 'https://e/ovirt-engine'", id="an object of the API"),
        pytest.param("https://e//ovirt-engine", "the path '//ovirt-engine'", id="two slashes"),
        pytest.param("https://e/ovirt-engine//", "the path '/ovirt-engine//'", id="two slashes at the end"),
        pytest.param("https://e/Ovirt-Engine", "the path '/Ovirt-Engine'", id="another case"),
        pytest.param("https://e/proxied/engine", "the path '/proxied/engine'", id="another path"),
        pytest.param("https://e.ex\nample.com", "not usable", id="a newline in it"),
        pytest.param("https://e .example.com", "not usable", id="a blank in it"),
        pytest.param("https://-e.example.com", "not usable", id="no host name"),
        pytest.param("https://\u00e9.example.com", "not usable", id="not ASCII"),
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


@pytest.fixture
def authority(tmp_path: Path) -> pki.Authority:
    """The engine's."""
    return pki.Authority(tmp_path / "engine")


@pytest.fixture
def tls_peer(authority: pki.Authority) -> Iterator[EnginePeer]:
    """An engine that speaks TLS."""
    pair = authority.host("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert_file, pair.key_file)
    with EnginePeer(context) as running:
        running.routes["/ovirt-engine/x"] = lambda answer: answer.json({"x": 1})
        yield running


def answer_to(url: str, ca_file: Path | None) -> bytes:
    """What that engine answers to one who trusts `ca_file`."""
    http = EngineHttp(url, ca_file)
    try:
        return ask(http, 10).body
    finally:
        http.close()


def test_the_right_authority(tls_peer: EnginePeer, authority: pki.Authority) -> None:
    """An engine whose certificate the CA file vouches for is asked."""
    assert b'{"x": 1}' == answer_to(tls_peer.url, authority.ca_file)


@pytest.mark.parametrize("where", ["the CA file", "those that this machine trusts"])
def test_an_engine_of_another_authority(tls_peer: EnginePeer, tmp_path: Path, where: str) -> None:
    """A certificate that nobody vouches for is a named error, and no request is sent."""
    ca_file = pki.Authority(tmp_path / "other").ca_file if "file" in where else None

    with pytest.raises(EngineError, match=f"not in {where}.*: 'engine CA'") as caught:
        answer_to(tls_peer.url, ca_file)
    assert ("certificate-unknown-authority", 0) == (caught.value.code, sum(tls_peer.seen.values()))


def test_a_certificate_for_another_name(tls_peer: EnginePeer, authority: pki.Authority) -> None:
    """The certificate has to be for the name in the URL."""
    with pytest.raises(EngineError, match=r"127\.0\.0\.1") as caught:
        answer_to(tls_peer.url.replace("localhost", "127.0.0.1"), authority.ca_file)

    assert "certificate-other-name" == caught.value.code


def test_an_engine_without_tls(authority: pki.Authority) -> None:
    """https:// to a port without TLS is a named error."""
    with EnginePeer() as plain, pytest.raises(EngineError) as caught:
        answer_to(plain.url.replace("http:", "https:"), authority.ca_file)

    assert "no-tls" == caught.value.code


def test_an_engine_with_tls_only(tls_peer: EnginePeer) -> None:
    """http:// to a port with TLS, which only loopback may be asked by, likewise."""
    with pytest.raises(EngineError, match=r"write https:// in \[engine\] url") as caught:
        answer_to(tls_peer.url.replace("https:", "http:"), None)

    assert "tls-only" == caught.value.code
