"""What the configuration names and the service cannot start without: the engine's URL, password and keys.

Looked at when the service starts, not when the configuration is read: `--show-config` works without.
"""

import os
import pwd
import stat
from pathlib import Path

from scheduler_plugins.config import Config

# A password file is one line; more than this is another file by mistake.
LONGEST_PASSWORD = 1024


def engine_url(config: Config) -> str:
    """The engine's URL; ConfigError where it is not set."""
    if config.engine.url is None:
        raise config.error(
            "engine",
            "url",
            f"it must be set: put a file such as {config.folder}/50-engine.conf there with [engine] "
            "url = https://ENGINE/ovirt-engine/api",
        )
    return config.engine.url


def engine_password(config: Config) -> str:
    """The password, from a file that nobody else can read; no error ever shows what is in it."""
    raw = _read_secret(config, "engine", "password_file", config.engine.password_file)
    try:
        password = raw.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise config.error("engine", "password_file", "the file must be UTF-8 text") from None
    if not password or len(raw) > LONGEST_PASSWORD or "\n" in password:
        reason = f"the file must hold the password on its only line, of at most {LONGEST_PASSWORD} bytes"
        raise config.error("engine", "password_file", reason)
    return password


def check_engine_ca(config: Config) -> None:
    """The engine's authority can be read, where one is named; else ConfigError."""
    if config.engine.ca_file:
        _read(config, "engine", "ca_file", config.engine.ca_file)


def check_vdsm_files(config: Config) -> None:
    """Each certificate for VDSM can be read, and the key is nobody else's; else ConfigError."""
    _read(config, "vdsm", "ca_file", config.vdsm.ca_file)
    _read(config, "vdsm", "cert_file", config.vdsm.cert_file)
    _read_secret(config, "vdsm", "key_file", config.vdsm.key_file)


def check_state_owner(config: Config) -> None:
    """ConfigError where root is about to write into another user's state, who then could not."""
    try:
        owner = config.service.state_dir.stat().st_uid
    except OSError:
        return
    if owner and not os.geteuid():
        reason = (
            f"the folder belongs to {_user(owner)}, whom files of root would lock out: start the service "
            "with `systemctl start mdev-scheduler`, or as that user"
        )
        raise config.error("service", "state_dir", reason)


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _read_secret(config: Config, section: str, key: str, path: Path) -> bytes:
    content, mode = _read(config, section, key, path)
    if mode & 0o077:
        reason = f"others may use the file (mode {mode:04o}): give it to whoever reads it and chmod 0600 it"
        raise config.error(section, key, reason)
    return content


def _read(config: Config, section: str, key: str, path: Path) -> tuple[bytes, int]:
    """The file's content and mode."""
    try:
        with path.open("rb") as file:
            return file.read(), stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror}; who runs mdev-scheduler must be able to"
        raise config.error(section, key, reason) from error
