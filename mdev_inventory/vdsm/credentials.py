"""Who we are to a host, and whom we trust: the files of `[vdsm]`, as TLS takes them."""

import ssl
from pathlib import Path

from mdev_inventory.tls.context import trusting, viewer


class CredentialsError(Exception):
    """A certificate or key file that cannot be used."""

    def __init__(self, file: Path, reason: str) -> None:
        """`file` is the one to look at, `reason` a clause that follows its name."""
        super().__init__(f"{file} {reason}")
        self.file = file


class ClientContext(ssl.SSLContext):
    """Mutual TLS with hosts."""

    ca_file: Path
    viewer: ssl.SSLContext
    """Accepts any certificate, to look at one that was refused; shows ours, without which TLS 1.2 shows none."""


def client_context(ca_file: Path, cert_file: Path, key_file: Path, check_hostname: bool = True) -> ClientContext:
    """Mutual TLS, 1.2 at least: the host's certificate is always checked against the CA.

    `check_hostname` False accepts any host of that CA under any address: for certificates of old, without
    subjectAltName. Raises CredentialsError naming the file that cannot be used.
    """
    for file in (ca_file, cert_file, key_file):
        _must_be_readable(file)
    try:
        context = trusting(ClientContext, ca_file)
    except (ssl.SSLError, ValueError) as error:
        raise CredentialsError(ca_file, f"holds no CA certificate in PEM form: {error}") from error
    context.check_hostname, context.ca_file = check_hostname, ca_file
    context.viewer = viewer()
    try:
        for each in (context, context.viewer):
            # An encrypted key would ask for its password on the terminal; an empty one makes it an error.
            each.load_cert_chain(cert_file, key_file, password="")
    except (ssl.SSLError, ValueError) as error:
        raise CredentialsError(key_file, f"is not the unencrypted PEM key of {cert_file}: {error}") from error
    return context


def _must_be_readable(file: Path) -> None:
    try:
        file.open("rb").close()
    except OSError as error:
        raise CredentialsError(file, f"cannot be read: {error.strerror}") from error
