"""Whom to trust: the same rules for every client and on every Python, whatever `ssl`'s own defaults are.

From 3.13 on `ssl.create_default_context` refuses authorities without a key usage extension and certificates
without an authority key identifier, as many companies' authorities issue them, and trusts an authority that is no
root. Here, stated in docs/security.md: those two are accepted; whatever stands in the CA file is trusted, root or
not; and a name counts only as a subjectAltName, never as a common name.
"""

import ssl
from pathlib import Path
from typing import TypeVar

Context = TypeVar("Context", bound=ssl.SSLContext)
FLAGS = ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST | ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN


def trusting(kind: type[Context], ca_file: Path | None) -> Context:
    """A client's context that trusts `ca_file`, else the system's authorities; OSError, ValueError for the file."""
    context = kind(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags = FLAGS
    context.hostname_checks_common_name = False
    if ca_file is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(ca_file)
    return context


def viewer() -> ssl.SSLContext:
    """A context that accepts every certificate: to look at one that was refused, and for nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
