"""Where the engine is, and whom to trust there.

TLS is always verified, against `ca_file` or the system's authorities; there is no switch. `http://` is
allowed for loopback addresses only, where a simulated engine listens.
"""

import ipaddress
import re
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from mdev_inventory.engine.errors import EngineSettingError
from mdev_inventory.tls.context import trusting

BASE_PATH = "/ovirt-engine"
PATHS = frozenset({"", BASE_PATH, f"{BASE_PATH}/api"})
"""With or without a slash at the end."""
ALLOWED = "https://HOST[:PORT][/ovirt-engine[/api]], or http:// for a loopback address"
HOST = re.compile(r"[0-9A-Za-z]([0-9A-Za-z._-]{0,251}[0-9A-Za-z])?", re.ASCII)


def base_url(url: str) -> str:
    """`https://engine.example.com/ovirt-engine`, out of each form that `ALLOWED` has; EngineSettingError for others."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise EngineSettingError(f"the engine's URL is no URL; allowed: {ALLOWED}") from None
    if parts.username is not None or parts.password is not None:
        raise EngineSettingError(f"the engine's URL holds a user or a password; allowed: {ALLOWED}")
    odd = not all("!" <= sign <= "~" for sign in url) or port == 0 or "?" in url or "#" in url
    if parts.scheme not in ("https", "http") or odd or not _is_host(host):
        raise EngineSettingError(f"the engine's URL {url!r} is not usable; allowed: {ALLOWED}")
    right = f"{parts.scheme}://{parts.netloc}{BASE_PATH}"
    if parts.path.removesuffix("/") not in PATHS:
        path = f"the path {parts.path!r}"
        raise EngineSettingError(f"the engine's URL {url!r} has {path}; write {right!r}; allowed: {ALLOWED}")
    if parts.scheme == "http" and not _is_loopback(host):
        raise EngineSettingError(f"the engine's URL {url!r} would send the password unencrypted; use https://")
    return right


def _is_host(host: str) -> bool:
    """Whether this is a name or an address."""
    try:
        return bool(HOST.fullmatch(host) or ipaddress.ip_address(host))
    except ValueError:
        return False


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
