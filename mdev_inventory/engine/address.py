"""Where the engine is, and whom to trust there.

TLS is always verified, against `ca_file` or the system's authorities; there is no switch. `http://` is
allowed for loopback addresses only, where a simulated engine listens.
"""

import ipaddress
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from mdev_inventory.engine.errors import EngineSettingError
from mdev_inventory.tls.context import trusting

BASE_PATH = "/ovirt-engine"
ALLOWED = "https://HOST[:PORT][/ovirt-engine[/api]], or http:// for a loopback address"


def base_url(url: str) -> str:
    """`https://engine.example.com/ovirt-engine`, also from an URL that lacks the path or ends in `/api`."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise EngineSettingError(f"the engine's URL is no URL; allowed: {ALLOWED}") from None
    if parts.username is not None or parts.password is not None:
        raise EngineSettingError(f"the engine's URL holds a user or a password; allowed: {ALLOWED}")
    if parts.scheme not in ("https", "http") or not host or port == 0 or parts.query or parts.fragment:
        raise EngineSettingError(f"the engine's URL {url!r} is not usable; allowed: {ALLOWED}")
    if parts.scheme == "http" and not _is_loopback(host):
        raise EngineSettingError(f"the engine's URL {url!r} would send the password unencrypted; use https://")
    path = parts.path.rstrip("/").removesuffix("/api")
    return f"{parts.scheme}://{parts.netloc}{path or BASE_PATH}"


def _is_loopback(host: str) -> bool:
    """Whether a host of an URL is this machine for certain: `localhost` or a loopback address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def authorities(ca_file: Path | None) -> ssl.SSLContext:
    """TLS that trusts the authorities in `ca_file`, else the system's; EngineSettingError."""
    try:
        return trusting(ssl.SSLContext, ca_file)
    except (OSError, ValueError) as error:
        raise EngineSettingError(
            f"the CA file {str(ca_file)!r} cannot be used: {error}; it must hold PEM certificates"
        ) from None
